//! The steps of the query, one after the other.

use std::fmt::Write as _;

use super::builder::{Builder, Events, Form, Place, Reader};
use super::events::KEY;
use super::items::{Column, Tally, Worth};
use super::read::Columns;
use super::wrap::Shape;
use super::{Refusal, Request, fold};
use crate::hir::words;
use crate::hir::{Exclusion, Model, Output, Score, ScoreBody};
use crate::schema::{EventId, PropId, Property};
use crate::source::{Sources, Span};
use crate::value::Type;

/// The steps in order: name, comment and text.
struct Steps<'b> {
    dialect: &'b dyn super::dialect::Dialect,
    out: Vec<(String, String, String)>,
}

/// A line of words that cannot end a comment.
fn comment(words: &str) -> String {
    words.chars().map(|c| if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

impl Steps<'_> {
    fn push(&mut self, name: &str, words: &str, body: String) {
        self.out.push((name.to_owned(), comment(words), body));
    }

    /// A step that adds columns to the one before.
    fn add(&mut self, name: &str, words: &str, columns: &[Column]) {
        let Some((last, _, _)) = self.out.last() else { return };
        let mut body = String::from("SELECT\n    s.*");
        for column in columns {
            body.push(',');
            if !column.words.is_empty() {
                let _always = write!(body, "\n    -- {}", comment(&column.words));
            }
            let _always = write!(body, "\n    {} AS {}", column.sql, self.dialect.name(&column.name));
        }
        let _always = write!(body, "\nFROM {} AS s{}", self.dialect.name(last), self.dialect.fence());
        self.push(name, words, body);
    }
}

fn plain(columns: Columns) -> Vec<Column> {
    columns.into_iter().map(|(name, sql)| Column { name, sql, words: String::new() }).collect()
}

/// The query of a model.
pub(super) fn query(model: &Model, sources: &Sources, request: &Request) -> Result<String, Refusal> {
    let mut b = Builder::new(model, sources, request);
    let Some(key) = model.schema.key else {
        return b.refuse("rules whose schema has no key", model.schema.span.unwrap_or_default());
    };
    b.no_hidden_names()?;
    b.count_schema_texts();
    for reserved in ["excluded", "record", "out reasons"] {
        b.records.fresh(reserved);
    }
    for name in
        model.scores.iter().map(|s| format!("score {}", s.name)).chain(model.labels.iter().map(|l| format!("label {}", l.name)))
    {
        b.records.fresh(&name);
    }
    b.property(key, Form::Value, Place::Record);
    if b.today() == "NULL" {
        return b.refuse(b.zone_words(), model.schema.span.unwrap_or_default());
    }
    let late = late_steps(&mut b)?;
    let mut steps = Steps { dialect: b.dialect, out: Vec::new() };
    early_steps(&mut b, key, &mut steps)?;
    for (name, words, columns) in &late {
        let name = b.steps.fresh(name);
        steps.add(&name, words, columns);
    }
    Ok(write(&mut b, key, &steps))
}

type Late = Vec<(String, String, Vec<Column>)>;

/// Everything behind the reading: what it asks for is known when it has been written.
fn late_steps(b: &mut Builder<'_>) -> Result<Late, Refusal> {
    let model = b.model;
    let mut late: Late = Vec::new();
    let excluded = exclusion(b, &model.exclusions, "true")?;
    late.push((
        "exclusions".into(),
        "Who is left out of scoring, and why: the first reason that applies.".into(),
        vec![Column {
            name: "excluded".into(),
            sql: excluded,
            words: model
                .exclusions
                .iter()
                .map(|e| format!("{}  ({})", words::exclusion(b.sources, e), b.line(e.span)))
                .collect::<Vec<_>>()
                .join("; "),
        }],
    ));
    let mut tally = Tally::default();
    let mut sums = Vec::new();
    let mut formulas: Late = Vec::new();
    for score in &model.scores {
        let column = score_column(b, score, &mut tally)?;
        if matches!(score.body, ScoreBody::Items { .. }) {
            sums.push(column);
        } else {
            formulas.push((format!("score {}", score.name), String::new(), vec![column]));
        }
    }
    if !tally.arms.is_empty() {
        let arms = std::mem::take(&mut tally.arms);
        late.push(("arms".into(), "Which line of a rule holds, by its number.".into(), arms));
    }
    if !tally.points.is_empty() {
        let points = std::mem::take(&mut tally.points);
        late.push(("points".into(), "The points of every rule, in hundredths.".into(), points));
    }
    if !sums.is_empty() {
        late.push(("scores".into(), "The scores: the sums of their rules within their bounds, in hundredths.".into(), sums));
    }
    late.extend(formulas);
    if b.request.explain {
        let account = b.account(&mut tally);
        late.push(("account".into(), "Who gave how many points, the greatest first.".into(), vec![account]));
    }
    for label in &model.labels {
        let sql = b.label(label)?;
        let words = format!("label {}  ({})", label.name, b.line(label.name_span));
        late.push((
            format!("label {}", label.name),
            String::new(),
            vec![Column { name: format!("label {}", label.name), sql, words }],
        ));
    }
    let mut decisions = Vec::new();
    let mut chosen = Vec::new();
    let mut stages = Vec::new();
    for lifecycle in &model.lifecycles {
        let words =
            format!("lifecycle {}  ({}): which line decides; below zero a hold", lifecycle.name, b.line(lifecycle.name_span));
        let sql = b.decision(lifecycle)?;
        let decision = b.records.fresh(&format!("{} decision", lifecycle.name));
        let quoted = b.quoted(&decision);
        decisions.push(Column { name: decision, sql, words });
        let choice = b.records.fresh(&format!("{} chosen", lifecycle.name));
        chosen.push(Column { name: choice.clone(), sql: b.chosen(lifecycle, &quoted), words: String::new() });
        let choice = b.quoted(&choice);
        for (name, sql) in b.stage_columns(lifecycle, &quoted, &choice) {
            stages.push(Column { name: format!("out {name}"), sql, words: String::new() });
        }
    }
    if !decisions.is_empty() {
        late.push(("decisions".into(), "Which line decides each lifecycle.".into(), decisions));
        late.push(("chosen".into(), "The stages chosen.".into(), chosen));
        late.push(("stages".into(), "The stages, the moves and their reasons.".into(), stages));
    }
    Ok(late)
}

impl Builder<'_> {
    /// Refuses names that hold characters which cannot be seen: engines cut texts at some, and people are misled by others.
    fn no_hidden_names(&self) -> Result<(), Refusal> {
        let model = self.model;
        let schema = &model.schema;
        let properties = schema.properties.iter().map(|p| (&*p.name, p.span));
        let lists = schema.events.iter().flat_map(|e| {
            let fields = e.fields.iter().map(|f| (&*f.name, f.span));
            fields.chain([(&*e.name, e.span)]).chain(e.by.as_deref().map(|by| (by, e.span)))
        });
        let scores = model.scores.iter().map(|s| (&*s.name, s.name_span));
        let labels = model.labels.iter().map(|l| (&*l.name, l.name_span));
        let lifecycles = model.lifecycles.iter().map(|l| (&*l.name, l.name_span));
        let place = schema.span.unwrap_or_default();
        let tables = self.request.events.iter().map(|(_, table)| table).chain([&self.request.table, &self.request.name]);
        let tables = tables.map(|name| (name.as_str(), place));
        let mut all = properties.chain(lists).chain(scores).chain(labels).chain(lifecycles).chain(tables);
        match all.find(|(name, _)| !name.chars().all(super::dialect::visible)) {
            Some((name, span)) => self.refuse(format!("the name {name:?}, which holds a character that cannot be seen,"), span),
            None => Ok(()),
        }
    }
}

