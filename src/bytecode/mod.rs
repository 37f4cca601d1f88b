//! The instructions, their listing, verifier and file format.

mod file;
mod listing;
mod op;
mod operands;
mod parts;
mod split;
mod verify;

pub use file::{Image, ImageError, SourceText};
pub use listing::listing;
pub use verify::{VerifyError, verify};

pub use op::{Domain, Gives, InstrKind};
pub use parts::{
    Best, Clock, CodeReg, ColumnRef, Distinct, FormulaChoice, FormulaStep, IntReg, LifecyclePlan, Limits, MaskReg, Newest,
    NumReg, Part, PerValue, StageLine, Sum, Target, TextBase, TextOperand, Window,
};

pub use operands::Operand;
pub use split::EventPart;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::decay::Decay;
use crate::id::ArmId;
use crate::source::Span;
use crate::value::Points;

/// An instruction: an operation, where its value goes, and what its rows are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Instr {
    /// What it does.
    pub op: InstrKind,
    /// The register that takes the value.
    pub dst: u32,
    /// The mask register that takes the rows for which there is a value.
    pub ok: u32,
    /// What the rows of the value are.
    pub domain: Domain,
}

/// A straight run of instructions with registers of its own; each register is written once, before it is read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Block {
    /// In order.
    pub instrs: Vec<Instr>,
    /// The source of each instruction.
    pub spans: Vec<Span>,
    /// How many registers of each kind there are.
    pub registers: Registers,
}

/// How many registers there are, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registers {
    /// Masks.
    pub masks: u32,
    /// Whole numbers.
    pub ints: u32,
    /// Floats.
    pub nums: u32,
    /// Codes.
    pub codes: u32,
}

/// All items that look at one property only, as one table: from the property's code, or from the interval that its value lies in,
/// to the points and arms of all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Region {
    /// The property.
    pub column: ColumnRef,
    /// How a value becomes a place in the table.
    pub key: Key,
    /// What fills the table: run over one record for each place.
    pub block: Block,
    /// The sums that its items add to.
    pub sums: Vec<Sum>,
}

/// How a value becomes a place in a region's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// By option, for so many options.
    Options(u32),
    /// By truth value.
    Boolean,
    /// By distinct text.
    Text,
    /// By distinct set of options, for so many options.
    Set(u32),
    /// By interval of whole numbers.
    Integer,
    /// By interval of floats.
    Number,
    /// By interval of calendar days.
    Date,
    /// By interval of the calendar days of moments.
    DateTime,
}

/// Tables that instructions refer to by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tables {
    /// Whole numbers, ascending.
    pub ints: Vec<Vec<i64>>,
    /// Floats, ascending.
    pub nums: Vec<Vec<f64>>,
    /// Bits by code.
    pub bits: Vec<Vec<u64>>,
    /// Folded texts.
    pub texts: Vec<Vec<Arc<str>>>,
    /// Patterns.
    pub patterns: Vec<Arc<str>>,
    /// What fades how.
    pub decays: Vec<(Decay, Points)>,
    /// Lines of `match each` over options.
    pub option_lines: Vec<OptionLines>,
    /// Lines of `match each` over texts.
    pub text_lines: Vec<TextLines>,
    /// Intervals of labels.
    pub bands: Vec<Bands>,
    /// Codes of joins.
    pub joins: Vec<Join>,
}

/// The place of a line where an option has none.
pub(crate) const NO_LINE: u32 = u32::MAX;

/// `match each` over options: for each code the place of its line in `arms`, [`u32::MAX`] for none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptionLines {
    /// By code.
    pub lines: Vec<u32>,
    /// Arms with their points.
    pub arms: Vec<(ArmId, i64)>,
}

/// `match each` over texts: folded texts with the place of their line in `arms`, and the line of every other text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextLines {
    /// Ascending by text.
    pub keys: Vec<(Arc<str>, u32)>,
    /// Every other text.
    pub otherwise: Option<u32>,
    /// Arms with their points.
    pub arms: Vec<(ArmId, i64)>,
}

/// Intervals of whole numbers: below the first end the first code, from it up to the second the second, and so on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bands {
    /// Ascending.
    pub ends: Vec<i64>,
    /// One more than ends; [`u32::MAX`] for none.
    pub codes: Vec<u32>,
}

