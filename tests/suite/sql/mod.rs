//! The SQL of every case and of generated models: run in SQLite against the oracle, parsed in every other dialect.

mod accounts;
pub(crate) mod engine;
mod export;

use std::collections::BTreeMap;
use std::sync::Arc;

use lsrc::hir::{AsOf, Model};
use lsrc::lower::{self, LowerOptions};
use lsrc::report::layout::{Layout, LayoutOptions};
use lsrc::schema::{EventId, RelatedId};
use lsrc::source::Sources;
use lsrc::sql::{self, DialectName, Refusal, Request, Shape};
use lsrc::value::Points;
use lsrc::vm::Vm;
use lsrc::vm::scores::Reason;

use crate::conformance::{archive, harness};
use crate::oracle::{self, Record, columns, results};
use crate::property::{contact, program, tape};

/// Numbers that only the seed decides.
fn words_of(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state >> 32).unwrap()
    };
    (0..count).map(next).collect()
}

/// A generated model with records that tables can hold.
struct Generated {
    source: String,
    sources: Sources,
    model: Model,
    as_of: AsOf,
    records: Vec<Record>,
}

/// The model of a seed; `None` where its program has an error. Accents are never ignored, which most dialects refuse.
fn generated(seed: u64) -> Option<Generated> {
    let words = words_of(seed, 6000);
    let mut tape = tape::Tape::new(&words);
    let generated = program::program(&mut tape);
    let source: Vec<&str> = generated.source.lines().filter(|line| line.trim() != "ignore accents").collect();
    let source = source.join("\n");
    let texts = lsrc::check::Texts::new().with("rules.lsr", source.as_bytes());
    let loaded = lsrc::check::load(&texts, std::path::Path::new("rules.lsr"), &lsrc::check::LoadOptions::default());
    let model = lsrc::check::check(&loaded, &[]).model?;
    let as_of = AsOf::parse(generated.as_of, &model.schema.zone).unwrap();
    let mut records: Vec<Record> = (0..20).map(|_| contact::contact(&mut tape, &model, as_of)).collect();
    for (at, record) in (1_i64..).zip(&mut records) {
        engine::tidy(&model, record, at);
    }
    engine::relate(&model, &mut records);
    Some(Generated { source, sources: loaded.sources, model, as_of, records })
}

fn request(model: &Model, dialect: DialectName, as_of: AsOf) -> Request {
    let events = (0..).map(EventId).zip(&model.schema.events).map(|(id, list)| (id, list.name.to_string()));
    Request {
        dialect,
        table: "contacts".to_owned(),
        events: events.collect(),
        related: (0..).map(RelatedId).zip(&model.schema.related).map(|(id, related)| (id, related.name.to_string())).collect(),
        as_of: Some(as_of),
        clock: None,
        explain: false,
        shape: Shape::Select,
        name: "rules".to_owned(),
    }
}

/// What the oracle gives, sorted, as `lsrc run` writes it behind the key.
fn expected(model: &Model, records: &[Record], as_of: AsOf) -> Vec<Vec<String>> {
    let row = |record: &Record| {
        let key = engine::key(model, record);
        let outcome = oracle::evaluate(model, record, as_of);
        [vec![key], results::cells(model, &outcome)].concat()
    };
    let mut rows: Vec<_> = records.iter().map(row).collect();
    rows.sort();
    rows
}

/// The same by the engine's clock, which is put at `as_of`, and with the account of every record.
fn explained(model: &Model, dialect: DialectName, as_of: AsOf) -> Request {
    Request { as_of: None, clock: Some(as_of.micros.to_string()), explain: true, ..request(model, dialect, as_of) }
}

/// What the program's account of every record says, as the CSV of `lsrc run --explain` has it.
fn accounts(model: &Model, sources: &Sources, records: &[Record], as_of: AsOf) -> Vec<String> {
    let batch = columns::batch(model, records, true);
    let chunk = Arc::new(lower::lower(model, LowerOptions { fuse: true, reasons: true }));
    let scores = Vm::new(&chunk, as_of).run(&batch);
    let parties = Layout::new(model, sources, &LayoutOptions { reasons: true, ..LayoutOptions::default() }).accounts;
    let line = |reason: &Reason| {
        let party = parties.party(reason).unwrap();
        let sign = if reason.points > 0 { "+" } else { "" };
        let words = party.because.as_ref().unwrap_or(&party.rule);
        format!("{} {sign}{} {words} (line {})", parties.score(reason), Points(reason.points), party.line)
    };
    let account = |row: usize| {
        let mut entries = Vec::new();
        parties.entries(&scores, row, &mut entries);
        entries.into_iter().map(line).collect::<Vec<_>>().join("; ")
    };
    (0..records.len()).map(account).collect()
}

