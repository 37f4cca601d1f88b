//! `lsrc schema infer`: a schema from data, each line with its evidence.

mod guess;
pub(crate) mod naming;
mod seen;

use std::collections::BTreeSet;

use super::error::{InputError, shown};
use super::files::Files;
use super::header::normal;
use super::table::ColumnBuilder;
use super::{BATCH_ROWS, Spec};
use crate::column::TextColumn;
use crate::invariant::Sure as _;
use guess::{Guess, guess};
use naming::{Names, count, plural, quoted};
use seen::Seen;

/// Writes a schema of this name that reads the data, each line with its evidence as a comment.
///
/// # Errors
/// Data that cannot be read.
pub fn infer(spec: &Spec, name: &str) -> Result<String, InputError> {
    let (columns, bad_lines) = look(spec)?;
    Ok(write(spec, name, columns, &bad_lines))
}

/// A column with what has been seen of it.
struct Looked {
    header: String,
    /// Where it is, from 1; `None` where columns have no order.
    position: Option<usize>,
    seen: Seen,
    /// What is to be said of its header.
    remark: Option<String>,
    /// Whether its header names it alone.
    named: bool,
    /// Why none of it can be read.
    unreadable: Option<String>,
}

/// How many lines gave no record, and what is wrong with the first.
type BadLines = (u64, Option<String>);

/// Reads everything once.
fn look(spec: &Spec) -> Result<(Vec<Looked>, BadLines), InputError> {
    if spec.paths.iter().any(|p| p.as_os_str() == "-") {
        return Err(InputError::new("a schema is inferred from files, because they are read twice")
            .help("save standard input to a file first"));
    }
    let mut nothing = ColumnBuilder::default();
    let files = Files::open(spec, &mut nothing, false)?;
    let ordered = !files.is_json;
    let headers = if files.is_json { Files::json_paths(spec)? } else { files.headers };
    let mut taken = BTreeSet::new();
    // Keys that are told apart by nothing but case or spaces cannot both be read; columns can, by their position.
    let kept = headers.into_iter().enumerate().filter(|(_, h)| ordered || !h.is_empty() && taken.insert(normal(h)));
    let (places, headers): (Vec<usize>, Vec<String>) = kept.unzip();
    let mut builder = ColumnBuilder {
        carried: vec![TextColumn::default(); headers.len()],
        carried_names: headers.clone(),
        carried_places: if ordered { places.clone() } else { Vec::new() },
        tolerant: true,
        ..ColumnBuilder::default()
    };
    let mut files = Files::open(spec, &mut builder, false)?;
    let mut seen = vec![Seen::default(); headers.len()];
    while files.fill(&mut builder, BATCH_ROWS)? > 0 {
        let (_, carried) = builder.take();
        let broken = std::mem::take(&mut builder.carried_broken);
        for (at, (seen, texts)) in seen.iter_mut().zip(&carried).enumerate() {
            for row in 0..texts.len() {
                if broken.contains(&(at, row)) {
                    seen.look_at_broken(texts.get(row));
                } else {
                    seen.look(texts.get(row));
                }
            }
        }
    }
    let bad_lines = (builder.broken, builder.bad_lines.first().map(|line| format!("line {} {}", line.line, line.message)));
    let looked = headers.into_iter().zip(places).zip(seen).enumerate().map(|(at, ((header, place), seen))| Looked {
        header,
        position: ordered.then_some(place + 1),
        seen,
        remark: None,
        named: true,
        unreadable: builder.unreadable.get(&at).cloned(),
    });
    Ok((without_doubles(looked.collect()), bad_lines))
}

/// Of columns with one header, as headers are compared, the one with the most values.
fn without_doubles(columns: Vec<Looked>) -> Vec<Looked> {
    let values = |c: &Looked| c.seen.known + c.seen.lists;
    let mut kept: Vec<Looked> = Vec::new();
    let mut left_out: Vec<(String, usize)> = Vec::new();
    for column in columns {
        // Columns without a name are not doubles of each other.
        if column.header.is_empty() {
            kept.push(column);
            continue;
        }
        let plain = normal(&column.header);
        let Some(known) = kept.iter_mut().find(|c| normal(&c.header) == plain) else {
            kept.push(column);
            continue;
        };
        let fuller = values(&column) > values(known);
        let less = if fuller { std::mem::replace(known, column) } else { column };
        // An exact header finds its column.
        known.named = known.named && less.named && known.header != less.header;
        left_out.extend(less.position.map(|position| (plain, position)));
    }
    for column in &mut kept {
        let own = normal(&column.header);
        let others: Vec<String> = left_out.iter().filter(|(h, _)| *h == own).map(|(_, position)| position.to_string()).collect();
        if !others.is_empty() {
            let (what, have) = if others.len() == 1 { ("column", "has") } else { ("columns", "have") };
            column.remark = Some(format!("{what} {} {have} the same header and no more values", others.join(" and ")));
        }
    }
    kept
}

