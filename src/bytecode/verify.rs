//! Whether a chunk is sound: every register is written before it is read, with the right rows, and everything named is there.

use rustc_hash::FxHashMap;

use super::{
    Block, Chunk, ColumnRef, Domain, FormulaStep, Gives, Instr, InstrKind, Limits, Operand, Region, Sum, Target, TextBase,
};
use crate::decay::{Decay, DecayKind};
use crate::id::{ArmId, ItemId, LabelId, LifecycleId, ScoreId};
use crate::invariant::SureAt as _;
use crate::schema::EventId;
use crate::value::Points;

/// No program has so many of anything.
const MOST: u32 = 1 << 22;

/// What is not sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyError {
    /// The instruction's number, if it is one.
    pub instr: Option<usize>,
    /// What is wrong.
    pub message: &'static str,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.instr {
            Some(at) => write!(f, "instruction {at}: {}", self.message),
            None => f.write_str(self.message),
        }
    }
}

impl std::error::Error for VerifyError {}

type Check = Result<(), &'static str>;

/// Verifies a chunk.
///
/// # Errors
/// The first thing that is not sound.
pub fn verify(chunk: &Chunk) -> Result<(), VerifyError> {
    let whole = |message| VerifyError { instr: None, message };
    shape(chunk).map_err(whole)?;
    tables(chunk).map_err(whole)?;
    block(chunk, &chunk.main, None)?;
    for region in &chunk.regions {
        if !matches!(region.column, ColumnRef::Property(_)) {
            return Err(whole("a region is not of a property"));
        }
        Context { chunk, region: None }.column(region.column).map_err(whole)?;
        for sum in &region.sums {
            Context { chunk, region: None }.sum(*sum).map_err(whole)?;
        }
        block(chunk, &region.block, Some(region))?;
    }
    probes(chunk).map_err(whole)
}

fn require(holds: bool, message: &'static str) -> Check {
    if holds { Ok(()) } else { Err(message) }
}

fn shape(chunk: &Chunk) -> Check {
    let s = &chunk.shape;
    let all = [s.properties, s.scores, s.labels, s.lifecycles, s.sums, s.items, s.arms, s.conditions];
    require(all.iter().all(|&n| n <= MOST), "the program has too many parts")?;
    let is = |count: u32, len: usize| count as usize == len;
    let names = &chunk.names;
    require(
        is(s.properties, names.properties.len())
            && is(s.scores, names.scores.len())
            && is(s.labels, names.labels.len())
            && is(s.lifecycles, names.lifecycles.len())
            && is(s.scores, chunk.scores_of_items.len()),
        "the names do not agree with the parts",
    )?;
    require(chunk.regexes.len() == chunk.tables.patterns.len(), "the patterns do not agree")
}

fn tables(chunk: &Chunk) -> Check {
    let t = &chunk.tables;
    let arms = |arms: &[(ArmId, i64)]| arms.iter().all(|(arm, points)| arm.0 < chunk.shape.arms && is_points(*points));
    let line = |line: u32, arms: &[(ArmId, i64)]| line == u32::MAX || (line as usize) < arms.len();
    require(t.ints.iter().all(|table| table.is_sorted()), "a table of numbers is not in order")?;
    require(t.nums.iter().flatten().all(|n| !n.is_nan()), "a table holds something that is not a number")?;
    for (decay, points) in &t.decays {
        require(is_decay(*decay) && is_points(points.0), "a table of decay is not sound")?;
    }
    for table in &t.option_lines {
        require(arms(&table.arms) && table.lines.iter().all(|&l| line(l, &table.arms)), "a table of lines is not sound")?;
    }
    for table in &t.text_lines {
        let lines = table.keys.iter().map(|(_, l)| *l).chain(table.otherwise);
        require(arms(&table.arms) && lines.into_iter().all(|l| line(l, &table.arms)), "a table of lines is not sound")?;
    }
    for table in &t.bands {
        let fits = table.codes.len() == table.ends.len() + 1 && table.ends.is_sorted();
        require(fits, "a table of ranges is not sound")?;
    }
    for table in &t.joins {
        let combinations = table.sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size as usize));
        require(combinations == Some(table.codes.len()), "a table of joins is not sound")?;
    }
    Ok(())
}

