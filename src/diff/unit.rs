//! A model taken apart into what its author would call a rule, each in the words of the source.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::hir::words;
use crate::hir::{
    Arm, Because, Bounds, Branch, Exclusion, Item, ItemKind, Label, LabelBody, Lifecycle, Model, Rollup, Score, ScoreBody,
};
use crate::id::{ArmId, ItemId};
use crate::invariant::{Sure as _, SureAt as _};
use crate::schema::Schema;
use crate::source::{Sources, Span};
use crate::time::civil;
use crate::value::Value;

/// What kind of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A line of the schema that holds for all of it.
    Setting,
    /// A property of the schema.
    Property,
    /// An event list of the schema.
    Event,
    /// A param.
    Param,
    /// A list.
    List,
    /// A definition.
    Definition,
    /// An exclusion.
    Exclusion,
    /// A score or group with its bounds, or a formula.
    Score,
    /// A place where points are given.
    Points,
    /// A line of a label, or its joined parts.
    Label,
    /// A line of a lifecycle.
    Stage,
    /// What makes the accounts of a rollup; its scores, labels and lifecycles are rules of their kinds.
    Rollup,
}

/// What of the evaluator's results a unit answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Nothing of its own.
    Nothing,
    /// The points of an arm.
    Arm(ArmId),
    /// What the bounds of a group take or add.
    Group(ItemId),
    /// What the bounds of a score take or add, by the score's number.
    Score(u32),
    /// A top-level exclusion, by its number.
    Exclusion(u32),
    /// A hold of a lifecycle.
    Hold(u32, u32),
    /// A `stage` line of a lifecycle.
    Rule(u32, u32),
    /// The `otherwise` of a lifecycle.
    Otherwise(u32),
}

/// A rule in its own words.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its kind.
    pub kind: Kind,
    /// Where it belongs: `score fit`, `lifecycle status`.
    pub place: String,
    /// What it needs to be understood alone: `band employees`.
    pub head: String,
    /// What says when, or its name.
    pub condition: String,
    /// What it gives: points, a value, a range.
    pub value: String,
    /// What stands behind that: bounds, decay.
    pub rest: String,
    /// The reason.
    pub because: Option<Arc<str>>,
    /// All of it on one line, the reason left out.
    pub text: String,
    /// The file, as named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it answers for.
    pub answers: Answers,
    /// The number of the item that it is a part of.
    pub item: u32,
    /// The names in it, to know what it rests on.
    pub names: BTreeSet<String>,
    /// Whether it is about accounts, and so gives no record anything.
    pub of_accounts: bool,
}

/// All rules of a model in the order of what they are and of the source.
#[must_use]
pub fn units(model: &Model, sources: &Sources) -> Vec<Unit> {
    let mut it = Units { sources, item: 0, rollup: None, out: Vec::new() };
    it.schema(&model.schema);
    it.reusables(model);
    for (at, exclusion) in (0..).zip(&model.exclusions) {
        it.exclusion("exclusions", exclusion, Answers::Exclusion(at));
    }
    for (at, score) in (0..).zip(&model.scores) {
        it.score(at, score);
    }
    model.labels.iter().for_each(|label| it.label(label, model));
    for (at, lifecycle) in (0..).zip(&model.lifecycles) {
        it.lifecycle(at, lifecycle);
    }
    model.rollups.iter().for_each(|rollup| it.rollup(rollup));
    it.out
}

/// What [`Unit`] has beside its texts.
struct Of<'a> {
    kind: Kind,
    place: &'a str,
    span: Span,
    because: Option<&'a Because>,
    answers: Answers,
}

struct Units<'s> {
    sources: &'s Sources,
    item: u32,
    /// Where the rules of the rollup that is gone through belong.
    rollup: Option<String>,
    out: Vec<Unit>,
}

