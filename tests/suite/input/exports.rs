//! What exports of other programs hold: codecs, names of parts, older workbooks, cells that are no values.

use std::fs::{self, File};
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use lsrc::input::{ReadOptions, Spec};
use lsrc::schema::Schema;
use lsrc::value::Type;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{Format, Formula, Workbook};
use serde_json::{Value, json};

use super::support::{all, as_of, property, records, schema, told};
use crate::command::lsrc;

fn read(path: &Path, model: &Schema) -> Result<Vec<Value>, String> {
    let opened = lsrc::input::open(&Spec::file(path), &[], model, &all(model), as_of(model), &ReadOptions::default());
    records(&mut opened.map_err(|error| told(&error))?, model).map_err(|error| told(&error))
}

fn inferred(folder: &Path, file: &str) -> String {
    let output = lsrc(folder).args(["schema", "infer", file]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The same archive with its parts renamed and changed.
fn changed(bytes: &[u8], change: impl Fn(String, Vec<u8>) -> (String, Vec<u8>)) -> Vec<u8> {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..parts.len() {
        let mut part = parts.by_index(at).unwrap();
        let mut held = Vec::new();
        part.read_to_end(&mut held).unwrap();
        let (name, held) = change(part.name().unwrap().into_owned(), held);
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&held).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn every_codec_of_parquet_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let model = schema(vec![property("id", Type::Integer, &[]), property("name", Type::Text, &[])]);
    let names: Vec<String> = (0..500).map(|n| format!("name {}", n % 7)).collect();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("id", Arc::new(Int64Array::from_iter_values(0..500))), ("name", Arc::new(StringArray::from_iter_values(&names)))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ] {
        let properties = WriterProperties::builder().set_compression(codec).build();
        let file = File::create(&path).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let found = read(&path, &model).unwrap_or_else(|error| panic!("{codec:?}: {error}"));
        assert_eq!(found.len(), 500, "{codec:?}");
        assert_eq!(found[499], json!({"id": 499, "name": "name 2"}), "{codec:?}");
    }
}

/// Leads with an error, a rich text, a merged header and a day; a sheet before them is hidden.
fn leads() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().set_hidden(true).write(0, 0, "id").unwrap();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("yyyy-mm-dd"));
    let plain = Format::new();
    let sheet = book.add_worksheet().set_name("Leads").unwrap().set_active(true);
    sheet.write(0, 0, "id").unwrap();
    sheet.merge_range(0, 1, 0, 2, "name", &plain).unwrap();
    sheet.write(0, 3, "day").unwrap().write(0, 4, "size").unwrap();
    sheet.write(1, 0, 1).unwrap().write_rich_string(1, 1, &[(&bold, "Ann"), (&plain, " Lee")]).unwrap();
    sheet.write_with_format(1, 3, 46_000, &day).unwrap().write(1, 4, 10).unwrap();
    sheet.write(2, 0, 2).unwrap().write(2, 1, "Bo").unwrap().write(2, 2, "beside").unwrap();
    sheet.write_formula(2, 4, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    book.save_to_buffer().unwrap()
}

fn of_leads() -> Schema {
    schema(vec![
        property("id", Type::Integer, &[]),
        property("name", Type::Text, &[]),
        property("day", Type::Date, &[]),
        property("size", Type::Integer, &[]),
    ])
}

#[test]
fn workbooks_of_other_programs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.xlsx");
    let model = of_leads();
    let right = |day: &str| {
        vec![
            json!({"id": 1, "name": "Ann Lee", "day": day, "size": 10}),
            json!({"id": 2, "name": "Bo", "day": null, "size": null}),
        ]
    };
    fs::write(&path, leads()).unwrap();
    assert_eq!(read(&path, &model).unwrap(), right("2025-12-09"));
    // Names of parts in lower case and with the separators of Windows, as some programs write them.
    fs::write(&path, changed(&leads(), |name, held| (name.replace('/', "\\").replace("[Content", "[content"), held))).unwrap();
    assert_eq!(read(&path, &model).unwrap(), right("2025-12-09"));
    // Days counted from 1904.
    let since_1904 = changed(&leads(), |name, held| {
        let text = String::from_utf8(held).unwrap();
        let text = if name == "xl/workbook.xml" { text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ") } else { text };
        (name, text.into_bytes())
    });
    fs::write(&path, since_1904).unwrap();
    assert_eq!(read(&path, &model).unwrap(), right("2029-12-10"));
}

#[test]
fn an_old_workbook_may_hold_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.xls");
    let theme = changed(&leads(), |name, held| (format!("theme/{name}"), held));
    fs::write(&path, [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600], &theme].concat()).unwrap();
    let error = read(&path, &of_leads()).unwrap_err();
    assert!(error.starts_with("old.xls is not a readable workbook"), "{error}");
}

#[test]
fn cells_without_a_value_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("leads.xlsx"), leads()).unwrap();
    let found = inferred(folder.path(), "leads.xlsx");
    assert!(found.contains("# one value, 10, 1 unreadable, such as \"#DIV/0!\"\n"), "{found}");
    assert!(found.contains("# Column 3 has 1 value and no name, and is left out: `from column 3` reads it\n"), "{found}");
}

#[test]
fn headers_with_hidden_characters_give_a_schema_that_parses() {
    let folder = tempfile::tempdir().unwrap();
    for hidden in ['\r', '\u{b}', '\u{c}', '\0', '\u{1b}', '\u{85}', '\u{301}', '\u{200b}', '\u{feff}'] {
        fs::write(folder.path().join("a.csv"), format!("\"a{hidden}b\",n\nx,1\n")).unwrap();
        fs::write(folder.path().join("a.lsr"), inferred(folder.path(), "a.csv")).unwrap();
        let output = lsrc(folder.path()).args(["schema", "check", "a.lsr", "a.csv"]).output().unwrap();
        assert!(output.status.success(), "{hidden:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
