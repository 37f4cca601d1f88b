//! The company of a contact: however the data have it, every record gets the same, and what a plain search through all rows finds.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::command::lsrc;

const RULES: &str = r#"lsr 1
schema contact {
  key id: integer
  address: text
  related company by "Domain" to domain of address {
    industry:  one of [software, retail = "Retail & Co"]
    employees: integer  default 7
    tags:      set of [a, b, c]
    founded:   date     from "Founded in"
  }
}
score s {
  if company is known then +1000
  match company.industry { software: +100  retail: +200  unknown: +300 }
  per company.employees then +0.01 max 50
  match each company.tags { a: +1  b: +2  c: +4 }
  if company.founded before 2010-01-01 then +10 unknown +20
}
"#;

/// Numbers that only the seed decides.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

/// A company as its file has it: domain, industry, employees, tags, founded.
type Company = [&'static str; 5];

fn companies(numbers: &mut Numbers, count: usize) -> Vec<Company> {
    const DOMAINS: &[&str] = &[
        "a.example",
        "B.example",
        "c.example",
        "C.Example",
        "d.example",
        "e.example",
        "É.example",
        "é.example",
        "",
        "f.example",
    ];
    let one = |n: &mut Numbers| {
        [
            n.pick(DOMAINS),
            n.pick(&["software", "Retail & Co", "SOFTWARE", ""]),
            n.pick(&["1", "50", "1200", ""]),
            n.pick(&["a", "a;b", "c;c;b", ""]),
            n.pick(&["2001-02-03", "2020-01-01", ""]),
        ]
    };
    (0..count).map(|_| one(numbers)).collect()
}

/// The company that an address names: the one row whose domain is the same in lower case, if it is one.
fn company_of<'c>(address: &str, companies: &'c [Company]) -> Option<&'c Company> {
    let domain = address.rsplit_once('@')?.1.to_lowercase();
    let mut same = companies.iter().filter(|company| !company[0].is_empty() && company[0].to_lowercase() == domain);
    let first = same.next()?;
    same.next().is_none().then_some(first)
}

/// The members of a company as JSON has them.
fn object(company: &Company) -> String {
    let mut parts = Vec::new();
    for (name, value) in ["", "industry", "employees", "", "Founded in"].iter().zip(company).skip(1) {
        if !name.is_empty() && !value.is_empty() {
            parts.push(format!("\"{name}\":\"{value}\""));
        }
    }
    let tags: Vec<String> = company[3].split(';').filter(|tag| !tag.is_empty()).map(|tag| format!("\"{tag}\"")).collect();
    parts.push(format!("\"tags\":[{}]", tags.join(",")));
    format!("{{{}}}", parts.join(","))
}

fn scores(folder: &Path, args: &[&str]) -> Vec<String> {
    let output = lsrc(folder).args(["run", "rules.lsr"]).args(args).args(["--as-of", "2026-01-15"]).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn write(folder: &Path, seed: u64, contacts: usize, rows: usize) {
    let mut numbers = Numbers(seed);
    let companies = companies(&mut numbers, rows);
    let mut separate = String::from("Industry,Domain,employees,TAGS,Founded in\n");
    for [domain, industry, employees, tags, founded] in &companies {
        writeln!(separate, "{industry},{domain},{employees},{tags},{founded}").unwrap();
    }
    let mut plain = String::from("id,address\n");
    let (mut lines, mut nested) = (String::new(), String::new());
    for id in 1..=contacts {
        let at =
            numbers.pick(&["a.example", "b.EXAMPLE", "c.example", "d.example", "é.example", "É.EXAMPLE", "nobody.example", ""]);
        let address = if numbers.below(10) == 0 { at.to_owned() } else { format!("x@{at}") };
        writeln!(plain, "{id},{address}").unwrap();
        writeln!(lines, "{{\"id\":{id},\"address\":\"{address}\"}}").unwrap();
        let company = company_of(&address, &companies).map_or_else(|| "null".to_owned(), object);
        writeln!(nested, "{{\"id\":{id},\"company\":{company}}}").unwrap();
    }
    for (name, text) in [
        ("rules.lsr", RULES),
        ("companies.csv", &separate),
        ("plain.csv", &plain),
        ("lines.jsonl", &lines),
        ("nested.jsonl", &nested),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    // The same rules with a file of their own.
    let own = RULES.replace("related company by", "related company from \"companies.csv\" by");
    fs::write(folder.join("own.lsr"), own).unwrap();
}

#[test]
fn a_company_is_the_same_however_the_data_have_it() {
    for seed in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), seed, 60, 9);
        // A property that no company of the few has is missing from the data.
        let nested = scores(folder.path(), &["nested.jsonl", "--allow-missing", "company"]);
        let separate = ["--related", "company=companies.csv"];
        for data in ["plain.csv", "lines.jsonl"] {
            assert_eq!(scores(folder.path(), &[&[data], &separate[..]].concat()), nested, "seed {seed}, {data}");
        }
        let output = lsrc(folder.path()).args(["run", "own.lsr", "plain.csv", "--as-of", "2026-01-15"]).output().unwrap();
        let own: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(own, nested, "seed {seed}, a file of the rules");
    }
}