/// The reason of the first exclusion that holds.
fn exclusion(b: &mut Builder<'_>, exclusions: &[Exclusion], otherwise: &str) -> Result<String, Refusal> {
    let mut parts = Vec::new();
    for exclusion in exclusions {
        let condition = b.value(&exclusion.condition, Place::Record)?;
        let reason = exclusion.because.as_ref().map_or(otherwise, |because| &because.text);
        parts.push(format!("WHEN {condition} THEN {}", b.dialect.text(reason)));
    }
    Ok(if parts.is_empty() { format!("CAST(NULL AS {})", b.dialect.varchar()) } else { format!("CASE {} END", parts.join(" ")) })
}

fn score_column(b: &mut Builder<'_>, score: &Score, tally: &mut Tally) -> Result<Column, Refusal> {
    let mut none = vec![format!("{} IS NOT NULL", b.quoted("excluded"))];
    let worth = match &score.body {
        ScoreBody::Items { exclusions, items } => {
            for exclusion in exclusions {
                none.push(format!("({})", b.value(&exclusion.condition, Place::Record)?));
            }
            b.items(&score.name, items, tally)?
        }
        ScoreBody::Formula(formula) => {
            let mut parts = Vec::new();
            Builder::scores_of(formula, &mut parts);
            parts.sort_unstable();
            parts.dedup();
            let names = parts.iter().filter_map(|id| b.model.score(*id));
            none.extend(names.map(|part| format!("{} IS NULL", b.quoted(&format!("score {}", part.name)))));
            let (sql, most) = b.formula(score, formula)?;
            Worth { sql, most }
        }
    };
    let held = b.bounded(&worth, &score.bounds);
    if matches!(score.body, ScoreBody::Items { .. }) {
        b.score_entry(score, &worth, &held, tally);
    }
    Ok(Column {
        name: format!("score {}", score.name),
        sql: format!("CASE WHEN {} THEN NULL ELSE {} END", none.join(" OR "), held.sql),
        words: format!("{}  ({})", words::score(b.sources, score), b.line(score.name_span)),
    })
}

