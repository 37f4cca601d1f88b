//! A listing that reads like assembly, with the rules beside it.

use std::fmt::Write;

use super::{
    Block, Chunk, Clock, ColumnRef, Distinct, Domain, FormulaStep, Gives, Instr, InstrKind, Limits, MaskReg, PerValue,
    ProbeValue, Target, TextBase, TextOperand, Window,
};
use crate::invariant::SureAt as _;
use crate::op::{AggregateFunction, Duration, PickFunction, TextTest, Unit};
use crate::schema::EventId;
use crate::source::{Sources, Span};
use crate::value::Points;

/// The column at which the rules stand.
const MARGIN: usize = 64;

/// The instructions of a chunk, one a line: number, register, operation, and from where on a rule begins its words.
#[must_use]
pub fn listing(chunk: &Chunk, sources: &Sources) -> String {
    let mut out = String::new();
    let shape = &chunk.shape;
    let _ = writeln!(
        out,
        "; {} scores, {} labels, {} lifecycles, {} items, {} arms; days in {}",
        shape.scores,
        shape.labels,
        shape.lifecycles,
        shape.items,
        shape.arms,
        chunk.zone.iana_name().unwrap_or("UTC")
    );
    block(&mut out, chunk, sources, "main", &chunk.main);
    for (number, region) in chunk.regions.iter().enumerate() {
        let title = format!("region {number}: a table by {} ({:?})", Words { chunk }.column(region.column), region.key);
        block(&mut out, chunk, sources, &title, &region.block);
    }
    out
}

fn block(out: &mut String, chunk: &Chunk, sources: &Sources, title: &str, block: &Block) {
    let r = &block.registers;
    let _ = writeln!(out, "\n{title}: {} masks, {} integers, {} numbers, {} codes", r.masks, r.ints, r.nums, r.codes);
    let mut shown = None;
    for (at, (instr, span)) in block.instrs.iter().zip(&block.spans).enumerate() {
        let line = format!("{at:5}  {}", Words { chunk }.instr(instr));
        if shown == Some(*span) {
            let _ = writeln!(out, "{line}");
        } else {
            shown = Some(*span);
            let _ = writeln!(out, "{line:MARGIN$}  ; {}", rule(sources, *span));
        }
    }
}

/// The place and the first line of the words of a rule.
fn rule(sources: &Sources, span: Span) -> String {
    let words: String = sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(72).collect();
    let more = if short.len() < words.len() { ".." } else { "" };
    format!("{}:{}: {short}{more}", sources.name(span), sources.place(span).line)
}

struct Words<'a> {
    chunk: &'a Chunk,
}

