//! What is learned from: every attribute of the records but those that are left out, and why.

use std::collections::BTreeSet;

use miette::Report;

use super::Learn;
use crate::cli::study::{Folds, Study, Taken};
use crate::cli::{Failure, Terminal};
use crate::invariant::fits;
use crate::learn::coded::{Coded, Cutting, Meaning, support};
use crate::learn::columns::{Attribute, Collector, Records, Subject, Values, words_of};
use crate::learn::guard;
use crate::learn::search::{Data, Monotone};
use crate::program::Wanted;
use crate::schema::{PropId, Schema};
use crate::text::nearest;

/// Numbers are cut into at most so many bands before they are joined.
const BANDS: usize = 16;

/// Of a text so many levels and so many words may stand alone.
const LEVELS: usize = 200;
const WORDS: usize = 200;

/// Records and attributes.
pub(super) struct Gathered {
    pub(super) attributes: Vec<Coded>,
    shapes: Vec<Option<Monotone>>,
    pub(super) records: Records,
    /// By record: the main score of the rules, in hundredths; empty without rules.
    pub(super) scores: Vec<Option<i64>>,
    pub(super) taken: Taken,
    /// What was left out, and why.
    pub(super) left_out: Vec<(String, String)>,
    /// What is doubtful and used all the same.
    pub(super) doubts: Vec<(String, String)>,
    pub(super) notes: Vec<String>,
}

impl Gathered {
    pub(super) fn data<'a>(&'a self, study: &Study, given: Option<(&'a [u16], &'a [f64])>) -> Data<'a> {
        Data { attributes: &self.attributes, shapes: &self.shapes, records: &self.records, unit: study.unit(), given }
    }
}

/// Reads the records and makes attributes of them.
pub(super) fn gather(args: &Learn, study: &Study, terminal: &Terminal) -> Result<Gathered, Report> {
    let schema = &study.rules.model().schema;
    known(args, schema)?;
    if args.folds == Folds::Time && study.at.is_none() {
        return Err(Failure::new("--folds time needs the date of each record").help("say with --at which property it is").into());
    }
    let reserved = study.reserved();
    let mut collector = Collector::new(schema, &reserved);
    let mut scores = Vec::new();
    let wanted = Wanted::default();
    let taken = study.run(&args.data_args, &args.data, &wanted, study.everything(), terminal, |seen| {
        for &(row, weight, converted) in seen.rows {
            let fold = study.fold(args.folds, &seen, row);
            collector.add(seen.batch, row, seen.as_of, (weight, converted, fold));
            scores.push(seen.scores.scores.last().and_then(|values| values.get(row)));
        }
    })?;
    taken.enough(&args.outcome.outcome)?;
    let (attributes, mut records) = collector.finish();
    if args.folds == Folds::Time {
        by_time(&mut records);
    }
    let notes = taken.notes(study);
    let mut it = Gathered {
        attributes: Vec::new(),
        shapes: Vec::new(),
        records,
        scores,
        taken,
        left_out: Vec::new(),
        doubts: Vec::new(),
        notes,
    };
    let shapes = args.shapes()?;
    for (_, name) in &shapes {
        crate::cli::study::property("--monotone", study.rules.model(), name)?;
    }
    for attribute in attributes {
        it.take(args, study, schema, attribute, &shapes);
    }
    if it.attributes.is_empty() {
        let names: Vec<String> = it.left_out.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        return Err(Failure::new(format!("no property is left to learn from; left out: {}", names.join(", ")))
            .help("keep those that you know to be sound with --keep")
            .into());
    }
    Ok(it)
}

/// Refuses names that the schema does not have.
fn known(args: &Learn, schema: &Schema) -> Result<(), Report> {
    for (flag, names) in [("--keep", &args.keep), ("--leave-out", &args.leave_out)] {
        for name in names {
            if schema.find(name).is_none() && schema.find_event(name).is_none() {
                let all = schema.properties.iter().map(|p| &*p.name).chain(schema.events.iter().map(|e| &*e.name));
                let failure = Failure::new(format!("{flag}: the schema has no property or event list `{name}`"));
                return Err(match nearest(name, all) {
                    Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                    None => failure.help("`lsrc show` lists what the schema has").into(),
                });
            }
        }
    }
    Ok(())
}

/// Fifths of the records by time; those of one day stay together.
fn by_time(records: &mut Records) {
    let mut days = records.days.clone();
    days.sort_unstable();
    let starts: Vec<i32> = (1..5).filter_map(|k| days.get(k * days.len() / 5).copied()).collect();
    records.folds = records.days.iter().map(|day| fits(starts.iter().filter(|s| *s <= day).count())).collect();
}