/// A join: how many texts each part can give, and the code for each combination, the last part running fastest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// By part.
    pub sizes: Vec<u32>,
    /// By combination.
    pub codes: Vec<u32>,
}

/// How many there are of what the results count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Properties of the schema.
    pub properties: u32,
    /// Scores.
    pub scores: u32,
    /// Labels.
    pub labels: u32,
    /// Lifecycles.
    pub lifecycles: u32,
    /// Sums of scores and groups.
    pub sums: u32,
    /// Items, groups, exclusions, holds and stage lines.
    pub items: u32,
    /// Arms.
    pub arms: u32,
    /// Conditions asked for besides.
    pub conditions: u32,
    /// Values asked for besides.
    pub values: u32,
}

/// A compiled program.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The instructions.
    pub main: Block,
    /// The regions that [`InstrKind::Region`] names.
    pub regions: Vec<Region>,
    /// The tables.
    pub tables: Tables,
    /// What the results count.
    pub shape: Shape,
    /// What the parts are called.
    pub names: Names,
    /// By score, whether its points come from items (and not from a formula).
    pub scores_of_items: Vec<bool>,
    /// The zone of calendar days.
    pub zone: TimeZone,
    /// Whether texts are compared without combining marks.
    pub ignore_accents: bool,
    /// Whether every record's account is kept.
    pub reasons: bool,
    /// The patterns of the tables, compiled.
    pub regexes: Vec<regex::Regex>,
    /// Where each expression's value can be looked up after a traced run; empty in a fused chunk.
    pub probes: Vec<Probe>,
}

/// What the parts are called, for listings and messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// By property.
    pub properties: Vec<Arc<str>>,
    /// By event list: its name and those of its fields.
    pub events: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// By score.
    pub scores: Vec<Arc<str>>,
    /// By label.
    pub labels: Vec<Arc<str>>,
    /// By lifecycle.
    pub lifecycles: Vec<Arc<str>>,
}

/// The columns that a chunk reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The properties and fields.
    pub columns: BTreeSet<ColumnRef>,
    /// The event lists of which something is read, if only how many events there are.
    pub events: BTreeSet<crate::schema::EventId>,
}

/// Where an expression's value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The expression.
    pub span: Span,
    /// What its rows are.
    pub domain: Domain,
    /// Its value.
    pub value: ProbeValue,
}

/// How an expression's value is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProbeValue {
    /// A condition: where true, where false.
    Truth(MaskReg, MaskReg),
    /// A whole number, where known.
    Integer(IntReg, MaskReg),
    /// A float, where known.
    Number(NumReg, MaskReg),
    /// A day, where known.
    Date(IntReg, MaskReg),
    /// A moment, where known.
    DateTime(IntReg, MaskReg),
    /// A score's hundredths, where known.
    Score(IntReg, MaskReg),
    /// An option.
    Option(CodeReg),
    /// A text.
    Text(TextOperand),
    /// One of several texts, each in its rows.
    Chosen(Vec<(MaskReg, TextOperand)>),
    /// A set of options or texts.
    Set(ColumnRef),
}

impl Chunk {
    /// The columns that the chunk reads, so that nothing else needs to be decoded.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        let blocks = std::iter::once(&self.main).chain(self.regions.iter().map(|r| &r.block));
        for instr in blocks.flat_map(|b| &b.instrs) {
            if let Domain::Events(event) = instr.domain {
                needs.events.insert(event);
            }
            instr.op.operands(&mut |operand| {
                let column = match operand {
                    Operand::Column(column) => column,
                    Operand::Text(TextOperand { base: TextBase::Column(column), .. }) => column,
                    Operand::Mask(_) | Operand::Int(_) | Operand::Num(_) | Operand::Code(_) | Operand::Text(_) => return,
                };
                needs.columns.insert(column);
                if let ColumnRef::Field(event, _) = column {
                    needs.events.insert(event);
                }
            });
        }
        for probe in &self.probes {
            if let ProbeValue::Set(column) = probe.value {
                needs.columns.insert(column);
            }
        }
        needs
    }
}