impl Words<'_> {
    fn instr(&self, instr: &Instr) -> String {
        let to = match instr.op.gives() {
            Gives::Mask => format!("m{}", instr.dst),
            Gives::Int => format!("i{}", instr.dst),
            Gives::Num => format!("n{}", instr.dst),
            Gives::Code => format!("c{}", instr.dst),
            Gives::Nothing => String::new(),
        };
        let to = if instr.op.can_fail() { format!("{to}, m{}", instr.ok) } else { to };
        let rows = match instr.domain {
            Domain::Records => String::new(),
            Domain::Events(event) => format!("  each {}", self.event(event)),
        };
        format!("{to:10} {}{rows}", self.op(&instr.op))
    }

    fn column(&self, column: ColumnRef) -> String {
        let names = &self.chunk.names;
        match column {
            ColumnRef::Property(id) => {
                names.properties.get(id.0 as usize).map_or_else(|| format!("p{}", id.0), ToString::to_string)
            }
            ColumnRef::Field(event, field) => {
                let fields = names.events.get(event.0 as usize).map(|(_, fields)| fields);
                let field = fields.and_then(|fields| fields.get(field.0 as usize)).map_or("?", |f| f);
                format!("{}.{field}", self.event(event))
            }
            ColumnRef::Summed(number) => format!("summed{number}"),
        }
    }

    fn event(&self, event: EventId) -> String {
        self.chunk.names.events.get(event.0 as usize).map_or_else(|| format!("e{}", event.0), |(name, _)| name.to_string())
    }

    fn probed(&self, of: &ProbeValue) -> String {
        match *of {
            ProbeValue::Truth(t, f) => format!("{t} {f}"),
            ProbeValue::Integer(i, m) | ProbeValue::Date(i, m) | ProbeValue::DateTime(i, m) | ProbeValue::Score(i, m) => {
                format!("{i} {m}")
            }
            ProbeValue::Number(n, m) => format!("{n} {m}"),
            ProbeValue::Option(code) => code.to_string(),
            ProbeValue::Text(text) => self.text(text),
            ProbeValue::Set(column) => self.column(column),
            ProbeValue::Chosen(ref texts) => {
                let each: Vec<String> = texts.iter().map(|(when, text)| format!("{when} {}", self.text(*text))).collect();
                format!("[{}]", each.join(" "))
            }
        }
    }

    fn text(&self, text: TextOperand) -> String {
        let base = match text.base {
            TextBase::Column(column) => self.column(column),
            TextBase::Codes(codes, table) => format!("texts[{table}][{codes}]"),
            TextBase::Constant(table) => format!("texts[{table}]"),
        };
        format!("{}{base}", "domain of ".repeat(usize::from(text.domains)))
    }

    fn texts(&self, table: u32) -> String {
        let texts = self.chunk.tables.texts.sure_at(table as usize);
        let first: Vec<String> = texts.iter().take(3).map(|t| format!("\"{t}\"")).collect();
        let more = if texts.len() > 3 { format!(", .. {} in all", texts.len()) } else { String::new() };
        format!("[{}{more}]", first.join(", "))
    }

    fn bits(&self, table: u32) -> String {
        let words = self.chunk.tables.bits.sure_at(table as usize);
        let codes = words
            .iter()
            .enumerate()
            .flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit));
        let codes: Vec<String> = codes.map(|code| code.to_string()).collect();
        format!("{{{}}}", codes.join(" "))
    }

    fn target(&self, target: Target) -> String {
        let score = self.chunk.names.scores.get(target.score.index()).map_or("?", |name| name);
        format!("{score} s{} item{} arm{}", target.sum.0, target.item.0, target.arm.0)
    }

    fn op(&self, op: &InstrKind) -> String {
        match op {
            InstrKind::Fill(bit) => format!("fill {bit}"),
            InstrKind::Not(a) => format!("not {a}"),
            InstrKind::And(a, b) => format!("and {a} {b}"),
            InstrKind::Or(a, b) => format!("or {a} {b}"),
            InstrKind::AndNot(a, b) => format!("and-not {a} {b}"),
            InstrKind::Known(c) => format!("known {}", self.column(*c)),
            InstrKind::Truth(c) => format!("true {}", self.column(*c)),
            InstrKind::RangeInt(i, lo, hi) => format!("range {i} {}", whole_range(*lo, *hi)),
            InstrKind::RangeNum(n, lo, hi) => format!("range {n} {}..{}", f64::from_bits(*lo), f64::from_bits(*hi)),
            InstrKind::MemberInt(i, table) => format!("member {i} ints[{table}]"),
            InstrKind::MemberNum(n, table) => format!("member {n} nums[{table}]"),
            InstrKind::CompareInt(op, a, b) => format!("compare {a} {} {b}", op.sign()),
            InstrKind::CompareNum(op, a, b) => format!("compare {a} {} {b}", op.sign()),
            InstrKind::EqualCode(a, b) => format!("equal {a} {b}"),
            InstrKind::CodeIn(c, table) => format!("in {c} {}", self.bits(*table)),
            InstrKind::CodeKnown(c) => format!("known {c}"),
            InstrKind::SetHas { set, codes, all } => format!("has-{} {} {}", any_all(*all), self.column(*set), self.bits(*codes)),
            InstrKind::TextSetHas { set, texts, all } => {
                format!("has-{} {} {}", any_all(*all), self.column(*set), self.texts(*texts))
            }
            InstrKind::SetEmpty(set) => format!("empty {}", self.column(*set)),
            InstrKind::Text(text, test, table) => format!("{} {} {}", text_test(*test), self.text(*text), self.texts(*table)),
            InstrKind::Matches(text, table) => {
                let pattern = self.chunk.tables.patterns.get(*table as usize).map_or("?", |p| p);
                format!("matches {} /{pattern}/", self.text(*text))
            }
            InstrKind::TextKnown(text) => format!("known {}", self.text(*text)),
            InstrKind::TextEqual(a, b) => format!("equal {} {}", self.text(*a), self.text(*b)),
            InstrKind::Window(i, clock, w) => format!("window {i} {} {}", clock_name(*clock), window(*w)),
            InstrKind::HasEvent(event, m) => format!("any {} {m}", self.event(*event)),
            InstrKind::SpreadMask(event, a) => format!("spread {} {a}", self.event(*event)),
            InstrKind::SpreadInt(event, a) => format!("spread {} {a}", self.event(*event)),
            InstrKind::SpreadNum(event, a) => format!("spread {} {a}", self.event(*event)),
            InstrKind::SpreadCode(event, a) => format!("spread {} {a}", self.event(*event)),
            InstrKind::Excluded => "excluded".to_owned(),
            InstrKind::LoadInt(c) | InstrKind::LoadNum(c) | InstrKind::LoadCode(c) => format!("load {}", self.column(*c)),
            InstrKind::ConstInt(n) => format!("const {n}"),
            InstrKind::ConstNum(bits) => format!("const {}", f64::from_bits(*bits)),
            InstrKind::ToDay(i) => format!("day {i}"),
            InstrKind::ElapsedDays(i, unit, until) => {
                format!("{} {} {i}", unit_name(*unit), if *until { "until" } else { "since" })
            }
            InstrKind::ElapsedHours(i, until) => format!("hours {} {i}", if *until { "until" } else { "since" }),
            InstrKind::ArithInt(op, a, b) => format!("{} {a} {b}", op.name()),
            InstrKind::ArithNum(op, a, b) => format!("{} {a} {b}", op.name()),
            InstrKind::PickInt(function, (a, ka), (b, kb)) => format!("{} {a}/{ka} {b}/{kb}", picked(*function)),
            InstrKind::PickNum(function, (a, ka), (b, kb)) => format!("{} {a}/{ka} {b}/{kb}", picked(*function)),
            InstrKind::Moved(a, by, later) => {
                format!("{a} {} {} {:?}", if *later { "plus" } else { "minus" }, by.count, by.unit).to_lowercase()
            }
            InstrKind::PeriodOf(a, unit) => format!("{unit:?} of {a}").to_lowercase(),
            InstrKind::NumberOf(of) => format!("number {}", self.distinct(*of)),
            InstrKind::NegInt(a) => format!("negate {a}"),
            InstrKind::NegNum(a) => format!("negate {a}"),
            InstrKind::Length(text) => format!("length {}", self.text(*text)),
            InstrKind::Words(text) => format!("words {}", self.text(*text)),
            InstrKind::SetSize(set) => format!("size {}", self.column(*set)),
            InstrKind::Count(event, m) => format!("count {} {m}", self.event(*event)),
            InstrKind::AggInt(function, event, m, i) => format!("{} {} {m} {i}", aggregate(*function), self.event(*event)),
            InstrKind::AggNum(function, event, m, n) => format!("{} {} {m} {n}", aggregate(*function), self.event(*event)),
            InstrKind::AverageInt(event, m, i) => format!("average {} {m} {i}", self.event(*event)),
            InstrKind::Distinct(event, m, of) => format!("distinct {} {m} {}", self.event(*event), self.distinct(*of)),
            InstrKind::Score(id) => format!("score {}", name(&self.chunk.names.scores, id.index())),
            InstrKind::ExactSign(steps) => format!("sign {}", self.steps(steps)),
            InstrKind::ExactNum(steps, places) => format!("number {} / 10^{places}", self.steps(steps)),
            InstrKind::IntToNum(i) => format!("number {i}"),
            InstrKind::PointsToNum(i) => format!("points {i}"),
            InstrKind::NoCode => "unknown".to_owned(),
            InstrKind::ConstCode(code) => format!("code {code}"),
            InstrKind::PickCode(a, b) => format!("first {a} {b}"),
            InstrKind::Label(id) => format!("label {}", name(&self.chunk.names.labels, id.index())),
            InstrKind::Stage(id) => format!("stage {}", name(&self.chunk.names.lifecycles, id.index())),
            InstrKind::Moves(id) => format!("move {}", name(&self.chunk.names.lifecycles, id.index())),
            InstrKind::Exclude(..)
            | InstrKind::ExcludeScore(..)
            | InstrKind::Give(..)
            | InstrKind::Unknown(..)
            | InstrKind::Fade(..)
            | InstrKind::Per { .. }
            | InstrKind::MatchOptions(..)
            | InstrKind::MatchTexts(..)
            | InstrKind::Collect(..)
            | InstrKind::Each { .. }
            | InstrKind::Hold
            | InstrKind::Release { .. }
            | InstrKind::EndGroup { .. }
            | InstrKind::EndScore(..)
            | InstrKind::Formula(..)
            | InstrKind::Choose(..)
            | InstrKind::Band(..)
            | InstrKind::Join(..)
            | InstrKind::Lifecycle(_)
            | InstrKind::Condition(..)
            | InstrKind::Value(..)
            | InstrKind::Given(..)
            | InstrKind::Region(_) => self.effect(op),
        }
    }

    fn distinct(&self, of: Distinct) -> String {
        match of {
            Distinct::Int(i) => i.to_string(),
            Distinct::Num(n) => n.to_string(),
            Distinct::Code(c) => c.to_string(),
            Distinct::Truth(m) => m.to_string(),
            Distinct::Text(text) => self.text(text),
        }
    }

    fn effect(&self, op: &InstrKind) -> String {
        let names = &self.chunk.names;
        #[expect(clippy::wildcard_enum_match_arm, reason = "operations that give a value are written elsewhere")]
        match op {
            InstrKind::Exclude(number, item, t, _) => format!("exclude #{number} item{} {t}", item.0),
            InstrKind::ExcludeScore(score, number, item, t, _) => {
                format!("exclude {} #{number} item{} {t}", name(&names.scores, score.index()), item.0)
            }
            InstrKind::Give(target, m, points) => format!("give {} {m} {}", self.target(*target), Points(*points).signed()),
            InstrKind::Unknown(_, item, m) => format!("unknown item{} {m}", item.0),
            InstrKind::Fade(target, m, day, known, table) => {
                format!("fade {} {m} {day} {known} decay[{table}]", self.target(*target))
            }
            InstrKind::Per { target, known, value, step, points, limits } => {
                let value = match value {
                    PerValue::Int(i) => i.to_string(),
                    PerValue::Num(n) => n.to_string(),
                };
                format!("per {} {known} {value} / {step} {} {}", self.target(*target), Points(*points).signed(), bounds(*limits))
            }
            InstrKind::MatchOptions(target, set, table) => {
                format!("match-each {} {} lines[{table}]", self.target(*target), self.column(*set))
            }
            InstrKind::MatchTexts(target, set, table) => {
                format!("match-each {} {} texts[{table}]", self.target(*target), self.column(*set))
            }
            InstrKind::Collect(target, column, limits) => {
                format!("collect {} {} {}", self.target(*target), self.column(*column), bounds(*limits))
            }
            InstrKind::Each { target, event, selected, day, newest, points, decay, limits, .. } => {
                let newest = newest.map_or_else(String::new, |n| {
                    format!(" newest {}{}", n.count, n.per.map_or_else(String::new, |per| format!(" per {per}")))
                });
                let decay = decay.map_or_else(String::new, |table| format!(" decay[{table}]"));
                let (event, target, points) = (self.event(*event), self.target(*target), Points(*points).signed());
                format!("each {event} {target} {selected} {day}{newest} {points}{decay} {}", bounds(*limits))
            }
            InstrKind::Hold => "hold".to_owned(),
            InstrKind::Release { when, best } => {
                let best = best.as_ref().map_or_else(String::new, |best| {
                    let parts: Vec<String> = best.parts.iter().map(|part| format!("s{}", part.sum.0)).collect();
                    format!(" best {} of {} -> s{}", best.count, parts.join(" "), best.sum.0)
                });
                format!("release{}{best}", gate(*when))
            }
            InstrKind::EndGroup { item, sum, into, limits, when, .. } => {
                format!("group item{} s{} -> s{} {}{}", item.0, sum.0, into.0, bounds(*limits), gate(*when))
            }
            InstrKind::EndScore(id, sum, limits) => {
                format!("score {} s{} {}", name(&names.scores, id.index()), sum.0, bounds(*limits))
            }
            InstrKind::Formula(id, steps, denominator, limits) => {
                let steps: Vec<String> = steps.iter().map(|step| self.step(*step)).collect();
                format!("formula {} = ({}) / {denominator} {}", name(&names.scores, id.index()), steps.join(" "), bounds(*limits))
            }
            InstrKind::Choose(id, _, choices, limits) => {
                let choices: Vec<String> = choices
                    .iter()
                    .map(|choice| {
                        let steps: Vec<String> = choice.steps.iter().map(|step| self.step(*step)).collect();
                        format!("{}:({}) / {}", choice.rows, steps.join(" "), choice.denominator)
                    })
                    .collect();
                format!("choose {} = {} {}", name(&names.scores, id.index()), choices.join(" "), bounds(*limits))
            }
            InstrKind::Band(id, score, table) => {
                format!("label {} by {} bands[{table}]", name(&names.labels, id.index()), name(&names.scores, score.index()))
            }
            InstrKind::Join(id, parts, table) => {
                let parts: Vec<&str> = parts.iter().map(|part| name(&names.labels, part.index())).collect();
                format!("label {} = {} joins[{table}]", name(&names.labels, id.index()), parts.join(" + "))
            }
            InstrKind::Lifecycle(plan) => {
                let holds: Vec<String> = plan.holds.iter().map(|(_, t, _)| t.to_string()).collect();
                let lines = plan.lines.iter().map(|line| match line.condition {
                    Some((t, f)) => format!("{}:{t}/{f}", line.stage),
                    None => format!("{}:excluded", line.stage),
                });
                let lines: Vec<String> = lines.collect();
                let otherwise = plan.otherwise.map_or_else(String::new, |stage| format!(" else {stage}"));
                let forward = if plan.forward_only { " forward" } else { "" };
                let lifecycle = name(&names.lifecycles, plan.lifecycle.index());
                format!("lifecycle {lifecycle} hold [{}] stages [{}]{otherwise}{forward}", holds.join(" "), lines.join(" "))
            }
            InstrKind::Condition(number, t, f) => format!("condition #{number} {t} {f}"),
            InstrKind::Value(number, of) => format!("value #{number} {}", self.probed(of)),
            InstrKind::Given(id, column) => format!("score {} = {}", name(&names.scores, id.index()), self.column(*column)),
            InstrKind::Region(number) => format!("region {number}"),
            _ => String::new(),
        }
    }

    fn steps(&self, steps: &[FormulaStep]) -> String {
        steps.iter().map(|step| self.step(*step)).collect::<Vec<_>>().join(" ")
    }

    fn step(&self, step: FormulaStep) -> String {
        if let FormulaStep::Score(id) = step { name(&self.chunk.names.scores, id.index()).to_owned() } else { step.to_string() }
    }
}

