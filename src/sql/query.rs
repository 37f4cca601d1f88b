//! The steps of the query, one after the other.

use std::fmt::Write as _;

use super::builder::{Builder, Form, Place, Reader};
use super::items::{Column, Tally};
use super::steps::{Steps, chained, comment, plain};
use super::wrap::Shape;
use super::{Refusal, Request, letters};
use crate::hir::words;
use crate::hir::{Conditional, Exclusion, Label, LabelId, Model, Output, Score, ScoreBody};
use crate::invariant::Sure as _;
use crate::schema::{EventId, PropId, Property};
use crate::source::Sources;
use crate::value::Type;

/// The query of a model.
pub(super) fn query(model: &Model, sources: &Sources, request: &Request) -> Result<String, Refusal> {
    let mut b = Builder::new(model, sources, request);
    let key = begin(&mut b)?;
    let late = late_steps(&mut b)?;
    let mut steps = Steps::new(&mut b);
    early_steps(&mut b, key, &mut steps)?;
    for (name, words, columns) in &late {
        let name = b.steps.fresh(name);
        steps.add(&name, words, columns);
    }
    first_steps(&b, &mut steps);
    let key_column = b.property(key, Form::Value, Place::Record).sure("the key is a property of the schema");
    let key_name = model.schema.property(key).map_or_else(String::new, |p| p.name.to_string());
    let mut lines = vec![format!("s.{key_column} AS {}", b.quoted(&key_name))];
    lines.extend(outputs(&b));
    lines.push(format!("s.{0} AS {0}", b.quoted("excluded")));
    if request.explain {
        lines.push(format!("s.{} AS {}", b.quoted("out reasons"), b.quoted("reasons")));
    }
    Ok(text(&b, &steps, &lines))
}

/// Takes the names that every query has; the key.
pub(super) fn begin(b: &mut Builder<'_>) -> Result<PropId, Refusal> {
    let model = b.model;
    let Some(key) = model.schema.key else {
        return b.refuse("rules whose schema has no key", model.schema.place());
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
        return b.refuse(b.zone_words(), model.schema.place());
    }
    Ok(key)
}

type Late = Vec<(String, String, Vec<Column>)>;

