//! The items of a score, in whole hundredths.

use super::Refusal;
use super::builder::{Builder, Chain, Form, Place};
use crate::hir::words;
use crate::hir::{Arm, Bounds, Branch, Expr, Item, ItemKind, MatchLine};
use crate::source::Span;
use crate::value::{Points, Type, Value};

/// Points in SQL, and the greatest magnitude that they can have.
pub(super) struct Worth {
    pub(super) sql: String,
    pub(super) most: i128,
}

/// A column of points that a step gives, with the words of its rule.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) words: String,
}

/// What the items of all scores become.
#[derive(Default)]
pub(super) struct Tally {
    /// Which arm of an item holds, where several can give points and the account is asked for.
    pub(super) arms: Vec<Column>,
    /// The points of every item.
    pub(super) points: Vec<Column>,
    /// Sums of items that bounds hold, where the account says what they take or add.
    pub(super) sums: Chain,
    /// What can stand in the account of a record.
    pub(super) entries: Vec<Entry>,
    /// The conditions of the groups around what is being written.
    gates: Vec<String>,
}

impl Tally {
    /// Points where the groups around them count, and nothing elsewhere.
    fn gated(&self, sql: String) -> String {
        if self.gates.is_empty() { sql } else { format!("CASE WHEN {} THEN {sql} ELSE 0 END", self.gates.join(" AND ")) }
    }
}

/// An item of a group of which the best count: its points as a column of this level, and which entries are its own.
struct Part {
    column: String,
    most: i128,
    level: usize,
    entries: std::ops::Range<usize>,
}

/// What an item may come to: the condition (none for what is left), the points, and the arm that gives them.
struct Choice<'a> {
    when: Option<String>,
    points: String,
    arm: Option<&'a Arm>,
}

