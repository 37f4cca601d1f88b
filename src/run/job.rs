//! What is made of each batch: encoded rows, moves, and counts.

use std::sync::{Mutex, PoisonError};

use miette::Report;

use super::RunOptions;
use super::accounts::Rollups;
use super::added::{Added, AddedCounts, AddedWork};
use super::filter::{self, Filter};
use super::output::{self, Piece};
use super::pair::Pair;
use crate::column::{Batch, Column, Extra, ExtraKind};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model};
use crate::input::{Cut, Decoding, Joint};
use crate::report::layout::{Cell, CrmNames, Layout, LayoutOptions};
use crate::report::order::By;
use crate::report::page::{Shipper, Top};
use crate::report::tally::Tally;
use crate::report::{Encoder, Format, ranking};
use crate::rollup::Accounts;
use crate::schema::PropId;
use crate::since;
use crate::source::Sources;
use crate::store::{Recorder, Snapshot};
use crate::text::nearest;
use crate::vm::Vm;
use crate::vm::scores::Scores;

/// What a run is to write.
pub(super) struct Plan {
    /// The main output.
    pub(super) encoder: Encoder,
    /// The moves.
    pub(super) moves: Option<Encoder>,
    /// What the rows are sorted by.
    pub(super) sort: Option<By>,
    /// What makes the records of the report.
    pub(super) shipper: Option<Shipper>,
    extras: Vec<Extra>,
    /// The added column without which a record is not written.
    changed: Option<usize>,
    explain: bool,
    /// Whether a store keeps the results.
    kept: bool,
    /// By lifecycle: how many causes it has.
    causes: Vec<usize>,
}

impl Plan {
    /// `who` is the property that says who a record is, for people.
    pub(super) fn new(
        options: &RunOptions,
        model: &Model,
        sources: &Sources,
        extras: Vec<Extra>,
        who: Option<PropId>,
        crm_names: Option<CrmNames>,
    ) -> Result<Self, Report> {
        let layout_options = LayoutOptions {
            crm_names,
            select: options.select.clone(),
            reasons: options.explain,
            extras,
            ..LayoutOptions::default()
        };
        let changed = layout_options.extras.iter().position(|extra| options.changed_only && &*extra.name == since::CHANGED);
        let written = match changed {
            Some(_) => &LayoutOptions { extras: Vec::new(), ..layout_options.clone() },
            None => &layout_options,
        };
        let layout = Layout::new(model, sources, written);
        apart(&layout, &written.extras)?;
        let moves = options.moves.as_ref().map(|path| {
            if model.lifecycles.is_empty() {
                return Err(Report::new(
                    Failure::new("--moves: the rules have no lifecycle, so no record moves")
                        .help("leave the flag out, or add a lifecycle to the rules"),
                ));
            }
            let format = Format::of_ending(path).ok_or_else(|| {
                Failure::new(format!("the ending of `{}` says no format", path.display()))
                    .help(format!("end it with {}", Format::ENDINGS))
            })?;
            let moves = LayoutOptions { reasons: true, moves_only: true, extras: Vec::new(), ..layout_options.clone() };
            Ok(Encoder::new(format, &Layout::new(model, sources, &moves), model, options.dialect()))
        });
        let sort = sort(options, model, &layout_options.extras)?;
        let shipper = options.report.as_ref().map(|_| {
            let (select, extras) = (options.select.clone(), layout_options.extras.clone());
            let page = LayoutOptions { select, extras, page: true, first: who, ..LayoutOptions::default() };
            Shipper::new(
                Layout::new(model, sources, &page),
                model,
                sort.or_else(|| model.scores.len().checked_sub(1).map(By::Score)),
                options.top,
                options.report_all,
            )
        });
        Ok(Self {
            encoder: Encoder::new(options.format()?, &layout, model, options.dialect()),
            moves: moves.transpose()?,
            sort,
            shipper,
            explain: options.explain,
            kept: options.store.is_some(),
            changed,
            extras: layout_options.extras,
            causes: layout.texts.causes.iter().map(Vec::len).collect(),
        })
    }

