//! Which columns an output has, in which order and by which names, and the fixed texts that stand in them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::column::{Extra, ExtraKind};
use crate::hir::words::{self, stage_reasons};
use crate::hir::{Item, Lifecycle, Model, Output, Rollup};
use crate::invariant::SureAt as _;
use crate::schema::PropId;
use crate::source::Sources;
use crate::vm::scores::{Cause, Move, NONE, Origin, Reason, Scores};

/// What an output is to hold.
#[derive(Debug, Clone, Default)]
pub struct LayoutOptions {
    /// What key, lifecycles and stages are called, instead of the names of the rules.
    pub crm_names: Option<CrmNames>,
    /// The headers of the input columns to carry along.
    pub select: Vec<String>,
    /// Whether to add `reasons`.
    pub reasons: bool,
    /// The hand-over of `--moves`: no `excluded`, and reasons that name no lines of the rules.
    pub moves_only: bool,
    /// What the command adds, in the order of the batches' `extras`.
    pub extras: Vec<Extra>,
    /// For the records of a page: the carried columns first, no details of what is added, and accounts without a column of theirs.
    pub page: bool,
    /// The property that says who a record is, before its key; its cells are in the batch.
    pub first: Option<PropId>,
}

/// The names of a CRM.
#[derive(Debug, Clone, Default)]
pub struct CrmNames {
    /// The headers of the key and of the properties that lifecycles govern.
    pub headers: FxHashMap<PropId, Arc<str>>,
    /// By lifecycle, by stage.
    pub stages: Vec<Vec<Arc<str>>>,
}

impl CrmNames {
    /// As the schema has them: the first `from` header, and the first form in data of each stage.
    #[must_use]
    pub fn declared(model: &Model) -> Self {
        let ids = model.schema.key.into_iter().chain(model.lifecycles.iter().filter_map(|lifecycle| lifecycle.property));
        let header = |id: PropId| Some((id, Arc::clone(model.schema.property(id)?.from.first()?)));
        let stages = |lifecycle: &Lifecycle| {
            let options = lifecycle.property.and_then(|id| model.schema.property(id)).and_then(|p| p.ty.options());
            let form = |at: usize| options.and_then(|o| o.items.get(at)).and_then(|o| o.forms.first());
            lifecycle.stages.iter().enumerate().map(|(at, stage)| Arc::clone(form(at).unwrap_or(stage))).collect()
        };
        Self { headers: ids.filter_map(header).collect(), stages: model.lifecycles.iter().map(stages).collect() }
    }

    /// The header of a property.
    fn header(&self, id: PropId) -> Option<&Arc<str>> {
        self.headers.get(&id)
    }
}

/// The columns of an output.
#[derive(Debug, Clone)]
pub struct Layout {
    /// In order.
    pub columns: Vec<Column>,
    /// The fixed texts.
    pub texts: Texts<Arc<str>>,
    /// Whose points a record's account names.
    pub accounts: Accounts,
    /// Whether reasons that are written as text name the lines of the rules.
    pub lines: bool,
}

/// A column of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its header.
    pub name: Arc<str>,
    /// What stands in it.
    pub cell: Cell,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The row number, from 1.
    Row,
    /// The key, or another property that says who the record is.
    Key(PropId),
    /// A score.
    Score(usize),
    /// A label.
    Label(usize),
    /// A lifecycle's stage after.
    Stage(usize),
    /// Its stage before.
    Before(usize),
    /// Its move.
    Move(usize),
    /// Its reason.
    StageReason(usize),
    /// The reason of the exclusion.
    Excluded,
    /// A column of the input.
    Carried(usize),
    /// What the command adds.
    Extra(usize, ExtraKind),
    /// The account of the record.
    Reasons,
}

/// The fixed texts of an output, as they are or as a format writes them.
#[derive(Debug, Clone)]
pub struct Texts<T> {
    /// By label, by code.
    pub labels: Vec<Vec<T>>,
    /// By lifecycle, by stage.
    pub stages: Vec<Vec<T>>,
    /// By lifecycle, by [`cause_code`].
    pub causes: Vec<Vec<T>>,
    /// By exclusion; `None` where it has no reason.
    pub exclusions: Vec<Option<T>>,
    /// By [`move_code`].
    pub moves: Vec<T>,
}