fn name(names: &[std::sync::Arc<str>], at: usize) -> &str {
    names.get(at).map_or("?", |name| name)
}

fn gate(when: Option<MaskReg>) -> String {
    when.map_or_else(String::new, |when| format!(" when {when}"))
}

fn bounds(limits: Limits) -> String {
    format!("[{}..{}]", Points(limits.min), Points(limits.max))
}

fn whole_range(lo: i64, hi: i64) -> String {
    let end = |n: i64| if n == i64::MIN || n == i64::MAX { String::new() } else { n.to_string() };
    format!("{}..{}", end(lo), end(hi))
}

fn any_all(all: bool) -> &'static str {
    if all { "all" } else { "any" }
}

fn picked(function: PickFunction) -> &'static str {
    match function {
        PickFunction::Greatest => "greatest",
        PickFunction::Least => "least",
        PickFunction::First => "first",
    }
}
fn text_test(test: TextTest) -> &'static str {
    match test {
        TextTest::Is => "is",
        TextTest::Contains => "contains",
        TextTest::ContainsWord => "contains-word",
        TextTest::StartsWith => "starts-with",
        TextTest::EndsWith => "ends-with",
    }
}

fn aggregate(function: AggregateFunction) -> &'static str {
    match function {
        AggregateFunction::Count => "count",
        AggregateFunction::Any => "any",
        AggregateFunction::First => "first",
        AggregateFunction::Last => "last",
        AggregateFunction::Sum => "sum",
        AggregateFunction::Max => "max",
        AggregateFunction::Min => "min",
        AggregateFunction::Average => "average",
        AggregateFunction::Distinct => "distinct",
    }
}

fn clock_name(clock: Clock) -> &'static str {
    match clock {
        Clock::Days => "days",
        Clock::Micros => "moments",
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Hours => "hours",
        Unit::Days => "days",
        Unit::Weeks => "weeks",
        Unit::Months => "months",
        Unit::Years => "years",
    }
}

fn duration(of: Duration) -> String {
    format!("{} {}", of.count, unit_name(of.unit))
}

fn window(of: Window) -> String {
    match of {
        Window::Within(d) => format!("within {}", duration(d)),
        Window::WithinNext(d) => format!("within next {}", duration(d)),
        Window::MoreThanAgo(d) => format!("more than {} ago", duration(d)),
        Window::Past => "past".to_owned(),
    }
}