/// Where the points of an item come from.
enum Work<'a> {
    /// From one of several arms.
    Choices(Vec<Choice<'a>>),
    /// From one arm.
    One(Worth, &'a Arm),
    /// From several arms, side by side.
    Members(Vec<(Worth, &'a Arm)>),
    /// From several lines, each as an item of its own.
    Lines(Vec<(Worth, &'a Arm)>),
}

/// What may stand in an account.
pub(super) struct Entry {
    /// The score's name.
    pub(super) score: String,
    /// Its points in SQL, in hundredths.
    pub(super) points: String,
    /// Its words and line, as SQL.
    pub(super) words: String,
    /// 0 for an arm, 1 for a group's bounds, 2 for a score's: among entries of one size they come in this order. Groups come in that of
    /// the source, though an inner one is worked out before the outer.
    pub(super) rank: (u8, u32),
}

impl Entry {
    /// Leaves it out of the account where the condition does not hold.
    pub(super) fn only_where(&mut self, condition: &str) {
        self.points = format!("CASE WHEN {condition} THEN {} ELSE 0 END", self.points);
    }
}

const RECORD: Place = Place::Record;

fn points_of(arm: Option<&Arm>) -> i64 {
    arm.map_or(0, |arm| arm.points.0)
}

/// A `CASE` over choices; each gives what `then` makes of its number, from 1, and of itself.
fn case(choices: &[Choice<'_>], then: impl Fn(usize, &Choice<'_>) -> String) -> String {
    let [.., last] = choices else { return "0".to_owned() };
    if choices.len() == 1 && last.when.is_none() {
        return then(1, last);
    }
    let mut out = String::from("CASE");
    for (at, choice) in (1..).zip(choices) {
        match &choice.when {
            Some(when) => out += &format!(" WHEN {when} THEN {}", then(at, choice)),
            None => out += &format!(" ELSE {}", then(at, choice)),
        }
    }
    out + " END"
}

impl Builder<'_> {
    /// The sum of items; each item that is no group becomes a column of the tally.
    pub(super) fn items(&mut self, score: &str, items: &[Item], tally: &mut Tally) -> Result<Worth, Refusal> {
        let mut parts = Vec::new();
        let mut most = 0_i128;
        for item in items {
            let worth = self.worth(score, item, tally)?;
            most = most.saturating_add(worth.most);
            parts.push(worth.sql);
        }
        // Each part is held to a thousand million points, so that even thousands of them stay within 64 bits.
        Ok(Worth { sql: self.added(parts, most), most })
    }

    /// The sum of points, whose greatest magnitude is `most`, in 64 bits.
    fn added(&self, mut parts: Vec<String>, most: i128) -> String {
        if let [first, _, ..] = parts.as_mut_slice()
            && most > i128::from(i32::MAX)
        {
            *first = self.wide(first);
        }
        if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") }
    }

    /// Points in 64 bits.
    pub(super) fn wide(&self, points: &str) -> String {
        if self.dialect.is_narrow() { format!("CAST({points} AS {})", self.dialect.bigint()) } else { points.to_owned() }
    }

    fn worth(&mut self, score: &str, item: &Item, tally: &mut Tally) -> Result<Worth, Refusal> {
        let ItemKind::Group { best, when, bounds, items, .. } = &item.kind else { return self.column(score, item, tally) };
        let gates = tally.gates.len();
        if let Some(when) = when {
            let gate = self.as_column(when, RECORD)?;
            tally.gates.push(gate);
        }
        let before = tally.sums.begin();
        let inner = match best {
            Some(count) if (*count as usize) < items.len() => self.best(score, *count, items, tally)?,
            Some(_) | None => self.items(score, items, tally)?,
        };
        let words = words::head(self.sources, item);
        let clamped = self.clamped_sum(score, before, inner, bounds, &words, item.span, tally);
        tally.gates.truncate(gates);
        Ok(clamped)
    }

    /// The sum of so many items: those that give the most, among equals the first.
    fn best(&mut self, score: &str, count: u32, items: &[Item], tally: &mut Tally) -> Result<Worth, Refusal> {
        let mut parts: Vec<Part> = Vec::with_capacity(items.len());
        for item in items {
            let (entries, before) = (tally.entries.len(), tally.sums.begin());
            let worth = self.worth(score, item, tally)?;
            let line = self.sources.place(item.span).line;
            let words = format!("{}  ({})", words::head(self.sources, item), self.line(item.span));
            let name = format!("{score} {line} item");
            let (column, level) = tally.sums.end(before, worth.sql, words, || self.records.fresh(&name));
            let entries = entries..tally.entries.len();
            parts.push(Part { column: self.quoted(&column), most: worth.most, level, entries });
        }
        let deepest = parts.iter().map(|part| part.level).fold(0, Ord::max);
        let mut sum = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let better = parts.iter().enumerate().filter(|(other, _)| *other != at).map(|(other, better)| {
                let sign = if other < at { ">=" } else { ">" };
                format!("CASE WHEN {} {sign} {} THEN 1 ELSE 0 END", better.column, part.column)
            });
            let better = better.collect::<Vec<_>>().join(" + ");
            let sql = format!("CASE WHEN {better} < {count} THEN {} ELSE 0 END", part.column);
            let before = tally.sums.begin();
            tally.sums.read(deepest);
            let words = format!("Among the best {count}: {}", part.column.trim_matches(|c: char| !c.is_alphanumeric()));
            let (counted, _) = tally.sums.end(before, sql, words, || self.records.fresh(&format!("{score} best")));
            let counted = self.quoted(&counted);
            for entry in tally.entries.get_mut(part.entries.clone()).into_iter().flatten() {
                entry.only_where(&format!("{counted} <> 0"));
            }
            sum.push(counted);
        }
        let mut most: Vec<i128> = parts.iter().map(|part| part.most).collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        let most = most.iter().take(count as usize).fold(0_i128, |sum, most| sum.saturating_add(*most));
        Ok(Worth { sql: self.added(sum, most), most })
    }

    /// The column of points of an item that is no group.
    fn column(&mut self, score: &str, item: &Item, tally: &mut Tally) -> Result<Worth, Refusal> {
        let explain = self.request.explain;
        match self.item(item)? {
            Work::One(worth, arm) => {
                let worth = self.named(score, item, worth, tally);
                self.arm_entry(score, item, arm, &worth.sql, tally);
                Ok(worth)
            }
            Work::Choices(choices) => {
                let most = choices.iter().map(|choice| i128::from(points_of(choice.arm).abs())).fold(0, Ord::max);
                let giving: Vec<_> = (1..).zip(&choices).filter_map(|(at, choice)| Some((at, choice.arm?))).collect();
                let giving: Vec<_> = giving.into_iter().filter(|(_, arm)| arm.points.0 != 0).collect();
                if !explain || giving.len() < 2 {
                    let sql = case(&choices, |_, choice| choice.points.clone());
                    let worth = self.named(score, item, Worth { sql, most }, tally);
                    if let [(_, arm)] = giving.as_slice() {
                        self.arm_entry(score, item, arm, &worth.sql, tally);
                    }
                    return Ok(worth);
                }
                // Which arm holds is worked out once; its points and its words go by its number.
                let line = self.sources.place(item.span).line;
                let name = self.records.fresh(&format!("{score} {line} arm"));
                let arm = self.quoted(&name);
                let words = format!("{}  ({})", words::head(self.sources, item), self.line(item.span));
                tally.arms.push(Column { name, sql: case(&choices, |at, _| at.to_string()), words });
                let lines: Vec<String> =
                    (1..).zip(&choices).map(|(at, choice)| format!("WHEN {at} THEN {}", choice.points)).collect();
                let sql = format!("CASE {arm} {} END", lines.join(" "));
                let worth = self.named(score, item, Worth { sql, most }, tally);
                self.arms_entry(score, item, &arm, &giving, &worth.sql, tally);
                Ok(worth)
            }
            Work::Lines(lines) => {
                let mut parts = Vec::new();
                let mut most = 0_i128;
                for (worth, arm) in lines {
                    let worth = self.named(score, item, worth, tally);
                    self.arm_entry(score, item, arm, &worth.sql, tally);
                    most = most.saturating_add(worth.most);
                    parts.push(worth.sql);
                }
                Ok(Worth { sql: self.added(parts, most), most })
            }
            Work::Members(members) => {
                let mut parts = Vec::new();
                let mut most = 0_i128;
                for (worth, arm) in members {
                    most = most.saturating_add(worth.most);
                    if explain {
                        let worth = self.named(score, item, worth, tally);
                        self.arm_entry(score, item, arm, &worth.sql, tally);
                        parts.push(worth.sql);
                    } else {
                        parts.push(worth.sql);
                    }
                }
                let sum = Worth { sql: self.added(parts, most), most };
                if explain {
                    let before = tally.sums.begin();
                    let words = words::head(self.sources, item);
                    return Ok(self.clamped_sum(score, before, sum, &Bounds::default(), &words, item.span, tally));
                }
                let clamped = self.bounded(&sum, &Bounds::default());
                Ok(self.named(score, item, clamped, tally))
            }
        }
    }

    /// Points as a column of the tally.
    fn named(&mut self, score: &str, item: &Item, worth: Worth, tally: &mut Tally) -> Worth {
        let name = self.records.fresh(&format!("{score} {}", self.sources.place(item.span).line));
        let quoted = self.quoted(&name);
        let words = format!("{}  ({})", words::head(self.sources, item), self.line(item.span));
        let sql = tally.gated(worth.sql);
        tally.points.push(Column { name, sql, words });
        Worth { sql: quoted, most: worth.most }
    }

    /// A sum within its bounds. Where the account asks what they take or add, the sum becomes a column, behind the sums that it reads
    /// since `before`.
    #[expect(clippy::too_many_arguments, reason = "the parts of one entry")]
    pub(super) fn clamped_sum(
        &mut self,
        score: &str,
        before: usize,
        sum: Worth,
        bounds: &Bounds,
        words: &str,
        span: Span,
        tally: &mut Tally,
    ) -> Worth {
        // Where nothing counts, bounds that leave 0 out give nothing either.
        let gated = |clamped: Worth, tally: &Tally| {
            let shut = bounds.clamp(0).0 != 0;
            if shut { Worth { sql: tally.gated(clamped.sql), most: clamped.most } } else { clamped }
        };
        let clamped = gated(self.bounded(&sum, bounds), tally);
        if !self.request.explain || clamped.sql == format!("({})", sum.sql) {
            tally.sums.keep(before);
            return clamped;
        }
        let name = format!("{score} {} sum", self.sources.place(span).line);
        let comment = format!("{words}  ({})", self.line(span));
        let (column, _) = tally.sums.end(before, sum.sql, comment, || self.records.fresh(&name));
        let sum = Worth { sql: self.quoted(&column), most: sum.most };
        let clamped = gated(self.bounded(&sum, bounds), tally);
        self.bound_entry(score, &sum, &clamped, words, span, tally);
        clamped
    }

    /// Points within bounds and the language's own.
    pub(super) fn bounded(&self, worth: &Worth, bounds: &Bounds) -> Worth {
        let limit = i128::from(Points::LIMIT.0);
        let mut sql = worth.sql.clone();
        let mut most = worth.most;
        let (mut low, mut high) = (bounds.min.map(|(p, _)| p.0), bounds.max.map(|(p, _)| p.0));
        if worth.most > limit {
            low = Some(low.unwrap_or(-Points::LIMIT.0));
            high = Some(high.unwrap_or(Points::LIMIT.0));
            most = limit;
        }
        let hold = |p: i64| p.clamp(-Points::LIMIT.0, Points::LIMIT.0);
        if let Some(high) = high {
            sql = self.dialect.least(&sql, &hold(high).to_string());
        }
        if let Some(low) = low {
            sql = self.dialect.greatest(&sql, &hold(low).to_string());
        }
        let ends = [low, high].into_iter().flatten().map(|p| i128::from(hold(p).abs())).fold(0, Ord::max);
        if low == Some(0) && high.is_some() || high == Some(0) && low.is_some() || low.is_some() && high.is_some() {
            most = most.min(ends);
        }
        Worth { sql: if low.is_none() && high.is_none() { format!("({sql})") } else { sql }, most: most.max(ends) }
    }

    fn item<'i>(&mut self, item: &'i Item) -> Result<Work<'i>, Refusal> {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => self.branches(branches, otherwise.as_ref(), unknown.as_ref()),
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let mut cases = Vec::new();
                for line in lines {
                    cases.push((self.in_range(value, &line.range, RECORD)?, &line.arm));
                }
                self.lines(value, cases, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                let mut cases = Vec::new();
                for line in lines {
                    cases.push((self.is_key(value, &line.keys, RECORD)?, &line.arm));
                }
                self.lines(value, cases, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::MatchEach { set, lines, otherwise } => self.match_each(set, lines, otherwise.as_ref()),
            ItemKind::MatchEvents { lines, .. } => {
                let mut all = Vec::new();
                for line in lines {
                    let sql = self.each(&line.each, line.each.arm.span)?;
                    all.push((self.bounded(&Worth { sql, most: i128::MAX }, &line.each.bounds), &line.each.arm));
                }
                Ok(Work::Lines(all))
            }
            ItemKind::Each(each) => {
                let sql = self.each(each, item.span)?;
                Ok(Work::One(self.bounded(&Worth { sql, most: i128::MAX }, &each.bounds), &each.arm))
            }
            ItemKind::Per { step, value, arm, bounds } => {
                let units = self.per_units(*step, value, arm)?;
                let sql = self.units(&units, arm.points);
                let clamped = self.bounded(&Worth { sql, most: i128::MAX }, bounds);
                // Bounds are those of an item that fires: without a whole step nothing is given.
                Ok(Work::One(clamped, arm))
            }
            ItemKind::Group { .. } => self.refuse("a group here", item.span),
        }
    }

    /// Whether two arms must be told apart: their points differ, or their words in an account.
    fn differ(&self, a: Option<&Arm>, b: Option<&Arm>) -> bool {
        points_of(a) != points_of(b) || self.request.explain && points_of(a) != 0
    }

    fn branches<'i>(
        &mut self,
        branches: &'i [Branch],
        otherwise: Option<&'i Arm>,
        unknown: Option<&'i Arm>,
    ) -> Result<Work<'i>, Refusal> {
        let mut choices = Vec::new();
        let mut all_false = Vec::new();
        for branch in branches {
            let condition = self.value(&branch.condition, RECORD)?;
            let points = match &branch.decay {
                None => branch.arm.points.0.to_string(),
                Some((decay, since)) => {
                    let day = self.day(since, RECORD)?;
                    self.decayed(branch.arm.points, *decay, &day)?
                }
            };
            all_false.push(format!("NOT ({condition})"));
            choices.push(Choice { when: Some(condition), points, arm: Some(&branch.arm) });
        }
        if self.differ(otherwise, unknown) {
            let when = Some(all_false.join(" AND "));
            choices.push(Choice { when, points: points_of(otherwise).to_string(), arm: otherwise });
        }
        choices.push(Choice { when: None, points: points_of(unknown).to_string(), arm: unknown });
        Ok(Work::Choices(choices))
    }

    fn lines<'i>(
        &mut self,
        value: &Expr,
        cases: Vec<(String, &'i Arm)>,
        otherwise: Option<&'i Arm>,
        unknown: Option<&'i Arm>,
    ) -> Result<Work<'i>, Refusal> {
        let line = |(test, arm): (String, &'i Arm)| Choice { when: Some(test), points: arm.points.0.to_string(), arm: Some(arm) };
        let mut choices: Vec<Choice<'i>> = cases.into_iter().map(line).collect();
        if self.differ(otherwise, unknown) {
            let when = Some(format!("({}) IS NULL", self.as_column(value, RECORD)?));
            choices.push(Choice { when, points: points_of(unknown).to_string(), arm: unknown });
        }
        choices.push(Choice { when: None, points: points_of(otherwise).to_string(), arm: otherwise });
        Ok(Work::Choices(choices))
    }

    /// Whether a set has the member that a key of a line names.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only options and texts are members of a set")]
    fn has_key(&mut self, set: &Expr, key: &Value, arm: &Arm) -> Result<String, Refusal> {
        match key {
            Value::Option(code) => self.has_option(set, *code, RECORD),
            Value::Text(text) => self.has(set, vec![text.to_string()], RECORD),
            _ => self.refuse("this line", arm.span),
        }
    }

    fn match_each<'i>(&mut self, set: &Expr, lines: &'i [MatchLine], otherwise: Option<&'i Arm>) -> Result<Work<'i>, Refusal> {
        let mut members = Vec::new();
        for line in lines {
            let mut tests = Vec::new();
            for key in &line.keys {
                tests.push(self.has_key(set, key, &line.arm)?);
            }
            members.push((self.each_gives(&tests, line.arm.points), &line.arm));
        }
        let otherwise = otherwise.filter(|arm| arm.points.0 != 0);
        if let Some(arm) = otherwise {
            let named: Vec<&Value> = lines.iter().flat_map(|line| &line.keys).collect();
            let Some(options) = set.ty.options().cloned() else {
                let texts =
                    named.iter().filter_map(|key| if let Value::Text(text) = key { Some(text.to_string()) } else { None });
                let count = self.set_column(set, Form::Count(texts.collect()), RECORD)?;
                // Only the item's sum is held to the limit. Members beyond so many, whatever the lines take, leave it there.
                let lines: i128 = members.iter().map(|(worth, _)| worth.most).sum();
                let each = i128::from(arm.points.0.abs());
                let most = (lines + i128::from(Points::LIMIT.0)) / each + 1;
                let sql = format!("{} * {}", self.dialect.least(&count, &most.to_string()), arm.points.0);
                members.push((Worth { sql, most: most * each }, arm));
                return Ok(Work::Members(members));
            };
            let others = (0_u32..)
                .take(options.len())
                .filter(|code| !named.iter().any(|key| matches!(key, Value::Option(c) if c == code)));
            let mut tests = Vec::new();
            for code in others {
                tests.push(self.has_option(set, code, RECORD)?);
            }
            members.push((self.each_gives(&tests, arm.points), arm));
        }
        Ok(Work::Members(members))
    }

    /// How many whole steps a value holds, never fewer than none and no more than count.
    fn per_units(&mut self, step: i64, value: &Expr, arm: &Arm) -> Result<String, Refusal> {
        let sql = self.as_column(value, RECORD)?;
        let d = self.dialect;
        if value.ty == Type::Integer {
            let units = d.divide(&sql, &step.max(1).to_string());
            return Ok(format!("CASE WHEN {sql} > 0 THEN {units} ELSE 0 END"));
        }
        let units = Points::LIMIT.0 / arm.points.0.abs().max(1) + 1;
        let most = i128::from(units) * i128::from(step.max(1));
        if most > 9_000_000_000_000_000_000 {
            return self.refuse("so great a step of `per`", arm.span);
        }
        let ceiling = 9_000_000_000_000_000_000.0_f64;
        let whole = d.truncate(&d.least(&sql, &d.number(ceiling)));
        Ok(format!("CASE WHEN {sql} > {} THEN {} ELSE 0 END", d.number(0.0), d.divide(&whole, &step.max(1).to_string())))
    }

    /// So many points for every test that holds.
    fn each_gives(&self, tests: &[String], points: Points) -> Worth {
        let parts = tests.iter().map(|test| format!("CASE WHEN {test} THEN {} ELSE 0 END", points.0)).collect();
        let most = i128::from(points.0.abs()).saturating_mul(tests.len() as i128);
        Worth { sql: self.added(parts, most), most }
    }
}
