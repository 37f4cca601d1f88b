//! The model as tables for people: who gets how many points, and why.

#[cfg(feature = "cli")]
mod text;
mod words;
mod write;

use crate::hir::words::squeezed;
use crate::hir::{
    Arm, Because, Each, Exclusion, Expr, Formula, FormulaArm, Item, ItemKind, Label, LabelBody, Lifecycle, ListEntry, ListValue,
    MatchLine, Model, Output, Param, Rollup, Score, ScoreBody, StageCondition, TimesPer,
};
use crate::invariant::SureAt as _;
use crate::schema::{Property, Related};
use crate::source::{Sources, Span};
use crate::syntax::scan::{self, Kind};
use crate::value::{Type, Value};

#[cfg(feature = "cli")]
pub use text::text;
pub use write::{csv, html, markdown};

/// The whole model, ready to be written in any format.
#[derive(Debug)]
pub struct Sheet {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

/// One table with a heading and sentences above it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) sentences: Vec<String>,
    /// What the column of points or results is called.
    pub(super) gives: &'static str,
    pub(super) rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// `rule`, `exclusion`, `label`, `stage`, `hold`, `definition`, ..
    pub(super) kind: &'static str,
    /// The score, label or lifecycle.
    pub(super) of: String,
    /// The group, outer ones first.
    pub(super) group: String,
    pub(super) when: String,
    pub(super) gives: String,
    /// How points are given, besides: `each, at most 20`.
    pub(super) terms: String,
    pub(super) because: String,
    /// `score.lsr:12`
    pub(super) line: String,
}

impl Sheet {
    /// The tables of a model under this title.
    #[must_use]
    pub fn of(model: &Model, sources: &Sources, title: &str) -> Self {
        let maker = Maker { model, params: &model.params, sources };
        let mut sections = Vec::new();
        if !model.exclusions.is_empty() {
            let rows = model.exclusions.iter().map(|e| maker.exclusion("", e)).collect();
            let sentences =
                vec!["Contacts that match one of these are not scored. The first that applies is the reason.".to_owned()];
            sections.push(Section { heading: "Not scored".to_owned(), sentences, gives: "Result", rows });
        }
        sections.extend(maker.outputs());
        sections.extend(model.lifecycles.iter().map(|lifecycle| maker.lifecycle(lifecycle)));
        for rollup in &model.rollups {
            sections.extend(maker.rollup(rollup));
        }
        sections.extend(maker.names());
        sections.extend(maker.related());
        sections.extend(maker.columns());
        Self { title: title.to_owned(), sections }
    }
}

struct Maker<'a> {
    model: &'a Model,
    /// Those of the rules, which accounts see too.
    params: &'a [Param],
    sources: &'a Sources,
}

