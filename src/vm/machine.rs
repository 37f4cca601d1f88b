//! Runs the instructions that give values.

use crate::bytecode::{Clock, Distinct, Domain, Instr, InstrKind, TextOperand, Window};
use crate::column::{Column, Mask, UNKNOWN_CODE};
use crate::invariant::{SureAt as _, SureAtMut as _};
use crate::kernel::calendar;
use crate::kernel::texts::{Matcher, words};
use crate::kernel::{events, masks, numbers};
use crate::op::CompareOp;
use crate::time::AsOf;
use crate::value::Decimal;

use super::frame::Frame;
use super::load;
use super::run::{Run, column_of};
use super::scores::{Move, Scores};
use super::texts::{Memo, TextCache, TextView};

/// Registers of a block and what it has learnt of texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    pub(super) frame: Frame,
    texts: TextCache,
    learnt: Vec<Memo>,
}

impl Machine {
    pub(super) fn new(block: &crate::bytecode::Block) -> Self {
        Self {
            frame: Frame::new(&block.registers),
            texts: TextCache::default(),
            learnt: vec![Memo::default(); block.instrs.len()],
        }
    }

    pub(super) fn start(&mut self, run: Run<'_>) {
        self.frame.start(run.batch, run.chunk.names.events.len());
        self.texts.start();
    }

    /// Runs one instruction that gives a value.
    pub(super) fn value(&mut self, at: usize, instr: &Instr, run: Run<'_>, scores: &Scores) {
        use crate::bytecode::Gives;
        match instr.op.gives() {
            Gives::Mask => self.mask(at, instr, run, scores),
            Gives::Int => self.int(at, instr, run, scores),
            Gives::Num => self.num(instr, run, scores),
            Gives::Code => self.code(instr, run, scores),
            Gives::Nothing => {}
        }
    }