impl Gathered {
    /// Takes an attribute, or says why not.
    fn take(&mut self, args: &Learn, study: &Study, schema: &Schema, attribute: Attribute, shapes: &[(Monotone, String)]) {
        let name = owner(schema, &attribute.subject);
        let kept = args.keep.iter().any(|k| k.trim() == name);
        if args.leave_out.iter().any(|l| l.trim() == name) {
            self.leave(&name, "as asked");
            return;
        }
        let text = matches!(attribute.values, Values::Code(..)) && matches!(attribute.subject, Subject::Property(_));
        if !kept && let Some(what) = guard::protected(&name) {
            self.leave(&name, &format!("its name says that it holds {what}, which a score should not depend on"));
            return;
        }
        let words = if text { self.words(&attribute) } else { Vec::new() };
        let cutting = Cutting { bands: BANDS, least: support(self.records.len()), levels: LEVELS };
        let coded = Coded::of(attribute, self.records.len(), cutting);
        let shape = shapes.iter().find(|(_, of)| *of == name).map(|(shape, _)| *shape);
        // A column of one value says nothing, and neither does a member that hardly anybody has.
        let told = constant(&coded, support(self.records.len()));
        if let Some(why) = told {
            // What is said of a property is not said of each of its members and windows.
            if matches!(coded.subject, Subject::Property(_) | Subject::DaysSince(_)) {
                self.leave(&name, why);
            }
        } else {
            let doubts = guard::doubts(&coded, &self.records, study.unit(), study.at.is_some());
            if let Some(severe) = doubts.iter().find(|d| d.severe && !kept) {
                self.leave(&name, &severe.figures);
                if severe.note != "identifier" {
                    return;
                }
            } else {
                self.doubts.extend(doubts.into_iter().map(|d| (name.clone(), d.figures)));
                self.attributes.push(coded);
                self.shapes.push(shape);
            }
        }
        for word in words {
            self.attributes.push(word);
            self.shapes.push(None);
        }
    }

    fn leave(&mut self, name: &str, why: &str) {
        if !self.left_out.iter().any(|(n, _)| n == name) {
            self.left_out.push((name.to_owned(), why.to_owned()));
        }
    }

    /// The words of a text with many values, each an attribute.
    fn words(&self, attribute: &Attribute) -> Vec<Coded> {
        let (Values::Code(codes, names), Subject::Property(id)) = (&attribute.values, &attribute.subject) else {
            return Vec::new();
        };
        let least = support(self.records.len());
        if names.len() <= LEVELS {
            return Vec::new();
        }
        let of = |(word, rows): (String, Vec<u32>)| {
            let words = format!("{} contains word \"{word}\"", attribute.words);
            let it = Attribute { subject: Subject::Word(*id, word), words, whole: false, values: Values::Rows(rows) };
            let cutting = Cutting { bands: 1, least, levels: 1 };
            Coded::of(it, self.records.len(), cutting)
        };
        words_of(codes, names, least, WORDS).into_iter().map(of).collect()
    }
}

/// The property or event list that an attribute comes from.
fn owner(schema: &Schema, subject: &Subject) -> String {
    let property = |id: &PropId| schema.property(*id).map_or_else(String::new, |p| p.name.to_string());
    match subject {
        Subject::Property(id) | Subject::DaysSince(id) | Subject::Size(id) | Subject::Member(id, _) | Subject::Word(id, _) => {
            property(id)
        }
        Subject::Count(id, _) | Subject::DaysSinceLast(id) => schema.event(*id).map_or_else(String::new, |e| e.name.to_string()),
    }
}

/// Why an attribute cannot tell records from one another.
fn constant(it: &Coded, least: usize) -> Option<&'static str> {
    let mut counts = vec![0_usize; it.levels.len()];
    for code in &it.codes {
        if let Some(n) = counts.get_mut(usize::from(*code)) {
            *n += 1;
        }
    }
    let total = it.codes.len();
    let splits = counts.iter().any(|n| *n >= least && total - n >= least);
    let values: BTreeSet<usize> = counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(code, _)| code).collect();
    match (values.len(), splits) {
        (0 | 1, _) if it.levels.iter().all(|l| matches!(l, Meaning::Unknown)) => Some("it is always empty"),
        (0 | 1, _) if it.distinct <= 1 => Some("it has one value only"),
        (0 | 1, _) => Some("all its values are too rare"),
        (_, false) => Some("all its values but one are too rare"),
        (_, true) => None,
    }
}
