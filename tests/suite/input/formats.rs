//! The same leads as CSV, Parquet and JSON Lines; other formats.

use lsrc::input::{Format, ReadOptions, Spec};
use lsrc::schema::Schema;
use lsrc::value::Type;
use serde_json::Value;

use super::support::{all, as_of, property, records, schema, shared};

/// Columns of several types, some of which have empty cells.
fn leads() -> Schema {
    let mut model = schema(vec![
        property("id", Type::Text, &["Prospect ID"]),
        property("number", Type::Integer, &["Lead Number"]),
        property("source", Type::Text, &["Lead Source"]),
        property("do_not_email", Type::Boolean, &["Do Not Email"]),
        property("converted", Type::Boolean, &["Converted"]),
        property("visits", Type::Integer, &["TotalVisits"]),
        property("time", Type::Integer, &["Total Time Spent on Website"]),
        property("views", Type::Number, &["Page Views Per Visit"]),
        property("specialization", Type::Text, &["Specialization"]),
        property("tags", Type::SetOfText, &["Tags"]),
    ]);
    model.unknown_values = vec!["Select".into()];
    model
}

fn read(spec: &Spec, model: &Schema) -> Vec<Value> {
    let mut reader = lsrc::input::open(spec, &[], model, &all(model), as_of(model), &ReadOptions::default()).unwrap();
    let found = records(&mut reader, model).unwrap();
    assert_eq!(reader.report().errors(), 0, "{:#?}", reader.report());
    found
}

#[test]
fn one_data_set_in_five_files() {
    let Some(folder) = shared("x-education") else { return };
    let model = leads();
    let csv = read(&Spec::file(folder.join("Leads.csv")), &model);
    assert_eq!(csv.len(), 9240);
    assert_eq!(csv.iter().filter(|r| r["converted"] == Value::Bool(true)).count(), 3561);
    assert_eq!(csv.iter().filter(|r| r["specialization"].is_null()).count(), 1942 + 1438);
    assert_eq!(csv.iter().filter(|r| r["source"] == "google").count(), 5);
    for name in
        ["leads-snappy.parquet", "leads-zstd-v2.parquet", "leads-500-plain.parquet", "leads-500-gzip.parquet", "leads-500.jsonl"]
    {
        let other = read(&Spec::file(folder.join(name)), &model);
        assert_eq!(other.len(), if name.contains("500") { 500 } else { 9240 }, "{name}");
        for (row, (a, b)) in csv.iter().zip(&other).enumerate() {
            assert_eq!(a, b, "{name}, row {}", row + 1);
        }
    }
}

#[test]
fn hubspot_lists_are_records() {
    let Some(folder) = shared("hubspot-contacts") else { return };
    let model = schema(vec![
        property("id", Type::Integer, &[]),
        property("email", Type::Text, &[]),
        property("surname", Type::Text, &["properties.lastname"]),
        property("created", Type::DateTime, &["createdate"]),
        property("archived", Type::Boolean, &[]),
    ]);
    let found = read(&Spec::file(folder.join("contacts-list-v3.json")), &model);
    insta::assert_json_snapshot!(found);
}

#[test]
fn compressed_text_is_read_like_text() {
    let model = schema(vec![property("id", Type::Integer, &[]), property("name", Type::Text, &[])]);
    let folder = tempfile::tempdir().unwrap();
    let text = |first: u32| format!("id,name\n{first},Ada\n{},Grace\n", first + 1);
    let zst = folder.path().join("a.csv.zst");
    std::fs::write(&zst, zstd::encode_all(text(1).as_bytes(), 3).unwrap()).unwrap();
    let gz = folder.path().join("b.csv.gz");
    let mut encoder = flate2::write::GzEncoder::new(std::fs::File::create(&gz).unwrap(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text(3).as_bytes()).unwrap();
    encoder.finish().unwrap();
    let plain = folder.path().join("c.csv");
    std::fs::write(&plain, text(5)).unwrap();
    for path in [&zst, &gz, &plain] {
        assert_eq!(read(&Spec::file(path), &model).len(), 2, "{}", path.display());
    }
    let mut whole = Spec::file(folder.path().join("*.csv*"));
    assert_eq!(read(&whole, &model).len(), 6, "one data set of three files");
    whole.max_decoded = Some(10);
    let error = lsrc::input::open(&whole, &[], &model, &all(&model), as_of(&model), &ReadOptions::default()).err().unwrap();
    assert!(error.to_string().contains("more decompressed bytes than allowed"), "{error}");
    // Cut off in the middle.
    let bytes = std::fs::read(&gz).unwrap();
    std::fs::write(&gz, &bytes[..bytes.len() - 12]).unwrap();
    let error =
        lsrc::input::open(&Spec::file(&gz), &[], &model, &all(&model), as_of(&model), &ReadOptions::default()).err().unwrap();
    assert!(error.to_string().contains("cut off"), "{error}");
}

#[test]
fn formats_go_by_name_too() {
    for name in Format::NAMES {
        assert!(Format::named(name).is_some(), "{name}");
    }
    assert_eq!(Format::named("xml"), None);
}
