//! Scoring on the threads of the server: each has a reader and evaluators of its own, made when it needs them.

use std::cell::RefCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::live::Loaded;
use super::problem::Problem;
use crate::engine::Explainer;
use crate::hir::uses::Uses;
use crate::input::{InputError, RecordReader};
use crate::program::{Also, Compiled, needs};
use crate::report::jsonl::string;
use crate::time::AsOf;
use crate::vm::Vm;
use crate::vm::scores::Scores;
use crate::why::Explanation;

thread_local! {
    static OWN: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// What a thread scores with.
struct Bench {
    /// The number of the rules.
    number: u64,
    reader: RecordReader,
    /// By moment and whether reasons are kept; the one used last is the last.
    vms: Vec<(AsOf, bool, Vm)>,
    explainer: Option<(AsOf, Explainer)>,
    scores: Scores,
    /// Bytes that were read. What a reader learns of keys grows with what clients make up, so it is made anew now and then.
    read: usize,
}

/// So many evaluators are kept a thread: one for now with and without reasons, and a few for moments that clients name.
const VMS: usize = 6;

/// After so many bytes a reader is made anew.
const RENEWED: usize = 16 << 20;

/// How a record's account is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Explain {
    /// Not at all.
    None,
    /// The rules that gave points, most points first.
    Reasons,
    /// As `lsrc why` gives it: every rule, with what it saw.
    Full,
}

/// What came of a batch.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) scored: u64,
    pub(super) broken: u64,
}

impl Bench {
    fn new(loaded: &Loaded) -> Self {
        let model = loaded.rules.model();
        Self {
            number: loaded.number,
            reader: RecordReader::new(&model.schema, &needs(model, &Uses::of(model), &Also::default())),
            vms: Vec::new(),
            explainer: None,
            scores: Scores::default(),
            read: 0,
        }
    }

    /// The evaluator of a moment, and where results go.
    fn vm(&mut self, loaded: &Loaded, as_of: AsOf, reasons: bool) -> &mut Vm {
        let found = self.vms.iter().position(|(moment, kept, _)| *moment == as_of && *kept == reasons);
        let vm = match found {
            Some(at) => self.vms.remove(at),
            None => {
                if self.vms.len() >= VMS {
                    self.vms.remove(0);
                }
                let compiled: &Compiled = if reasons { &loaded.reasoned } else { &loaded.plain };
                (as_of, reasons, compiled.vm(as_of))
            }
        };
        &mut self.vms.push_mut(vm).2
    }

    /// Scores one record.
    fn one(&mut self, loaded: &Loaded, as_of: AsOf, json: &str, reasons: bool, out: &mut Vec<u8>) -> Result<(), InputError> {
        let batch = self.reader.read(json)?;
        let mut scores = std::mem::take(&mut self.scores);
        self.vm(loaded, as_of, reasons).score_into(&batch, &mut scores);
        loaded.answers.record(&batch, &scores, 0, self.reader.faults(), out);
        self.scores = scores;
        Ok(())
    }

    /// Scores several records of a text; results are separated by `between`, in the order of the records.
    fn many(&mut self, loaded: &Loaded, asked: &Asked, text: &str, records: &[Range<usize>], out: &mut Vec<u8>) -> Counts {
        let mut broken: Vec<(usize, InputError)> = Vec::new();
        let read = self.reader.read_all(text, records, &mut |at, error| broken.push((at, error)));
        let Ok(batch) = read else { return self.singly(loaded, asked, text, records, out) };
        let mut scores = std::mem::take(&mut self.scores);
        self.vm(loaded, asked.as_of, asked.reasons).score_into(&batch, &mut scores);
        let mut faults: Vec<(usize, &str)> = self.reader.row_faults().collect();
        faults.sort_by_key(|(row, _)| *row);
        let mut faults = faults.as_slice();
        let mut errors = broken.iter().peekable();
        let mut row = 0;
        for at in 0..records.len() {
            if at > 0 {
                out.extend_from_slice(asked.between);
            }
            if let Some((_, error)) = errors.next_if(|(broken, _)| *broken == at) {
                failed(error, asked.line(at), out);
                continue;
            }
            let own = faults.partition_point(|(of, _)| *of <= row);
            let (these, rest) = faults.split_at(own);
            faults = rest;
            loaded.answers.record(&batch, &scores, row, these.iter().map(|(_, fault)| *fault), out);
            row += 1;
        }
        self.scores = scores;
        Counts { scored: row as u64, broken: broken.len() as u64 }
    }

