//! Tables in memory, through the library's face: the scores of `lsrc run`, whatever the types, and what is wrong in the library's words.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use lsrc::{Frame, FrameOptions, RuleSet};

const RULES: &str = "lsr 1
schema contact { key id: integer  email: text  visits: integer }
score fit { if email ends with \".example\" then +1  per visits then +2 max 10 }
";

fn rules() -> RuleSet {
    RuleSet::from_text("score.lsr", RULES).unwrap()
}

fn frame(columns: Vec<(&str, ArrayRef)>) -> Frame {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    Frame::new(batch.schema(), [batch]).unwrap()
}

fn ids(rows: i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(0..rows))
}

fn texts() -> [Option<&'static str>; 3] {
    [Some("ann@a.example"), None, Some("bob@b.com")]
}

/// By row: the points of a score.
fn points(frame: &Frame, name: &str) -> Vec<Option<f64>> {
    let column = |batch: &RecordBatch| batch.column_by_name(name).unwrap().clone();
    let floats = |array: ArrayRef| array.as_any().downcast_ref::<Float64Array>().unwrap().iter().collect::<Vec<_>>();
    frame.batches().iter().flat_map(|batch| floats(column(batch))).collect()
}

fn score(frame: &Frame) -> Vec<Option<f64>> {
    points(rules().score_frame(frame, &FrameOptions::default()).unwrap().frame(), "fit")
}

#[test]
fn texts_of_every_type_give_the_same() {
    let visits: ArrayRef = Arc::new(Int64Array::from(vec![Some(2), Some(9), None]));
    let emails: [ArrayRef; 4] = [
        Arc::new(StringArray::from(texts().to_vec())),
        Arc::new(LargeStringArray::from(texts().to_vec())),
        Arc::new(StringViewArray::from(texts().to_vec())),
        Arc::new(texts().into_iter().collect::<DictionaryArray<Int32Type>>()),
    ];
    for email in emails {
        let ty = email.data_type().clone();
        let table = frame(vec![("id", ids(3)), ("email", email), ("visits", visits.clone())]);
        assert_eq!(score(&table), [Some(5.0), Some(10.0), Some(0.0)], "{ty}");
    }
}

#[test]
fn chunks_empty_ones_among_them_are_one_table() {
    let part = |from: i64, to: i64| {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
        let email: ArrayRef = Arc::new((from..to).map(|_| Some("a@b.example")).collect::<StringArray>());
        let visits: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
        RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("email", email, true), ("visits", visits, true)]).unwrap()
    };
    let parts = [part(0, 0), part(0, 3), part(3, 3), part(3, 20_000)];
    let chunked = Frame::new(parts[0].schema(), parts).unwrap();
    let whole = Frame::new(chunked.schema().clone(), [part(0, 20_000)]).unwrap();
    assert_eq!((chunked.rows(), score(&chunked).len()), (20_000, 20_000));
    assert_eq!(score(&chunked), score(&whole));
    let empty = Frame::new(chunked.schema().clone(), []).unwrap();
    assert_eq!(score(&empty), []);
    let scored = rules().score_frame(&empty, &FrameOptions::default()).unwrap();
    assert_eq!(scored.frame().schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["id", "fit", "excluded"]);
}

/// A slice of a large table has the dictionary of all of it.
#[test]
fn a_dictionary_of_more_values_than_a_batch_has_rows() {
    let rows = 20_000;
    let names: Vec<String> = (0..rows).map(|n| format!("p{n}@b.{}", if n % 2 == 0 { "example" } else { "com" })).collect();
    let coded: ArrayRef = Arc::new(names.iter().map(|name| Some(name.as_str())).collect::<DictionaryArray<Int32Type>>());
    let plain: ArrayRef = Arc::new(StringArray::from(names));
    let visits: ArrayRef = Arc::new(Int64Array::from(vec![1; rows as usize]));
    let of = |email: ArrayRef| score(&frame(vec![("id", ids(rows)), ("email", email), ("visits", visits.clone())]));
    assert_eq!(of(coded), of(plain));
}