/// What the oracle gives with the account behind it, sorted.
fn expected_explained(model: &Model, sources: &Sources, records: &[Record], as_of: AsOf) -> Vec<Vec<String>> {
    let row = |(record, account): (&Record, String)| {
        let outcome = oracle::evaluate(model, record, as_of);
        [vec![engine::key(model, record)], results::cells(model, &outcome), vec![account]].concat()
    };
    let mut rows: Vec<_> = records.iter().zip(accounts(model, sources, records, as_of)).map(row).collect();
    rows.sort();
    rows
}

/// Where two results differ; words of a rule itself are not compared.
fn differences(expected: &[Vec<String>], found: &[Vec<String>]) -> String {
    let mut out = String::new();
    if expected.len() != found.len() {
        out += &format!("{} rows expected, {} found\n", expected.len(), found.len());
    }
    for (a, b) in expected.iter().zip(found) {
        let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a == "(its words)");
        if !same {
            out += &format!("  expected {a:?}\n  found    {b:?}\n");
        }
    }
    out
}

/// The SQL of a model over its records in SQLite; what is refused is counted, anything else that goes wrong is told.
fn in_sqlite(model: &Model, sources: &Sources, records: &[Record], as_of: AsOf) -> Result<Result<String, Refusal>, String> {
    let text = match sql::write(model, sources, &request(model, DialectName::Sqlite, as_of)) {
        Ok(text) => text,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let run = |text: &str, expected: &[Vec<String>]| {
        let found = engine::run(model, records, text).map_err(|error| format!("{error}\n{text}"))?;
        let said = differences(expected, &found);
        if said.is_empty() { Ok(()) } else { Err(format!("{said}\n{text}")) }
    };
    run(&text, &expected(model, records, as_of))?;
    let explained = sql::write(model, sources, &explained(model, DialectName::Sqlite, as_of));
    let explained = explained.map_err(|refusal| format!("refused only with its account: {}", refusal.construct))?;
    run(&explained, &expected_explained(model, sources, records, as_of))?;
    Ok(Ok(text))
}

#[test]
fn sqlite_gives_what_the_reference_says() {
    let mut wrong = String::new();
    let (mut ran, mut rows) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for case in archive::all().iter().filter(|case| case.file("expected.csv").is_some()) {
        let (loaded, checked) = harness::program(case);
        let Some(model) = checked.model else { continue };
        let Ok(batch) = harness::batch(case, &model) else { continue };
        let mut records = columns::records(&model, &batch);
        engine::relate(&model, &mut records);
        if !engine::holds(&model, &records) {
            *refused.entry("(a member that holds its separator)".to_owned()).or_default() += 1;
            continue;
        }
        match in_sqlite(&model, &loaded.sources, &records, harness::as_of(case, &model)) {
            Ok(Ok(_)) => {
                ran += 1;
                rows += records.len();
            }
            Ok(Err(refusal)) => {
                assert!(
                    model.schema.span.is_none() || refusal.span != lsrc::source::Span::default() || model.schema.key.is_none(),
                    "{refusal:?}"
                );
                *refused.entry(refusal.construct).or_default() += 1;
            }
            Err(said) => wrong += &format!("== {}\n{said}\n", case.name),
        }
    }
    eprintln!("sqlite: {ran} cases, {rows} rows, refused {refused:#?}");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(ran > 60, "only {ran} cases ran");
}

#[test]
fn sqlite_gives_what_the_oracle_says_of_generated_models() {
    let (mut ran, mut rows) = (0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let seeds = std::env::var("SQL_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    for seed in 0..seeds {
        let Some(Generated { source, sources, model, as_of, records }) = generated(seed) else { continue };
        match in_sqlite(&model, &sources, &records, as_of) {
            Ok(Ok(_)) => {
                ran += 1;
                rows += records.len();
            }
            Ok(Err(refusal)) => *refused.entry(refusal.construct).or_default() += 1,
            Err(said) => panic!("seed {seed}\n{source}\n{said}"),
        }
    }
    eprintln!("sqlite: {ran} generated models, {rows} rows, refused {refused:#?}");
    assert!(ran >= seeds / 10, "only {ran} of {seeds} models ran");
}

const HOSTILE: &str = "lsr 1
schema contact {
  key `id\"; DROP TABLE contacts; --`: integer
  `na\"me`: text
}
define `it's; --` = `na\"me` contains \"o'brien'; DROP TABLE contacts; --\"
exclude if `it's; --` because \"'); DROP TABLE contacts; -- \\\\' {{ x }} {% y %} */ /* 😀 \u{7}\u{2028}${z}\"
score `sc'o\"re` { if `na\"me` is \"a\\\\\" then +1 because \"x\\n'; DROP TABLE contacts\" }
";

fn hostile(text: &str) -> (lsrc::check::Program, Model) {
    let texts = lsrc::check::Texts::new().with("rules.lsr", text.as_bytes());
    let loaded = lsrc::check::load(&texts, std::path::Path::new("rules.lsr"), &lsrc::check::LoadOptions::default());
    let checked = lsrc::check::check(&loaded, &[]);
    let model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    (loaded, model)
}

fn hostile_records() -> [Record; 3] {
    let record = |key, name: &str| Record {
        values: vec![Some(lsrc::value::Value::Integer(key)), Some(lsrc::value::Value::Text(name.into()))],
        events: Vec::new(),
    };
    [record(1, "A\\"), record(2, "O'Brien'; DROP TABLE contacts; --"), record(3, "b")]
}

/// Names and texts that try to end what they stand in: one query comes of them, and it gives what the reference says.
#[test]
fn hostile_names_and_texts_stay_in_their_quotes() {
    let (loaded, model) = hostile(HOSTILE);
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    let records = hostile_records();
    in_sqlite(&model, &loaded.sources, &records, as_of).unwrap().unwrap();
    for dialect in DialectName::ALL {
        for request in [request(&model, dialect, as_of), explained(&model, dialect, as_of)] {
            let text = sql::write(&model, &loaded.sources, &request).unwrap();
            assert!(!text.contains(['\0', '\u{7}', '\u{2028}']), "{text}");
            if PARSED.contains(&dialect) {
                assert_eq!(parsed(dialect, &text).unwrap(), 1, "{text}");
            }
        }
        // In a dbt model the braces of the rules stand between raw marks, and those of the model outside.
        let text =
            sql::write(&model, &loaded.sources, &Request { shape: Shape::Dbt, ..request(&model, dialect, as_of) }).unwrap();
        let outside: Vec<&str> = text.split("{% endraw %}").map(|part| part.split("{% raw %}").next().unwrap()).collect();
        assert!(outside.concat().contains("source(\"rules_input\", \"contacts\")"), "{text}");
        assert!(!outside.concat().contains("x }}"), "{text}");
    }
}

/// A table's name that tries the same, and names with characters that cannot be seen.
#[test]
fn a_table_stays_in_its_quotes_and_hidden_characters_are_refused() {
    let (loaded, model) = hostile(HOSTILE);
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    for dialect in PARSED {
        let mut table = "crm.con\"tacts`; DROP TABLE contacts; --".to_owned();
        if dialect == DialectName::Bigquery {
            // The parser does not know that a backslash stands before a backtick there; Google's own does, see `export`.
            table = table.replace('`', "");
        }
        let text = sql::write(&model, &loaded.sources, &Request { table, ..request(&model, dialect, as_of) }).unwrap();
        assert_eq!(parsed(dialect, &text).unwrap(), 1, "{text}");
    }
    for hidden in ["con\0tacts", "con\ntacts", "con\u{202e}tacts", "con\u{2}tacts"] {
        let request = Request { table: hidden.to_owned(), ..request(&model, DialectName::Postgres, as_of) };
        let refusal = sql::write(&model, &loaded.sources, &request).unwrap_err();
        assert!(refusal.construct.contains("cannot be seen"), "{refusal:?}");
    }
}

/// What an engine reads differently in a pattern is refused with its reason, and the rest is written with every class spelled out.
#[test]
fn patterns_are_spelled_out_or_refused_by_name() {
    let with = |pattern: &str, dialect: DialectName| {
        let rules = format!("lsr 1\nschema c {{ key id: integer\n t: text }}\nscore s {{ if t matches /{pattern}/ then +1 }}\n");
        let (loaded, model) = hostile(&rules);
        let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
        sql::write(&model, &loaded.sources, &request(&model, dialect, as_of)).map_err(|refusal| refusal.construct)
    };
    let text = with(r"^vp\b|[0-9]{2,3}$", DialectName::Duckdb).unwrap();
    assert!(text.contains(r"\A[Vv][Pp]\b|[0-9]{2,3}\z"), "{text}");
    let text = with("k", DialectName::Postgres).unwrap();
    assert!(text.contains(r"~ '[Kk\u212a]'"), "{text}");
    for (pattern, dialect, why) in [
        ("(a+)+", DialectName::Spark, "a repetition within a repetition"),
        (r"a\B", DialectName::Duckdb, r"`\B`"),
        ("a{300}", DialectName::Postgres, "more than 255 repetitions"),
        ("a", DialectName::Sqlite, "this pattern"),
    ] {
        let refused = with(pattern, dialect).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

/// No text of PostgreSQL holds the character U+0000, and none can be written.
#[test]
fn a_text_that_an_engine_cannot_write_is_refused() {
    for test in ["t contains \"a\\u{0}\"", "t is \"\\u{0}\"", "ts contains \"\\u{0}\""] {
        let rules =
            format!("lsr 1\nschema c {{ key id: integer\n t: text\n ts: set of text }}\nscore s {{ if {test} then +1 }}\n");
        let (loaded, model) = hostile(&rules);
        let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
        let write = |dialect| sql::write(&model, &loaded.sources, &request(&model, dialect, as_of));
        assert!(write(DialectName::Duckdb).is_ok(), "{test}");
        assert_eq!(write(DialectName::Postgres).unwrap_err().construct, "a text with the character U+0000", "{test}");
    }
}

/// Totals are joined to records, and an event cannot look at them.
#[test]
fn a_definition_that_adds_up_events_is_refused_within_a_where() {
    let (loaded, model) = hostile(
        "lsr 1\nschema c { key id: integer\n events buy by \"id\" { at: date  paid: number } }\n\
         define often = count(buy) > 3\nscore s { if any(buy where paid > 5 and often) then +1 }\n",
    );
    let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
    for dialect in DialectName::ALL {
        let refusal = sql::write(&model, &loaded.sources, &request(&model, dialect, as_of)).unwrap_err();
        assert_eq!(refusal.construct, "a definition that adds up events, within a `where`,");
    }
}

/// The dialects whose text the parser knows. It knows neither `GLOB` nor `DIV`: SQLite's text runs instead, and Spark's is not parsed.
const PARSED: [DialectName; 6] = [
    DialectName::Duckdb,
    DialectName::Postgres,
    DialectName::Datafusion,
    DialectName::Snowflake,
    DialectName::Bigquery,
    DialectName::Trino,
];

/// How many statements a parser of the dialect finds.
fn parsed(dialect: DialectName, text: &str) -> Result<usize, String> {
    use sqlparser::dialect as d;
    let parser: Box<dyn d::Dialect> = match dialect {
        DialectName::Sqlite => Box::new(d::SQLiteDialect {}),
        DialectName::Duckdb => Box::new(d::DuckDbDialect {}),
        DialectName::Postgres => Box::new(d::PostgreSqlDialect {}),
        DialectName::Snowflake => Box::new(d::SnowflakeDialect {}),
        DialectName::Bigquery => Box::new(d::BigQueryDialect {}),
        DialectName::Datafusion | DialectName::Spark | DialectName::Trino => Box::new(d::GenericDialect {}),
    };
    sqlparser::parser::Parser::parse_sql(&*parser, text).map(|all| all.len()).map_err(|error| error.to_string())
}

/// Every dialect's text of every case is one statement of that dialect.
#[test]
fn every_dialect_is_parsed() {
    let mut wrong = String::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in archive::all().iter().filter(|case| case.file("expected.csv").is_some()) {
        let (loaded, checked) = harness::program(case);
        let Some(model) = checked.model else { continue };
        let as_of = harness::as_of(case, &model);
        for dialect in PARSED {
            let count = counts.entry(dialect.name()).or_default();
            let Ok(text) = sql::write(&model, &loaded.sources, &request(&model, dialect, as_of)) else {
                count.1 += 1;
                continue;
            };
            count.0 += 1;
            if let Err(error) = parsed(dialect, &text) {
                wrong += &format!("== {} {}: {error}\n", case.name, dialect.name());
            }
        }
    }
    eprintln!("written and refused: {counts:?}");
    assert!(counts.values().all(|(written, _)| *written > 50), "{counts:?}");
    assert!(wrong.is_empty(), "{wrong}");
}

/// A program of about `n` items of every kind that could copy what it reads: definitions, arithmetic, texts, conditions over events,
/// groups within groups, formulas over formulas, conditions over scores.
fn chained(n: usize) -> String {
    use std::fmt::Write as _;
    let mut out = String::from(
        "lsr 1\nschema contact {\n  key id: integer\n  amount: number\n  visits: integer\n  email: text\n  phase: one of [cold, warm]\n  \
         events buy by \"id\" { at: datetime  paid: number }\n}\n",
    );
    let mut add = |line: String| writeln!(out, "{line}").unwrap();
    add("define d0 = amount * 2 - amount / 3".to_owned());
    add("define w0 = visits > 3 unless visits > 900".to_owned());
    add("define o0 = f0 > 10".to_owned());
    for at in 1..=n {
        let before = at - 1;
        add(format!("define d{at} = d{before} * 2 - d{before} / 3"));
        add(format!("define w{at} = w{before} and visits > {at} or not w{before} and visits < -{at}"));
        add(format!("define o{at} = o{before} and f0 > {at} or not o{before} and f0 < -{at}"));
    }
    let deep = |x: &str| (0..n).fold(x.to_owned(), |sql, at| format!("({sql} + {at}) * {x}"));
    let domain = (0..n.min(20)).fold("email".to_owned(), |text, _| format!("domain of {text}"));
    add(format!("score f0 min -50 max 50 {{\n  band d{n} {{ ..<0: -1  0..<9: +2  9..: +3  unknown: +1 }}"));
    add(format!("  band {} {{ ..<0: -4  0..<1000: +5  1000..: +6 }}", deep("amount")));
    add(format!("  band {} {{ ..0: -4  1..1000: +5  1001..: +6 }}", deep("visits")));
    add(format!("  if w{n} then +7 else -7"));
    add(format!("  if {domain} contains [\"a\", \"b\"] then +8"));
    add(format!("  if any(buy where {} > 5 and w{n}) then +9", deep("paid")));
    let groups = (0..n).fold("if visits > 1 then +30".to_owned(), |inner, at| {
        format!("group \"g{at}\" min -40 max {} {{ if visits > {at} then +3.5  {inner} }}", 40 + at)
    });
    add(format!("  {groups}\n}}"));
    for at in 1..=n {
        let before = at - 1;
        add(format!("score f{at} min -50 max 50 = max(min(f{before} / 3, 0.5 * f{before} + 1), f{before} / 7 - {at})"));
    }
    add(format!("lifecycle phase {{\n  stage warm when o{n} or f{n} * 2 + 1 > 3\n  otherwise cold\n}}"));
    out
}

/// The text of a query grows with the rules, not by copies of copies, in every dialect; and SQLite gives what the reference says.
#[test]
fn the_text_of_a_query_grows_with_the_rules() {
    let lengths = |n: usize| -> Vec<(String, usize)> {
        let (loaded, model) = hostile(&chained(n));
        let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
        let mut out = Vec::new();
        for dialect in DialectName::ALL {
            for request in [request(&model, dialect, as_of), explained(&model, dialect, as_of)] {
                let text = sql::write(&model, &loaded.sources, &request).unwrap();
                out.push((format!("{}, explained: {}", dialect.name(), request.explain), text.len()));
            }
        }
        out
    };
    for ((dialect, short), (_, long)) in lengths(15).into_iter().zip(lengths(30)) {
        assert!(long * 10 < short * 21, "{dialect}: {short} bytes, and {long} for twice the rules");
        // The program has about 12 lines for each of its 30 steps.
        assert!(long < 30 * 12 * 1000, "{dialect}: {long} bytes");
    }
    // SQLite plans and runs the long one; the short one gives what the oracle says, which works a definition out wherever it is named.
    for (n, compared) in [(30, false), (6, true)] {
        let (loaded, model) = hostile(&chained(n));
        let as_of = AsOf::parse("2026-01-15", &model.schema.zone).unwrap();
        let records = chained_records(&model, as_of);
        if compared {
            in_sqlite(&model, &loaded.sources, &records, as_of).unwrap().unwrap();
        } else {
            let text = sql::write(&model, &loaded.sources, &explained(&model, DialectName::Sqlite, as_of)).unwrap();
            assert_eq!(engine::run(&model, &records, &text).unwrap().len(), records.len());
        }
    }
}

fn chained_records(model: &Model, as_of: AsOf) -> Vec<Record> {
    let words = words_of(3, 6000);
    let mut tape = tape::Tape::new(&words);
    let mut records: Vec<Record> = (0..20).map(|_| contact::contact(&mut tape, model, as_of)).collect();
    for (at, record) in (1_i64..).zip(&mut records) {
        engine::tidy(model, record, at);
    }
    records
}
