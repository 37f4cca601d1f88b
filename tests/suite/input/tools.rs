//! Schemas from data and from lists of fields: what is written checks, and reads what it came from.

use std::path::Path;

use lsrc::input::{ReadOptions, Spec, import, infer};
use lsrc::schema::Schema;

use super::support::{all, as_of, files, records, shared};

/// The schema that a text declares.
fn checked(text: &str) -> Schema {
    let program = lsrc::check::load_text("contact.lsr", text);
    let checked = lsrc::check::check(&program, &[]);
    let errors: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|d| format!("{} at {:?}: {}", d.code.name(), program.sources.place(d.span), d.message))
        .collect();
    assert!(!checked.diagnostics.has_errors(), "{errors:#?}\n{text}");
    checked.model.unwrap().schema.clone()
}

/// Reads all of a file by a schema; no cell may be in error.
fn reads(path: &Path, text: &str) -> usize {
    let schema = checked(text);
    let mut reader =
        lsrc::input::open(&Spec::file(path), &[], &schema, &all(&schema), as_of(&schema), &ReadOptions::default()).unwrap();
    let found = records(&mut reader, &schema).unwrap();
    assert_eq!(reader.report().errors(), 0, "{}: {:#?}\n{text}", path.display(), reader.report());
    found.len()
}

#[test]
fn inferred_schemas_read_public_data() {
    for (folder, file) in [
        ("x-education", "Leads.csv"),
        ("x-education", "leads-snappy.parquet"),
        ("x-education", "leads-500.jsonl"),
        ("hubspot-contacts", "hubspot_contacts.csv"),
        ("hubspot-contacts", "hubspot_activities.csv"),
        ("hubspot-contacts", "hubspot_deals.csv"),
        ("hubspot-contacts", "hubspot_companies.csv"),
        ("hubspot-contacts", "contacts-list-v3.json"),
        ("hubspot-warehouse", "contact_data.csv"),
        ("hubspot-warehouse", "email_event_data.csv"),
        ("hubspot-warehouse", "contact_property_history_data.csv"),
        ("hubspot-warehouse", "form_data.csv"),
        ("csv-dialects", "utf8-comma.csv"),
        ("csv-dialects", "utf8-bom-comma-crlf-us.csv"),
        ("csv-dialects", "utf16le-tab-crlf.txt"),
        ("salesforce-lead", "sf_lead_data.csv"),
        ("german-credit", "germancredit.csv"),
    ] {
        let Some(folder) = shared(folder) else { return };
        let path = folder.join(file);
        let text = infer(&Spec::file(&path), "contact").unwrap();
        assert!(reads(&path, &text) > 0, "{file}");
    }
}

#[test]
fn imported_schemas_check() {
    let Some(folder) = shared("hubspot-properties") else { return };
    for file in ["contacts-properties-v3.json", "contacts-properties-settings-export.csv"] {
        let schema = checked(&import(&folder.join(file), "contact").unwrap());
        assert!(schema.properties.len() >= 200, "{file}: {}", schema.properties.len());
    }
}

const CONTACTS: &str = "\
Record ID,E-mail,Score,Amount,Créé le,Opened,Form,Newsletter,Size,Lead Status,Empty,Zip
1,a@x.io,10,\"1.234,50\",31/12/2025,2025-12-31 10:00,demo;pricing,Yes,1-10,Open,,01000
2,b@x.io,20,\"10,00\",01/02/2025,,demo,No,50-100,open,,75001
3,c@x.io,N/A,\"7,00\",02/02/2025,2025-06-30 09:15,guide;demo,No,1-10,In progress,,13002
4,d@x.io,40,unknown,03/02/2025,,pricing,,1-10,Open,,06000
5,e@x.io,50,\"5,00\",04/02/2025,,guide,No,50-100,In progress,,33000
6,f@x.io,60,\"6,00\",05/02/2025,,demo;guide;pricing,Yes,1-10,Unknown,,59000
";

#[test]
fn an_inferred_schema_says_why() {
    let folder = files(&[("contacts.csv", CONTACTS)]);
    let path = folder.path().join("contacts.csv");
    let text = infer(&Spec::file(&path), "contact").unwrap();
    insta::assert_snapshot!(text.replace(&path.display().to_string(), "contacts.csv"));
}

#[test]
fn nested_events_are_inferred() {
    let lines = "{\"id\": 1, \"tags\": [\"a\", \"b\"], \"page_view\": [{\"url\": \"/a\", \"occurred_at\": \"2026-01-01T10:00:00Z\"}]}\n{\"id\": 2, \"tags\": [], \"page_view\": null, \"company\": {\"size\": 10}}\n";
    let folder = files(&[("contacts.jsonl", lines)]);
    let path = folder.path().join("contacts.jsonl");
    let text = infer(&Spec::file(&path), "contact").unwrap();
    insta::assert_snapshot!(text.replace(&path.display().to_string(), "contacts.jsonl"));
    assert_eq!(reads(&path, &text), 2);
}

const SALESFORCE: &str = r#"{"name": "Lead", "fields": [
  {"name": "Id", "label": "Lead ID", "type": "id", "picklistValues": []},
  {"name": "LeadSource", "label": "Lead Source", "type": "picklist", "picklistValues": [
    {"active": true, "label": "Web", "value": "Web"}, {"active": false, "label": "Fax", "value": "Fax"}, {"active": true, "label": "Trade fair", "value": "TRADE"}]},
  {"name": "Interests__c", "label": "Interests", "type": "multipicklist", "inlineHelpText": "What they ask about", "picklistValues": [
    {"active": true, "label": "A", "value": "A"}]},
  {"name": "NumberOfEmployees", "label": "Employees", "type": "int", "picklistValues": []},
  {"name": "AnnualRevenue", "label": "Annual Revenue", "type": "currency", "picklistValues": []},
  {"name": "HasOptedOutOfEmail", "label": "Email Opt Out", "type": "boolean", "picklistValues": []},
  {"name": "CreatedDate", "label": "Created Date", "type": "datetime", "picklistValues": []}]}"#;

#[test]
fn salesforce_fields_are_imported() {
    let table = "Field Label,Field Name,Data Type\nLead ID,Id,Lookup()\nEmployees,NumberOfEmployees,\"Number(8, 0)\"\nRating,Rating,Picklist\nCreated Date,CreatedDate,Date/Time\nDo Not Call,DoNotCall,Checkbox\n";
    let folder = files(&[("lead.json", SALESFORCE), ("lead.csv", table), ("other.csv", "a,b\n1,2\n")]);
    for name in ["lead.json", "lead.csv"] {
        let path = folder.path().join(name);
        let text = import(&path, "lead").unwrap().replace(&path.display().to_string(), name);
        checked(&text);
        insta::assert_snapshot!(text);
    }
    insta::assert_snapshot!(super::support::told(&import(&folder.path().join("other.csv"), "lead").unwrap_err()));
}
