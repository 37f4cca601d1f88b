//! The items of a score, in whole hundredths.

use super::Refusal;
use super::builder::{Builder, Place};
use crate::hir::{Arm, Bounds, Branch, Expr, Item, ItemKind, MatchLine};
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

const RECORD: Place = Place::Record;

impl Builder<'_> {
    /// The sum of items; each item that is no group becomes a column of `columns`.
    pub(super) fn items(&mut self, score: &str, items: &[Item], columns: &mut Vec<Column>) -> Result<Worth, Refusal> {
        let mut parts = Vec::new();
        let mut most = 0_i128;
        for item in items {
            let worth = if let ItemKind::Group { bounds, items, .. } = &item.kind {
                let inner = self.items(score, items, columns)?;
                self.bounded(&inner, bounds)
            } else {
                let worth = self.item(item)?;
                let name = self.records.fresh(&format!("{score} {}", self.sources.place(item.span).line));
                let words = format!("{}  ({})", crate::hir::words::head(self.sources, item), self.line(item.span));
                columns.push(Column { name: name.clone(), sql: worth.sql, words });
                Worth { sql: self.quoted(&name), most: worth.most }
            };
            most = most.saturating_add(worth.most);
            parts.push(worth.sql);
        }
        // Each part is held to a thousand million points, so that even thousands of them stay within 64 bits.
        Ok(Worth { sql: if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") }, most })
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
        let ends = [low, high].into_iter().flatten().map(|p| i128::from(hold(p).abs())).max().unwrap_or_default();
        if low == Some(0) && high.is_some() || high == Some(0) && low.is_some() || low.is_some() && high.is_some() {
            most = most.min(ends);
        }
        Worth { sql: if low.is_none() && high.is_none() { format!("({sql})") } else { sql }, most: most.max(ends) }
    }

    fn item(&mut self, item: &Item) -> Result<Worth, Refusal> {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => self.branches(branches, otherwise.as_ref(), unknown.as_ref()),
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let mut cases = Vec::new();
                for line in lines {
                    cases.push((self.in_range(value, &line.range, RECORD)?, &line.arm));
                }
                self.lines(value, &cases, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                let mut cases = Vec::new();
                for line in lines {
                    cases.push((self.is_key(value, &line.keys, RECORD)?, &line.arm));
                }
                self.lines(value, &cases, otherwise.as_ref(), unknown.as_ref())
            }
            ItemKind::MatchEach { set, lines, otherwise } => self.match_each(set, lines, otherwise.as_ref()),
            ItemKind::Each(each) => {
                let sql = self.each(each, item.span)?;
                Ok(self.bounded(&Worth { sql, most: i128::MAX }, &each.bounds))
            }
            ItemKind::Per { step, value, arm, bounds } => {
                let units = self.per_units(*step, value, arm)?;
                let sql = self.units(&units, arm.points);
                Ok(self.bounded(&Worth { sql, most: i128::MAX }, bounds))
            }
            ItemKind::Group { .. } => self.refuse("a group here", item.span),
        }
    }

    fn branches(&mut self, branches: &[Branch], otherwise: Option<&Arm>, unknown: Option<&Arm>) -> Result<Worth, Refusal> {
        let mut cases = Vec::new();
        let mut all_false = Vec::new();
        let mut most = 0;
        for branch in branches {
            let condition = self.value(&branch.condition, RECORD)?;
            let points = match &branch.decay {
                None => branch.arm.points.0.to_string(),
                Some((decay, since)) => {
                    let day = self.day(since, RECORD)?;
                    self.decayed(branch.arm.points, *decay, &day)?
                }
            };
            most = most.max(branch.arm.points.0.abs());
            cases.push(format!("WHEN {condition} THEN {points}"));
            all_false.push(format!("NOT ({condition})"));
        }
        let points = |arm: Option<&Arm>| arm.map_or(0, |arm| arm.points.0);
        let (otherwise, unknown) = (points(otherwise), points(unknown));
        if otherwise != unknown {
            cases.push(format!("WHEN {} THEN {otherwise}", all_false.join(" AND ")));
        }
        most = most.max(otherwise.abs()).max(unknown.abs());
        Ok(Worth { sql: format!("CASE {} ELSE {unknown} END", cases.join(" ")), most: i128::from(most) })
    }

    fn lines(
        &mut self,
        value: &Expr,
        cases: &[(String, &Arm)],
        otherwise: Option<&Arm>,
        unknown: Option<&Arm>,
    ) -> Result<Worth, Refusal> {
        let points = |arm: Option<&Arm>| arm.map_or(0, |arm| arm.points.0);
        let (otherwise, unknown) = (points(otherwise), points(unknown));
        let mut parts: Vec<String> = cases.iter().map(|(test, arm)| format!("WHEN {test} THEN {}", arm.points.0)).collect();
        if otherwise != unknown {
            let known = self.value(value, RECORD)?;
            parts.push(format!("WHEN ({known}) IS NULL THEN {unknown}"));
        }
        let most =
            cases.iter().map(|(_, arm)| arm.points.0.abs()).chain([otherwise.abs(), unknown.abs()]).max().unwrap_or_default();
        let sql = if parts.is_empty() { otherwise.to_string() } else { format!("CASE {} ELSE {otherwise} END", parts.join(" ")) };
        Ok(Worth { sql, most: i128::from(most) })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only options and texts are members of a set")]
    fn match_each(&mut self, set: &Expr, lines: &[MatchLine], otherwise: Option<&Arm>) -> Result<Worth, Refusal> {
        let mut parts = Vec::new();
        let mut most = 0_i128;
        let mut named = std::collections::BTreeSet::new();
        for line in lines {
            for key in &line.keys {
                let has = match key {
                    Value::Option(code) => {
                        named.insert(*code);
                        self.has_option(set, *code, RECORD)?
                    }
                    Value::Text(text) => self.has(set, vec![text.to_string()], RECORD)?,
                    _ => return self.refuse("this line", line.arm.span),
                };
                most += i128::from(line.arm.points.0.abs());
                parts.push(format!("CASE WHEN {has} THEN {} ELSE 0 END", line.arm.points.0));
            }
        }
        if let Some(arm) = otherwise.filter(|arm| arm.points.0 != 0) {
            let Some(options) = set.ty.options().cloned() else {
                return self.refuse("`else` for each other text of a set", arm.span);
            };
            for code in (0_u32..).take(options.len()).filter(|code| !named.contains(code)) {
                let has = self.has_option(set, code, RECORD)?;
                most += i128::from(arm.points.0.abs());
                parts.push(format!("CASE WHEN {has} THEN {} ELSE 0 END", arm.points.0));
            }
        }
        let sql = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
        Ok(self.bounded(&Worth { sql, most }, &Bounds::default()))
    }

    /// How many whole steps a value holds, never fewer than none and no more than count.
    fn per_units(&mut self, step: i64, value: &Expr, arm: &Arm) -> Result<String, Refusal> {
        let sql = self.value(value, RECORD)?;
        let d = self.dialect;
        if value.ty == Type::Integer {
            let units = d.divide(&format!("({sql})"), &step.max(1).to_string());
            return Ok(format!("CASE WHEN ({sql}) > 0 THEN {units} ELSE 0 END"));
        }
        let units = Points::LIMIT.0 / arm.points.0.abs().max(1) + 1;
        let most = i128::from(units) * i128::from(step.max(1));
        if most > 9_000_000_000_000_000_000 {
            return self.refuse("so great a step of `per`", arm.span);
        }
        let ceiling = 9_000_000_000_000_000_000.0_f64;
        let whole = d.truncate(&d.least(&format!("({sql})"), &d.number(ceiling)));
        Ok(format!("CASE WHEN ({sql}) > {} THEN {} ELSE 0 END", d.number(0.0), d.divide(&whole, &step.max(1).to_string())))
    }
}