impl Maker<'_> {
    fn line(&self, span: Span) -> String {
        let name = self.sources.name(span);
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        format!("{file}:{}", self.sources.place(span).line)
    }

    /// The words of a condition, each param followed by its value: `lead >= sql_at (65)`.
    fn words(&self, expr: &Expr) -> String {
        let text = squeezed(self.sources, expr.span);
        let mut out = String::with_capacity(text.len());
        let mut written = 0;
        for token in scan::scan(&text).tokens.iter().filter(|token| token.kind == Kind::Word) {
            let Some(param) = self.params.iter().find(|param| *param.name == *token.text(&text)) else { continue };
            out.push_str(text.sure_at(written..token.end));
            out.push_str(&format!(" ({})", value_words(&param.value)));
            written = token.end;
        }
        out.push_str(text.sure_at(written..));
        out
    }

    /// Scores and labels in the order of the source.
    fn outputs(&self) -> Vec<Section> {
        let section = |output: &Output| match *output {
            Output::Score(id) => self.model.score(id).map(|score| self.score(score)),
            Output::Label(id) => self.model.label(id).map(|label| self.label(label)),
        };
        self.model.outputs.iter().filter_map(section).collect()
    }

    /// A rollup: what makes its accounts, then their scores, labels and stages.
    fn rollup(&self, rollup: &Rollup) -> Vec<Section> {
        let mut sentences = rollup.docs.clone();
        let by = squeezed(self.sources, rollup.key.span);
        sentences.push(format!("One account for each value of {by}, made of the contacts that have it and are scored."));
        if let Some(filter) = &rollup.filter {
            sentences.push(format!("Only contacts count for which this holds: {}.", self.words(filter)));
        }
        let head = Section { heading: format!("Accounts: {}", rollup.name), sentences, gives: "", rows: Vec::new() };
        let maker = Maker { model: &rollup.accounts, params: self.params, sources: self.sources };
        let of = |mut section: Section| {
            section.heading = format!("{} of {}", section.heading, rollup.name);
            section
        };
        let lifecycles = rollup.accounts.lifecycles.iter().map(|lifecycle| maker.lifecycle(lifecycle));
        std::iter::once(head).chain(maker.outputs().into_iter().chain(lifecycles).map(of)).collect()
    }

    fn exclusion(&self, of: &str, exclusion: &Exclusion) -> Row {
        Row {
            kind: "exclusion",
            of: of.to_owned(),
            when: self.words(&exclusion.condition),
            gives: if of.is_empty() { "not scored".to_owned() } else { "no score".to_owned() },
            because: because(exclusion.because.as_ref()),
            line: self.line(exclusion.span),
            ..Row::default()
        }
    }

    fn score(&self, score: &Score) -> Section {
        let mut sentences = score.docs.clone();
        let bounds = words::bounds(&score.bounds);
        if !bounds.is_empty() {
            sentences.push(format!("The score is {bounds}, whatever the sum."));
        }
        let mut rows = Vec::new();
        match &score.body {
            ScoreBody::Items { exclusions, items } => {
                rows.extend(exclusions.iter().map(|e| self.exclusion(&score.name, e)));
                let mut place = Place { of: &score.name, groups: Vec::new() };
                items.iter().for_each(|item| self.item(item, &mut place, &mut rows));
            }
            ScoreBody::Formula(formula) => {
                sentences.push(format!("{} = {}.", score.name, self.formula(formula, false)));
            }
            ScoreBody::Given(_) => {}
            ScoreBody::Conditional(formula) => {
                let mut row = |when: String, arm: &FormulaArm| {
                    rows.push(Row {
                        kind: "rule",
                        of: score.name.to_string(),
                        when,
                        gives: self.formula(&arm.formula, false),
                        because: because(arm.arm.because.as_ref()),
                        line: self.line(arm.arm.span),
                        ..Row::default()
                    });
                };
                for (at, (condition, arm)) in formula.branches.iter().enumerate() {
                    let lead = if at == 0 { "" } else { "else: " };
                    row(format!("{lead}{}", self.words(condition)), arm);
                }
                row("else".to_owned(), &formula.otherwise);
                if let Some(arm) = &formula.unknown {
                    row("if that is unknown".to_owned(), arm);
                }
            }
        }
        Section { heading: format!("Score {}", score.name), sentences, gives: "Points", rows }
    }

    fn formula(&self, formula: &Formula, inner: bool) -> String {
        let many = |name: &str, parts: &[Formula]| {
            let parts: Vec<String> = parts.iter().map(|p| self.formula(p, false)).collect();
            format!("{name} of {}", parts.join(", "))
        };
        let (text, simple) = match formula {
            Formula::Score(id, _) => (self.model.score(*id).map_or_else(String::new, |s| s.name.to_string()), true),
            Formula::Number(n, _) => (words::number(*n), true),
            Formula::Negate(a) => (format!("-{}", self.formula(a, true)), true),
            Formula::Binary(op, a, b) => (format!("{} {} {}", self.formula(a, true), op.sign(), self.formula(b, true)), false),
            Formula::Divide(a, n) => (format!("{} / {}", self.formula(a, true), words::number(*n)), false),
            Formula::Min(parts) => (many("the least", parts), false),
            Formula::Max(parts) => (many("the greatest", parts), false),
        };
        if inner && !simple { format!("({text})") } else { text }
    }

    fn item(&self, item: &Item, place: &mut Place<'_>, rows: &mut Vec<Row>) {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => {
                for (at, branch) in branches.iter().enumerate() {
                    let terms = branch.decay.as_ref().map_or_else(String::new, |(decay, since)| {
                        format!("{} since {}", words::decay(decay), self.words(since))
                    });
                    let lead = if at == 0 { "" } else { "else: " };
                    rows.push(self.row(place, format!("{lead}{}", self.words(&branch.condition)), terms, &branch.arm));
                }
                self.rest(place, [("else", otherwise), ("if that is unknown", unknown)], "", rows);
            }
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let what = self.words(value);
                for line in lines {
                    let when = format!("{what}: {}", words::range(&line.range));
                    rows.push(self.row(place, when, String::new(), &line.arm));
                }
                let (other, none) = (format!("{what}: any other"), format!("{what}: unknown"));
                self.rest(place, [(&other, otherwise), (&none, unknown)], "", rows);
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                let what = self.words(value);
                self.lines(place, &what, &value.ty, lines, "", rows);
                let (other, none) = (format!("{what}: any other"), format!("{what}: unknown"));
                self.rest(place, [(&other, otherwise), (&none, unknown)], "", rows);
            }
            ItemKind::MatchEach { set, lines, otherwise } => {
                let what = format!("each {}", self.words(set));
                self.lines(place, &what, &set.ty, lines, "each", rows);
                self.rest(place, [(&format!("{what}: any other"), otherwise), ("", &None)], "each", rows);
            }
            ItemKind::MatchEvents { field, filter, lines } => {
                for line in lines {
                    let keys: Vec<String> = line.keys.iter().map(|key| key_words(key, &field.ty)).collect();
                    let keys = if keys.is_empty() { "any other".to_owned() } else { keys.join(", ") };
                    rows.push(self.each(&line.each, filter.as_ref(), Some((field, &keys)), place));
                }
            }
            ItemKind::Each(each) => rows.push(self.each(each, each.filter.as_ref(), None, place)),
            ItemKind::Per { step, value, arm, bounds } => {
                let step = words::number(crate::value::Decimal::whole(*step));
                let when = if step == "1" {
                    format!("for each of {}", self.words(value))
                } else {
                    format!("for every {step} of {}", self.words(value))
                };
                rows.push(self.row(place, when, joined(&["each".to_owned(), words::bounds(bounds)]), arm));
            }
            ItemKind::Group { title, best, when, bounds, items } => {
                let best = best.map_or_else(String::new, |n| format!("the best {n}"));
                let when = when.as_ref().map_or_else(String::new, |when| format!("when {}", self.words(when)));
                let terms = joined(&[best, words::bounds(bounds), when]);
                place.groups.push(if terms.is_empty() { title.to_string() } else { format!("{title} ({terms})") });
                items.iter().for_each(|item| self.item(item, place, rows));
                place.groups.pop();
            }
        }
    }

    fn row(&self, place: &Place<'_>, when: String, terms: String, arm: &Arm) -> Row {
        Row {
            kind: "rule",
            of: place.of.to_owned(),
            group: place.groups.join(" / "),
            when,
            gives: arm.points.signed(),
            terms,
            because: self.reason(arm),
            line: self.line(arm.span),
        }
    }

    /// The reason of a line, and what it was measured from.
    fn reason(&self, arm: &Arm) -> String {
        let measured = crate::syntax::Provenance::above(self.sources, arm.span).map(|p| p.words());
        let parts: Vec<String> = arm.because.as_ref().map(|b| b.text.to_string()).into_iter().chain(measured).collect();
        parts.join("; ")
    }

    fn rest(&self, place: &Place<'_>, arms: [(&str, &Option<Arm>); 2], terms: &str, rows: &mut Vec<Row>) {
        for (when, arm) in arms {
            rows.extend(arm.iter().map(|arm| self.row(place, when.to_owned(), terms.to_owned(), arm)));
        }
    }

    fn lines(&self, place: &Place<'_>, what: &str, ty: &Type, lines: &[MatchLine], each: &str, rows: &mut Vec<Row>) {
        for line in lines {
            let keys: Vec<String> = line.keys.iter().map(|key| key_words(key, ty)).collect();
            let when = format!("{what}: {}", keys.join(", "));
            rows.push(self.row(place, when, each.to_owned(), &line.arm));
        }
    }

    /// The row of an `each`, or of a line of a `match each` with the field and its keys.
    fn each(&self, each: &Each, filter: Option<&Expr>, line: Option<(&Expr, &str)>, place: &Place<'_>) -> Row {
        let event = &self.model.schema.sure_event(each.event).name;
        let mut when = format!("each {event}");
        if let Some(within) = each.within {
            when.push_str(&format!(" of the last {}", words::duration(within)));
        }
        if let Some(filter) = filter {
            // A window beside a date is a condition that is written with `within`.
            let words = self.words(filter);
            when.push_str(if words.starts_with("within ") { " " } else { " where " });
            when.push_str(&words);
        }
        if let Some((field, keys)) = line {
            when = format!("{when}, {}: {keys}", self.words(field));
        }
        let times = each.times.map_or_else(String::new, |t| {
            let field = |id| self.model.schema.event(each.event).and_then(|list| list.field(id)).map_or("", |field| &field.name);
            let per = t.per.map_or_else(String::new, |per| match per {
                TimesPer::Day => " a day".to_owned(),
                TimesPer::Week => " a week".to_owned(),
                TimesPer::Month => " a month".to_owned(),
                TimesPer::Field(id, _) => format!(" for each {}", field(id)),
            });
            format!("the newest {}{per}", t.count)
        });
        let decay = each.decay.as_ref().map_or_else(String::new, words::decay);
        let terms = joined(&["each".to_owned(), times, decay, words::bounds(&each.bounds)]);
        self.row(place, when, terms, &each.arm)
    }

    fn label(&self, label: &Label) -> Section {
        let mut sentences = label.docs.clone();
        let mut rows = Vec::new();
        match &label.body {
            LabelBody::Ranges { score, lines, otherwise } => {
                let score = &self.model.sure_score(*score).name;
                let text = |value: u32| label.values.get(value as usize).map_or_else(String::new, ToString::to_string);
                let row = |when: String, value: u32, span: Span| Row {
                    kind: "label",
                    of: label.name.to_string(),
                    when,
                    gives: text(value),
                    line: self.line(span),
                    ..Row::default()
                };
                rows.extend(lines.iter().map(|l| row(format!("{score}: {}", words::range(&l.range)), l.value, l.span)));
                rows.extend(otherwise.iter().map(|o| row(format!("{score}: any other"), o.value, o.span)));
            }
            LabelBody::Labels { label: by, lines, otherwise } => {
                let (name, values) = self.model.label(*by).map_or(("", &[][..]), |by| (&*by.name, &*by.values));
                let text =
                    |of: &[std::sync::Arc<str>], value: u32| of.get(value as usize).map_or_else(String::new, ToString::to_string);
                let row = |when: String, value: u32, span: Span| Row {
                    kind: "label",
                    of: label.name.to_string(),
                    when,
                    gives: text(&label.values, value),
                    line: self.line(span),
                    ..Row::default()
                };
                rows.extend(lines.iter().map(|l| {
                    let keys: Vec<String> = l.keys.iter().map(|key| text(values, *key)).collect();
                    row(format!("{name}: {}", keys.join(", ")), l.value, l.span)
                }));
                rows.extend(otherwise.iter().map(|o| row(format!("{name}: any other"), o.value, o.span)));
            }
            LabelBody::Join(parts) => {
                let parts: Vec<&str> = parts.iter().filter_map(|id| self.model.label(*id)).map(|l| &*l.name).collect();
                sentences.push(format!(
                    "{} is {} written together: {}.",
                    label.name,
                    parts.join(" and "),
                    label.values.join(", ")
                ));
            }
        }
        Section { heading: format!("Label {}", label.name), sentences, gives: "Label", rows }
    }

    fn lifecycle(&self, lifecycle: &Lifecycle) -> Section {
        let stage = |at: u32| lifecycle.stages.get(at as usize).map_or_else(String::new, ToString::to_string);
        let mut sentences = lifecycle.docs.clone();
        sentences.push(format!("The stages in order: {}.", lifecycle.stages.join(", ")));
        sentences.push("Read from top to bottom; the first line that holds decides.".to_owned());
        let mut rows = Vec::new();
        let row = |kind, when, gives, because, span| Row {
            kind,
            of: lifecycle.name.to_string(),
            when,
            gives,
            because,
            line: self.line(span),
            ..Row::default()
        };
        for hold in &lifecycle.holds {
            let gives = "stays as it is".to_owned();
            rows.push(row("hold", self.words(&hold.condition), gives, because(hold.because.as_ref()), hold.span));
        }
        for rule in &lifecycle.rules {
            let when = match &rule.when {
                StageCondition::Condition(condition) => self.words(condition),
                StageCondition::Excluded => "left out of scoring".to_owned(),
            };
            rows.push(row("stage", when, stage(rule.stage), because(rule.because.as_ref()), rule.span));
        }
        match lifecycle.otherwise {
            Some((at, span)) => rows.push(row("stage", "none of these".to_owned(), stage(at), String::new(), span)),
            None => sentences.push("Where no line holds, the stage stays as it is.".to_owned()),
        }
        if lifecycle.forward_only.is_some() {
            sentences.push("A stage only ever moves forward; an earlier one is refused.".to_owned());
        }
        Section { heading: format!("Lifecycle {}", lifecycle.name), sentences, gives: "Stage", rows }
    }

    /// What the names in the rules mean: definitions, lists, params.
    fn names(&self) -> Option<Section> {
        let row = |kind, name: &str, gives: String, docs: &[String], span| Row {
            kind,
            when: name.to_owned(),
            gives,
            because: docs.join(" "),
            line: self.line(span),
            ..Row::default()
        };
        let definitions =
            self.model.definitions.iter().map(|d| row("definition", &d.name, self.words(&d.value), &d.docs, d.span));
        let lists = self.model.lists.iter().map(|l| row("list", &l.name, entries(&l.entries), &l.docs, l.span));
        let params = self.model.params.iter().map(|p| row("param", &p.name, value_words(&p.value), &p.docs, p.span));
        let rows: Vec<Row> = definitions.chain(lists).chain(params).collect();
        (!rows.is_empty()).then(|| Section {
            heading: "What the names mean".to_owned(),
            sentences: Vec::new(),
            gives: "Means",
            rows,
        })
    }

    /// The related records, and how each is found.
    fn related(&self) -> Option<Section> {
        let schema = &self.model.schema;
        let row = |related: &Related| {
            let to = &schema.sure_property(related.to).name;
            let to = if related.domain { format!("domain of {to}") } else { to.to_string() };
            let file = related.file.as_ref().map_or_else(String::new, |file| format!(" of {}", file.path));
            Row {
                kind: "related",
                when: related.name.to_string(),
                gives: format!("{to}, in the column \"{}\"{file}", related.by),
                line: self.line(related.name_span),
                ..Row::default()
            }
        };
        (!schema.related.is_empty()).then(|| Section {
            heading: "Related records".to_owned(),
            sentences: vec!["A contact without such a record is scored as if its values were empty.".to_owned()],
            gives: "Found by",
            rows: schema.related.iter().map(row).collect(),
        })
    }

    /// The columns of the data that the schema reads by other names than its own.
    fn columns(&self) -> Option<Section> {
        let schema = &self.model.schema;
        let row = |name: String, property: &Property| {
            let place = property.from_column.map(|number| format!("column {number}"));
            let headers = place.into_iter().chain(property.from.iter().map(|header| format!("\"{header}\"")));
            let headers: Vec<String> = headers.collect();
            Row {
                kind: "column",
                when: name,
                gives: headers.join(", else "),
                because: property.docs.join(" "),
                line: self.line(property.span),
                ..Row::default()
            }
        };
        let properties = schema.properties.iter().map(|p| (p.name.to_string(), p));
        let fields =
            schema.events.iter().flat_map(|list| list.fields.iter().map(move |f| (format!("{}.{}", list.name, f.name), f)));
        let named = properties.chain(fields).filter(|(_, property)| !property.from.is_empty() || property.from_column.is_some());
        let rows: Vec<Row> = named.map(|(name, property)| row(name, property)).collect();
        (!rows.is_empty()).then(|| Section {
            heading: "Columns of the data".to_owned(),
            sentences: vec!["The other properties are read from columns of their own names.".to_owned()],
            gives: "Read from",
            rows,
        })
    }
}