impl<T> Texts<T> {
    /// The same texts, each put through `encode`.
    pub fn map<U>(&self, encode: impl Fn(&T) -> U) -> Texts<U> {
        let tables = |tables: &Vec<Vec<T>>| tables.iter().map(|t| t.iter().map(&encode).collect()).collect();
        Texts {
            labels: tables(&self.labels),
            stages: tables(&self.stages),
            causes: tables(&self.causes),
            exclusions: self.exclusions.iter().map(|e| e.as_ref().map(&encode)).collect(),
            moves: self.moves.iter().map(&encode).collect(),
        }
    }

    /// The text of a cell that is a code; `None` where it is unknown, and for cells that are no codes.
    #[must_use]
    pub fn get(&self, cell: Cell, scores: &Scores, row: usize) -> Option<&T> {
        match cell {
            Cell::Label(at) => self.labels.get(at)?.get(known(scores.labels.get(at)?, row)?),
            Cell::Stage(at) => self.stages.get(at)?.get(known(&scores.lifecycles.get(at)?.after, row)?),
            Cell::Before(at) => self.stages.get(at)?.get(known(&scores.lifecycles.get(at)?.before, row)?),
            Cell::Move(at) => self.moves.get(move_code(*scores.lifecycles.get(at)?.moves.get(row)?)),
            Cell::StageReason(at) => {
                let causes = self.causes.get(at)?;
                causes.get(cause_code(*scores.lifecycles.get(at)?.causes.get(row)?, causes.len())?)
            }
            Cell::Row | Cell::Key(_) | Cell::Score(_) | Cell::Excluded | Cell::Carried(_) | Cell::Extra(..) | Cell::Reasons => {
                None
            }
        }
    }
}

fn known(codes: &[u32], row: usize) -> Option<usize> {
    codes.get(row).filter(|&&code| code != NONE).map(|&code| code as usize)
}

/// The number of a move in [`Texts::moves`].
#[must_use]
pub const fn move_code(it: Move) -> usize {
    match it {
        Move::Forward => 0,
        Move::Backward => 1,
        Move::None => 2,
        Move::Held => 3,
    }
}

/// The moves as outputs write them, by [`move_code`].
pub const MOVES: [&str; 4] = ["forward", "backward", "none", "held"];

/// The causes that have no line of their own stand behind those that have one, in this order.
const FIXED_CAUSES: [&str; 5] = [
    stage_reasons::OTHERWISE,
    stage_reasons::UNDECIDED,
    stage_reasons::NO_STAGE,
    stage_reasons::EXCLUDED,
    stage_reasons::REFUSED,
];

/// The number of a cause in a lifecycle's table of `len` causes: rules first, then holds from the end of the rules, then the fixed ones.
#[must_use]
pub fn cause_code(cause: Cause, len: usize) -> Option<usize> {
    let fixed = len.checked_sub(FIXED_CAUSES.len())?;
    match cause {
        Cause::Rule(at) => Some(at as usize),
        Cause::Hold(at) => fixed.checked_sub(1 + at as usize),
        Cause::Otherwise => Some(fixed),
        Cause::Undecided(true) => Some(fixed + 1),
        Cause::Undecided(false) => Some(fixed + 2),
        Cause::Excluded => Some(fixed + 3),
        Cause::Refused(_) => Some(fixed + 4),
        Cause::Open => None,
    }
}

/// The cause with this number in a lifecycle's table of `len` causes: the inverse of [`cause_code`].
#[must_use]
pub fn cause_of(code: usize, len: usize, rules: usize) -> Option<Cause> {
    let fixed = len.checked_sub(FIXED_CAUSES.len())?;
    let number = |at: usize| u32::try_from(at).ok();
    Some(match code.checked_sub(fixed) {
        Some(0) => Cause::Otherwise,
        Some(1) => Cause::Undecided(true),
        Some(2) => Cause::Undecided(false),
        Some(3) => Cause::Excluded,
        Some(4) => Cause::Refused(NONE),
        Some(_) => return None,
        None if code < rules => Cause::Rule(number(code)?),
        None => Cause::Hold(number(fixed.checked_sub(1 + code)?)?),
    })
}

fn causes(lifecycle: &Lifecycle, sources: &Sources) -> Vec<Arc<str>> {
    let rules = (0..lifecycle.rules.len()).filter_map(|at| lifecycle.rule_reason(at, sources));
    let holds = (0..lifecycle.holds.len()).rev().filter_map(|at| lifecycle.hold_reason(at, sources));
    rules.chain(holds).map(Arc::from).chain(FIXED_CAUSES.map(Arc::from)).collect()
}