/// Everything behind the reading: what it asks for is known when it has been written.
pub(super) fn late_steps(b: &mut Builder<'_>) -> Result<Late, Refusal> {
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
    let mut labels = vec![false; model.labels.len()];
    for (number, score) in model.scores.iter().enumerate().filter(|(_, score)| !score.is_given()) {
        if let ScoreBody::Conditional(formula) = &score.body {
            conditional_steps(b, number, score, formula, &mut labels, &mut formulas)?;
            continue;
        }
        let (numerator, column) = score_column(b, score, &mut tally)?;
        if matches!(score.body, ScoreBody::Items { .. }) {
            sums.push(column);
            continue;
        }
        if let Some(numerator) = numerator {
            formulas.push((numerator.name.clone(), String::new(), vec![numerator]));
        }
        formulas.push((format!("score {}", score.name), String::new(), vec![column]));
    }
    if !tally.arms.is_empty() {
        let arms = std::mem::take(&mut tally.arms);
        late.push(("arms".into(), "Which line of a rule holds, by its number.".into(), arms));
    }
    if !tally.points.is_empty() {
        let points = std::mem::take(&mut tally.points);
        late.push(("points".into(), "The points of every rule, in hundredths.".into(), points));
    }
    for columns in chained(&tally.sums) {
        late.push(("sums".into(), "The sums of groups and scores before their bounds.".into(), columns));
    }
    if !sums.is_empty() {
        late.push(("scores".into(), "The scores: the sums of their rules within their bounds, in hundredths.".into(), sums));
    }
    late.extend(formulas);
    if b.request.explain {
        let (given, account) = b.account(&mut tally);
        if !given.is_empty() {
            late.push(("given".into(), "The points of the lines that can be part of the account.".into(), given));
        }
        late.push(("account".into(), "Who gave how many points, the greatest first.".into(), vec![account]));
    }
    for (label, done) in model.labels.iter().zip(labels) {
        if !done {
            late.push(label_step(b, label)?);
        }
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
    for columns in chained(&b.outcomes_chain) {
        late.push(("looked at".into(), "What the lifecycles make of scores and labels on the way.".into(), columns));
    }
    if !decisions.is_empty() {
        late.push(("decisions".into(), "Which line decides each lifecycle.".into(), decisions));
        late.push(("chosen".into(), "The stages chosen.".into(), chosen));
        late.push(("stages".into(), "The stages, the moves and their reasons.".into(), stages));
    }
    Ok(late)
}

/// The steps of a formula with conditions: the labels that may be asked for there, which branch decides, and the score.
fn conditional_steps(
    b: &mut Builder<'_>,
    number: usize,
    score: &Score,
    formula: &Conditional,
    labels: &mut [bool],
    steps: &mut Late,
) -> Result<(), Refusal> {
    let model = b.model;
    for (done, id) in labels.iter_mut().zip((0..).map(LabelId)) {
        if !*done && model.label_needs(id) <= number {
            *done = true;
            steps.extend(model.label(id).map(|label| label_step(b, label)).transpose()?);
        }
    }
    // What the conditions make of scores on the way comes before this score, not after all of them.
    let (chain, definitions) = (std::mem::take(&mut b.outcomes_chain), b.definitions.clone());
    let (worth, columns) = b.conditional(score, formula)?;
    for columns in chained(&std::mem::replace(&mut b.outcomes_chain, chain)) {
        steps.push(("looked at".into(), "What a formula makes of scores and labels on the way.".into(), columns));
    }
    b.definitions = definitions;
    steps.push(("branches".into(), "Which branch of a formula decides.".into(), columns));
    let excluded = b.quoted("excluded");
    let column = Column {
        name: format!("score {}", score.name),
        sql: format!("CASE WHEN {excluded} IS NOT NULL THEN NULL ELSE {} END", worth.sql),
        words: format!("{}  ({})", words::score(b.sources, score), b.line(score.name_span)),
    };
    steps.push((format!("score {}", score.name), String::new(), vec![column]));
    Ok(())
}

/// The step of a label.
fn label_step(b: &mut Builder<'_>, label: &Label) -> Result<(String, String, Vec<Column>), Refusal> {
    let sql = b.label(label)?;
    let words = format!("label {}  ({})", label.name, b.line(label.name_span));
    let column = Column { name: format!("label {}", label.name), sql, words };
    Ok((format!("label {}", label.name), String::new(), vec![column]))
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
        let place = schema.place();
        let related = schema.related.iter().flat_map(|r| [(&*r.name, r.span), (&*r.by, r.span)]);
        let tables = self.request.events.iter().map(|(_, table)| table).chain([&self.request.table, &self.request.name]);
        let tables = tables.chain(self.request.related.iter().map(|(_, table)| table));
        let tables = tables.map(|name| (name.as_str(), place));
        let mut all = properties.chain(lists).chain(scores).chain(labels).chain(lifecycles).chain(related).chain(tables);
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

/// The column of a score, and that of the numerator that it is rounded from.
fn score_column(b: &mut Builder<'_>, score: &Score, tally: &mut Tally) -> Result<(Option<Column>, Column), Refusal> {
    let mut none = vec![format!("{} IS NOT NULL", b.quoted("excluded"))];
    let (clamped, numerator) = match &score.body {
        ScoreBody::Items { exclusions, items } => {
            for exclusion in exclusions {
                none.push(format!("({})", b.value(&exclusion.condition, Place::Record)?));
            }
            let before = tally.sums.begin();
            let sum = b.items(&score.name, items, tally)?;
            (b.held_score(score, before, sum, tally), None)
        }
        ScoreBody::Formula(formula) => {
            let mut parts = Vec::new();
            formula.scores(&mut |id| parts.push(id));
            parts.sort_unstable();
            parts.dedup();
            let names = parts.iter().filter_map(|id| b.model.score(*id));
            none.extend(names.map(|part| format!("{} IS NULL", b.quoted(&format!("score {}", part.name)))));
            let (worth, numerator) = b.formula(score, formula)?;
            (b.bounded(&worth, &score.bounds), numerator)
        }
        ScoreBody::Given(_) => return b.refuse("what accounts gather", score.name_span),
        ScoreBody::Conditional(_) => return b.refuse("a formula with conditions here", score.name_span),
    };
    let points = if matches!(score.body, ScoreBody::Items { .. }) { b.wide(&clamped.sql) } else { clamped.sql };
    let column = Column {
        name: format!("score {}", score.name),
        sql: format!("CASE WHEN {} THEN NULL ELSE {points} END", none.join(" OR ")),
        words: format!("{}  ({})", words::score(b.sources, score), b.line(score.name_span)),
    };
    Ok((numerator, column))
}

/// Has the value of everything that is read in a form made of it.
pub(super) fn complete(reader: &mut Reader, of: &dyn Fn(u32) -> Option<Property>) {
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

pub(super) fn early_steps(b: &mut Builder<'_>, key: PropId, steps: &mut Steps<'_>) -> Result<(), Refusal> {
    let schema = &b.model.schema;
    let of = |id: u32| schema.property(PropId(id)).cloned();
    let lists: Vec<EventId> = b.events.keys().copied().collect();
    for event in &lists {
        let Some(list) = schema.event(*event) else { continue };
        let span = list.span;
        if list.key.is_some() {
            return b.refuse("events with a key", span);
        }
        if schema.refers_to_several(list) {
            return b.refuse("events that refer to several properties, or to a set", span);
        }
        let to = list.to.first().copied().unwrap_or(key);
        if to == key {
            continue;
        }
        let text = schema.property(to).is_some_and(|property| property.ty == Type::Text);
        if text && !b.dialect.folds_all() {
            return b.refuse("events that refer to a text other than the key", span);
        }
        b.property(to, if text { Form::FoldedWhole } else { Form::Value }, Place::Record);
    }
    let links = b.links()?;
    complete(&mut b.records, &of);
    let (own, of_related): (Vec<_>, Vec<_>) =
        b.records.read().into_iter().partition(|((id, _), _)| of(*id).is_none_or(|property| property.related.is_none()));
    let (first, second) = b.columns(&own, &of)?;
    let records = b.steps.fresh("records");
    let table = b.table(&b.request.table);
    steps.read(&records, "The records, read and typed as the schema says.", &first, &table);
    let mut last = records;
    if !second.is_empty() {
        let name = b.steps.fresh("prepared");
        steps.add(&name, "What is made of them: texts in lower case, calendar days.", &plain(second));
        last = name;
    }
    for link in &links {
        last = b.related_steps(link, &of_related, &last, steps)?;
    }
    for event in lists {
        let taken = b.events.remove(&event).unwrap_or_default();
        last = b.event_steps(event, key, taken, &last, steps)?;
    }
    for columns in chained(&b.records_chain) {
        let name = b.steps.fresh("definitions");
        steps.add(&name, "The definitions, and what rules read more than once.", &columns);
    }
    Ok(())
}

/// Steps that stand before all others: long constants, each once.
pub(super) fn first_steps(b: &Builder<'_>, steps: &mut Steps<'_>) {
    let schema = &b.model.schema;
    if b.zoned.get() {
        let words =
            format!("The offsets of the time zone {}: from which second since 1970 on how many are added.", schema.zone_name);
        steps.out.insert(0, (super::dialect::ZONE.to_owned(), comment(&words), zone(b)));
    }
    let texts = steps.out.iter().map(|(_, _, text)| text);
    if let Some(body) = letters::step(texts, &b.alphabet, schema, b.dialect) {
        let words = "Characters that texts are read and compared by.";
        steps.out.insert(0, (steps.letters.clone(), words.to_owned(), body));
    }
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

/// The whole text; `lines` are the columns of its result.
pub(super) fn text(b: &Builder<'_>, steps: &Steps<'_>, lines: &[String]) -> String {
    let mut out = String::new();
    let (name, moment) = (
        comment(&b.request.name),
        match b.as_of() {
            Some(as_of) => super::dialect::iso(as_of.day).unwrap_or_else(|| as_of.day.to_string()),
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
        let name = b.quoted(name);
        let _always = write!(out, "{word} {name} AS (\n  {indented}\n)");
        out.push(',');
        out.push('\n');
        word = "";
    }
    out.truncate(out.trim_end().trim_end_matches(',').len());
    let last = steps.out.last().map_or_else(String::new, |(name, _, _)| b.quoted(name));
    let _always = write!(out, "\n\n-- The columns of `lsrc run`.\nSELECT\n    {}\nFROM {last} AS s\n", lines.join(",\n    "));
    out
}

/// The columns of scores, labels and lifecycles.
pub(super) fn outputs(b: &Builder<'_>) -> Vec<String> {
    let mut lines = Vec::new();
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
    lines
}