fn is_points(points: i64) -> bool {
    points.unsigned_abs() <= Points::LIMIT.0.unsigned_abs()
}

fn is_decay(decay: Decay) -> bool {
    decay.days > 0
        && match decay.kind {
            DecayKind::Linear { percent } | DecayKind::Compound { percent } => (1..=100).contains(&percent),
            DecayKind::Fixed { amount } => amount.0 > 0,
            DecayKind::All => true,
        }
}

fn block(chunk: &Chunk, block: &Block, region: Option<&Region>) -> Result<(), VerifyError> {
    let whole = |message| VerifyError { instr: None, message };
    let r = &block.registers;
    let most = crate::invariant::number(block.instrs.len()).saturating_mul(2);
    let counts = [r.masks, r.ints, r.nums, r.codes];
    require(counts.iter().all(|&n| n <= most), "there are more registers than instructions write").map_err(whole)?;
    require(block.spans.len() == block.instrs.len(), "the places do not agree with the instructions").map_err(whole)?;
    let context = Context { chunk, region };
    let mut written = Written::default();
    for (at, instr) in block.instrs.iter().enumerate() {
        let here = |message| VerifyError { instr: Some(at), message };
        context.instr(instr, &written).map_err(here)?;
        written.add(instr, block).map_err(here)?;
    }
    require(written.held == 0, "points are held back for good").map_err(whole)
}

fn probes(chunk: &Chunk) -> Check {
    use super::ProbeValue::{Chosen, Date, DateTime, Integer, Number, Option, Score, Set, Text, Truth};
    let r = &chunk.main.registers;
    let context = Context { chunk, region: None };
    for probe in &chunk.probes {
        context.domain(probe.domain)?;
        let text = |text: &super::TextOperand| match text.base {
            TextBase::Column(column) => context.column(column).is_ok(),
            TextBase::Codes(codes, table) => codes.0 < r.codes && context.table(table, chunk.tables.texts.len()).is_ok(),
            TextBase::Constant(table) => context.table(table, chunk.tables.texts.len()).is_ok(),
        };
        let sound = match &probe.value {
            Truth(t, f) => t.0 < r.masks && f.0 < r.masks,
            Integer(i, m) | Date(i, m) | DateTime(i, m) | Score(i, m) => i.0 < r.ints && m.0 < r.masks,
            Number(n, m) => n.0 < r.nums && m.0 < r.masks,
            Option(c) => c.0 < r.codes,
            Set(column) => context.column(*column).is_ok(),
            Text(of) => text(of),
            Chosen(of) => of.iter().all(|(when, of)| when.0 < r.masks && text(of)),
        };
        require(sound, "a probe looks at what is not there")?;
    }
    Ok(())
}

/// What the instructions so far have written.
#[derive(Default)]
struct Written {
    registers: FxHashMap<(Gives, u32), Domain>,
    scores: rustc_hash::FxHashSet<ScoreId>,
    labels: rustc_hash::FxHashSet<LabelId>,
    lifecycles: rustc_hash::FxHashSet<LifecycleId>,
    /// How many `Hold`s have no `Release` yet.
    held: usize,
}

impl Written {
    fn add(&mut self, instr: &Instr, block: &Block) -> Check {
        let r = &block.registers;
        let (gives, count) = match instr.op.gives() {
            Gives::Mask => (Gives::Mask, r.masks),
            Gives::Int => (Gives::Int, r.ints),
            Gives::Num => (Gives::Num, r.nums),
            Gives::Code => (Gives::Code, r.codes),
            Gives::Nothing => return self.output(&instr.op),
        };
        require(instr.dst < count, "a register is out of range")?;
        require(self.registers.insert((gives, instr.dst), instr.domain).is_none(), "a register is written twice")?;
        if instr.op.can_fail() {
            require(instr.ok < r.masks, "a register is out of range")?;
            let fresh = self.registers.insert((Gives::Mask, instr.ok), instr.domain).is_none();
            require(fresh, "a register is written twice")?;
        }
        Ok(())
    }