impl Layout {
    /// The columns of `cli.md`: key, scores and labels in file order, lifecycles, `excluded`, carried columns, added columns, reasons.
    /// On a page what says who the record is stands first.
    #[must_use]
    pub fn new(model: &Model, sources: &Sources, options: &LayoutOptions) -> Self {
        let crm_names = options.crm_names.as_ref();
        let key = key_column(model, crm_names);
        // The key is there already; a second column of its name would make the file ambiguous to whoever imports it.
        let carried = options.select.iter().enumerate().filter(|(_, name)| options.page || ***name != *key.name);
        let mut carried: Vec<Column> =
            carried.map(|(at, name)| Column { name: Arc::from(name.as_str()), cell: Cell::Carried(at) }).collect();
        let mut columns = Vec::new();
        if options.page {
            columns.append(&mut carried);
        }
        columns.extend(options.first.and_then(|id| named(model, id)));
        columns.push(key);
        columns.extend(model.outputs.iter().filter_map(|output| output_column(model, *output)));
        for (at, lifecycle) in model.lifecycles.iter().enumerate() {
            columns.extend(lifecycle_columns(lifecycle, at, crm_names));
        }
        if !options.moves_only {
            columns.push(Column { name: Arc::from("excluded"), cell: Cell::Excluded });
        }
        columns.append(&mut carried);
        let extras = options.extras.iter().enumerate().filter(|(_, it)| !(options.page && it.detail));
        columns.extend(extras.map(|(at, it)| Column { name: Arc::clone(&it.name), cell: Cell::Extra(at, it.kind) }));
        if options.reasons {
            columns.push(Column { name: Arc::from("reasons"), cell: Cell::Reasons });
        }
        let texts = Texts {
            labels: model.labels.iter().map(|l| l.values.clone()).collect(),
            stages: crm_names.map_or_else(
                || model.lifecycles.iter().map(|lifecycle| lifecycle.stages.clone()).collect(),
                |names| names.stages.clone(),
            ),
            causes: model.lifecycles.iter().map(|l| causes(l, sources)).collect(),
            exclusions: model.exclusions.iter().map(|e| e.because.as_ref().map(|b| Arc::clone(&b.text))).collect(),
            moves: MOVES.map(Arc::from).to_vec(),
        };
        let accounts = if options.reasons || options.page { Accounts::new(model, sources) } else { Accounts::default() };
        Self { columns, texts, accounts, lines: !options.moves_only }
    }

    /// The columns of accounts: key, `records`, then scores, labels and lifecycles.
    #[must_use]
    pub fn of_accounts(rollup: &Rollup, sources: &Sources) -> Self {
        let mut layout = Self::new(&rollup.accounts, sources, &LayoutOptions { moves_only: true, ..LayoutOptions::default() });
        let records = Column { name: Arc::from(Rollup::RECORDS_NAME), cell: Cell::Extra(0, ExtraKind::Count) };
        layout.columns.insert(1, records);
        layout
    }

    /// The rows of a batch whose stage moves in a lifecycle.
    #[must_use]
    pub fn moved(scores: &Scores) -> Vec<u32> {
        let moves = |row: usize| {
            let mut lifecycles = scores.lifecycles.iter();
            lifecycles.any(|l| matches!(l.moves.get(row), Some(Move::Forward | Move::Backward)))
        };
        (0..scores.rows).filter(|&row| moves(row)).filter_map(|row| u32::try_from(row).ok()).collect()
    }
}

fn key_column(model: &Model, crm_names: Option<&CrmNames>) -> Column {
    let key = model.schema.key.and_then(|id| Some((id, model.schema.property(id)?)));
    key.map_or(Column { name: Arc::from("row"), cell: Cell::Row }, |(id, property)| {
        let name = crm_names.and_then(|names| names.header(id)).unwrap_or(&property.name);
        Column { name: Arc::clone(name), cell: Cell::Key(id) }
    })
}

/// The column of a property under its name in the rules.
fn named(model: &Model, id: PropId) -> Option<Column> {
    Some(Column { name: Arc::clone(&model.schema.property(id)?.name), cell: Cell::Key(id) })
}

fn output_column(model: &Model, output: Output) -> Option<Column> {
    Some(match output {
        Output::Score(id) => Column { name: Arc::clone(&model.score(id)?.name), cell: Cell::Score(id.index()) },
        Output::Label(id) => Column { name: Arc::clone(&model.label(id)?.name), cell: Cell::Label(id.index()) },
    })
}

