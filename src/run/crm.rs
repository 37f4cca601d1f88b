//! `--crm-names`: the headers and option texts of the data, so that an import finds them again.

use std::path::Path;
use std::sync::Arc;

use miette::Report;
use rustc_hash::FxHashMap;

use super::{Reading, RunOptions};
use crate::hir::{AsOf, Lifecycle};
use crate::invariant::SureAt as _;
use crate::program::{Also, RuleSet};
use crate::report::layout::CrmNames;
use crate::schema::PropId;
use crate::text::fold;
use crate::value::Options;

/// The names that the data use. They are read once more to find them, standard input excepted: there the names are those that the
/// schema gives first.
pub(super) fn names(options: &RunOptions, rules: &RuleSet, as_of: AsOf) -> Result<Option<CrmNames>, Report> {
    if !options.crm_names {
        return Ok(None);
    }
    let model = rules.model();
    let mut names = CrmNames::declared(model);
    if options.records.iter().any(|path| path == Path::new("-")) {
        return Ok(Some(names));
    }
    let governed: Vec<(usize, PropId)> =
        model.lifecycles.iter().enumerate().filter_map(|(at, lifecycle)| Some((at, lifecycle.property?))).collect();
    let reading = options.reading(model);
    let also = Also { properties: governed.iter().map(|(_, id)| *id).collect(), ..Also::default() };
    let reader = reading.open(&options.records, model, rules.sources(), as_of, &Reading { also, ..Reading::default() })?;
    // JSON has no header: each record names its own columns.
    let headed = |id: PropId| {
        let column = reader.column_of(id)?;
        reader.headers().iter().any(|header| header == column).then(|| column.to_owned())
    };
    let found: Vec<(PropId, String)> = model
        .schema
        .key
        .iter()
        .copied()
        .chain(governed.iter().map(|(_, id)| *id))
        .filter_map(|id| Some((id, headed(id)?)))
        .collect();
    for (id, header) in &found {
        names.headers.insert(*id, Arc::from(header.as_str()));
    }
    let header = |id: PropId| found.iter().find(|(known, _)| *known == id).map(|(_, header)| header.clone());
    let read: Vec<(usize, String)> = governed.iter().filter_map(|&(at, id)| Some((at, header(id)?))).collect();
    let also = Also { carried: read.iter().map(|(_, header)| header.clone()).collect(), ..Also::default() };
    let mut reader = reading.open(&options.records, model, rules.sources(), as_of, &Reading { also, ..Reading::default() })?;
    let mut seen: Vec<FxHashMap<String, u64>> = vec![FxHashMap::default(); read.len()];
    while let Some(batch) = reader.next_batch().map_err(Report::new)? {
        for (seen, texts) in seen.iter_mut().zip(&batch.carried) {
            for text in (0..batch.rows).filter_map(|row| texts.get(row)) {
                match seen.get_mut(text) {
                    Some(n) => *n += 1,
                    None => {
                        seen.insert(text.to_owned(), 1);
                    }
                }
            }
        }
    }
    for ((at, _), seen) in read.iter().zip(&seen) {
        let lifecycle = model.lifecycles.get(*at);
        let options = lifecycle.and_then(|l| l.property).and_then(|id| model.schema.property(id)).and_then(|p| p.ty.options());
        if let (Some(lifecycle), Some(options), Some(stages)) = (lifecycle, options, names.stages.get_mut(*at)) {
            *stages = used(lifecycle, options, seen, model.schema.ignore_accents);
        }
    }
    Ok(Some(names))
}

/// For each stage the text by which the data call it most often; for a stage that they never name, its text of the kind that they use
/// most: they give labels or internal names throughout.
fn used(lifecycle: &Lifecycle, options: &Options, seen: &FxHashMap<String, u64>, ignore_accents: bool) -> Vec<Arc<str>> {
    let folded: FxHashMap<String, u64> = seen.iter().fold(FxHashMap::default(), |mut all, (text, n)| {
        *all.entry(fold(text.trim(), ignore_accents).into_owned()).or_default() += n;
        all
    });
    let count = |text: &Arc<str>| folded.get(&*fold(text, ignore_accents)).map_or(0, |&n| n);
    let texts: Vec<Vec<&Arc<str>>> =
        options.items.iter().map(|option| std::iter::once(&option.name).chain(&option.forms).collect()).collect();
    let kinds = texts.iter().map(Vec::len).fold(0, Ord::max);
    let total = |kind: usize| -> u64 { texts.iter().filter_map(|forms| forms.get(kind)).map(|text| count(text)).sum() };
    let usual = (0..kinds).max_by_key(|&kind| (total(kind), std::cmp::Reverse(kind))).filter(|&kind| total(kind) > 0);
    let name = |(at, stage): (usize, &Arc<str>)| {
        let forms = texts.sure_at(at);
        let folds: Vec<_> = forms.iter().map(|text| fold(text, ignore_accents)).collect();
        let own = seen.iter().filter(|(text, _)| folds.contains(&fold(text.trim(), ignore_accents)));
        let most = own.max_by_key(|(text, n)| (**n, std::cmp::Reverse(text.as_str()))).map(|(text, _)| Arc::from(text.trim()));
        let of_kind = || usual.and_then(|kind| forms.get(kind)).or_else(|| forms.get(1));
        most.unwrap_or_else(|| Arc::clone(of_kind().copied().unwrap_or(stage)))
    };
    lifecycle.stages.iter().enumerate().map(name).collect()
}
