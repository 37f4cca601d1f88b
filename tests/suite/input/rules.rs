//! The reading rules, and what is said where data break them.

use std::sync::Arc;

use lsrc::input::ReadOptions;
use lsrc::schema::{EventId, EventList, FieldId, PropId, Schema};
use lsrc::source::Span;
use lsrc::value::{OptionItem, Options, Type, Value};
use serde_json::json;

use super::support::{all, files, options, property, read, reader, records, schema, told};

fn small() -> Schema {
    schema(vec![property("id", Type::Integer, &["Record ID"]), property("name", Type::Text, &[])])
}

#[test]
fn quotes_line_ends_and_short_rows() {
    let text = "id,name,\r\n1,\"a \"\"b\"\"\r\nc\",\r\n\r\n2, x\u{a0},\r\n3\r\n4,5\" pipe,,,\r\n5,\"q\" tail,";
    let (found, report) = read(text, &small()).unwrap();
    assert_eq!(
        found,
        [
            json!({"id": 1, "name": "a \"b\"\r\nc"}),
            json!({"id": 2, "name": "x"}),
            json!({"id": 3, "name": null}),
            json!({"id": 4, "name": "5\" pipe"}),
            json!({"id": 5, "name": "q tail"}),
        ]
    );
    assert_eq!((report.ragged, report.bad_rows, report.errors()), (1, 1, 1));
    let lines: Vec<_> = report.bad_lines.iter().map(|l| (l.line, l.row, l.message.as_str())).collect();
    assert_eq!(lines, [(6, Some(3), "has 1 cell, the header has 3")]);
}

#[test]
fn dialects_are_found() {
    for text in [
        "id;name\n1;a, b\n",
        "sep=;\nid;name\n1;a, b\n",
        "id\tname\n1\ta, b\n",
        "id|name\n1|a, b\n",
        "id,name\r1,\"a, b\"\r",
        "\u{feff}id,name\n1,\"a, b\"",
    ] {
        assert_eq!(read(text, &small()).unwrap().0, [json!({"id": 1, "name": "a, b"})], "{text:?}");
    }
    let one = schema(vec![property("id", Type::Integer, &[])]);
    assert_eq!(read("id\n1\n2\n", &one).unwrap().0.len(), 2);
    assert_eq!(read("id\n", &one).unwrap().0.len(), 0);
}

#[test]
fn headers_fit_exactly_before_loosely() {
    let model = schema(vec![
        property("id", Type::Integer, &["Record ID"]),
        property("job_title", Type::Text, &["Job Title", "jobtitle"]),
    ]);
    let title = |text: &str| read(text, &model).map(|(r, _)| r[0]["job_title"].clone()).map_err(|e| told(&e));
    assert_eq!(title("record-id,JOB_TITLE\n1,a\n"), Ok(json!("a")));
    assert_eq!(title("Record ID,jobtitle,Job Title\n1,b,a\n"), Ok(json!("a")));
    assert_eq!(title("id,Job-Title,Job Title\n1,b,a\n"), Ok(json!("a")));
    insta::assert_snapshot!(title("id,Job-Title,job title\n1,b,a\n").unwrap_err());
    insta::assert_snapshot!(title("id,Job Titel,job\n1,b,a\n").unwrap_err());
}

#[test]
fn broken_files_are_shown_where_they_break() {
    let tell = |text: &str| told(&read(text, &small()).unwrap_err());
    insta::assert_snapshot!(tell("id,name\n1,a\n2,\"b\n3,c\n"));
    insta::assert_snapshot!(tell(""));
    insta::assert_snapshot!(tell("\n\r\n"));
    let folder = files(&[]);
    std::fs::write(folder.path().join("latin.csv"), b"id,name\n1,caf\xe9 noir\n").unwrap();
    let options = ReadOptions::default();
    let mut opened = reader(&folder.path().join("latin.csv"), &[], &small(), &all(&small()), &options).unwrap();
    insta::assert_snapshot!(told(&records(&mut opened, &small()).unwrap_err()));
    let failed = |name: &str| told(&reader(&folder.path().join(name), &[], &small(), &all(&small()), &options).err().unwrap());
    insta::assert_snapshot!(failed("nothing.csv"));
    insta::assert_snapshot!(failed("*.csv.gz"));
    insta::assert_snapshot!(failed("."));
    std::fs::write(folder.path().join("cut.parquet"), b"PAR1 and then nothing").unwrap();
    insta::assert_snapshot!(failed("cut.parquet"));
    std::fs::write(folder.path().join("cut.json"), b"[{\"id\": 1, \"name\": \"a\"},\n {\"id\": 2, \"na").unwrap();
    let mut opened = reader(&folder.path().join("cut.json"), &[], &small(), &all(&small()), &options).unwrap();
    insta::assert_snapshot!(told(&records(&mut opened, &small()).unwrap_err()));
}