fn columns_of(b: &mut Builder<'_>, reader: &Reader, of: &dyn Fn(u32) -> Option<Property>) -> Result<(Columns, Columns), Refusal> {
    // What is made of a value needs the value itself.
    let read: Vec<_> = reader.columns.iter().map(|(key, name)| (key.clone(), name.clone())).collect();
    b.columns(&read, of)
}

/// Has the value of everything that is read in a form made of it.
fn complete(reader: &mut Reader, of: &dyn Fn(u32) -> Option<Property>) {
    let bases: Vec<u32> = reader
        .columns
        .keys()
        .filter(|(_, form)| matches!(form, Form::Folded | Form::FoldedWhole | Form::Day))
        .map(|(id, _)| *id)
        .collect();
    for id in bases {
        if let Some(property) = of(id) {
            reader.column(id, &property, Form::Value);
        }
    }
}

fn early_steps(b: &mut Builder<'_>, key: PropId, steps: &mut Steps<'_>) -> Result<(), Refusal> {
    let schema = &b.model.schema;
    let of = |id: u32| schema.property(PropId(id)).cloned();
    if b.words {
        let sql = format!("SELECT {} AS characters", b.dialect.text(fold::word_class()));
        steps.push("word", "The characters that belong to a word: letters, digits, combining marks.", sql);
    }
    let lists: Vec<EventId> = b.events.keys().copied().collect();
    for event in &lists {
        let to = schema.event(*event).and_then(|list| list.to).unwrap_or(key);
        if to == key {
            continue;
        }
        let span = schema.event(*event).map_or_else(Span::default, |list| list.span);
        let text = schema.property(to).is_some_and(|property| property.ty == Type::Text);
        if text && !b.dialect.folds_all() {
            return b.refuse("events that refer to a text other than the key", span);
        }
        b.property(to, if text { Form::FoldedWhole } else { Form::Value }, Place::Record);
    }
    complete(&mut b.records, &of);
    let reader = std::mem::take(&mut b.records);
    let (first, second) = columns_of(b, &reader, &of)?;
    b.records = reader;
    let records = b.steps.fresh("records");
    let table = b.table(&b.request.table);
    steps.push(&records, "The records, read and typed as the schema says.", select(b, &first, &format!("{table} AS t")));
    let mut last = records;
    if !second.is_empty() {
        let name = b.steps.fresh("prepared");
        steps.add(&name, "What is made of them: texts in lower case, calendar days.", &plain(second));
        last = name;
    }
    for event in lists {
        let taken = b.events.remove(&event).unwrap_or_default();
        last = event_steps(b, event, key, taken, &last, steps)?;
    }
    let deepest = b.definitions.values().map(|named| named.level).max().unwrap_or_default();
    for level in 1..=deepest {
        let named = b.definitions.iter().filter(|(_, named)| named.level == level);
        let columns: Vec<Column> = named
            .map(|(id, named)| Column {
                name: named.column.clone(),
                sql: named.sql.clone(),
                words: b
                    .model
                    .definition(*id)
                    .map_or_else(String::new, |d| format!("{}  ({})", words::squeezed(b.sources, d.span), b.line(d.span))),
            })
            .collect();
        let name = b.steps.fresh(if level == 1 { "definitions" } else { "further definitions" });
        steps.add(&name, "The definitions.", &columns);
    }
    if b.zoned.get() {
        let words =
            format!("The offsets of the time zone {}: from which second since 1970 on how many are added.", schema.zone_name);
        steps.out.insert(0, ("zone".to_owned(), comment(&words), zone(b)));
    }
    Ok(())
}

