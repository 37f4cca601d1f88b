//! Schemas: forms by example and what a schema resolves to.

use lsrc::check;
use lsrc::schema::{DateForm, DateOrder, Group, NumberForm, Schema};
use lsrc::value::{Type, Value};

fn schema(members: &str) -> Schema {
    let program = check::load_text("contact.lsr", &format!("schema contact {{ {members} }}"));
    let checked = check::check(&program, &[]);
    checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics)).schema
}

#[test]
fn numbers_by_example() {
    let form = |example: &str| NumberForm::by_example(example, false).map(|f| (f.group, f.decimal));
    assert_eq!(form("1 234,56"), Ok((Group::Space, Some(','))));
    assert_eq!(form("1\u{202f}234,5"), Ok((Group::Space, Some(','))));
    assert_eq!(form("1.234,56"), Ok((Group::Point, Some(','))));
    assert_eq!(form("1\u{2019}234.56"), Ok((Group::Apostrophe, Some('.'))));
    assert_eq!(form("-1,234,567.8"), Ok((Group::Comma, Some('.'))));
    for example in ["", "12", "1234,56", "1.234", "12.34,5", "1,234,56", "1 234", "1.234,", "abc", "1_234.5"] {
        assert!(form(example).is_err(), "{example}");
    }
    let plain = |group, decimal| NumberForm { group, decimal: Some(decimal), currency: None, percent: false };
    assert_eq!(NumberForm::by_example("1.234", true), Ok(plain(Group::Point, ',')));
    assert_eq!(NumberForm::by_example("1,234", true), Ok(plain(Group::Comma, '.')));
    let marked = |example: &str| {
        NumberForm::by_example(example, false).map(|f| (f.group, f.decimal, f.currency.as_deref().map(str::to_owned), f.percent))
    };
    assert_eq!(marked("€ 1.234,56"), Ok((Group::Point, Some(','), Some("€".to_owned()), false)));
    assert_eq!(marked("1,234.56 USD"), Ok((Group::Comma, Some('.'), Some("USD".to_owned()), false)));
    assert_eq!(marked("45 %"), Ok((Group::None, None, None, true)));
    assert_eq!(marked("12,5%"), Ok((Group::Point, Some(','), None, true)));
}

#[test]
fn dates_by_example() {
    let form = |example: &str| {
        DateForm::by_example(example).map(|form| match form {
            DateForm::Calendar(f) => (f.order, f.separator, f.has_time, f.twelve_hours),
            DateForm::Serial | DateForm::EpochSeconds => panic!("{example}"),
        })
    };
    assert_eq!(form("31/12/2026"), Ok((DateOrder::DayMonthYear, '/', false, false)));
    assert_eq!(form("12/31/2026 11:59 PM"), Ok((DateOrder::MonthDayYear, '/', true, true)));
    assert_eq!(form("12/31/2026 11:59pm"), Ok((DateOrder::MonthDayYear, '/', true, true)));
    assert_eq!(form("31.12.2026 23:59"), Ok((DateOrder::DayMonthYear, '.', true, false)));
    assert_eq!(form("2026-12-31 23:59:59"), Ok((DateOrder::YearMonthDay, '-', true, false)));
    for example in [
        "",
        "01/02/2026",
        "1/2/26",
        "31/12/026",
        "31-Foo-2026",
        "31-12.2026",
        "32/12/2026",
        "31/12/2026 25:00",
        "31/12/2026 13:00 PM",
        "31 12 2026",
    ] {
        assert!(form(example).is_err(), "{example}");
    }
}

#[test]
fn forms_of_the_schema_hold_for_every_number_and_date_unless_it_has_its_own() {
    let schema = schema(
        "a: number   numbers like \"1.234,56\"   b: number like \"1,234.56\"   c: text   d: date   dates like \"31/12/2026\"
         events visit { at: datetime   price: number }",
    );
    let group = |name: &str| schema.find(name).unwrap().1.number_forms.first().map(|f| f.group);
    assert_eq!((group("a"), group("b"), group("c")), (Some(Group::Point), Some(Group::Comma), None));
    assert_eq!(*schema.find("d").unwrap().1.date_forms, [DateForm::by_example("31/12/2026").unwrap()]);
    let visit = schema.find_event("visit").unwrap().1;
    assert_eq!(visit.fields[1].number_forms.first().map(|f| f.group), Some(Group::Point));
    assert!(!visit.fields[0].date_forms.is_empty());
}

#[test]
fn a_schema_is_resolved() {
    let schema = schema(
        "time zone \"Europe/Paris\"  unknown values \"Select\"  ignore accents
         key id: integer from \"Record ID\", \"id\"
         industry: one of [software, finance = \"Financial Services\"] default \"financial services\"
         employees: integer default -5
         day: date default 2026-01-15
         tags: set of text split by \",\"
         events visit by \"contact\" to industry_code { page: text   at: date }
         industry_code: text",
    );
    assert_eq!(schema.key.map(|k| k.0), Some(0));
    assert_eq!(schema.find("id").unwrap().1.from, ["Record ID".into()], "the own name is tried anyway");
    assert_eq!((&*schema.zone_name, schema.ignore_accents), ("Europe/Paris", true));
    assert_eq!(schema.find("industry").unwrap().1.default, Some(Value::Option(1)));
    assert_eq!(schema.find("employees").unwrap().1.default, Some(Value::Integer(-5)));
    assert!(matches!(schema.find("day").unwrap().1.default, Some(Value::Date(_))));
    assert_eq!(schema.find("tags").unwrap().1.split.as_deref(), Some(","));
    assert_eq!(schema.find("tags").unwrap().1.ty, Type::SetOfText);
    let visit = schema.find_event("visit").unwrap().1;
    assert_eq!((visit.at.0, visit.to.first().copied()), (1, schema.find("industry_code").map(|p| p.0)));
}