/// One line of the schema.
struct Line {
    code: String,
    evidence: String,
}

fn write(spec: &Spec, name: &str, mut columns: Vec<Looked>, bad_lines: &BadLines) -> String {
    let rows = columns.iter().map(|c| c.seen.rows).fold(0, Ord::max);
    let unnamed = without_name(&mut columns);
    for column in columns.iter_mut().filter(|c| c.position.is_some() && c.seen.known > 0) {
        column.seen.take_objects_for_texts();
    }
    let markers = markers(&mut columns);
    let key = key(&columns);
    let files: Vec<String> = spec.paths.iter().map(|p| shown(p)).collect();
    let mut names = Names::new(columns.iter().map(|column| &*column.header));
    let mut lines = Vec::new();
    let mut blocks = Vec::new();
    let mut left_out = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if !column.seen.events.is_empty() {
            match events(column, &mut names) {
                Some(block) => blocks.push(block),
                None => left_out.push((
                    &column.header,
                    "holds lists of objects; events need a time in one field and a plain name".to_owned(),
                )),
            }
            continue;
        }
        let guess = guess(&column.header, &column.seen, key == Some(at));
        if let Some(why) = &column.unreadable {
            left_out.push((&column.header, format!("cannot be read: {}", crate::input::report::shorten(why))));
            continue;
        }
        let only_nested = column.seen.broken > 0 && column.seen.members.is_empty();
        if column.seen.known == 0 && (column.seen.lists == 0 || only_nested) && column.seen.rows > 0 {
            let why = match (&column.seen.first_broken, column.seen.objects) {
                (Some(first), _) => {
                    let first = quoted(&crate::input::report::shorten(first));
                    format!("{} unreadable, such as {first}", count(column.seen.broken))
                }
                (None, 0) => "always empty".to_owned(),
                (None, _) => "holds objects".to_owned(),
            };
            left_out.push((&column.header, why));
            continue;
        }
        let name = names.property(&column.header);
        let mut line = line(if key == Some(at) { "key " } else { "" }, &name, &column.header, &guess);
        if let Some(position) = column.position.filter(|_| !column.named) {
            line = by_position(if key == Some(at) { "key " } else { "" }, &name, position, &guess);
        }
        line.evidence.extend(column.remark.iter().flat_map(|remark| ["; ", remark]));
        if let Some(first) = column.seen.first_broken.as_ref().or(column.seen.first_object.as_ref()) {
            let first = quoted(&crate::input::report::shorten(first));
            line.evidence.push_str(&format!(", {} unreadable, such as {first}", count(column.seen.broken + column.seen.objects)));
        }
        lines.push(line);
    }
    let mut out = format!(
        "lsr 1\n\n# Inferred from {}: {}, {}. Read it before you trust it.\nschema {name} {{\n",
        files.join(", "),
        plural(rows, "record", "records"),
        plural(columns.len() as u64, "column", "columns")
    );
    if let (lost @ 1.., Some(first)) = bad_lines {
        let lines = if *lost == 1 { "line gives" } else { "lines give" };
        out.push_str(&format!("  # {} {lines} no record: {}\n", count(*lost), crate::input::report::shorten(first)));
    }
    if !markers.is_empty() {
        let texts: Vec<String> = markers.iter().map(|(text, _)| quoted(text)).collect();
        let evidence: Vec<String> = markers.iter().map(|(text, n)| format!("{text} {}", count(*n))).collect();
        out.push_str(&format!("  unknown values {} # {}\n\n", texts.join(", "), evidence.join(", ")));
    }
    if key.is_none() {
        out.push_str(
            "  # No column is named as an id and has a different value in every record, so the row number serves as the key.\n",
        );
    }
    push_lines(&mut out, &lines);
    for (header, lines) in blocks {
        out.push_str(&format!("\n  events {header} {{\n"));
        for line in &lines {
            out.push_str(&format!("    {} # {}\n", line.code, line.evidence));
        }
        out.push_str("  }\n");
    }
    if !left_out.is_empty() || !unnamed.is_empty() {
        out.push('\n');
    }
    for (header, why) in left_out {
        out.push_str(&format!("  # {} is left out: {why}\n", quoted(header)));
    }
    for (position, values) in unnamed {
        let values = plural(values, "value", "values");
        out.push_str(&format!(
            "  # Column {position} has {values} and no name, and is left out: `from column {position}` reads it\n"
        ));
    }
    out.push_str("}\n");
    out
}

/// Takes out the columns without a name: where those are that have values, and how many they have.
fn without_name(columns: &mut Vec<Looked>) -> Vec<(usize, u64)> {
    let (unnamed, named): (Vec<Looked>, Vec<Looked>) = std::mem::take(columns).into_iter().partition(|c| c.header.is_empty());
    *columns = named;
    let values = |c: &Looked| c.seen.known + c.seen.lists + c.seen.objects;
    unnamed.iter().filter(|c| values(c) > 0).filter_map(|c| Some((c.position?, values(c)))).collect()
}