    fn output(&mut self, op: &InstrKind) -> Check {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these finish an output")]
        let fresh = match op {
            InstrKind::EndScore(id, ..) | InstrKind::Given(id, _) | InstrKind::Formula(id, ..) | InstrKind::Choose(id, ..) => {
                require(self.held == 0, "a score ends while points are held back")?;
                self.scores.insert(*id)
            }
            InstrKind::Band(id, ..) | InstrKind::Join(id, ..) => self.labels.insert(*id),
            InstrKind::Lifecycle(plan) => self.lifecycles.insert(plan.lifecycle),
            InstrKind::Hold => {
                self.held += 1;
                true
            }
            InstrKind::Release { .. } => {
                let before = self.held;
                require(before > 0, "nothing is held back that could be let go")?;
                self.held = before - 1;
                true
            }
            _ => true,
        };
        require(fresh, "an output is worked out twice")
    }

    fn has(&self, gives: Gives, register: u32, domain: Domain) -> Check {
        match self.registers.get(&(gives, register)) {
            Some(found) => require(*found == domain, "a register has other rows"),
            None => Err("a register is read before it is written"),
        }
    }

    fn score(&self, id: ScoreId) -> Check {
        require(self.scores.contains(&id), "a score is read before it is worked out")
    }

    fn label(&self, id: LabelId) -> Check {
        require(self.labels.contains(&id), "a label is read before it is worked out")
    }
}

#[derive(Clone, Copy)]
struct Context<'a> {
    chunk: &'a Chunk,
    region: Option<&'a Region>,
}