#[test]
fn keys_are_known_and_unique() {
    let (found, report) = read("id,name\n1,a\n,b\n2,c\n1,d\nx,e\n", &small()).unwrap();
    assert_eq!(found.len(), 5);
    insta::assert_json_snapshot!(report);
}

#[test]
fn values_of_every_type() {
    let industry = Arc::new(Options {
        items: vec![
            OptionItem { name: "software".into(), forms: vec![] },
            OptionItem { name: "finance".into(), forms: vec!["Financial Services".into(), "FINANCE".into()] },
        ],
    });
    let mut model = schema(vec![
        property("id", Type::Text, &[]),
        property("whole", Type::Integer, &[]),
        property("number", Type::Number, &[]),
        property("yes", Type::Boolean, &[]),
        property("day", Type::Date, &[]),
        property("time", Type::DateTime, &[]),
        property("industry", Type::OneOf(industry), &[]),
        property("form", Type::SetOf(options(&["demo", "pricing", "guide"])), &[]),
        property("topics", Type::SetOfText, &[]),
        property("out", Type::Boolean, &[]),
        property("must", Type::Text, &[]),
    ]);
    model.unknown_values = vec!["Select".into(), "N/A".into(), "-1".into()];
    model.properties[8].split = Some(",".into());
    model.properties[9].default = Some(Value::Boolean(false));
    model.properties[10].required = true;
    let text = "\
id,whole,number,yes,day,time,industry,form,topics,out,must
01,3.0,1.5e3,Oui,2026-01-15,2026-01-15 10:30,financial services,;demo;guide;demo,\"a, b ,A,,n/a\",yes,x
 02 ,-1,n/a,,1652659200000,2026-01-15T10:30:00.5+02:00,SELECT,,select,,x
3,3.5,NaN,peut-être,15/01/2026,tomorrow,farming,demo;webinar;pricing,c,maybe,
";
    let (found, report) = read(text, &model).unwrap();
    insta::assert_json_snapshot!("values_of_every_type", found);
    insta::assert_json_snapshot!("values_of_every_type_report", report);
}

#[test]
fn rejected_rows_keep_their_cells() {
    let folder = files(&[("data.csv", "id,name,whole,other\n1,a,2,\"x\"\"y\"\n2,b,c,z\n2,b,3\n")]);
    let model = schema(vec![property("id", Type::Integer, &[]), property("whole", Type::Integer, &[])]);
    let options = ReadOptions { keep_rejects: true, ..ReadOptions::default() };
    let mut reader = reader(&folder.path().join("data.csv"), &[], &model, &all(&model), &options).unwrap();
    records(&mut reader, &model).unwrap();
    assert_eq!(reader.reject_headers(), ["id", "name", "whole", "other"]);
    let rows: Vec<_> = reader.rejected_rows().into_iter().map(|r| (r.row, r.cells.join("|"), r.reason)).collect();
    insta::assert_debug_snapshot!(rows);
}

fn with_events(by: Option<&str>, to: Option<u32>) -> Schema {
    let mut model = schema(vec![property("id", Type::Integer, &["Record ID"]), property("email", Type::Text, &[])]);
    model.events = vec![EventList {
        name: "page_view".into(),
        by: by.map(Into::into),
        to: to.map(PropId).into_iter().collect(),
        key: None,
        fields: vec![
            property("url", Type::Text, &[]),
            property("at", Type::DateTime, &["occurred_at"]),
            property("n", Type::Integer, &[]),
        ],
        at: FieldId(1),
        span: Span::default(),
        name_span: Span::default(),
    }];
    model
}

const CONTACTS: &str = "id,email\n1,A@x.io\n2,b@x.io\n3,a@x.io\n";

#[test]
fn events_come_from_a_file_of_their_own_in_any_order() {
    let views = "contact_id,url,occurred_at,n\n3,/c,2026-01-01,1\n1,/a,2026-01-02T10:00Z,2\n9,/x,2026-01-01,\n3,/d,,4\n,/y,2026-01-01,\n1,/late,2027-01-01,\n1,/a,2026-01-02T10:00Z,2\n";
    let folder = files(&[("contacts.csv", CONTACTS), ("views.csv", views)]);
    let model = with_events(Some("contact_id"), None);
    let open = |options: &ReadOptions, needs| {
        reader(&folder.path().join("contacts.csv"), &[(0, &folder.path().join("views.csv"))], &model, needs, options)
    };
    let mut opened = open(&ReadOptions::default(), &all(&model)).unwrap();
    insta::assert_json_snapshot!("separate_events", records(&mut opened, &model).unwrap());
    insta::assert_json_snapshot!("separate_events_report", opened.report());
}