/// The last year of the offsets of a zone.
const LAST_YEAR: i16 = 2100;

/// The first second behind it.
const END: i64 = 4_133_980_800;

/// From which second on which offset holds. Behind the last year stands none where a zone goes on changing, and the query stops there.
fn zone(b: &Builder<'_>) -> String {
    let offsets = crate::time::offsets(&b.model.schema.zone, LAST_YEAR);
    let mut rows: Vec<String> = offsets.iter().map(|(since, seconds)| format!("({since}, {seconds})")).collect();
    if offsets.last().is_some_and(|(since, _)| *since > END - 366 * 86_400) {
        rows.push(format!("({END}, NULL)"));
    }
    let rows: Vec<String> = rows.chunks(6).map(|rows| format!("    {}", rows.join(", "))).collect();
    format!("SELECT column1 AS since, column2 AS seconds\nFROM (VALUES\n{}\n)", rows.join(",\n"))
}

fn select(b: &Builder<'_>, columns: &Columns, from: &str) -> String {
    let lines: Vec<String> = columns.iter().map(|(name, sql)| format!("    {sql} AS {}", b.quoted(name))).collect();
    format!("SELECT\n{}\nFROM {from}", lines.join(",\n"))
}

/// Reads an event table, counts and adds it up by key, and joins the totals to the records in `last`.
fn event_steps(
    b: &mut Builder<'_>,
    event: EventId,
    key: PropId,
    mut taken: Events,
    last: &str,
    steps: &mut Steps<'_>,
) -> Result<String, Refusal> {
    let Some(list) = b.model.schema.event(event) else { return Ok(last.to_owned()) };
    let Some((_, table)) = b.request.events.iter().find(|(id, _)| *id == event) else {
        return b
            .refuse(format!("events `{}` without a table (name it with --events {}=TABLE)", list.name, list.name), taken.span);
    };
    let of = |id: u32| list.fields.get(id as usize).cloned();
    complete(&mut taken.reader, &of);
    let (mut first, mut second) = columns_of(b, &taken.reader, &of)?;
    let to = list.to.unwrap_or(key);
    let Some(target) = b.model.schema.property(to).cloned() else { return Ok(last.to_owned()) };
    let reference = Property { default: None, name: list.by.clone().unwrap_or_else(|| target.name.clone()), ..target.clone() };
    let record = taken.reader.fresh("record");
    let by = to != key && target.ty == Type::Text;
    let mut reader = Reader::default();
    reader.column(0, &reference, Form::Value);
    let (read, _) = columns_of(b, &reader, &|_| Some(reference.clone()))?;
    first.push((record.clone(), read.into_iter().next().map(|(_, sql)| sql).unwrap_or_default()));
    let key_form = if by { Form::FoldedWhole } else { Form::Value };
    let record_key = b.property(to, key_form, Place::Record).unwrap_or_default();
    if by {
        let mut whole = fold::Alphabet::default();
        whole.add_all();
        let folded = whole.fold(&b.quoted(&record), &b.model.schema, b.dialect);
        let name = taken.reader.fresh("record compared");
        second.push((
            name.clone(),
            match folded {
                Some(sql) => sql,
                None => return b.refuse("texts with `ignore accents`", list.span),
            },
        ));
        return joined(b, event, &name, &record_key, table, taken, (first, second), last, steps);
    }
    joined(b, event, &record, &record_key, table, taken, (first, second), last, steps)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one step")]
fn joined(
    b: &mut Builder<'_>,
    event: EventId,
    record: &str,
    record_key: &str,
    table: &str,
    taken: Events,
    (first, second): (Columns, Columns),
    last: &str,
    steps: &mut Steps<'_>,
) -> Result<String, Refusal> {
    let Some(list) = b.model.schema.event(event) else { return Ok(last.to_owned()) };
    let record = b.quoted(record);
    let kept: Vec<String> = taken.record_columns.iter().map(|name| b.quoted(name)).collect();
    let table = b.table(table);
    let read = b.steps.fresh(&list.name);
    steps.push(
        &read,
        &format!("The events {}, read and typed as the schema says.", list.name),
        select(b, &first, &format!("{table} AS t")),
    );
    let mut from = b.quoted(&read);
    if !second.is_empty() {
        let name = b.steps.fresh(&format!("{} prepared", list.name));
        steps.add(&name, "What is made of them: texts in lower case, calendar days.", &plain(second));
        from = b.quoted(&name);
    }
    let at_type = list.field(list.at).map_or(Type::DateTime, |field| field.ty.clone());
    let at = taken.reader.columns.get(&(list.at.0, Form::Value)).map_or_else(String::new, |name| b.quoted(name));
    let now = if at_type == Type::Date { b.today() } else { b.moment() };
    // The events that count, each with the records' columns that its conditions look at.
    let counted = b.steps.fresh(&format!("{} counted", list.name));
    let mut lines = vec!["e.*".to_owned()];
    lines.extend(
        kept.iter().map(|name| format!("r.{name} AS {}", b.quoted(&format!("of record {}", name.trim_matches(['"', '`']))))),
    );
    lines.extend(taken.tests.iter().map(|(name, sql)| format!("{sql} AS {}", b.quoted(name))));
    let mut body = format!("SELECT\n    {}\nFROM {from} AS e", lines.join(",\n    "));
    if !kept.is_empty() {
        let _always = write!(
            body,
            "\nJOIN (SELECT DISTINCT {record_key} AS \"record key\", {} FROM {}) AS r ON r.\"record key\" = e.{record}",
            kept.join(", "),
            b.quoted(last)
        );
        body = body.replace("\"record key\"", &b.quoted("record key"));
    }
    let _always = write!(body, "\nWHERE e.{at} <= {now}");
    steps.push(&counted, "Which of them count for which rule.", body);
    let kept_here: Vec<String> =
        kept.iter().map(|name| b.quoted(&format!("of record {}", name.trim_matches(['"', '`'])))).collect();
    let parts: Vec<String> = std::iter::once(&record).chain(&kept_here).map(|name| format!("e.{name}")).collect();
    let mut source = counted;
    if !taken.ranks.is_empty() {
        let ranked = b.steps.fresh(&format!("{} ranked", list.name));
        let lines: Vec<String> = taken
            .ranks
            .iter()
            .map(|(name, sql)| format!("{} AS {}", sql.replace(KEY, &parts.join(", ")), b.quoted(name)))
            .collect();
        steps.push(
            &ranked,
            "Their places from the newest on.",
            format!("SELECT\n    e.*,\n    {}\nFROM {} AS e", lines.join(",\n    "), b.quoted(&source)),
        );
        source = ranked;
    }
    let totals = b.steps.fresh(&format!("{} totals", list.name));
    let mut lines = parts.clone();
    lines.extend(taken.totals.iter().map(|(name, sql, _)| format!("{sql} AS {}", b.quoted(name))));
    steps.push(
        &totals,
        "Added up by record.",
        format!("SELECT\n    {}\nFROM {} AS e\nGROUP BY {}", lines.join(",\n    "), b.quoted(&source), parts.join(", ")),
    );
    let with = b.steps.fresh(&format!("with {}", list.name));
    let mut lines = vec!["s.*".to_owned()];
    lines.extend(taken.totals.iter().map(|(name, _, none)| {
        let name = b.quoted(name);
        match none {
            Some(none) => format!("CASE WHEN e.{record} IS NULL THEN {none} ELSE e.{name} END AS {name}"),
            None => format!("e.{name} AS {name}"),
        }
    }));
    let mut on = vec![format!("e.{record} = s.{record_key}")];
    on.extend(
        kept.iter()
            .zip(&kept_here)
            .map(|(name, here)| format!("({})", b.dialect.same(&format!("e.{here}"), &format!("s.{name}")))),
    );
    let body = format!(
        "SELECT\n    {}\nFROM {} AS s\nLEFT JOIN {} AS e ON {}",
        lines.join(",\n    "),
        b.quoted(last),
        b.quoted(&totals),
        on.join(" AND ")
    );
    steps.push(&with, "The records with their totals.", body);
    Ok(with)
}

/// The whole text.
fn write(b: &mut Builder<'_>, key: PropId, steps: &Steps<'_>) -> String {
    let mut out = String::new();
    let (name, moment) = (
        comment(&b.request.name),
        match b.as_of() {
            Some(as_of) => super::dialect::iso(as_of.day).unwrap_or_default(),
            None if b.request.shape == Shape::Dbt => {
                format!("the variable {} (microseconds since 1970)", comment(&super::moment_variable(&b.request.name)))
            }
            None => "the engine's clock".to_owned(),
        },
    );
    let _always = writeln!(out, "-- {name}: lead scoring rules as SQL for {}, as of {moment}.", b.request.dialect.name());
    let _always =
        writeln!(out, "-- Written by lsrc; change the rules, not this text. Points are whole hundredths until the end.");
    let mut word = "WITH";
    for (name, words, body) in &steps.out {
        if !words.is_empty() {
            let _always = writeln!(out, "{}-- {words}", if word == "WITH" { "" } else { "\n" });
        }
        let indented = body.replace('\n', "\n  ");
        let name = if matches!(name.as_str(), "word" | "zone") { name.clone() } else { b.quoted(name) };
        let _always = write!(out, "{word} {name} AS (\n  {indented}\n)");
        out.push(',');
        out.push('\n');
        word = "";
    }
    out.truncate(out.trim_end().trim_end_matches(',').len());
    let key_column = b.property(key, Form::Value, Place::Record).unwrap_or_default();
    let key_name = b.model.schema.property(key).map_or_else(String::new, |p| p.name.to_string());
    let mut lines = vec![format!("s.{key_column} AS {}", b.quoted(&key_name))];
    for output in &b.model.outputs {
        match output {
            Output::Score(id) => {
                let Some(score) = b.model.score(*id) else { continue };
                let column = format!("s.{}", b.quoted(&format!("score {}", score.name)));
                lines.push(format!("{} AS {}", b.dialect.points(&column), b.quoted(&score.name)));
            }
            Output::Label(id) => {
                let Some(label) = b.model.label(*id) else { continue };
                lines.push(format!("s.{} AS {}", b.quoted(&format!("label {}", label.name)), b.quoted(&label.name)));
            }
        }
    }
    for lifecycle in &b.model.lifecycles {
        for ending in ["", "_before", "_move", "_reason"] {
            let name = format!("{}{ending}", lifecycle.name);
            lines.push(format!("s.{} AS {}", b.quoted(&format!("out {name}")), b.quoted(&name)));
        }
    }
    lines.push(format!("s.{0} AS {0}", b.quoted("excluded")));
    if b.request.explain {
        lines.push(format!("s.{} AS {}", b.quoted("out reasons"), b.quoted("reasons")));
    }
    let last = steps.out.last().map_or_else(String::new, |(name, _, _)| b.quoted(name));
    let _always = write!(out, "\n\n-- The columns of `lsrc run`.\nSELECT\n    {}\nFROM {last} AS s\n", lines.join(",\n    "));
    out
}