fn lifecycle_columns(lifecycle: &Lifecycle, at: usize, crm_names: Option<&CrmNames>) -> [Column; 4] {
    let header = lifecycle.property.zip(crm_names).and_then(|(id, names)| names.header(id)).unwrap_or(&lifecycle.name);
    let derived = |suffix: &str| Arc::from(format!("{}_{suffix}", lifecycle.name));
    [
        Column { name: Arc::clone(header), cell: Cell::Stage(at) },
        Column { name: derived("before"), cell: Cell::Before(at) },
        Column { name: derived("move"), cell: Cell::Move(at) },
        Column { name: derived("reason"), cell: Cell::StageReason(at) },
    ]
}

/// Most accounts have no more entries.
const FEW: usize = 64;

/// Who gives points, in words: for every arm, group and score what an account calls it and its line.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// By score: its name.
    pub scores: Vec<Arc<str>>,
    /// By [`crate::hir::ArmId`].
    pub arms: Vec<Party>,
    /// By [`crate::hir::ItemId`]; empty for what is no group.
    pub groups: Vec<Party>,
    /// By score: its bounds.
    pub bounds: Vec<Party>,
}

/// One giver of points.
#[derive(Debug, Clone, Default)]
pub struct Party {
    /// Its reason, if the author gave one.
    pub because: Option<Arc<str>>,
    /// Its words.
    pub rule: Arc<str>,
    /// Its line, from 1.
    pub line: usize,
}

impl Accounts {
    fn new(model: &Model, sources: &Sources) -> Self {
        let mut accounts = Self {
            scores: model.scores.iter().map(|s| Arc::clone(&s.name)).collect(),
            arms: vec![Party::default(); model.arm_count as usize],
            groups: vec![Party::default(); model.item_count as usize],
            bounds: Vec::new(),
        };
        for score in &model.scores {
            let line = sources.place(score.span).line;
            accounts.bounds.push(Party { because: None, rule: words::score(sources, score).into(), line });
            Model::items_of(score, &mut |item, _| accounts.add(item, sources));
        }
        accounts
    }

    fn add(&mut self, item: &Item, sources: &Sources) {
        if let Some(group) = self.groups.get_mut(item.id.index()) {
            let line = sources.place(item.span).line;
            *group = Party { because: None, rule: words::head(sources, item).into(), line };
        }
        for arm in words::arms(item) {
            if let Some(party) = self.arms.get_mut(arm.id.index()) {
                *party = Party {
                    because: arm.because.as_ref().map(|b| Arc::clone(&b.text)),
                    rule: words::rule(sources, item, arm).into(),
                    line: sources.place(arm.span).line,
                };
            }
        }
    }

    /// Who gave the points of an entry.
    #[must_use]
    pub fn party(&self, reason: &Reason) -> Option<&Party> {
        match reason.origin {
            Origin::Arm(id) => self.arms.get(id.index()),
            Origin::Group(id) => self.groups.get(id.index()),
            Origin::Score => self.bounds.get(reason.score as usize),
        }
    }

    /// The name of an entry's score.
    #[must_use]
    pub fn score(&self, reason: &Reason) -> &str {
        self.scores.sure_at(reason.score as usize)
    }

    /// The entries of a row that give or take points, by falling size, then in the order of the source.
    pub fn entries<'s>(&self, scores: &'s Scores, row: usize, into: &mut Vec<&'s Reason>) {
        into.clear();
        let Some(reasons) = &scores.reasons else { return };
        let (Some(&from), Some(&to)) = (reasons.offsets.get(row), reasons.offsets.get(row + 1)) else { return };
        let all = reasons.entries.sure_at(from as usize..to as usize);
        // Size and place in one number: those are sorted several times as fast as entries.
        if all.len() <= FEW && all.iter().all(|r| r.points.unsigned_abs() < 1 << 57) {
            let mut keys = [0; FEW];
            let given = (0..).zip(all).filter(|(_, r)| r.points != 0);
            let count = keys.iter_mut().zip(given).map(|(key, (at, r))| *key = !r.points.unsigned_abs() << 6 | at).count();
            let Some(keys) = keys.get_mut(..count) else { return };
            keys.sort_unstable();
            into.extend(keys.iter().filter_map(|key| all.get((key & 63) as usize)));
            return;
        }
        into.extend(all.iter().filter(|r| r.points != 0));
        into.sort_by_key(|r| std::cmp::Reverse(r.points.unsigned_abs()));
    }
}