#[test]
fn events_belong_to_every_record_with_the_property() {
    let folder = files(&[("contacts.csv", CONTACTS), ("views.csv", "mail,url,at,n\na@X.IO,/a,2026-01-02,1\n")]);
    let model = with_events(Some("mail"), Some(1));
    let mut opened = reader(
        &folder.path().join("contacts.csv"),
        &[(0, &folder.path().join("views.csv"))],
        &model,
        &all(&model),
        &ReadOptions::default(),
    )
    .unwrap();
    let found = records(&mut opened, &model).unwrap();
    let counts: Vec<usize> = found.iter().map(|r| r["page_view"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [1, 0, 1]);
}

#[test]
fn nested_and_separate_events_add_up() {
    let lines = r#"{"id":1,"page_view":[{"url":"/n","at":1767225600000,"n":7},{"URL":"/m","occurred-at":"2026-01-03"}]}
{"id":2,"page_view":[]}
{"id":3,"page_view":null}
no json
{"id":4,"page_view":"soon"}
"#;
    let folder = files(&[("contacts.jsonl", lines), ("views.csv", "id,url,at,n\n1,/s,2026-01-01,1\n2,/s,2026-01-01,1\n")]);
    let mut model = with_events(None, None);
    model.properties.truncate(1);
    let mut opened = reader(
        &folder.path().join("contacts.jsonl"),
        &[(0, &folder.path().join("views.csv"))],
        &model,
        &all(&model),
        &ReadOptions::default(),
    )
    .unwrap();
    insta::assert_json_snapshot!("both_events", records(&mut opened, &model).unwrap());
    let mut report = opened.report();
    report.bad_lines.iter_mut().for_each(|line| line.file = line.file.rsplit('/').next().unwrap().to_owned());
    insta::assert_json_snapshot!("both_events_report", report);
    let cell = files(&[("contacts.csv", "id,page_view\n1,\"[{\"\"url\"\":\"\"/c\"\",\"\"at\"\":\"\"2026-01-01\"\"}]\"\n")]);
    let mut opened = reader(&cell.path().join("contacts.csv"), &[], &model, &all(&model), &ReadOptions::default()).unwrap();
    assert_eq!(records(&mut opened, &model).unwrap()[0]["page_view"][0]["url"], "/c");
}

#[test]
fn missing_columns_and_events_stop_before_anything_is_read() {
    let folder = files(&[
        ("contacts.csv", "Record ID,e-mail adress\n1,x\n"),
        ("views.csv", "contact_id,uri,occurred_at\n1,/a,2026-01-01\n"),
    ]);
    let model = with_events(Some("contact_id"), None);
    let path = folder.path().join("contacts.csv");
    let views = folder.path().join("views.csv");
    let error = reader(&path, &[], &model, &all(&model), &ReadOptions::default()).err().unwrap();
    insta::assert_snapshot!(told(&error));
    assert_eq!(error.missing().unwrap().properties[0].property, PropId(1));
    assert_eq!(error.missing().unwrap().events, [EventId(0)]);
    let error = reader(&path, &[(0, &views)], &model, &all(&model), &ReadOptions::default()).err().unwrap();
    insta::assert_snapshot!(told(&error));
    let allow =
        ReadOptions { allow_missing: [PropId(1)].into(), allow_missing_events: [EventId(0)].into(), ..ReadOptions::default() };
    let mut opened = reader(&path, &[], &model, &all(&model), &allow).unwrap();
    assert_eq!(records(&mut opened, &model).unwrap(), [json!({"id": 1, "email": null, "page_view": []})]);
    let mut opened = reader(&path, &[(0, &views)], &model, &all(&model), &allow).unwrap();
    assert_eq!(records(&mut opened, &model).unwrap()[0]["page_view"][0]["url"], json!(null));
}

#[test]
fn json_names_go_into_objects() {
    let model = schema(vec![
        property("id", Type::Integer, &["properties.id"]),
        property("title", Type::Text, &["properties.job.title"]),
        property("dotted", Type::Text, &["a.b"]),
    ]);
    let lines = r#"{"id": 9, "properties": {"id": 1, "job": {"title": "VP \"X\""}}, "a": {"b": "in"}, "a.b": "exact"}
{"properties": {"id": 2, "job": null}, "A": {"B": "loose"}}
{"id": 3}
"#;
    let folder = files(&[("c.jsonl", lines)]);
    let mut opened = reader(&folder.path().join("c.jsonl"), &[], &model, &all(&model), &ReadOptions::default()).unwrap();
    insta::assert_json_snapshot!("json_objects", records(&mut opened, &model).unwrap());
    let twice = files(&[("c.jsonl", "{\"id\": 1, \"Dot-Ted\": 1, \"DOTTED\": 2}\n")]);
    let model = schema(vec![property("id", Type::Integer, &[]), property("dotted", Type::Text, &[])]);
    let mut opened = reader(&twice.path().join("c.jsonl"), &[], &model, &all(&model), &ReadOptions::default()).unwrap();
    insta::assert_snapshot!(told(&records(&mut opened, &model).unwrap_err()));
}