    /// Works with the texts of an operand; without such a column every row is unknown.
    fn with_text<R>(
        &mut self,
        at: usize,
        operand: TextOperand,
        domain: Domain,
        run: Run<'_>,
        work: impl FnOnce(&Frame, Option<TextView<'_>>, &mut Memo) -> R,
    ) -> R {
        self.texts.prepare(operand, run.chunk, run.batch);
        let mut learnt = std::mem::take(self.learnt.sure_at_mut(at));
        let view = self.texts.view(operand, domain, &self.frame, run.chunk, run.batch);
        let result = work(&self.frame, view, &mut learnt);
        if let Some(slot) = self.learnt.get_mut(at) {
            *slot = learnt;
        }
        result
    }

    fn text_mask(&mut self, at: usize, instr: &Instr, run: Run<'_>) {
        let domain = instr.domain;
        let mut out = std::mem::take(self.frame.masks.sure_at_mut(instr.dst as usize));
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for masks of texts only")]
        match &instr.op {
            InstrKind::Text(text, test, table) => self.with_text(at, *text, domain, run, |frame, view, learnt| match view {
                Some(view) => {
                    let texts = run.chunk.tables.texts.sure_at(*table as usize);
                    view.test(frame.len(domain), learnt, || Matcher::new(*test, texts), &mut out);
                }
                None => out.reset(frame.len(domain), false),
            }),
            InstrKind::Matches(text, pattern) => self.with_text(at, *text, domain, run, |frame, view, learnt| {
                match (view, run.chunk.regexes.get(*pattern as usize)) {
                    (Some(view), Some(regex)) => view.test_raw(frame.len(domain), learnt, &mut out, |text| regex.is_match(text)),
                    _ => out.reset(frame.len(domain), false),
                }
            }),
            InstrKind::TextKnown(text) => self.with_text(at, *text, domain, run, |frame, view, learnt| match view {
                Some(view) => view.known(frame.len(domain), learnt, &mut out),
                None => out.reset(frame.len(domain), false),
            }),
            InstrKind::TextEqual(a, b) => {
                self.texts.prepare(*a, run.chunk, run.batch);
                self.texts.prepare(*b, run.chunk, run.batch);
                let view = |operand| self.texts.view(operand, domain, &self.frame, run.chunk, run.batch);
                out = match (view(*a), view(*b)) {
                    (Some(a), Some(b)) => Mask::from_fn(self.frame.len(domain), |row| match (a.folded(row), b.folded(row)) {
                        (Some(a), Some(b)) => a == b,
                        _ => false,
                    }),
                    _ => Mask::filled(self.frame.len(domain), false),
                };
            }
            _ => {}
        }
        if let Some(slot) = self.frame.masks.get_mut(instr.dst as usize) {
            *slot = out;
        }
    }

    fn mask(&mut self, at: usize, instr: &Instr, run: Run<'_>, scores: &Scores) {
        let (dst, domain) = (instr.dst, instr.domain);
        let len = self.frame.len(domain);
        let tables = &run.chunk.tables;
        let frame = &mut self.frame;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for masks only; those of columns and texts stand apart")]
        match &instr.op {
            InstrKind::Fill(bit) => frame.write_mask(dst, |_, out| out.reset(len, *bit)),
            InstrKind::Not(a) => frame.write_mask(dst, |f, out| {
                masks::copy(f.mask(*a), out);
                out.invert();
            }),
            InstrKind::And(a, b) => frame.write_mask(dst, |f, out| masks::combine(f.mask(*a), f.mask(*b), out, |a, b| a & b)),
            InstrKind::Or(a, b) => frame.write_mask(dst, |f, out| masks::combine(f.mask(*a), f.mask(*b), out, |a, b| a | b)),
            InstrKind::AndNot(a, b) => frame.write_mask(dst, |f, out| masks::combine(f.mask(*a), f.mask(*b), out, |a, b| a & !b)),
            InstrKind::RangeInt(a, lo, hi) => frame.write_mask(dst, |f, out| range(f.int(*a), *lo, *hi, out)),
            InstrKind::RangeNum(a, lo, hi) => {
                let (lo, hi) = (f64::from_bits(*lo), f64::from_bits(*hi));
                frame.write_mask(dst, |f, out| masks::test(f.num(*a), out, |v| lo <= v && v <= hi));
            }
            InstrKind::MemberInt(a, table) => {
                let table = tables.ints.sure_at(*table as usize);
                frame.write_mask(dst, |f, out| masks::test(f.int(*a), out, |v| table.binary_search(&v).is_ok()));
            }
            InstrKind::MemberNum(a, table) => {
                let table = tables.nums.sure_at(*table as usize);
                frame.write_mask(dst, |f, out| masks::test(f.num(*a), out, |v| table.contains(&v)));
            }
            InstrKind::CompareInt(op, a, b) => frame.write_mask(dst, |f, out| compare(*op, f.int(*a), f.int(*b), out)),
            InstrKind::CompareNum(op, a, b) => frame.write_mask(dst, |f, out| compare(*op, f.num(*a), f.num(*b), out)),
            InstrKind::EqualCode(a, b) => {
                frame.write_mask(dst, |f, out| masks::test2(f.code(*a), f.code(*b), out, |a, b| a == b && a != UNKNOWN_CODE));
            }
            InstrKind::CodeIn(a, table) => {
                let table = tables.bits.sure_at(*table as usize);
                frame.write_mask(dst, |f, out| masks::code_in(f.code(*a), table, out));
            }
            InstrKind::CodeKnown(a) => frame.write_mask(dst, |f, out| masks::test(f.code(*a), out, |code| code != UNKNOWN_CODE)),
            InstrKind::Window(a, clock, window) => {
                let (lo, hi) = window_ends(*window, *clock, run.as_of);
                frame.write_mask(dst, |f, out| range(f.int(*a), lo, hi, out));
            }
            InstrKind::HasEvent(event, selected) => {
                frame.write_mask(dst, |f, out| events::any(f.offsets(*event), f.mask(*selected), out));
            }
            InstrKind::SpreadMask(event, a) => frame.write_mask(dst, |f, out| {
                let (owners, bits) = (f.owners(*event), f.mask(*a));
                *out = Mask::from_fn(len, |at| owners.get(at).is_some_and(|&row| bits.get(row as usize)));
            }),
            InstrKind::Excluded => {
                frame.write_mask(dst, |_, out| masks::test(&scores.excluded, out, |number| number != super::scores::NONE));
            }
            InstrKind::Text(..) | InstrKind::Matches(..) | InstrKind::TextKnown(_) | InstrKind::TextEqual(..) => {
                self.text_mask(at, instr, run)
            }
            InstrKind::Known(column) => frame.write_mask(dst, |_, out| load::known(column_of(run.batch, *column), len, out)),
            InstrKind::Truth(column) => frame.write_mask(dst, |_, out| load::truth(column_of(run.batch, *column), len, out)),
            InstrKind::TextSetHas { set, texts, all } => {
                let learnt = self.learnt.get_mut(at);
                let wanted = tables.texts.sure_at(*texts as usize);
                frame.write_mask(dst, |_, out| match (column_of(run.batch, *set), learnt) {
                    (Some(Column::TextSet(set)), Some(learnt)) => {
                        load::text_set(set, wanted, *all, run.chunk.ignore_accents, &mut learnt.places, out);
                    }
                    _ => out.reset(len, false),
                });
            }
            op => frame.write_mask(dst, |_, out| load::sets(op, run, len, out)),
        }
    }

    fn int(&mut self, at: usize, instr: &Instr, run: Run<'_>, scores: &Scores) {
        let (dst, domain) = (instr.dst, instr.domain);
        let ok = Some(instr.ok).filter(|_| instr.op.can_fail());
        let len = self.frame.len(domain);
        let frame = &mut self.frame;
        let as_of = run.as_of;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for whole numbers only")]
        match &instr.op {
            InstrKind::LoadInt(column) => {
                frame.write_int(dst, ok, |_, out, ok| load::ints(column_of(run.batch, *column), len, out, ok))
            }
            InstrKind::ConstInt(n) => frame.write_int(dst, ok, |_, out, _| {
                out.clear();
                out.resize(len, *n);
            }),
            InstrKind::ToDay(a) => frame.write_int(dst, ok, |f, out, _| run.zone.days(f.int(*a), out)),
            InstrKind::ElapsedDays(a, unit, until) => frame.write_int(dst, ok, |f, out, _| {
                let sign = if *until { -1 } else { 1 };
                numbers::map(f.int(*a), out, |day| calendar::elapsed(day, i64::from(as_of.day), *unit).saturating_mul(sign));
            }),
            InstrKind::ElapsedHours(a, until) => frame.write_int(dst, ok, |f, out, _| {
                let sign = if *until { -1 } else { 1 };
                numbers::map(f.int(*a), out, |moment| calendar::hours_elapsed(moment, as_of.micros).saturating_mul(sign));
            }),
            InstrKind::ArithInt(op, a, b) => {
                frame.write_int(dst, ok, |f, out, ok| numbers::whole(*op, f.int(*a), f.int(*b), out, ok))
            }
            InstrKind::Moved(a, by, later) => frame.write_int(dst, ok, |f, out, _| {
                numbers::map(f.int(*a), out, |at| calendar::moved_by(at, *by, *later));
            }),
            InstrKind::PeriodOf(day, unit) => frame.write_int(dst, ok, |f, out, _| {
                numbers::map(f.int(*day), out, |day| calendar::period_of(day, *unit));
            }),
            InstrKind::NumberOf(Distinct::Text(text)) => {
                let texts = self.raw_text(*text, domain, run);
                let mut seen = rustc_hash::FxHashMap::default();
                self.frame.write_int(dst, ok, |_, out, _| {
                    out.clear();
                    for text in texts {
                        let next = i64::try_from(seen.len()).unwrap_or(i64::MAX);
                        out.push(text.map_or(-1, |text| *seen.entry(text).or_insert(next)));
                    }
                });
            }
            InstrKind::NumberOf(of) => frame.write_int(dst, ok, |f, out, _| {
                out.clear();
                out.extend((0..len).map(|at| distinct_key(f, *of, at).map_or(-1, u64::cast_signed)));
            }),
            InstrKind::NegInt(a) => frame.write_int(dst, ok, |f, out, ok| {
                numbers::map(f.int(*a), out, i64::wrapping_neg);
                masks::test(f.int(*a), ok, |n| n != i64::MIN);
            }),
            InstrKind::PickInt(function, a, b) => frame.write_int(dst, ok, |f, out, _| {
                numbers::pick(*function, (f.int(a.0), f.mask(a.1)), (f.int(b.0), f.mask(b.1)), out);
            }),
            InstrKind::Length(text) => self.text_number(at, instr, *text, run, |text| text.chars().count()),
            InstrKind::Words(text) => self.text_number(at, instr, *text, run, words),
            InstrKind::SetSize(set) => frame.write_int(dst, ok, |_, out, _| load::sizes(column_of(run.batch, *set), len, out)),
            InstrKind::Count(event, selected) => {
                frame.write_int(dst, ok, |f, out, _| events::count(f.offsets(*event), f.mask(*selected), out));
            }
            InstrKind::AggInt(function, event, selected, value) => frame.write_int(dst, ok, |f, out, ok| {
                events::whole(*function, f.offsets(*event), f.mask(*selected), f.int(*value), out, ok);
            }),
            InstrKind::Distinct(event, selected, Distinct::Text(text)) => {
                self.texts.prepare(*text, run.chunk, run.batch);
                let texts = &self.texts;
                self.frame.write_int(dst, ok, |f, out, _| {
                    let view = texts.view(*text, Domain::Events(*event), f, run.chunk, run.batch);
                    let key = |at: usize| view.and_then(|view| view.folded(at));
                    events::distinct(f.offsets(*event), f.mask(*selected), key, out);
                });
            }
            InstrKind::Distinct(event, selected, of) => frame.write_int(dst, ok, |f, out, _| {
                let key = |at: usize| distinct_key(f, *of, at);
                events::distinct(f.offsets(*event), f.mask(*selected), key, out);
            }),
            InstrKind::Score(id) => frame.write_int(dst, ok, |_, out, ok| {
                out.clear();
                let score = scores.scores.sure_at(id.index());
                out.extend_from_slice(&score.values);
                masks::copy(&score.known, ok);
            }),
            InstrKind::ExactSign(steps) => frame.write_int(dst, ok, |_, out, ok| {
                out.clear();
                match super::outputs::numerators(steps, scores) {
                    Some((numerators, known)) => {
                        out.extend(numerators.iter().map(|n| i64::from(n.signum() > 0) - i64::from(n.signum() < 0)));
                        *ok = known;
                    }
                    None => {
                        out.resize(len, 0);
                        ok.reset(len, false);
                    }
                }
            }),
            InstrKind::SpreadInt(event, a) => frame.write_int(dst, ok, |f, out, _| spread(f.owners(*event), f.int(*a), out)),
            _ => {}
        }
    }

    fn text_number(&mut self, at: usize, instr: &Instr, text: TextOperand, run: Run<'_>, number: impl Fn(&str) -> usize) {
        let mut out = std::mem::take(self.frame.ints.sure_at_mut(instr.dst as usize));
        self.with_text(at, text, instr.domain, run, |frame, view, learnt| match view {
            Some(view) => view.numbers(frame.len(instr.domain), learnt, &mut out, number),
            None => {
                out.clear();
                out.resize(frame.len(instr.domain), 0);
            }
        });
        if let Some(slot) = self.frame.ints.get_mut(instr.dst as usize) {
            *slot = out;
        }
    }

    fn num(&mut self, instr: &Instr, run: Run<'_>, scores: &Scores) {
        let dst = instr.dst;
        let ok = Some(instr.ok).filter(|_| instr.op.can_fail());
        let len = self.frame.len(instr.domain);
        let frame = &mut self.frame;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for floats only")]
        match &instr.op {
            InstrKind::LoadNum(column) => {
                frame.write_num(dst, ok, |_, out, ok| load::nums(column_of(run.batch, *column), len, out, ok))
            }
            InstrKind::ConstNum(bits) => frame.write_num(dst, ok, |_, out, _| {
                out.clear();
                out.resize(len, f64::from_bits(*bits));
            }),
            InstrKind::ArithNum(op, a, b) => {
                frame.write_num(dst, ok, |f, out, ok| numbers::floats(*op, f.num(*a), f.num(*b), out, ok))
            }
            InstrKind::NegNum(a) => frame.write_num(dst, ok, |f, out, _| numbers::map(f.num(*a), out, |n| -n)),
            InstrKind::PickNum(function, a, b) => frame.write_num(dst, ok, |f, out, _| {
                numbers::pick(*function, (f.num(a.0), f.mask(a.1)), (f.num(b.0), f.mask(b.1)), out);
            }),
            InstrKind::IntToNum(a) => frame.write_num(dst, ok, |f, out, _| numbers::map(f.int(*a), out, numbers::to_float)),
            InstrKind::PointsToNum(a) => {
                frame.write_num(dst, ok, |f, out, _| numbers::map(f.int(*a), out, numbers::points_to_float))
            }
            InstrKind::ExactNum(steps, places) => frame.write_num(dst, ok, |_, out, ok| {
                out.clear();
                match super::outputs::numerators(steps, scores) {
                    Some((numerators, known)) => {
                        out.extend(numerators.iter().map(|&mantissa| Decimal { mantissa, scale: *places }.to_f64()));
                        *ok = known;
                    }
                    None => {
                        out.resize(len, 0.0);
                        ok.reset(len, false);
                    }
                }
            }),
            InstrKind::AggNum(function, event, selected, value) => frame.write_num(dst, ok, |f, out, ok| {
                events::floats(*function, f.offsets(*event), f.mask(*selected), f.num(*value), out, ok);
            }),
            InstrKind::AverageInt(event, selected, value) => frame.write_num(dst, ok, |f, out, ok| {
                events::average_whole(f.offsets(*event), f.mask(*selected), f.int(*value), out, ok);
            }),
            InstrKind::SpreadNum(event, a) => frame.write_num(dst, ok, |f, out, _| spread(f.owners(*event), f.num(*a), out)),
            _ => {}
        }
    }

    fn code(&mut self, instr: &Instr, run: Run<'_>, scores: &Scores) {
        let len = self.frame.len(instr.domain);
        let from = |out: &mut Vec<u32>, codes: Option<&Vec<u32>>| {
            out.clear();
            if let Some(codes) = codes {
                out.extend_from_slice(codes);
            }
            out.resize(len, UNKNOWN_CODE);
        };
        let frame = &mut self.frame;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for codes only")]
        match &instr.op {
            InstrKind::LoadCode(column) => frame.write_code(instr.dst, |_, out| match column_of(run.batch, *column) {
                Some(Column::Option(codes)) => from(out, Some(codes)),
                Some(_) | None => from(out, None),
            }),
            InstrKind::Label(id) => frame.write_code(instr.dst, |_, out| from(out, scores.labels.get(id.index()))),
            InstrKind::Stage(id) => {
                frame.write_code(instr.dst, |_, out| from(out, scores.lifecycles.get(id.index()).map(|l| &l.after)))
            }
            InstrKind::Moves(id) => frame.write_code(instr.dst, |_, out| {
                let moves = scores.lifecycles.sure_at(id.index()).moves.as_slice();
                numbers::map(moves, out, |to| match to {
                    Move::Forward => 0,
                    Move::Backward => 1,
                    Move::None => 2,
                    Move::Held => 3,
                });
            }),
            InstrKind::ConstCode(code) => frame.write_code(instr.dst, |_, out| {
                out.clear();
                out.resize(len, *code);
            }),
            InstrKind::PickCode(a, b) => frame.write_code(instr.dst, |f, out| {
                out.clear();
                out.extend(f.code(*a).iter().zip(f.code(*b)).map(|(&a, &b)| if a == UNKNOWN_CODE { b } else { a }));
            }),
            InstrKind::SpreadCode(event, a) => frame.write_code(instr.dst, |f, out| {
                let codes = f.code(*a);
                out.clear();
                out.extend(f.owners(*event).iter().map(|&row| *codes.sure_at(row as usize)));
            }),
            _ => frame.write_code(instr.dst, |_, out| from(out, None)),
        }
    }

    /// Makes the texts of an operand ready for [`text`](Self::text).
    pub(super) fn prepare(&mut self, operand: TextOperand, run: Run<'_>) {
        self.texts.prepare(operand, run.chunk, run.batch);
    }

    /// The texts of an operand that was prepared.
    pub(super) fn text<'a>(&'a self, operand: TextOperand, domain: Domain, run: Run<'a>) -> Option<TextView<'a>> {
        self.texts.view(operand, domain, &self.frame, run.chunk, run.batch)
    }

    /// The texts of an operand, for a trace.
    pub(super) fn raw_text(&mut self, operand: TextOperand, domain: Domain, run: Run<'_>) -> Vec<Option<std::sync::Arc<str>>> {
        self.texts.prepare(operand, run.chunk, run.batch);
        let view = self.texts.view(operand, domain, &self.frame, run.chunk, run.batch);
        let rows = 0..self.frame.len(domain);
        rows.map(|row| view.and_then(|view| view.raw(row)).map(std::sync::Arc::from)).collect()
    }
}

fn range(values: &[i64], lo: i64, hi: i64, out: &mut Mask) {
    if lo == i64::MIN {
        masks::test(values, out, |v| v <= hi);
    } else if hi == i64::MAX {
        masks::test(values, out, |v| lo <= v);
    } else {
        masks::test(values, out, |v| lo <= v && v <= hi);
    }
}

fn compare<T: Copy + PartialOrd>(op: CompareOp, a: &[T], b: &[T], out: &mut Mask) {
    match op {
        CompareOp::Equal => masks::test2(a, b, out, |a, b| a == b),
        CompareOp::Less => masks::test2(a, b, out, |a, b| a < b),
        CompareOp::LessEqual => masks::test2(a, b, out, |a, b| a <= b),
        CompareOp::Greater => masks::test2(a, b, out, |a, b| a > b),
        CompareOp::GreaterEqual => masks::test2(a, b, out, |a, b| a >= b),
    }
}

fn spread<T: Copy>(owners: &[u32], values: &[T], out: &mut Vec<T>) {
    out.clear();
    out.extend(owners.iter().map(|&row| *values.sure_at(row as usize)));
}

/// A key that is equal for equal values; a float by its bits, both zeros as one.
pub(super) fn distinct_key(frame: &Frame, of: Distinct, at: usize) -> Option<u64> {
    match of {
        Distinct::Int(i) => frame.int(i).get(at).map(|n| n.cast_unsigned()),
        Distinct::Num(n) => frame.num(n).get(at).map(|n| (n + 0.0).to_bits()),
        Distinct::Code(c) => frame.code(c).get(at).map(|&c| u64::from(c)),
        Distinct::Truth(m) => Some(u64::from(frame.mask(m).get(at))),
        Distinct::Text(_) => None,
    }
}

/// The first and last day (or moment) of a window.
pub(super) fn window_ends(window: Window, clock: Clock, as_of: AsOf) -> (i64, i64) {
    let now = match clock {
        Clock::Days => i64::from(as_of.day),
        Clock::Micros => as_of.micros,
    };
    match window {
        Window::Past => (i64::MIN, now),
        Window::Within(duration) => (calendar::away(as_of, duration, false), now),
        Window::WithinNext(duration) => (now, calendar::away(as_of, duration, true)),
        Window::MoreThanAgo(duration) => (i64::MIN, calendar::away(as_of, duration, false).saturating_sub(1)),
    }
}