impl Units<'_> {
    fn push(&mut self, of: &Of<'_>, text: String, head: &str, parts: [String; 3]) {
        let [condition, value, rest] = parts;
        self.out.push(Unit {
            kind: of.kind,
            place: self.rollup.as_ref().map_or_else(|| of.place.to_owned(), |rollup| format!("{rollup}, {}", of.place)),
            names: names(&text),
            head: head.to_owned(),
            condition,
            value,
            rest,
            because: of.because.map(|b| Arc::clone(&b.text)),
            text,
            file: self.sources.name(of.span).to_owned(),
            line: self.sources.place(of.span).line,
            // What comes to records is told by rules about records.
            answers: if self.rollup.is_some() { Answers::Nothing } else { of.answers },
            item: self.item,
            of_accounts: of.kind == Kind::Rollup || self.rollup.is_some(),
        });
    }

    fn plain(&mut self, kind: Kind, place: &str, span: Span, name: &str, value: String) {
        let of = Of { kind, place, span, because: None, answers: Answers::Nothing };
        let text = words::squeezed(self.sources, span);
        self.push(&of, text, "", [name.to_owned(), value, String::new()]);
    }

    fn schema(&mut self, schema: &Schema) {
        let Some(span) = schema.span else { return };
        let place = "schema";
        let accents = if schema.ignore_accents { "ignored" } else { "kept" };
        let unknown: Vec<String> = schema.unknown_values.iter().map(|v| format!("\"{v}\"")).collect();
        let settings = [
            ("time zone", schema.zone_name.to_string()),
            ("accents", accents.to_owned()),
            ("unknown values", unknown.join(", ")),
        ];
        for (name, value) in settings {
            let of = Of { kind: Kind::Setting, place, span, because: None, answers: Answers::Nothing };
            let text = format!("{name}: {value}");
            self.push(&of, text, "", [name.to_owned(), value, String::new()]);
        }
        for property in &schema.properties {
            let text = words::squeezed(self.sources, property.span);
            let rest = text.strip_prefix(&*property.name).and_then(|t| t.trim_start().strip_prefix(':'));
            self.plain(
                Kind::Property,
                place,
                property.span,
                &property.name,
                rest.map_or_else(|| text.clone(), |t| t.trim_start().to_owned()),
            );
        }
        for event in &schema.events {
            let text = words::squeezed(self.sources, event.span);
            let rest = text.strip_prefix(&*event.name).and_then(|t| t.trim_start().strip_prefix(':'));
            self.plain(
                Kind::Event,
                place,
                event.span,
                &event.name,
                rest.map_or_else(|| text.clone(), |t| t.trim_start().to_owned()),
            );
        }
    }

    fn reusables(&mut self, model: &Model) {
        for param in &model.params {
            let value = constant(&param.value);
            let of = Of { kind: Kind::Param, place: "params", span: param.span, because: None, answers: Answers::Nothing };
            let text = format!("param {} = {value}", param.name);
            self.push(&of, text, "", [param.name.to_string(), value, String::new()]);
        }
        for list in &model.lists {
            let entries: Vec<String> = list.entries.iter().map(|e| self.sources.text(e.span).trim().to_owned()).collect();
            let of = Of { kind: Kind::List, place: "lists", span: list.span, because: None, answers: Answers::Nothing };
            let text = words::squeezed(self.sources, list.span);
            self.push(&of, text, "", [list.name.to_string(), entries.join(", "), String::new()]);
        }
        for definition in &model.definitions {
            let value = words::squeezed(self.sources, definition.value.span);
            self.plain(Kind::Definition, "definitions", definition.span, &definition.name, value);
        }
    }

    fn exclusion(&mut self, place: &str, it: &Exclusion, answers: Answers) {
        let of = Of { kind: Kind::Exclusion, place, span: it.span, because: it.because.as_ref(), answers };
        let condition = words::squeezed(self.sources, it.condition.span);
        self.push(&of, words::exclusion(self.sources, it), "exclude", [condition, String::new(), String::new()]);
    }

    fn score(&mut self, at: u32, score: &Score) {
        let place = format!("score {}", score.name);
        let of = Of { kind: Kind::Score, place: &place, span: score.name_span, because: None, answers: Answers::Score(at) };
        match &score.body {
            ScoreBody::Items { exclusions, items } => {
                self.push(&of, words::score(self.sources, score), "", [place.clone(), String::new(), bounds(&score.bounds)]);
                exclusions.iter().for_each(|e| self.exclusion(&place, e, Answers::Nothing));
                items.iter().for_each(|item| self.item(&place, item));
            }
            ScoreBody::Conditional(formula) => {
                self.push(&of, words::score(self.sources, score), "", [place.clone(), String::new(), bounds(&score.bounds)]);
                self.item = crate::invariant::number(formula.item.index());
                for arm in formula.arms() {
                    let of = Of {
                        kind: Kind::Score,
                        place: &place,
                        span: arm.arm.span,
                        because: arm.arm.because.as_ref(),
                        answers: Answers::Nothing,
                    };
                    let text = words::formula_arm(self.sources, arm);
                    let value = words::squeezed(self.sources, arm.arm.points_span);
                    let condition = text.strip_suffix(&*value).unwrap_or(&text).trim_end().to_owned();
                    self.push(&of, text, "", [condition, value, String::new()]);
                }
            }
            // What is gathered stands in the formulas that use it.
            ScoreBody::Given(_) => {}
            ScoreBody::Formula(_) => {
                let text = words::squeezed(self.sources, score.span);
                let formula = after_equals(&text);
                self.push(&of, text, "", [place.clone(), formula, bounds(&score.bounds)]);
            }
        }
    }

    fn item(&mut self, place: &str, item: &Item) {
        self.item = crate::invariant::number(item.id.index());
        if let ItemKind::Group { title, best, when, bounds: held, items } = &item.kind {
            let inside = format!("{place}, group \"{title}\"");
            let of = Of { kind: Kind::Score, place, span: item.span, because: None, answers: Answers::Group(item.id) };
            let text = words::head(self.sources, item);
            let best = best.map_or_else(String::new, |n| format!("best {n}"));
            let when = when.as_ref().map_or_else(String::new, |w| format!("when {}", words::squeezed(self.sources, w.span)));
            let terms = [best, bounds(held), when].into_iter().filter(|term| !term.is_empty()).collect::<Vec<_>>().join(" ");
            self.push(&of, text, "", [format!("group \"{title}\""), String::new(), terms]);
            items.iter().for_each(|item| self.item(&inside, item));
            return;
        }
        let head = if item.has_lines() { words::head(self.sources, item) } else { String::new() };
        for arm in words::arms(item) {
            self.arm(place, &head, item, arm);
        }
    }

    fn arm(&mut self, place: &str, head: &str, item: &Item, arm: &Arm) {
        let (span, points) = (arm.span, arm.points_span);
        let end = arm.because.as_ref().map_or(span.end, |b| b.span.start);
        let rest = words::squeezed(self.sources, Span::new(span.file, points.end, end.max(points.end)));
        let rest = rest.strip_suffix("because").unwrap_or(&rest).trim_end().to_owned();
        let condition = words::squeezed(self.sources, Span::new(span.file, span.start, points.start));
        let (condition, text) = (further(item, arm, condition), further(item, arm, words::rule(self.sources, item, arm)));
        let value = words::squeezed(self.sources, points);
        let of = Of { kind: Kind::Points, place, span, because: arm.because.as_ref(), answers: Answers::Arm(arm.id) };
        self.push(&of, text, head, [condition, value, rest]);
    }

    fn rollup(&mut self, it: &Rollup) {
        let place = format!("rollup {}", it.name);
        let of = Of { kind: Kind::Rollup, place: &place, span: it.name_span, because: None, answers: Answers::Nothing };
        let key = words::squeezed(self.sources, it.key.span);
        let filter = it.filter.as_ref().map(|filter| format!(" where {}", words::squeezed(self.sources, filter.span)));
        let value = format!("by {key}{}", filter.unwrap_or_default());
        self.item = 0;
        self.push(&of, format!("{place} {value}"), "", [place.clone(), value, String::new()]);
        self.rollup = Some(place);
        for (at, score) in (0..).zip(&it.accounts.scores) {
            self.score(at, score);
        }
        it.accounts.labels.iter().for_each(|label| self.label(label, &it.accounts));
        for (at, lifecycle) in (0..).zip(&it.accounts.lifecycles) {
            self.lifecycle(at, lifecycle);
        }
        self.rollup = None;
    }

    fn label(&mut self, label: &Label, model: &Model) {
        let place = format!("label {}", label.name);
        match &label.body {
            LabelBody::Ranges { score, lines, otherwise } => {
                let by = &model.sure_score(*score).name;
                let name = |value: u32| label.values.sure_at(value as usize).to_string();
                for line in lines {
                    let range = words::squeezed(self.sources, line.range.span);
                    self.label_line(&place, line.span, name(line.value), format!("{by} {range}"));
                }
                if let Some(other) = otherwise {
                    self.label_line(&place, other.span, name(other.value), "else".to_owned());
                }
            }
            LabelBody::Labels { label: by, lines, otherwise } => {
                let by = &model.sure_label(*by).name;
                let name = |value: u32| label.values.sure_at(value as usize).to_string();
                for line in lines {
                    let keys = words::squeezed(self.sources, line.keys_span);
                    self.label_line(&place, line.span, name(line.value), format!("{by} {keys}"));
                }
                if let Some(other) = otherwise {
                    self.label_line(&place, other.span, name(other.value), "else".to_owned());
                }
            }
            LabelBody::Join(_) => {
                let text = words::squeezed(self.sources, label.span);
                self.label_line(&place, label.span, String::new(), after_equals(&text));
            }
        }
    }

    fn label_line(&mut self, place: &str, span: Span, name: String, value: String) {
        let of = Of { kind: Kind::Label, place, span, because: None, answers: Answers::Nothing };
        let text = if name.is_empty() { value.clone() } else { format!("{name} for {value}") };
        self.push(&of, text, "", [name, value, String::new()]);
    }

    fn lifecycle(&mut self, at: u32, it: &Lifecycle) {
        let place = format!("lifecycle {}", it.name);
        let of = |span, because, answers| Of { kind: Kind::Stage, place: &place, span, because, answers };
        for (number, hold) in (0..).zip(&it.holds) {
            let of = of(hold.span, hold.because.as_ref(), Answers::Hold(at, number));
            let condition = words::squeezed(self.sources, hold.condition.span);
            self.push(&of, words::hold(self.sources, hold), "hold", [condition, String::new(), String::new()]);
        }
        let stage = |code: u32| it.stages.sure_at(code as usize);
        for (number, rule) in (0..).zip(&it.rules) {
            let of = of(rule.span, rule.because.as_ref(), Answers::Rule(at, number));
            let text = words::stage_rule(self.sources, rule);
            let head = format!("stage {}", stage(rule.stage));
            let condition = text.split_once(" when ").map_or_else(String::new, |(_, c)| c.to_owned());
            self.push(&of, text, &head, [condition, String::new(), String::new()]);
        }
        if let Some((code, span)) = it.otherwise {
            let of = of(span, None, Answers::Otherwise(at));
            let text = format!("otherwise {}", stage(code));
            self.push(&of, text, "", ["otherwise".to_owned(), stage(code).to_string(), String::new()]);
        }
        if let Some(span) = it.forward_only {
            let of = of(span, None, Answers::Nothing);
            self.push(&of, "forward only".to_owned(), "", ["forward only".to_owned(), String::new(), String::new()]);
        }
    }
}

