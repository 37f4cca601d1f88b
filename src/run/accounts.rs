//! `--rollup`: accounts beside records.

use std::path::Path;

use miette::Report;

use super::RunOptions;
use super::output::{self, Destination, Output, Piece};
use crate::failure::Failure;
use crate::hir::uses::Uses;
use crate::hir::{AsOf, Model, Rollup};
use crate::program::{Code, Wanted};
use crate::report::layout::Layout;
use crate::report::summary;
use crate::report::tally::Tally;
use crate::report::{Encoder, Format};
use crate::rollup::{Accounts, Places, asked};
use crate::source::Sources;
use crate::text::nearest;
use crate::vm::scores::Scores;

/// The rollups of a run.
pub(super) struct Rollups<'a> {
    all: Vec<One<'a>>,
    model: &'a Model,
    sources: &'a Sources,
}

struct One<'a> {
    rollup: &'a Rollup,
    path: &'a Path,
    layout: Layout,
    encoder: Encoder,
    places: Places,
}

impl<'a> Rollups<'a> {
    /// The rollups that the run is asked for; what they go by joins what is `wanted`.
    pub(super) fn of(
        options: &'a RunOptions,
        model: &'a Model,
        sources: &'a Sources,
        wanted: &mut Wanted,
    ) -> Result<Self, Report> {
        let mut all: Vec<One<'a>> = Vec::new();
        for (name, path) in &options.rollups {
            let rollup = rollup_named(model, name)?;
            if all.iter().any(|one| one.rollup.name == rollup.name) {
                return Err(Failure::new(format!("--rollup {name}: it is asked for twice")).help("name one file for it").into());
            }
            let places = Places { condition: wanted.conditions.len(), value: wanted.values.len() };
            let (conditions, key) = asked(rollup);
            wanted.conditions.extend(conditions);
            wanted.values.push(key);
            let layout = Layout::of_accounts(rollup, sources);
            let encoder = Encoder::new(format(name, path)?, &layout, &rollup.accounts, options.dialect());
            all.push(One { rollup, path, layout, encoder, places });
        }
        Ok(Self { all, model, sources })
    }

    /// What the records must have for the rollups.
    pub(super) fn uses(&self) -> Vec<Uses> {
        self.all.iter().map(|one| Uses::of_rollup(self.model, one.rollup)).collect()
    }

    /// No account yet, by rollup.
    pub(super) fn nothing(&self) -> Vec<Accounts> {
        self.all.iter().map(|one| Accounts::new(self.model, one.rollup, one.places)).collect()
    }

    /// Begins the files.
    pub(super) fn outputs(&self) -> Result<Vec<Output>, Report> {
        let create = |one: &One<'_>| Output::create(Destination::File(one.path.to_owned()), &one.encoder, None);
        self.all.iter().map(create).collect()
    }

    /// Works the accounts out, and writes them where `outputs` are given.
    pub(super) fn write(
        &self,
        accounts: Vec<Accounts>,
        mut outputs: Option<&mut Vec<Output>>,
        as_of: AsOf,
    ) -> Result<Vec<summary::Rollup>, Report> {
        let mut out = Vec::new();
        for (at, (one, accounts)) in self.all.iter().zip(accounts).enumerate() {
            let model = &one.rollup.accounts;
            let mut vm = Code::plain(model).vm(as_of);
            let causes = one.layout.texts.causes.iter().map(Vec::len).collect();
            let mut tally = Tally::new(model, &Uses::of(model), causes);
            let records = accounts.records();
            for batch in accounts.batches(one.rollup) {
                let scores: Scores = vm.run(&batch);
                tally.add(&batch, &scores);
                if let Some(output) = outputs.as_mut().and_then(|all| all.get_mut(at)) {
                    let rows: Vec<u32> = (0..crate::invariant::number(batch.rows)).collect();
                    let encoded = one.encoder.encode(&batch, &scores, &rows).map_err(output::failed)?;
                    output.write(Piece::Rows(encoded, batch.rows as u64))?;
                }
            }
            out.push(summary::rollup(one.rollup, self.sources, &tally, records));
        }
        Ok(out)
    }
}

/// The rollup of `--rollup NAME`.
///
/// # Errors
/// That the rules have no such rollup.
pub fn rollup_named<'m>(model: &'m Model, name: &str) -> Result<&'m Rollup, Report> {
    if let Some(rollup) = model.rollup(name) {
        return Ok(rollup);
    }
    let names = || model.rollups.iter().map(|rollup| &*rollup.name);
    let failure = Failure::new(format!("--rollup: the rules have no rollup `{name}`"));
    Err(match (nearest(name, names()), names().collect::<Vec<_>>().as_slice()) {
        (Some(near), _) => failure.help(format!("did you mean `{near}`?")).into(),
        (None, []) => failure.help("add one to the rules: `rollup account by company_domain { .. }`").into(),
        (None, all) => failure.help(format!("the rules have {}", all.join(", "))).into(),
    })
}

fn format(name: &str, path: &Path) -> Result<Format, Report> {
    if path.as_os_str().is_empty() || path.as_os_str() == "-" {
        return Err(Failure::new(format!("--rollup {name}=..: accounts are written to a file"))
            .help(format!("write --rollup {name}={name}s.csv"))
            .into());
    }
    Format::of_ending(path).ok_or_else(|| {
        Failure::new(format!("the ending of `{}` says no format", path.display()))
            .help(format!("end it with {}", Format::ENDINGS))
            .into()
    })
}