#[test]
fn what_is_missing_is_said_in_words_of_the_library() {
    let table = frame(vec![("id", ids(1)), ("visit", ids(1))]);
    let error = rules().score_frame(&table, &FrameOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table has no column for `email`, which the rule at score.lsr:3 needs; say in the schema which column it is with `from \"..\"`, \
         or let it be unknown for everybody with allow_missing=[\"email\", \"visits\"]\n  and the table has no column for `visits`, which \
         the rule at score.lsr:3 needs (the nearest header is \"visit\")\n  in the table: its columns are \"id\", \"visit\""
    );
    let options = FrameOptions { allow_missing: vec!["email".to_owned(), "visits".to_owned()], ..FrameOptions::default() };
    assert_eq!(points(rules().score_frame(&table, &options).unwrap().frame(), "fit"), [Some(0.0)]);
    for (options, message) in [
        (FrameOptions { as_of: Some("soon".to_owned()), ..FrameOptions::default() }, "as_of: "),
        (FrameOptions { allow_missing: vec!["visit".to_owned()], ..FrameOptions::default() }, "allow_missing: the schema has no"),
        (
            FrameOptions { events: vec![("visit".to_owned(), table.clone())], ..FrameOptions::default() },
            "events: the schema has no",
        ),
        (
            FrameOptions { related: vec![("company".to_owned(), table.clone())], ..FrameOptions::default() },
            "related: the schema has no",
        ),
    ] {
        let error = rules().score_frame(&table, &options).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn errors_of_the_data_are_counted_and_refused_where_that_is_asked_for() {
    let visits: ArrayRef = Arc::new(StringArray::from(vec!["4", "many"]));
    let email: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>, None]));
    let table = frame(vec![("id", ids(2)), ("email", email), ("visits", visits)]);
    let scored = rules().score_frame(&table, &FrameOptions::default()).unwrap();
    assert_eq!((points(scored.frame(), "fit"), scored.data_errors()), (vec![Some(8.0), Some(0.0)], 1));
    let summary: serde_json::Value = serde_json::from_str(&scored.summary_json().unwrap()).unwrap();
    assert_eq!(summary["errors"]["columns"][0]["samples"][0]["value"], "many");
    let strict = FrameOptions { strict: true, ..FrameOptions::default() };
    let error = rules().score_frame(&table, &strict).unwrap_err();
    assert!(error.to_string().starts_with("strict: the data have 1 error; the first in row 2"), "{error}");
    assert_eq!(error.advice(), Some("fix the data, or run without strict to score what can be read"));
}

#[test]
fn events_are_a_table_too() {
    let rules = RuleSet::from_text(
        "score.lsr",
        "lsr 1\nschema contact { key id: integer  events view by \"contact\" { page: text  at: date } }\n\
         score fit { per count(view within 30 days) then +3 max 30 }\n",
    )
    .unwrap();
    let owner: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 1, 7]));
    let day: ArrayRef = Arc::new(StringArray::from(vec!["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-03"]));
    let events = frame(vec![("contact", owner), ("at", day)]);
    let options = FrameOptions {
        as_of: Some("2026-01-15".to_owned()),
        events: vec![("view".to_owned(), events)],
        ..FrameOptions::default()
    };
    let scored = rules.score_frame(&frame(vec![("id", ids(3))]), &options).unwrap();
    assert_eq!((points(scored.frame(), "fit"), scored.data_errors()), (vec![Some(3.0), Some(6.0), Some(0.0)], 1));
}

#[test]
fn a_difference_counts_the_records_of_a_table() {
    let new = RuleSet::from_text("score.lsr", &RULES.replace("+2", "+3")).unwrap();
    let visits: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2]));
    let email: ArrayRef = Arc::new(StringArray::from(texts().to_vec()));
    let table = frame(vec![("id", ids(3)), ("email", email), ("visits", visits)]);
    let difference = rules().difference_over(&new, &table, &FrameOptions::default(), 10).unwrap();
    assert_eq!(difference.equivalence.verdict, lsrc::Answer::Different);
    let counted = serde_json::to_value(&difference).unwrap();
    assert_eq!(counted["people"]["records"], 3, "{}", counted["people"]);
}

#[test]
fn batches_of_other_columns_are_not_a_table() {
    let batch = RecordBatch::try_from_iter([("id", ids(1))]).unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true)]));
    assert!(Frame::new(schema, [batch]).is_err());
}

/// The Python package is built apart; what it is built from must be this version of the library.
#[test]
fn the_python_package_has_the_version_of_the_library() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("bindings/python/Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("\nversion = \"{}\"\n", env!("CARGO_PKG_VERSION"))));
}