/// The words of a branch of an `if`, which stands behind an `else` unless it is the first.
fn further(item: &Item, arm: &Arm, words: String) -> String {
    let later = |branches: &[Branch]| branches.iter().skip(1).any(|b| b.arm.id == arm.id);
    let is_later = matches!(&item.kind, ItemKind::If { branches, .. } if later(branches));
    if is_later && !words.starts_with("else") { format!("else {words}") } else { words }
}

/// `min 0 max 60`, as the bounds are and not as they are written; nothing without any.
fn bounds(it: &Bounds) -> String {
    let part = |name: &str, end: Option<(crate::value::Points, Span)>| end.map(|(p, _)| format!("{name} {p}"));
    let parts: Vec<String> = [part("min", it.min), part("max", it.max)].into_iter().flatten().collect();
    parts.join(" ")
}

/// A param's value as rules write it: the one that holds, which `--set` may have given.
fn constant(value: &Value) -> String {
    match value {
        Value::Decimal(d) => d.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Date(day) => civil(*day).sure("a param's date is one of the calendar").to_string(),
        Value::DateTime(micros) => crate::time::moment_text(*micros),
        // No param is one of these.
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => {
            String::new()
        }
    }
}

fn after_equals(text: &str) -> String {
    text.split_once('=').map_or(text, |(_, value)| value).trim().to_owned()
}

/// The words of a text that may be names.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_')).map(str::to_owned).collect()
}