    /// Whether every record's account is needed.
    pub(super) fn reasons(&self) -> bool {
        self.explain || self.moves.is_some() || self.shipper.is_some() || self.kept
    }
}

/// Refuses added columns that bear the name of a column of the rules.
fn apart(layout: &Layout, extras: &[Extra]) -> Result<(), Report> {
    let own = |name: &str| layout.columns.iter().any(|c| &*c.name == name && !matches!(c.cell, Cell::Extra(..)));
    match extras.iter().find(|extra| own(&extra.name)) {
        None => Ok(()),
        Some(extra) => Err(Failure::new(format!("two columns would be called `{}`", extra.name))
            .help("--compare and --forecast add a column of this name: give the output of the rules, or the carried column, a different one")
            .into()),
    }
}

/// What to sort by: a score, or points or days that the command adds.
pub(super) fn sort(options: &RunOptions, model: &Model, extras: &[Extra]) -> Result<Option<By>, Report> {
    let Some(name) = &options.sort else {
        return match (options.top, model.scores.len().checked_sub(1)) {
            (None, _) => Ok(None),
            (Some(_), Some(last)) => Ok(Some(By::Score(last))),
            (Some(_), None) => {
                Err(Failure::new("--top: the rules have no score to sort by").help("add a score to the rules").into())
            }
        };
    };
    let extras = || extras.iter().enumerate().filter(|(_, extra)| extra.kind != ExtraKind::Text);
    if let Some(at) = model.scores.iter().position(|score| *score.name == **name) {
        return Ok(Some(By::Score(at)));
    }
    if let Some((at, _)) = extras().find(|(_, extra)| *extra.name == **name) {
        return Ok(Some(By::Extra(at)));
    }
    let names = || model.scores.iter().map(|score| &*score.name).chain(extras().map(|(_, extra)| &*extra.name));
    let failure = Failure::new(format!("--sort: `{name}` is not a column to sort by"));
    Err(match nearest(name, names()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
        None => failure.help(format!("sort by one of {}", names().collect::<Vec<_>>().join(", "))).into(),
    })
}

/// Records to work on.
pub(super) enum Job {
    /// Decoded.
    Batch(Pair),
    /// To be decoded.
    Cut(Cut),
}

impl Job {
    /// How many records there are, or at most.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Batch(pair) => pair.new.rows,
            Self::Cut(cut) => cut.rows(),
        }
    }
}

/// What became of a batch; nothing is written of one without records.
#[derive(Default)]
pub(super) struct Done {
    pub(super) main: Option<Piece>,
    pub(super) moves: Option<Piece>,
    /// What the store keeps; `None` for records without a key.
    pub(super) kept: Vec<Option<Snapshot>>,
    /// What the reader has to know of records that were decoded elsewhere.
    pub(super) joint: Option<Joint>,
}