fn push_lines(out: &mut String, lines: &[Line]) {
    for line in lines {
        out.push_str(&format!("  {} # {}\n", line.code, line.evidence));
    }
}

/// A line for a column whose header does not name it alone.
fn by_position(key: &str, name: &str, position: usize, guess: &Guess) -> Line {
    let modifiers = if guess.modifiers.is_empty() { String::new() } else { format!(" {}", guess.modifiers) };
    Line { code: format!("{key}{name}: {} from column {position}{modifiers}", guess.ty), evidence: guess.evidence.clone() }
}

fn line(key: &str, name: &str, header: &str, guess: &Guess) -> Line {
    let from = if header == name { String::new() } else { format!(" from {}", quoted(header)) };
    let modifiers = if guess.modifiers.is_empty() { String::new() } else { format!(" {}", guess.modifiers) };
    Line { code: format!("{key}{name}: {}{from}{modifiers}", guess.ty), evidence: guess.evidence.clone() }
}

/// Placeholders with how often they stand. A doubtful one counts only where every column that has it is numbers, dates or truth values.
fn markers(columns: &mut [Looked]) -> Vec<(String, u64)> {
    let mut found: std::collections::BTreeMap<String, (String, u64)> = std::collections::BTreeMap::new();
    let mut answers = BTreeSet::new();
    for column in columns.iter().filter(|c| !c.seen.is_typed()) {
        answers.extend(column.seen.doubtful.keys().map(|text| crate::text::fold(text, false).into_owned()));
    }
    let mut add = |text: &str, n: u64| {
        let entry = found.entry(crate::text::fold(text, false).into_owned()).or_insert_with(|| (text.to_owned(), 0));
        entry.1 += n;
    };
    for column in columns.iter_mut() {
        for (text, &n) in &column.seen.markers {
            add(text, n);
        }
        let doubted = column.seen.doubtful.keys().any(|text| answers.contains(&*crate::text::fold(text, false)));
        if doubted {
            column.seen.believe();
        } else {
            column.seen.doubtful.iter().for_each(|(text, &n)| add(text, n));
        }
    }
    let mut found: Vec<(String, u64)> = found.into_values().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

/// The column that identifies a record: one with a different value in every record, best one that is called an id or a record, then an
/// e-mail address. Where there is no record yet, its name alone tells.
fn key(columns: &[Looked]) -> Option<usize> {
    let unique = |c: &Looked| {
        let s = &c.seen;
        let distinct = if s.many { guess::is_id(&c.header) } else { s.values.len() as u64 == s.rows };
        s.rows == 0 || s.known == s.rows && distinct && !s.fits.scientific
    };
    let rank = |c: &Looked| {
        let name = normal(&c.header);
        let name = name.rsplit('.').next().sure("a split text has a part");
        match name {
            "recordid" | "id" | "contactid" | "leadid" | "prospectid" | "hsobjectid" => Some(0),
            _ if name.contains("recordid") => Some(0),
            _ if name.contains("email") || name == "mail" => Some(3),
            _ if guess::is_id(&c.header) => Some(1),
            _ if name.ends_with("number") => Some(2),
            _ => None,
        }
    };
    columns.iter().enumerate().filter(|(_, c)| unique(c)).filter_map(|(at, c)| Some((rank(c)?, at))).min().map(|(_, at)| at)
}

/// An event list nested in the records, if its events have a time.
fn events(column: &Looked, names: &mut Names) -> Option<(String, Vec<Line>)> {
    let guesses: Vec<(&String, Guess)> =
        column.seen.events.iter().map(|(field, seen)| (field, guess(field, seen, false))).collect();
    let timed = |g: &Guess| g.ty == "date" || g.ty == "datetime";
    let at = guesses
        .iter()
        .position(|(field, g)| *field == "at" && timed(g))
        .or_else(|| guesses.iter().position(|(_, g)| timed(g)))?;
    let list = names.property(&column.header);
    // The list is found under its name only.
    if normal(&list) != normal(&column.header) {
        return None;
    }
    let (time, guess) = guesses.get(at)?;
    let mut read = BTreeSet::from(["at".to_owned(), normal(time)]);
    let mut names = Names::new(guesses.iter().map(|(field, _)| field.as_str()).chain(["at"]));
    // Fields that are told apart by nothing but case or spaces cannot both be read, nor one that is called as the time is.
    let others = guesses.iter().enumerate().filter(|(place, (field, _))| *place != at && read.insert(normal(field)));
    let mut lines: Vec<(usize, Line)> =
        others.map(|(place, (field, guess))| (place, line("", &names.property(field), field, guess))).collect();
    lines.push((at, line("", "at", time, guess)));
    lines.sort_by_key(|(place, _)| *place);
    Some((list, lines.into_iter().map(|(_, line)| line).collect()))
}