    /// The same, one record after the other, where they cannot be read together.
    fn singly(&mut self, loaded: &Loaded, asked: &Asked, text: &str, records: &[Range<usize>], out: &mut Vec<u8>) -> Counts {
        let mut counts = Counts::default();
        for (at, record) in records.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(asked.between);
            }
            let scored = match text.get(record.clone()) {
                Some(record) => self.one(loaded, asked.as_of, record, asked.reasons, out),
                None => Err(InputError::new("the record is not text")),
            };
            match scored {
                Ok(()) => counts.scored += 1,
                Err(error) => {
                    failed(&error, asked.line(at), out);
                    counts.broken += 1;
                }
            }
        }
        counts
    }

    fn explain(&mut self, loaded: &Loaded, as_of: AsOf, json: &str) -> Result<Explanation, InputError> {
        let batch = self.reader.read(json)?;
        let faults: Vec<String> = self.reader.faults().map(ToOwned::to_owned).collect();
        let explainer = match self.explainer.take().filter(|(moment, _)| *moment == as_of) {
            Some((_, explainer)) => explainer,
            None => loaded.rules.explainer(as_of),
        };
        let key = loaded.answers.key(&batch, 0).unwrap_or_else(|| "1".to_owned());
        let explanation = explainer.explain_read(&batch, &key, &faults);
        self.explainer = Some((as_of, explainer));
        Ok(explanation)
    }
}

/// How the records of a batch are scored and written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) as_of: AsOf,
    pub(super) reasons: bool,
    /// What stands between two results.
    pub(super) between: &'static [u8],
    /// By record: its line, where records come by line.
    pub(super) lines: Option<&'a [u64]>,
}

impl Asked<'_> {
    fn line(&self, at: usize) -> Option<u64> {
        self.lines?.get(at).copied()
    }
}

/// Appends what stands in the place of a record's result where it could not be read.
pub(super) fn failed(error: &InputError, line: Option<u64>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"error\":");
    string(out, &error.to_string());
    if let Some(help) = error.advice() {
        out.extend_from_slice(b",\"help\":");
        string(out, help);
    }
    if let Some(line) = line {
        out.extend_from_slice(b",\"line\":");
        crate::report::cells::unsigned(out, line);
    }
    out.push(b'}');
}

/// Does work with what this thread has for these rules. A defect of the program ends the work, not the thread, and what it may have
/// left half done is thrown away.
fn with<R>(loaded: &Loaded, bytes: usize, work: impl FnOnce(&mut Bench) -> R) -> Result<R, Problem> {
    OWN.with_borrow_mut(|own| {
        let kept = own.take().filter(|bench| bench.number == loaded.number && bench.read < RENEWED);
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut bench = kept.unwrap_or_else(|| Bench::new(loaded));
            bench.read = bench.read.saturating_add(bytes);
            let done = work(&mut bench);
            (bench, done)
        }));
        let (bench, done) = done.map_err(|_| Problem::internal())?;
        *own = Some(bench);
        Ok(done)
    })
}

/// Scores one record.
pub(super) fn one(loaded: &Loaded, as_of: AsOf, json: &str, reasons: bool, out: &mut Vec<u8>) -> Result<(), Problem> {
    let scored = with(loaded, json.len(), |bench| bench.one(loaded, as_of, json, reasons, out))?;
    scored.map_err(|error| Problem::of_record(&error))
}

/// Scores records of a text; a bad one fails alone.
pub(super) fn many(
    loaded: &Loaded,
    asked: &Asked,
    text: &str,
    records: &[Range<usize>],
    out: &mut Vec<u8>,
) -> Result<Counts, Problem> {
    with(loaded, text.len(), |bench| bench.many(loaded, asked, text, records, out))
}

/// Explains one record, to the last point.
pub(super) fn explain(loaded: &Loaded, as_of: AsOf, json: &str) -> Result<Explanation, Problem> {
    let explained = with(loaded, json.len(), |bench| bench.explain(loaded, as_of, json))?;
    explained.map_err(|error| Problem::of_record(&error))
}