/// The entries of a list, the first of a long one: `"gmail.com", "yahoo.com"`.
fn entries(entries: &[ListEntry]) -> String {
    const SHOWN: usize = 20;
    let words = |entry: &ListEntry| match &entry.value {
        ListValue::Word(text) | ListValue::Line(text) => text.to_string(),
        ListValue::Text(text) => format!("\"{text}\""),
        ListValue::Number(n) => words::number(*n),
        ListValue::Date(day) => value_words(&Value::Date(*day)),
        ListValue::DateTime(micros) => value_words(&Value::DateTime(*micros)),
        ListValue::Boolean(yes) => yes.to_string(),
    };
    let shown: Vec<String> = entries.iter().take(SHOWN).map(words).collect();
    match entries.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        Some(0) | None if shown.is_empty() => "an empty list".to_owned(),
        Some(0) | None => shown.join(", "),
    }
}

struct Place<'a> {
    of: &'a str,
    groups: Vec<String>,
}

fn because(because: Option<&Because>) -> String {
    because.map_or_else(String::new, |b| b.text.to_string())
}

/// The parts that say something, with commas.
fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A key of a match's line: an option's name, `yes` or `no`, a text in quotes.
fn key_words(key: &Value, ty: &Type) -> String {
    match (key, ty) {
        (Value::Option(code), Type::OneOf(options) | Type::SetOf(options)) => {
            options.name(*code).map_or_else(String::new, ToString::to_string)
        }
        (value, _) => value_words(value),
    }
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{text}\""),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Boolean(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Date(day) => crate::time::civil(*day).map_or_else(String::new, |d| d.to_string()),
        Value::DateTime(micros) => crate::time::moment_text(*micros),
        Value::Option(code) => code.to_string(),
        Value::Set(codes) => codes.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        Value::TextSet(texts) => texts.join(", "),
        Value::Decimal(n) => words::number(*n),
    }
}
