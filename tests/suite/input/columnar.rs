//! Parquet, Arrow IPC and workbooks: typed cells of every kind.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int16Array, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray, TimestampNanosecondArray,
    UInt64Array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use lsrc::input::{Needs, ReadOptions, Spec};
use lsrc::schema::{EventList, FieldId, Schema};
use lsrc::source::Span;
use lsrc::value::Type;
use serde_json::{Value, json};

use super::support::{all, as_of, options, property, records, schema, told};

fn model() -> Schema {
    let mut model = schema(vec![
        property("id", Type::Text, &[]),
        property("small", Type::Integer, &[]),
        property("large", Type::Text, &[]),
        property("exact", Type::Number, &[]),
        property("whole_decimal", Type::Integer, &[]),
        property("yes", Type::Boolean, &[]),
        property("day", Type::Date, &[]),
        property("instant", Type::DateTime, &[]),
        property("local", Type::DateTime, &[]),
        property("evening", Type::Date, &[]),
        property("title", Type::Text, &[]),
        property("stage", Type::OneOf(options(&["lead", "mql"])), &[]),
        property("form", Type::SetOf(options(&["demo", "guide"])), &[]),
        property("topics", Type::SetOfText, &[]),
        property("inner", Type::Text, &["company.name"]),
    ]);
    model.zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
    model.events = vec![EventList {
        name: "page_view".into(),
        by: None,
        to: None,
        fields: vec![property("url", Type::Text, &[]), property("at", Type::DateTime, &["occurred_at"])],
        at: FieldId(1),
        span: Span::default(),
        name_span: Span::default(),
    }];
    model
}

fn lists(values: ArrayRef, ends: Vec<usize>, missing: Option<usize>) -> ListArray {
    let rows = ends.len();
    let nulls = missing.map(|row| NullBuffer::from((0..rows).map(|r| r != row).collect::<Vec<_>>()));
    let field = Arc::new(Field::new("item", values.data_type().clone(), true));
    let lengths = std::iter::once(0).chain(ends.iter().copied()).zip(ends.iter().copied()).map(|(a, b)| b - a);
    ListArray::new(field, OffsetBuffer::from_lengths(lengths), values, nulls)
}