#[test]
fn threads_and_batches_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 3, 30_000, 6);
    let nested = scores(folder.path(), &["nested.jsonl", "--threads", "1", "--allow-missing", "company"]);
    assert!(nested.iter().any(|line| line.contains(",1")), "nobody has a company");
    for data in ["plain.csv", "lines.jsonl"] {
        for threads in ["1", "3"] {
            let found = scores(folder.path(), &[data, "--related", "company=companies.csv", "--threads", threads]);
            assert!(found == nested, "{data} on {threads} threads");
        }
    }
}

/// One record at a time, as a program of one's own scores them.
#[test]
fn single_records_have_their_companies() {
    let rules = lsrc::RuleSet::from_texts(
        "rules.lsr",
        [
            ("rules.lsr", RULES.replace("related company by", "related company from \"companies.csv\" by").as_str()),
            ("companies.csv", "Domain,industry,employees,tags,Founded in\nacme.example,software,50,a,2001-01-01\n"),
        ],
    )
    .unwrap();
    let mut scorer = rules.scorer(rules.as_of("2026-01-15").unwrap());
    let mut score = |json: &str| scorer.score_json(json).unwrap().score("s").unwrap().to_string();
    assert_eq!(score(r#"{"id": 1, "address": "ann@ACME.example"}"#), "1111.5");
    assert_eq!(score(r#"{"id": 2, "address": "bob@other.example"}"#), "320.07");
    assert_eq!(score(r#"{"id": 3}"#), "320.07");
    let within = lsrc::RuleSet::from_text("rules.lsr", RULES).unwrap();
    let mut scorer = within.scorer(within.as_of("2026-01-15").unwrap());
    let scored = scorer.score_json(r#"{"id": 1, "company": {"industry": "retail", "tags": ["b", "c"]}}"#).unwrap();
    assert_eq!(scored.score("s").unwrap().to_string(), "1226.07");
}

/// Parquet and Arrow have companies as structs: one that is there and holds nothing is a company too.
#[test]
fn structs_are_companies() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::{DataType, Field, Fields};

    let folder = tempfile::tempdir().unwrap();
    let field = |name: &str, ty| Field::new(name, ty, true);
    let fields = Fields::from(vec![field("Industry", DataType::Utf8), field("employees", DataType::Int64)]);
    let company = StructArray::new(
        fields,
        vec![
            Arc::new(StringArray::from(vec![Some("software"), Some("retail"), None, Some("software")])) as ArrayRef,
            Arc::new(Int64Array::from(vec![Some(50), None, None, Some(1)])),
        ],
        Some(NullBuffer::from(vec![true, true, true, false])),
    );
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let batch = RecordBatch::try_from_iter([("id", ids), ("Company", Arc::new(company) as ArrayRef)]).unwrap();
    let file = |name: &str| fs::File::create(folder.path().join(name)).unwrap();
    let mut parquet = parquet::arrow::ArrowWriter::try_new(file("contacts.parquet"), batch.schema(), None).unwrap();
    parquet.write(&batch).unwrap();
    parquet.close().unwrap();
    let mut ipc = arrow::ipc::writer::FileWriter::try_new(file("contacts.arrow"), &batch.schema()).unwrap();
    ipc.write(&batch).unwrap();
    ipc.finish().unwrap();
    fs::write(folder.path().join("rules.lsr"), RULES).unwrap();
    fs::write(folder.path().join("companies.csv"), "Domain,industry,employees,tags,Founded in\n").unwrap();
    for data in ["contacts.parquet", "contacts.arrow"] {
        let found = scores(folder.path(), &[data, "--allow-missing", "company.tags,company.founded"]);
        assert_eq!(found, ["id,s,excluded", "1,1120.5,", "2,1220.07,", "3,1320.07,", "4,320.07,"], "{data}");
        // A file of companies besides is refused, although records name none of it.
        let output = lsrc(folder.path())
            .args(["run", "rules.lsr", data, "--related", "company=companies.csv", "--allow-missing", "address"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{data}");
        assert!(said.contains("the records have `company` themselves, and companies.csv has it too"), "{said}");
    }
}
