//! Parquet, Arrow IPC and workbooks: typed cells of every kind.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float64Array, Int16Array, Int64Array, LargeStringArray, ListArray, MapBuilder, MapFieldNames, RecordBatch, StringArray,
    StringBuilder, StructArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
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
        to: Vec::new(),
        key: None,
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

/// Writes a table as Parquet.
fn parquet(folder: &Path, columns: Vec<(&str, ArrayRef)>) -> std::path::PathBuf {
    let path = folder.join("a.parquet");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn one_value_that_no_type_has_costs_itself() {
    let folder = tempfile::tempdir().unwrap();
    let uuid: Vec<u8> = [0x11; 4].into_iter().chain([0x22; 4]).chain([0x33; 8]).collect();
    let ids =
        FixedSizeBinaryArray::try_from_iter(vec![uuid.clone(), uuid.iter().map(|b| b + 1).collect(), uuid].into_iter()).unwrap();
    let entries = MapFieldNames { entry: "entries".into(), key: "keys".into(), value: "values".into() };
    let mut map = MapBuilder::new(Some(entries), StringBuilder::new(), StringBuilder::new());
    for key in ["a", "b", "c"] {
        map.keys().append_value(key);
        map.values().append_value("v");
        map.append(true).unwrap();
    }
    let path = parquet(
        folder.path(),
        vec![
            ("id", Arc::new(ids)),
            ("name", Arc::new(BinaryArray::from(vec![b"a".as_slice(), b"\xff\xfe", b"c"]))),
            ("at", Arc::new(TimestampMillisecondArray::from(vec![253_402_214_400_000, i64::MAX, 0]).with_timezone("UTC"))),
            ("m", Arc::new(map.finish())),
        ],
    );
    let model =
        schema(vec![property("id", Type::Text, &[]), property("name", Type::Text, &[]), property("at", Type::DateTime, &[])]);
    let options = ReadOptions::default();
    let mut reader = lsrc::input::open(&Spec::file(&path), &[], &model, &all(&model), as_of(&model), &options).unwrap();
    let batch = reader.next_batch().unwrap().unwrap();
    assert_eq!(batch.rows, 3);
    let lsrc::column::Column::DateTime(at) = batch.columns[2].as_ref().unwrap() else { panic!("no moments") };
    assert_eq!((at.get(0), at.get(1), at.get(2)), (Some(253_402_214_400_000_000), None, Some(0)));
    assert_eq!(lsrc::time::moment_text(253_402_214_400_000_000), "9999-12-31T00:00:00Z");
    let first = super::support::value(batch.columns[0].as_ref().unwrap(), 0, &Type::Text);
    assert_eq!(first, json!("11111111-2222-2222-3333-333333333333"));
    let name = |row| super::support::value(batch.columns[1].as_ref().unwrap(), row, &Type::Text);
    assert_eq!((name(0), name(1), name(2)), (json!("a"), json!(null), json!("c")));
    let report = reader.report();
    let faults: Vec<(&str, u64, &str)> =
        report.columns.iter().map(|c| (c.property.as_str(), c.count, c.samples[0].value.as_str())).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.contains(&("name", 1, "0xfffe")), "{faults:?}");
}

#[test]
fn sets_within_nested_events_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let marks = lists(Arc::new(StringArray::from(vec!["a", "b", "a"])), vec![2, 3], None);
    let fields =
        Fields::from(vec![Field::new("at", DataType::Date32, true), Field::new("marks", marks.data_type().clone(), true)]);
    let events =
        StructArray::new(fields, vec![Arc::new(Date32Array::from(vec![20_000, 20_001])) as ArrayRef, Arc::new(marks)], None);
    let path = parquet(
        folder.path(),
        vec![("id", Arc::new(Int64Array::from(vec![1, 2]))), ("mail", Arc::new(lists(Arc::new(events), vec![2, 2], None)))],
    );
    let mut model = schema(vec![property("id", Type::Integer, &[])]);
    let mut list = self::model().events.remove(0);
    list.name = "mail".into();
    list.fields = vec![property("at", Type::Date, &[]), property("marks", Type::SetOf(options(&["a", "b"])), &[])];
    list.at = FieldId(0);
    model.events = vec![list];
    let found = read(&path, &model);
    assert_eq!(found[0]["mail"][0]["marks"], json!(["a", "b"]));
    assert_eq!(found[0]["mail"][1]["marks"], json!(["a"]));
}

#[test]
fn a_file_behind_another_is_not_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = parquet(folder.path(), vec![("id", Arc::new(Int64Array::from(vec![1, 2])))]);
    let once = std::fs::read(&path).unwrap();
    std::fs::write(&path, [once.as_slice(), once.as_slice()].concat()).unwrap();
    let model = schema(vec![property("id", Type::Integer, &[])]);
    let open =
        |path: &Path| lsrc::input::open(&Spec::file(path), &[], &model, &all(&model), as_of(&model), &ReadOptions::default());
    assert!(open(&path).is_err());
    let batch = RecordBatch::try_from_iter(vec![("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let stream = folder.path().join("a.arrows");
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(File::create(&stream).unwrap(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let once = std::fs::read(&stream).unwrap();
    assert!(open(&stream).is_ok());
    std::fs::write(&stream, [once.as_slice(), once.as_slice()].concat()).unwrap();
    assert!(open(&stream).is_err());
}