fn batch() -> RecordBatch {
    let stages: DictionaryArray<Int32Type> = vec![Some("MQL"), None, Some("lead")].into_iter().collect();
    let events = StructArray::new(
        Fields::from(vec![
            Field::new("url", DataType::Utf8, true),
            Field::new("occurred_at", DataType::Timestamp(arrow::datatypes::TimeUnit::Nanosecond, Some("UTC".into())), true),
        ]),
        vec![
            Arc::new(StringArray::from(vec!["/a", "/b", "/c"])) as ArrayRef,
            Arc::new(
                TimestampNanosecondArray::from(vec![1_767_225_600_000_000_000, 1_767_225_600_500_000_000, 0])
                    .with_timezone("UTC"),
            ),
        ],
        Some(NullBuffer::from(vec![true, true, false])),
    );
    let company = StructArray::new(
        Fields::from(vec![Field::new("name", DataType::Utf8, true)]),
        vec![Arc::new(StringArray::from(vec!["Acme", "hidden", "Bolt"])) as ArrayRef],
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![100_000_000_001, 2, 3]))),
        ("small", Arc::new(Int16Array::from(vec![Some(-5), None, Some(7)]))),
        ("large", Arc::new(UInt64Array::from(vec![u64::MAX, 1, 2]))),
        ("exact", Arc::new(Decimal128Array::from(vec![213_751_015, -1, 0]).with_precision_and_scale(12, 2).unwrap())),
        ("whole_decimal", Arc::new(Decimal128Array::from(vec![12, 13, 14]).with_precision_and_scale(12, 0).unwrap())),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("day", Arc::new(Date32Array::from(vec![20_468, 0, -1]))),
        ("instant", Arc::new(TimestampMillisecondArray::from(vec![1_768_473_000_000, 0, -1]).with_timezone("+05:00"))),
        ("local", Arc::new(TimestampMillisecondArray::from(vec![1_768_473_000_000, 0, -1]))),
        ("evening", Arc::new(TimestampMillisecondArray::from(vec![1_768_510_800_000, 0, -1]).with_timezone("+05:00"))),
        ("title", Arc::new(LargeStringArray::from(vec![Some(" VP "), None, Some("")]))),
        ("stage", Arc::new(stages)),
        ("form", Arc::new(lists(Arc::new(StringArray::from(vec!["demo", "Guide", "demo"])), vec![2, 2, 3], Some(1)))),
        ("topics", Arc::new(lists(Arc::new(StringArray::from(vec!["a;b", "A;B", "c"])), vec![3, 3, 3], None))),
        ("company", Arc::new(company)),
        ("page_view", Arc::new(lists(Arc::new(events), vec![2, 2, 3], Some(1)))),
        ("unused", Arc::new(Float64Array::from(vec![f64::NAN, 1.0, 2.0]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn read(path: &Path, model: &Schema) -> Vec<Value> {
    let mut reader =
        lsrc::input::open(&Spec::file(path), &[], model, &all(model), as_of(model), &ReadOptions::default()).unwrap();
    let found = records(&mut reader, model).unwrap();
    assert_eq!(reader.report().errors(), 0, "{:#?}", reader.report());
    found
}

#[test]
fn typed_cells_of_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch();
    let parquet = folder.path().join("a.parquet");
    let mut writer = parquet::arrow::ArrowWriter::try_new(File::create(&parquet).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let file = folder.path().join("a.arrow");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(File::create(&file).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let stream = folder.path().join("stream.bin");
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(File::create(&stream).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let model = model();
    let found = read(&parquet, &model);
    insta::assert_json_snapshot!(found);
    assert_eq!(read(&stream, &model), found);
    // The same batch twice: every key comes again, so that is read without the key.
    let mut keyless = model.clone();
    keyless.key = None;
    let twice = read(&file, &keyless);
    assert_eq!(twice[..3], found);
    assert_eq!(twice[3..], found);
    // Lists are carried along as JSON.
    let needs = Needs { carried: vec!["form".to_owned(), "page_view".to_owned()], ..Needs::default() };
    let mut reader =
        lsrc::input::open(&Spec::file(&parquet), &[], &model, &needs, as_of(&model), &ReadOptions::default()).unwrap();
    let carried = reader.next_batch().unwrap().unwrap().carried;
    assert_eq!(carried[0].get(0), Some("[\"demo\",\"Guide\"]"));
    assert_eq!(carried[1].get(1), None);
    // Cut off in the middle.
    let bytes = std::fs::read(&parquet).unwrap();
    std::fs::write(&parquet, &bytes[..bytes.len() / 2]).unwrap();
    let error = lsrc::input::open(&Spec::file(&parquet), &[], &model, &all(&model), as_of(&model), &ReadOptions::default())
        .err()
        .unwrap();
    assert_eq!(told(&error), "a.parquet is not a readable Parquet file: it is damaged or cut off");
}

#[test]
fn workbooks_have_sheets() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/input/two-sheets.xlsx");
    let model = schema(vec![
        property("id", Type::Integer, &["Record ID"]),
        property("name", Type::Text, &[]),
        property("employees", Type::Integer, &[]),
        property("revenue", Type::Number, &[]),
        property("customer", Type::Boolean, &[]),
        property("created", Type::Date, &[]),
        property("seen", Type::DateTime, &[]),
        property("zip", Type::Text, &[]),
    ]);
    let options = ReadOptions::default();
    let mut reader = lsrc::input::open(&Spec::file(&path), &[], &model, &all(&model), as_of(&model), &options).unwrap();
    let found = records(&mut reader, &model).unwrap();
    insta::assert_json_snapshot!(found);
    let report = reader.report();
    assert_eq!((report.errors(), report.columns[0].samples[0].value.as_str()), (1, "#N/A"));
    let only_id = Needs { properties: [lsrc::schema::PropId(0)].into(), ..Needs::default() };
    let spec = |sheet: &str| Spec { sheet: Some(sheet.to_owned()), ..Spec::file(&path) };
    let mut reader = lsrc::input::open(&spec("other"), &[], &model, &only_id, as_of(&model), &options).unwrap();
    assert_eq!(records(&mut reader, &model).unwrap(), [json!({"id": 99})]);
    let error = lsrc::input::open(&spec("Third"), &[], &model, &only_id, as_of(&model), &options).err().unwrap();
    assert!(
        told(&error).ends_with("two-sheets.xlsx has no sheet `Third`\nhelp: its sheets are Leads, Other"),
        "{}",
        told(&error)
    );
    let limited = |most| {
        let spec = Spec { max_decoded: Some(most), ..spec("other") };
        lsrc::input::open(&spec, &[], &model, &only_id, as_of(&model), &options).err().map(|error| told(&error))
    };
    assert_eq!(limited(1 << 20), None);
    assert!(limited(2000).unwrap().contains("two-sheets.xlsx holds more decompressed bytes than allowed"));
}