impl Context<'_> {
    fn event(self, event: EventId) -> Check {
        require((event.0 as usize) < self.chunk.names.events.len(), "there is no such event list")
    }

    fn domain(self, domain: Domain) -> Check {
        match domain {
            Domain::Records => Ok(()),
            Domain::Events(event) => self.event(event),
        }
    }

    fn column(self, column: ColumnRef) -> Check {
        if let Some(region) = self.region {
            return require(column == region.column, "a region looks at another property");
        }
        match column {
            ColumnRef::Property(id) => require(id.0 < self.chunk.shape.properties, "there is no such property"),
            ColumnRef::Field(event, field) => {
                let fields = self.chunk.names.events.get(event.0 as usize);
                require(fields.is_some_and(|(_, fields)| (field.0 as usize) < fields.len()), "there is no such field")
            }
            // A program that is kept looks at single events.
            ColumnRef::Summed(_) => Err("there is no such column"),
        }
    }

    fn table(self, table: u32, len: usize) -> Check {
        require((table as usize) < len, "there is no such table")
    }

    fn score(self, id: ScoreId) -> Check {
        require(id.0 < self.chunk.shape.scores, "there is no such score")
    }

    fn sum(self, sum: Sum) -> Check {
        let there = self.region.is_none_or(|region| region.sums.contains(&sum));
        require(sum.0 < self.chunk.shape.sums && there, "there is no such sum")
    }

    fn item(self, item: ItemId) -> Check {
        require(item.0 < self.chunk.shape.items, "there is no such item")
    }

    fn target(self, target: Target) -> Check {
        self.score(target.score)?;
        self.sum(target.sum)?;
        self.item(target.item)?;
        require(target.arm.0 < self.chunk.shape.arms, "there is no such arm")
    }

    fn limits(self, limits: Limits) -> Check {
        require(is_points(limits.min) && is_points(limits.max) && limits.min <= limits.max, "bounds are not sound")
    }

    fn instr(self, instr: &Instr, written: &Written) -> Check {
        self.domain(instr.domain)?;
        if instr.op.gives() == Gives::Nothing {
            require(instr.domain == Domain::Records, "an effect is not about records")?;
        }
        let rows = instr.op.operand_domain(instr.domain);
        self.domain(rows)?;
        let mut sound = Ok(());
        instr.op.operands(&mut |operand| {
            let check = match operand {
                Operand::Mask(m) => written.has(Gives::Mask, m.0, rows),
                Operand::Int(i) => written.has(Gives::Int, i.0, rows),
                Operand::Num(n) => written.has(Gives::Num, n.0, rows),
                Operand::Code(c) => written.has(Gives::Code, c.0, rows),
                Operand::Column(column) => self.column(column).and_then(|()| own_rows(column, rows)),
                Operand::Text(text) => match text.base {
                    TextBase::Column(column @ ColumnRef::Property(_)) => self.column(column),
                    TextBase::Column(column) => self.column(column).and_then(|()| own_rows(column, rows)),
                    TextBase::Codes(_, table) | TextBase::Constant(table) => self.table(table, self.chunk.tables.texts.len()),
                },
            };
            if sound.is_ok() {
                sound = check;
            }
        });
        sound?;
        if self.region.is_some() {
            self.in_region(instr)?;
        }
        self.values(&instr.op, written)?;
        self.effects(&instr.op, written)
    }

    fn in_region(self, instr: &Instr) -> Check {
        require(instr.domain == Domain::Records, "a region looks at events")?;
        let item = matches!(
            instr.op,
            InstrKind::Give(..) | InstrKind::Unknown(..) | InstrKind::MatchOptions(..) | InstrKind::MatchTexts(..)
        );
        require(item || instr.op.gives() != Gives::Nothing, "a region does more than give points")
    }

    fn values(self, op: &InstrKind, written: &Written) -> Check {
        let t = &self.chunk.tables;
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these name more than registers and columns")]
        match op {
            InstrKind::MemberInt(_, table) => self.table(*table, t.ints.len()),
            InstrKind::MemberNum(_, table) => self.table(*table, t.nums.len()),
            InstrKind::CodeIn(_, table) | InstrKind::SetHas { codes: table, .. } => self.table(*table, t.bits.len()),
            InstrKind::TextSetHas { texts: table, .. } | InstrKind::Text(_, _, table) => self.table(*table, t.texts.len()),
            InstrKind::Matches(_, table) => self.table(*table, t.patterns.len()),
            InstrKind::Score(id) => written.score(*id),
            InstrKind::ExactSign(steps) => formula(steps, written),
            InstrKind::ExactNum(steps, places) => {
                require(*places <= 36, "a sum has too many decimals")?;
                formula(steps, written)
            }
            InstrKind::Label(id) => written.label(*id),
            InstrKind::Stage(id) | InstrKind::Moves(id) => {
                require(written.lifecycles.contains(id), "a stage is read before it is worked out")
            }
            InstrKind::SpreadMask(event, _)
            | InstrKind::SpreadInt(event, _)
            | InstrKind::SpreadNum(event, _)
            | InstrKind::SpreadCode(event, _) => self.event(*event),
            _ => Ok(()),
        }
    }

    fn effects(self, op: &InstrKind, written: &Written) -> Check {
        let t = &self.chunk.tables;
        #[expect(clippy::wildcard_enum_match_arm, reason = "only effects are looked at here")]
        match op {
            InstrKind::Exclude(_, item, ..) => self.item(*item),
            InstrKind::ExcludeScore(score, _, item, ..) | InstrKind::Unknown(score, item, _) => {
                self.score(*score)?;
                self.item(*item)
            }
            InstrKind::Give(target, _, points) => {
                require(is_points(*points), "points are out of range")?;
                self.target(*target)
            }
            InstrKind::Fade(target, .., table) => {
                self.table(*table, t.decays.len())?;
                self.target(*target)
            }
            InstrKind::Per { target, step, points, limits, .. } => {
                require(*step > 0 && is_points(*points), "a `per` is not sound")?;
                self.limits(*limits)?;
                self.target(*target)
            }
            InstrKind::MatchOptions(target, _, table) => {
                self.table(*table, t.option_lines.len())?;
                self.target(*target)
            }
            InstrKind::MatchTexts(target, _, table) => {
                self.table(*table, t.text_lines.len())?;
                self.target(*target)
            }
            InstrKind::Collect(target, _, limits) => {
                self.limits(*limits)?;
                self.target(*target)
            }
            InstrKind::Each { target, points, decay, limits, .. } => {
                require(is_points(*points), "points are out of range")?;
                decay.map_or(Ok(()), |table| self.table(table, t.decays.len()))?;
                self.limits(*limits)?;
                self.target(*target)
            }
            InstrKind::Release { best: Some(best), .. } => {
                self.sum(best.sum)?;
                require(best.parts.is_sorted_by(|a, b| a.item < b.item), "the parts of a group are not in order")?;
                best.parts.iter().try_for_each(|part| {
                    self.item(part.item)?;
                    self.sum(part.sum)?;
                    require(part.sum != best.sum, "a group adds to itself")
                })
            }
            InstrKind::EndGroup { score, item, sum, into, limits, .. } => {
                self.score(*score)?;
                self.item(*item)?;
                self.sum(*sum)?;
                self.sum(*into)?;
                require(sum != into, "a group adds to itself")?;
                self.limits(*limits)
            }
            InstrKind::EndScore(score, sum, limits) => {
                self.score(*score)?;
                self.sum(*sum)?;
                self.limits(*limits)
            }
            InstrKind::Formula(score, steps, denominator, limits) => {
                self.score(*score)?;
                self.limits(*limits)?;
                require(*denominator > 0, "a formula divides by nothing")?;
                formula(steps, written)
            }
            InstrKind::Choose(score, item, choices, limits) => {
                self.score(*score)?;
                self.item(*item)?;
                self.limits(*limits)?;
                choices.iter().try_for_each(|choice| {
                    require(choice.arm.0 < self.chunk.shape.arms, "there is no such arm")?;
                    require(choice.denominator > 0, "a formula divides by nothing")?;
                    formula(&choice.steps, written)
                })
            }
            InstrKind::Band(label, score, table) => {
                require(label.0 < self.chunk.shape.labels, "there is no such label")?;
                written.score(*score)?;
                self.table(*table, t.bands.len())
            }
            InstrKind::Join(label, parts, table) => {
                require(label.0 < self.chunk.shape.labels, "there is no such label")?;
                parts.iter().try_for_each(|part| written.label(*part))?;
                self.table(*table, t.joins.len())?;
                let sizes = t.joins.sure_at(*table as usize).sizes.len();
                require(sizes == parts.len(), "a join does not agree with its parts")
            }
            InstrKind::Lifecycle(plan) => {
                require(plan.lifecycle.0 < self.chunk.shape.lifecycles, "there is no such lifecycle")?;
                plan.holds.iter().try_for_each(|(item, ..)| self.item(*item))?;
                plan.lines.iter().try_for_each(|line| self.item(line.item))
            }
            InstrKind::Condition(number, ..) => require(*number < self.chunk.shape.conditions, "there is no such condition"),
            InstrKind::Value(number, _) => require(*number < self.chunk.shape.values, "there is no such value"),
            InstrKind::Given(score, _) => self.score(*score),
            InstrKind::Region(number) => require((*number as usize) < self.chunk.regions.len(), "there is no such region"),
            _ => Ok(()),
        }
    }
}

fn own_rows(column: ColumnRef, rows: Domain) -> Check {
    let own = match column {
        ColumnRef::Property(_) | ColumnRef::Summed(_) => Domain::Records,
        ColumnRef::Field(event, _) => Domain::Events(event),
    };
    require(own == rows, "a column has other rows")
}

/// Whether a formula's stack never runs empty and ends with one column.
fn formula(steps: &[FormulaStep], written: &Written) -> Check {
    let mut depth = 0_usize;
    for step in steps {
        if let FormulaStep::Score(id) = step {
            written.score(*id)?;
        }
        let operands = step.operands();
        require(depth >= operands, "a formula has no operand")?;
        depth = depth - operands + 1;
    }
    require(depth == 1, "a formula gives no result")
}
