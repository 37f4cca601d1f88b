//! Items of scores: masks for their arms, and the instructions that give points.

use std::sync::Arc;

use super::Lowerer;
use super::expr::Val;
use crate::bytecode::{
    ColumnRef, Distinct, Domain, InstrKind, IntReg, Limits, MaskReg, Newest, OptionLines, PerValue, Sum, Target, TextLines,
};
use crate::hir::{Arm, Bounds, Branch, Each, Expr, Item, ItemId, ItemKind, MatchLine, ScoreId, TimesPer, Unit};
use crate::source::Span;
use crate::value::{Points, Type, Value};

const ROWS: Domain = Domain::Records;

/// Where an item's points go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) score: ScoreId,
    pub(super) sum: Sum,
}

impl Place {
    fn target(self, item: ItemId, arm: &Arm) -> Target {
        Target { score: self.score, sum: self.sum, item, arm: arm.id }
    }
}

/// Bounds with the limit that always holds.
pub(super) fn limits(bounds: &Bounds) -> Limits {
    let limit = i128::from(Points::LIMIT.0);
    Limits { min: bounds.clamp(-limit).0, max: bounds.clamp(limit).0 }
}

impl Lowerer<'_> {
    /// An item that is no group.
    pub(super) fn item(&mut self, item: &Item, place: Place) {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => {
                self.branches(item, place, branches, otherwise.as_ref(), unknown.as_ref());
            }
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let mut masks = Vec::new();
                let mut known = None;
                for line in lines {
                    let (mask, line_known) = self.range_mask(value, &line.range, ROWS, line.arm.span);
                    known = Some(line_known);
                    masks.push((self.builder.and(mask, line_known, ROWS, line.arm.span), &line.arm));
                }
                let known = known.unwrap_or_else(|| self.operand_known(value));
                self.lines(item, place, &masks, known, otherwise.as_ref(), unknown.as_ref());
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                let looked_at = self.lower(value, ROWS);
                let known = self.known(looked_at, ROWS, value.span);
                let masks: Vec<(MaskReg, &Arm)> =
                    lines.iter().map(|line| (self.match_line(looked_at, line), &line.arm)).collect();
                self.lines(item, place, &masks, known, otherwise.as_ref(), unknown.as_ref());
            }
            ItemKind::MatchEach { set, lines, otherwise } => self.match_each(item, place, set, lines, otherwise.as_ref()),
            ItemKind::MatchEvents { lines, .. } => lines.iter().for_each(|line| self.each(item, place, &line.each)),
            ItemKind::Each(each) => self.each(item, place, each),
            ItemKind::Per { step, value, arm, bounds } => {
                let (value, known) = match self.lower(value, ROWS) {
                    Val::Int(i, known) => (PerValue::Int(i), known),
                    Val::Num(n, known) => (PerValue::Num(n), known),
                    Val::Truth(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => return,
                };
                self.unknown(item, place, known, item.span);
                let op = InstrKind::Per {
                    target: place.target(item.id, arm),
                    known,
                    value,
                    step: *step,
                    points: arm.points.0,
                    limits: limits(bounds),
                };
                self.builder.effect(op, item.span);
            }
            ItemKind::Group { .. } => {}
        }
    }

    fn operand_known(&mut self, value: &Expr) -> MaskReg {
        let value_of = self.lower(value, ROWS);
        self.known(value_of, ROWS, value.span)
    }

    fn unknown(&mut self, item: &Item, place: Place, known: MaskReg, span: Span) -> MaskReg {
        let unknown = self.builder.not(known, ROWS, span);
        self.builder.effect(InstrKind::Unknown(place.score, item.id, unknown), span);
        unknown
    }

    fn give(&mut self, item: &Item, place: Place, arm: &Arm, mask: MaskReg) {
        self.builder.effect(InstrKind::Give(place.target(item.id, arm), mask, arm.points.0), arm.span);
    }

    fn branches(&mut self, item: &Item, place: Place, branches: &[Branch], otherwise: Option<&Arm>, unknown: Option<&Arm>) {
        let mut taken = self.builder.fill(false, ROWS, item.span);
        let mut all_false = self.builder.fill(true, ROWS, item.span);
        for branch in branches {
            let span = branch.arm.span;
            let (t, f) = self.truth(&branch.condition, ROWS);
            let mask = self.builder.and_not(t, taken, ROWS, span);
            taken = self.builder.or(taken, t, ROWS, span);
            all_false = self.builder.and(all_false, f, ROWS, span);
            match &branch.decay {
                None => self.give(item, place, &branch.arm, mask),
                Some((decay, since)) => {
                    let (day, known) = self.day(since, ROWS);
                    let table = self.tables.decay(*decay, branch.arm.points);
                    self.builder.effect(InstrKind::Fade(place.target(item.id, &branch.arm), mask, day, known, table), span);
                }
            }
        }
        if let Some(arm) = otherwise {
            self.give(item, place, arm, all_false);
        }
        let decided = self.builder.or(taken, all_false, ROWS, item.span);
        let open = self.unknown(item, place, decided, item.span);
        if let Some(arm) = unknown {
            self.give(item, place, arm, open);
        }
    }

    /// Lines of which at most one holds for a known value.
    fn lines(
        &mut self,
        item: &Item,
        place: Place,
        lines: &[(MaskReg, &Arm)],
        known: MaskReg,
        otherwise: Option<&Arm>,
        unknown: Option<&Arm>,
    ) {
        let mut taken = self.builder.fill(false, ROWS, item.span);
        for (mask, arm) in lines {
            self.give(item, place, arm, *mask);
            if otherwise.is_some() {
                taken = self.builder.or(taken, *mask, ROWS, arm.span);
            }
        }
        if let Some(arm) = otherwise {
            let mask = self.builder.and_not(known, taken, ROWS, arm.span);
            self.give(item, place, arm, mask);
        }
        let open = self.unknown(item, place, known, item.span);
        if let Some(arm) = unknown {
            self.give(item, place, arm, open);
        }
    }

    fn match_line(&mut self, value: Val, line: &MatchLine) -> MaskReg {
        let span = line.arm.span;
        match value {
            Val::Code(code) => {
                let codes = line.keys.iter().filter_map(option_of);
                let table = self.tables.bits(codes);
                self.builder.mask(InstrKind::CodeIn(code, table), ROWS, span)
            }
            Val::Truth(t, f) => {
                let mut mask = self.builder.fill(false, ROWS, span);
                for key in &line.keys {
                    if let Value::Boolean(bit) = key {
                        mask = self.builder.or(mask, if *bit { t } else { f }, ROWS, span);
                    }
                }
                mask
            }
            text @ (Val::Text(_) | Val::Texts(_)) => {
                self.text_is(text, line.keys.iter().filter_map(text_of).collect(), ROWS, span)
            }
            Val::Int(number, known) => {
                let table = self.tables.ints(line.keys.iter().filter_map(whole_of).collect());
                let mask = self.builder.mask(InstrKind::MemberInt(number, table), ROWS, span);
                self.builder.and(mask, known, ROWS, span)
            }
            Val::Num(..) | Val::Set(_) => self.builder.fill(false, ROWS, span),
        }
    }

    fn match_each(&mut self, item: &Item, place: Place, set: &Expr, lines: &[MatchLine], otherwise: Option<&Arm>) {
        let Val::Set(column) = self.lower(set, ROWS) else { return };
        let arms: Vec<&Arm> = lines.iter().map(|l| &l.arm).chain(otherwise).collect();
        let Some(first) = arms.first() else { return };
        let target = place.target(item.id, first);
        let otherwise_at = otherwise.map(|_| number(lines.len()));
        let arms = arms.iter().map(|a| (a.id, a.points.0)).collect();
        let op = if let Type::SetOf(options) = &set.ty {
            let mut by_code = vec![otherwise_at.unwrap_or(crate::bytecode::NO_LINE); options.len()];
            for (at, line) in lines.iter().enumerate() {
                for code in line.keys.iter().filter_map(option_of) {
                    if let Some(slot) = by_code.get_mut(code as usize) {
                        *slot = number(at);
                    }
                }
            }
            InstrKind::MatchOptions(target, column, self.tables.option_lines(OptionLines { lines: by_code, arms }))
        } else {
            let mut keys: Vec<(Arc<str>, u32)> = lines
                .iter()
                .enumerate()
                .flat_map(|(at, line)| line.keys.iter().filter_map(text_of).map(move |key| (key, number(at))))
                .collect();
            keys.sort_unstable();
            InstrKind::MatchTexts(target, column, self.tables.text_lines(TextLines { keys, otherwise: otherwise_at, arms }))
        };
        self.builder.effect(op, item.span);
    }

    fn each(&mut self, item: &Item, place: Place, each: &Each) {
        let selected = self.selected(each.event, each.within, each.filter.as_ref(), item.span);
        let at = self.at(each.event, item.span);
        let (selected, newest) = self.newest(each, selected, at.day);
        let decay = each.decay.map(|decay| self.tables.decay(decay, each.arm.points));
        let op = InstrKind::Each {
            target: place.target(item.id, &each.arm),
            event: each.event,
            selected,
            day: at.day,
            at: at.raw,
            newest,
            points: each.arm.points.0,
            decay,
            limits: limits(&each.bounds),
        };
        self.builder.effect(op, item.span);
    }

    /// The newest events only, and which events that is asked of.
    fn newest(&mut self, each: &Each, selected: MaskReg, day: IntReg) -> (MaskReg, Option<Newest>) {
        let Some(times) = each.times else { return (selected, None) };
        let domain = Domain::Events(each.event);
        let period = |this: &mut Self, unit: Unit| this.builder.int(InstrKind::PeriodOf(day, unit), domain, times.span).0;
        let (selected, per) = match times.per {
            None => (selected, None),
            Some(TimesPer::Day) => (selected, Some(day)),
            Some(TimesPer::Week) => (selected, Some(period(self, Unit::Weeks))),
            Some(TimesPer::Month) => (selected, Some(period(self, Unit::Months))),
            Some(TimesPer::Field(field, _)) => {
                let ty = self.field_type(each.event, field).unwrap_or(Type::Integer);
                let value = self.column(ColumnRef::Field(each.event, field), &ty, domain, times.span);
                let known = self.known(value, domain, times.span);
                let of = match value {
                    Val::Int(i, _) => Distinct::Int(i),
                    Val::Num(n, _) => Distinct::Num(n),
                    Val::Code(c) => Distinct::Code(c),
                    Val::Text(text) => Distinct::Text(text),
                    Val::Truth(t, _) => Distinct::Truth(t),
                    Val::Texts(_) | Val::Set(_) => Distinct::Truth(known),
                };
                let number = self.builder.int(InstrKind::NumberOf(of), domain, times.span).0;
                (self.builder.and(selected, known, domain, times.span), Some(number))
            }
        };
        (selected, Some(Newest { count: times.count, per }))
    }

    /// The expressions of an item that could be answered by one table of one property's values.
    pub(super) fn looked_at(item: &Item) -> Option<Vec<&Expr>> {
        match &item.kind {
            ItemKind::If { branches, .. } if branches.iter().all(|b| b.decay.is_none()) => {
                Some(branches.iter().map(|b| &b.condition).collect())
            }
            ItemKind::Band { value, .. } | ItemKind::Match { value, .. } => Some(vec![value]),
            ItemKind::MatchEach { set, .. } => Some(vec![set]),
            ItemKind::If { .. } | ItemKind::MatchEvents { .. } | ItemKind::Each(_) => None,
            ItemKind::Per { .. } | ItemKind::Group { .. } => None,
        }
    }
}

fn option_of(key: &Value) -> Option<u32> {
    if let Value::Option(code) = key { Some(*code) } else { None }
}

fn whole_of(key: &Value) -> Option<i64> {
    if let Value::Integer(number) = key { Some(*number) } else { None }
}

fn text_of(key: &Value) -> Option<Arc<str>> {
    if let Value::Text(text) = key { Some(Arc::clone(text)) } else { None }
}

fn number(n: usize) -> u32 {
    crate::invariant::number(n)
}