/// Makes workers that encode and count, each for a thread.
pub(super) struct Batchwork<'a> {
    plan: &'a Plan,
    model: &'a Model,
    added: &'a Added,
    rollups: &'a Rollups<'a>,
    decoding: Option<&'a Decoding>,
    filter: Option<(&'a Filter, AsOf)>,
    recorder: Option<(&'a Recorder, AsOf)>,
    empty: Tally,
    kept: Mutex<Vec<Counted>>,
}

/// What a worker counted, and its records for the report.
struct Counted {
    tally: Tally,
    top: Top,
    added: AddedCounts,
    accounts: Vec<Accounts>,
}

impl<'a> Batchwork<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        model: &'a Model,
        added: &'a Added,
        rollups: &'a Rollups<'a>,
        decoding: Option<&'a Decoding>,
        filter: Option<(&'a Filter, AsOf)>,
        recorder: Option<(&'a Recorder, AsOf)>,
    ) -> Self {
        let empty = Tally::new(model, &Uses::of(model), plan.causes.clone());
        Self { plan, model, added, rollups, decoding, filter, recorder, empty, kept: Mutex::default() }
    }

    /// A worker; what it counted is kept when it is dropped.
    pub(super) fn worker(&self) -> impl FnMut(Job, &mut Vm) -> Result<Done, Report> {
        let added = self.added.worker(self.model);
        let accounts = self.rollups.nothing();
        let mut kept = Kept { tally: self.empty.clone(), top: Top::default(), added, accounts, place: &self.kept };
        let mut decoder = self.decoding.map(Decoding::decoder);
        let mut filter = self.filter.and_then(|(filter, as_of)| filter.worker(as_of));
        move |job, vm| {
            let (mut pair, joint) = match (job, &mut decoder) {
                (Job::Batch(pair), _) => (pair, None),
                (Job::Cut(cut), Some(decoder)) => {
                    let (new, joint) = decoder.decode(cut).map_err(Report::new)?;
                    (Pair { old: None, new }, Some(joint))
                }
                (Job::Cut(_), None) => return Ok(Done::default()),
            };
            if pair.new.rows == 0 {
                return Ok(Done { joint, ..Done::default() });
            }
            let scores = vm.run(&pair.new);
            let extras = kept.added.columns(&pair, &scores);
            pair.new.extras = extras;
            let mut batch = pair.new;
            kept.tally.add(&batch, &scores);
            kept.accounts.iter_mut().for_each(|accounts| accounts.add(&scores));
            let mut rows = filter::rows(self.filter.is_some(), filter.as_mut(), &self.plan.extras, &mut batch, &scores);
            if let Some(Column::Text(changed)) = self.plan.changed.and_then(|at| batch.extras.get(at)) {
                rows.retain(|&row| changed.get(row as usize).is_some());
            }
            if let Some(shipper) = &self.plan.shipper {
                shipper.add(&batch, &scores, &rows, &mut kept.top);
            }
            let kept = match self.recorder {
                Some((recorder, as_of)) => recorder.batch(&batch, &scores, as_of),
                None => Vec::new(),
            };
            Ok(Done { joint, kept, ..self.encode(&batch, &scores, &rows)? })
        }
    }

    fn encode(&self, batch: &Batch, scores: &Scores, rows: &[u32]) -> Result<Done, Report> {
        let count = rows.len() as u64;
        let main = match self.plan.sort {
            Some(by) => Piece::Ranked(ranking::rank(&self.plan.encoder, batch, scores, rows, by).map_err(output::failed)?),
            None => Piece::Rows(self.plan.encoder.encode(batch, scores, rows).map_err(output::failed)?, count),
        };
        let moves = self.plan.moves.as_ref().map(|encoder| {
            let rows = Layout::moved(scores);
            encoder.encode(batch, scores, &rows).map(|encoded| Piece::Rows(encoded, rows.len() as u64)).map_err(output::failed)
        });
        Ok(Done { main: Some(main), moves: moves.transpose()?, ..Done::default() })
    }

    /// What all workers counted.
    pub(super) fn counted(&self) -> (Tally, Top, AddedCounts, Vec<Accounts>) {
        let (mut whole, mut top, mut added) = (self.empty.clone(), Top::default(), AddedCounts::default());
        let mut accounts = self.rollups.nothing();
        for counted in self.kept.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            whole.merge(&counted.tally);
            if let Some(shipper) = &self.plan.shipper {
                shipper.merge(&mut top, &counted.top);
            }
            added.merge(counted.added);
            accounts.iter_mut().zip(counted.accounts).for_each(|(own, other)| own.merge(other));
        }
        (whole, top, added, accounts)
    }
}

/// What a worker counts, to be joined with the others' when it ends.
struct Kept<'a> {
    tally: Tally,
    top: Top,
    added: AddedWork<'a>,
    accounts: Vec<Accounts>,
    place: &'a Mutex<Vec<Counted>>,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let counted = Counted {
            tally: self.tally.clone(),
            top: std::mem::take(&mut self.top),
            added: self.added.counts(),
            accounts: std::mem::take(&mut self.accounts),
        };
        self.place.lock().unwrap_or_else(PoisonError::into_inner).push(counted);
    }
}
