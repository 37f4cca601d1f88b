//! The same sixty contacts in four dialects of CSV.

use lsrc::input::{Encoding, ReadOptions, Spec};
use lsrc::schema::{DateForm, NumberForm, Schema};
use lsrc::value::Type;
use serde_json::{Value, json};

use super::support::{all, as_of, options, property, records, schema, shared};

fn contacts(number: Option<&str>, date: Option<&str>) -> Schema {
    let stages = [
        "Subscriber",
        "Lead",
        "Marketing Qualified Lead",
        "Sales Qualified Lead",
        "Opportunity",
        "Customer",
        "Evangelist",
        "Other",
    ];
    let mut model = schema(vec![
        property("id", Type::Integer, &["Record ID"]),
        property("first", Type::Text, &["First Name"]),
        property("city", Type::Text, &[]),
        property("revenue", Type::Number, &["Annual Revenue"]),
        property("employees", Type::Integer, &["Number of Employees"]),
        property("created", Type::DateTime, &["Create Date"]),
        property("opened", Type::DateTime, &["Last marketing email open date"]),
        property("unsubscribed", Type::Boolean, &["Unsubscribed from all email"]),
        property("role", Type::SetOfText, &["Buying Role"]),
        property("stage", Type::OneOf(options(&stages)), &["Lifecycle Stage"]),
        property("message", Type::Text, &[]),
    ]);
    for p in &mut model.properties {
        p.number_forms = number.map(|example| NumberForm::by_example(example, false).unwrap()).into_iter().collect();
        p.date_forms = date.map(|example| DateForm::by_example(example).unwrap()).into_iter().collect();
    }
    model
}

#[test]
fn four_dialects_give_the_same_records() {
    let Some(folder) = shared("csv-dialects") else { return };
    let truth: Vec<Value> = std::fs::read_to_string(folder.join("truth.jsonl"))
        .unwrap()
        .lines()
        .map(|line| {
            let t: Value = serde_json::from_str(line).unwrap();
            let time = |name: &str| t[name].as_str().map_or(Value::Null, |s| json!(format!("{s}Z")));
            json!({
                "id": t["Record ID"], "first": t["First Name"], "city": t["City"], "revenue": t["Annual Revenue"].as_f64(),
                "employees": t["Number of Employees"], "created": time("Create Date"),
                "opened": time("Last marketing email open date"), "unsubscribed": t["Unsubscribed from all email"],
                "role": if t["Buying Role"].is_null() { json!([]) } else { t["Buying Role"].clone() },
                "stage": t["Lifecycle Stage"], "message": t["Message"],
            })
        })
        .collect();
    let files = [
        ("utf8-comma.csv", None, None, None),
        ("utf8-bom-comma-crlf-us.csv", None, Some("1,234.56"), Some("12/31/2026 11:59 PM")),
        ("cp1252-semicolon-crlf-fr.csv", Some("windows-1252"), Some("1 234,56"), Some("31/12/2026 23:59")),
        ("utf16le-tab-crlf.txt", None, Some("1 234,56"), Some("31/12/2026 23:59")),
    ];
    for (name, encoding, number_form, date_form) in files {
        let model = contacts(number_form, date_form);
        let spec = Spec { encoding: encoding.and_then(Encoding::named), ..Spec::file(folder.join(name)) };
        let mut reader = lsrc::input::open(&spec, &[], &model, &all(&model), as_of(&model), &ReadOptions::default()).unwrap();
        let found = records(&mut reader, &model).unwrap();
        for (found, truth) in found.iter().zip(&truth) {
            assert_eq!(found, truth, "{name}");
        }
        assert_eq!(found.len(), truth.len(), "{name}");
        assert_eq!(reader.report().errors(), 0, "{name}: {:#?}", reader.report());
    }
}
