//! What the data lack, in the words of the rules that need it.

use std::path::Path;

use miette::Report;

use crate::failure::Failure;
use crate::hir::Model;
use crate::hir::uses::Uses;
use crate::input::MissingColumns;
use crate::source::{Sources, Span};
use crate::text::visible;

/// Tells what the data lack.
pub(super) struct MissingReport<'a> {
    pub(super) model: &'a Model,
    pub(super) sources: &'a Sources,
    pub(super) uses: &'a Uses,
    /// How the ways out are named.
    pub(super) words: Words,
}

/// How messages name what a caller can set.
#[derive(Debug, Clone, Copy)]
pub(super) enum Words {
    /// As flags of the command; what `--events` takes.
    Flags(&'static str),
    /// As options of the library.
    Options,
}

impl Words {
    /// A flag, or the option of its name.
    pub(super) fn flag(self, flag: &str) -> String {
        match self {
            Self::Flags(_) => flag.to_owned(),
            Self::Options => flag.trim_start_matches('-').replace('-', "_"),
        }
    }

    /// How the rows of events or related records are given.
    fn rows(self, flag: &str, name: &str) -> String {
        match self {
            Self::Flags(place) => format!("{flag} {name}={place}"),
            Self::Options => format!("{}={{\"{name}\": TABLE}}", self.flag(flag)),
        }
    }

    /// How these may be missing.
    fn allow(self, names: &[String]) -> String {
        match self {
            Self::Flags(_) => format!("--allow-missing {}", names.join(",")),
            Self::Options => format!("allow_missing=[\"{}\"]", names.join("\", \"")),
        }
    }
}

impl MissingReport<'_> {
    pub(super) fn told(&self, missing: &MissingColumns) -> Report {
        let mut lines = Vec::new();
        let mut allow = Vec::new();
        let mut ways = Vec::new();
        for property in &missing.properties {
            let rules = self.rules(|uses| uses.properties.get(property.property.0 as usize).map(Vec::as_slice));
            let file = shown(&property.file);
            let near = nearest_headers(&property.nearest);
            let key = self.model.schema.key == Some(property.property) && rules.is_empty();
            let names = self.model.schema.related.iter().find(|related| related.to == property.property && rules.is_empty());
            let who = match names {
                _ if key => "the key of every record".to_owned(),
                Some(related) => format!("which says what the `{}` of a record is", related.name),
                None => self.needed_by(&rules),
            };
            lines.push(format!("{file} has no column for `{}`, {who}{near}", property.name));
            allow.push(property.name.clone());
        }
        for event in &missing.events {
            let rules = self.rules(|uses| uses.events.get(event.0 as usize).map(|e| e.rules.as_slice()));
            let name = &*self.model.schema.sure_event(*event).name;
            lines.push(format!("there are no events `{name}`, {}", self.needed_by(&rules)));
            ways.push(format!("give the events with {}", self.words.rows("--events", name)));
            allow.push(name.to_owned());
        }
        for related in missing.related.iter().filter_map(|&id| self.model.schema.related(id)) {
            let name = &related.name;
            let used = related.filled().filter_map(|id| self.uses.properties.get(id.0 as usize));
            let mut rules: Vec<Span> = used.flatten().copied().collect();
            rules.sort_unstable();
            rules.dedup();
            lines.push(format!("the data have no `{name}`, {}", self.needed_by(&rules)));
            ways.push(format!("give its rows with {}", self.words.rows("--related", name)));
            allow.push(name.to_string());
        }
        for key in &missing.keys {
            let name = &self.model.schema.sure_related(key.related).name;
            let near = nearest_headers(&key.nearest);
            lines.push(format!("{} has no column `{}`, by which a `{name}` is found{near}", shown(&key.file), key.name));
            ways.push("name the column of that file in the schema with `by \"..\"`".to_owned());
        }
        for field in &missing.fields {
            let list = &self.model.schema.sure_event(field.event).name;
            let what = if field.field.is_some() { "the field" } else { "the record that an event belongs to," };
            let near = nearest_headers(&field.nearest);
            lines.push(format!("{} has no column for {what} `{}` of the events `{list}`{near}", shown(&field.file), field.name));
            if field.field.is_some() && !allow.contains(&list.to_string()) {
                allow.push(list.to_string());
            }
        }
        for header in &missing.carried {
            let near = nearest_headers(&header.nearest);
            lines.push(format!("{} has no column `{}` to carry along{near}", shown(&header.file), header.name));
        }
        if !missing.properties.is_empty() || !missing.fields.is_empty() {
            ways.insert(0, "say in the schema which column it is with `from \"..\"`".to_owned());
        } else if !missing.carried.is_empty() {
            ways.insert(0, "name columns as the header of the data does".to_owned());
        }
        if !allow.is_empty() {
            let what =
                if missing.properties.is_empty() { "score everybody without them" } else { "let it be unknown for everybody" };
            ways.push(format!("{what} with {}", self.words.allow(&allow)));
        }
        let help = ways.join(", or ");
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut also: String = rest.iter().map(|line| format!("\n  and {line}")).collect();
        also.extend(missing.found.iter().map(|found| format!("\n  in {found}")));
        Failure::new(format!("{first}; {help}{also}")).into()
    }

    /// The rules that read something, or else what of rollups reads it.
    fn rules(&self, of: impl for<'a> Fn(&'a Uses) -> Option<&'a [Span]>) -> Vec<Span> {
        let own = of(self.uses).unwrap_or_default();
        if !own.is_empty() {
            return own.to_vec();
        }
        let rollups = self.model.rollups.iter().map(|rollup| Uses::of_rollup(self.model, rollup));
        rollups.flat_map(|uses| of(&uses).unwrap_or_default().to_vec()).collect()
    }

    /// `which score.lsr:14 and 2 other rules need`
    fn needed_by(&self, rules: &[Span]) -> String {
        let place = |span: &Span| format!("{}:{}", self.sources.name(*span), self.sources.place(*span).line);
        let mut places: Vec<String> = Vec::new();
        for span in rules {
            let place = place(span);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        match places.as_slice() {
            [] => "which the rules need".to_owned(),
            [one] => format!("which the rule at {one} needs"),
            [rest @ .., last] if rest.len() < 4 => format!("which the rules at {} and {last} need", rest.join(", ")),
            many => {
                let first: Vec<&str> = many.iter().take(3).map(String::as_str).collect();
                format!("which the rules at {} and {} more need", first.join(", "), many.len() - 3)
            }
        }
    }
}

fn nearest_headers(headers: &[String]) -> String {
    let quoted: Vec<String> = headers.iter().take(3).map(|h| format!("\"{}\"", visible(h))).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!(" (the nearest header is {one})"),
        many => format!(" (the nearest headers are {})", many.join(", ")),
    }
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}
