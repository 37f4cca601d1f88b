//! What a store is asked by `lsrc history`.

use std::io::{self, Write};

use miette::Report;

use super::Host;
use crate::failure::Failure;
use crate::hir::AsOf;
use crate::report::history::{HistoryFormat, Overview, Writer, overview};
use crate::report::plain::Style;
use crate::store::{Access, Changes, Condition, Results, Store, WAIT};

/// So many changes are read at once.
const PAGE: u32 = 1000;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct HistoryOptions {
    /// The address of the store.
    pub store: String,
    /// The key of a record; all records by default.
    pub key: Option<String>,
    /// Whether moves alone are wanted.
    pub moves: bool,
    /// The first day that is wanted.
    pub since: Option<String>,
    /// A condition over results and changes.
    pub filter: Option<String>,
    /// The format.
    pub format: HistoryFormat,
}

fn failed(error: io::Error) -> Report {
    Failure::new("the history cannot be written").because(error).into()
}

fn nobody(store: &Store, key: &str) -> Report {
    Failure::new(format!("the store `{}` has no record `{key}`", store.place())).help("write the key as the data have it").into()
}

/// Writes what is asked; whether there was anything.
///
/// # Errors
/// Those of the store, a key that it does not have, and a date or condition that is none.
pub fn history(options: &HistoryOptions, style: Style, out: &mut dyn Write, host: &dyn Host) -> Result<bool, Report> {
    let mut store = Store::open(&options.store, Access::Read, WAIT, &|name| host.variable(name))?;
    if options.key.is_none() && !options.moves && options.since.is_none() && options.filter.is_none() {
        let records = crate::invariant::fits(store.count()?);
        let (run, messages) = (store.last_run()?, store.standing_of_all()?);
        let it = Overview { store: store.place().to_owned(), records, run, messages };
        overview(out, options.format, &it).and_then(|()| out.flush()).map_err(failed)?;
        return Ok(true);
    }
    let zone = store.zone()?;
    let since = options.since.as_deref().map(|text| AsOf::parse(text, &zone));
    let since = since.transpose().map_err(|why| Failure::new(format!("--since: {why}")).help("write it as 2026-01-15"))?;
    let mut condition = match (&options.filter, store.last_outline()?) {
        (Some(text), Some(outline)) => Some(Condition::read(&outline, text, AsOf::now(&zone))?),
        (Some(_) | None, _) => None,
    };
    let record = match &options.key {
        None => None,
        Some(key) => Some(store.record(key)?.ok_or_else(|| nobody(&store, key))?),
    };
    let mut asked = Changes { key: options.key.clone(), moves: options.moves, since: since.map(|it| it.day), after: 0 };
    let mut writer = Writer::begin(out, options.format, style, record.as_ref()).map_err(failed)?;
    loop {
        let page = store.changes(&asked, PAGE)?;
        let Some(last) = page.last() else { break };
        asked.after = last.id;
        for change in &page {
            if let Some(condition) = &mut condition {
                let results = match &record {
                    Some(record) => record.results.clone(),
                    None => store.record(&change.key)?.map_or_else(Results::default, |it| it.results),
                };
                if !condition.holds(&results, Some(change)) {
                    continue;
                }
            }
            writer.change(change).map_err(failed)?;
        }
    }
    writer.finish().map(|count| count > 0).map_err(failed)
}

/// Removes a record with its changes and messages.
///
/// # Errors
/// Those of the store, and a key that it does not have.
pub fn forget(address: &str, key: &str, host: &dyn Host) -> Result<(), Report> {
    let mut store = Store::open(address, Access::Write, WAIT, &|name| host.variable(name))?;
    if store.forget(key)? { Ok(()) } else { Err(nobody(&store, key)) }
}
