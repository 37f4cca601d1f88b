//! Names: where they are declared and used, and how to change them.

use std::collections::{BTreeMap, BTreeSet};

use super::File;
use crate::analysis::{Analysed, Analysis, Mention};
use crate::check::{Symbol, SymbolKind};
use crate::diag::Edit;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Modifier, OptionDecl, PropertyDecl, SchemaMemberKind, TypeExprKind};
use crate::syntax::{self, ast, written};

/// Where the name at a byte is declared.
#[must_use]
pub fn definition(file: &File<'_>, offset: u32) -> Option<Span> {
    file.analysis.name_at(file.id, offset)?.symbol.definition
}

/// Everywhere that the name at a byte is written, its declaration included, in all programs that have it.
#[must_use]
pub fn references(file: &File<'_>, offset: u32) -> Vec<Span> {
    file.analysis.name_at(file.id, offset).map(|mention| places(file.analysis, &mention)).unwrap_or_default()
}

fn places(analysis: &Analysis, mention: &Mention<'_>) -> Vec<Span> {
    let Some(definition) = mention.symbol.definition else {
        return mention.program.names.mentions(mention.symbol).collect();
    };
    let mut found = BTreeSet::new();
    for program in analysis.programs_of(definition.file) {
        if let Some((symbol, _)) = program.names.at(definition.file, definition.start)
            && symbol.definition == Some(definition)
        {
            found.extend(program.names.mentions(symbol));
        }
    }
    found.into_iter().collect()
}

/// The symbols of all programs whose name has the letters of `query` in their order; each declaration once.
#[must_use]
pub fn search<'a>(analysis: &'a Analysis, query: &str) -> Vec<(&'a Symbol, Span)> {
    let query: Vec<char> = query.chars().flat_map(char::to_lowercase).collect();
    let fits = |name: &str| {
        let mut letters = name.chars().flat_map(char::to_lowercase);
        query.iter().all(|wanted| letters.any(|letter| letter == *wanted))
    };
    let symbols = analysis.programs.iter().flat_map(|program| program.names.symbols());
    let declared =
        symbols.filter(|symbol| symbol.kind != SymbolKind::Option).filter_map(|symbol| Some((symbol, symbol.definition?)));
    let mut seen = BTreeSet::new();
    declared.filter(|(symbol, span)| fits(&symbol.name) && seen.insert(*span)).collect()
}

/// The name at a byte that can be changed, without its quotes or backticks; its place.
///
/// # Errors
/// Why it cannot be changed.
pub fn renamed<'a>(file: &File<'a>, offset: u32) -> Result<Mention<'a>, String> {
    let mention = file.analysis.name_at(file.id, offset);
    let mention = mention.ok_or("no name here can be changed: place the cursor on a name")?;
    if mention.symbol.kind == SymbolKind::Column {
        let name = &mention.symbol.name;
        let owner = ["_before", "_move", "_reason"].iter().find_map(|ending| name.strip_suffix(ending));
        return Err(match owner {
            Some(owner) => format!("`{name}` is called after the lifecycle `{owner}`: rename that"),
            None => format!("`{name}` is a column of every output and keeps its name"),
        });
    }
    Ok(mention)
}

/// The edits that give the name at a byte another one, by file. What is read from data stays the same: a property and an option
/// keep their old name as a form in data. `check` is given the new texts, and analyses them.
///
/// # Errors
/// Why the name cannot be changed, in words: the new one is none, is taken, or the rules would not check.
pub fn rename(
    file: &File<'_>,
    offset: u32,
    new: &str,
    check: &mut dyn FnMut(&BTreeMap<FileId, String>) -> Analysis,
) -> Result<BTreeMap<FileId, Vec<Edit>>, String> {
    let mention = renamed(file, offset)?;
    let new = new.trim().trim_matches('`').trim();
    if new.is_empty() || new.contains(['`', '\n', '\r']) {
        return Err("a name has letters, digits and `_`; any other is written in backticks, and has none inside".to_owned());
    }
    let renaming = Renaming { analysis: file.analysis, symbol: mention.symbol, new };
    let spans = places(file.analysis, &mention);
    let mut edits: Vec<Edit> = spans.iter().filter_map(|span| renaming.edit(*span)).collect();
    edits.extend(renaming.columns(mention.program));
    edits.extend(renaming.form());
    let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    by_file.values_mut().for_each(|edits| edits.sort_by_key(|edit| (edit.span.start, edit.span.end)));
    let texts: BTreeMap<FileId, String> = by_file.iter().filter_map(|(id, edits)| renaming.applied(*id, edits)).collect();
    renaming.judge(&by_file, spans.len(), &check(&texts))?;
    Ok(by_file)
}

/// A name that is being changed.
struct Renaming<'a> {
    analysis: &'a Analysis,
    symbol: &'a Symbol,
    new: &'a str,
}

impl Renaming<'_> {
    /// The edit of one place; none where another form of an option is written.
    fn edit(&self, span: Span) -> Option<Edit> {
        let old = self.analysis.sources.text(span);
        let in_rules = self.analysis.rule_files().any(|id| id == span.file);
        let (quoted, bare) = match old.strip_prefix('"') {
            Some(rest) => (true, rest.trim_end_matches('"')),
            None => (false, old.trim_matches('`')),
        };
        if self.symbol.kind == SymbolKind::Option && bare != &*self.symbol.name {
            return None;
        }
        let text = if !in_rules {
            self.new.to_owned()
        } else if quoted {
            written::quoted(self.new)
        } else if self.symbol.kind == SymbolKind::Option {
            written::choice(self.new)
        } else {
            written::name(self.new)
        };
        Some(Edit { span, text })
    }

    /// The edits of the columns that are called after a lifecycle.
    fn columns(&self, program: &Analysed) -> Vec<Edit> {
        if !matches!(self.symbol.kind, SymbolKind::Property | SymbolKind::Lifecycle) {
            return Vec::new();
        }
        let columns = program.names.symbols().iter().filter(|symbol| symbol.kind == SymbolKind::Column);
        let own = columns.filter_map(|column| {
            let ending =
                column.name.strip_prefix(&*self.symbol.name).filter(|rest| matches!(*rest, "_before" | "_move" | "_reason"))?;
            Some((column, written::name(&format!("{}{ending}", self.new))))
        });
        own.flat_map(|(column, text)| program.names.mentions(column).map(move |span| Edit { span, text: text.clone() })).collect()
    }

    /// The old name as a form in data, where the schema declares what is renamed.
    fn form(&self) -> Option<Edit> {
        let declared = self.symbol.definition?;
        let text = self.analysis.sources.get(declared.file)?.text();
        let parsed = syntax::parse(declared.file, text);
        let old = written::quoted(&self.symbol.name);
        let insert = |at: u32, text: String| Some(Edit { span: Span::new(declared.file, at, at), text });
        for property in properties(&parsed.file.items) {
            if property.name.span == declared {
                let from = property.modifiers.iter().find_map(|modifier| match modifier {
                    Modifier::From(_, span) => Some(Some(*span)),
                    Modifier::FromColumn(..) => Some(None),
                    Modifier::Required(_) | Modifier::Default(..) | Modifier::Split(..) | Modifier::Like(..) => None,
                });
                return match from {
                    Some(Some(span)) => insert(span.end, format!(", {old}")),
                    Some(None) => None,
                    None => insert(property.ty.span.end, format!(" from {old}")),
                };
            }
            if let Some(option) = options(property).iter().find(|option| option.name.span() == declared) {
                return match option.forms.last() {
                    Some(last) => insert(last.span.end, format!(" | {old}")),
                    None => insert(declared.end, format!(" = {old}")),
                };
            }
        }
        None
    }

    fn applied(&self, id: FileId, edits: &[Edit]) -> Option<(FileId, String)> {
        let mut text = self.analysis.sources.get(id)?.text().to_string();
        for edit in edits.iter().rev() {
            let range = edit.span.start as usize..edit.span.end as usize;
            text.get(range.clone())?;
            text.replace_range(range, &edit.text);
        }
        Some((id, text))
    }

    /// Whether the rules with the new name say what they said.
    fn judge(&self, edits: &BTreeMap<FileId, Vec<Edit>>, places: usize, now: &Analysis) -> Result<(), String> {
        let (old, new) = (&self.symbol.name, self.new);
        if now.summary().errors > self.analysis.summary().errors {
            let known: BTreeSet<&str> = self.analysis.findings.iter().map(|finding| finding.message.as_str()).collect();
            let errors = now.findings.iter().filter(|finding| finding.severity == crate::diag::Severity::Error);
            let first =
                errors.clone().find(|finding| !known.contains(finding.message.as_str())).or_else(|| errors.clone().next());
            let why = first.map(|finding| {
                let place = now.sources.place(finding.span);
                let file = std::path::Path::new(now.sources.name(finding.span)).file_name().unwrap_or_default();
                format!("{}:{}: {}", file.to_string_lossy(), place.line, finding.message)
            });
            return Err(format!("the rules would not check with `{new}`: {}", why.unwrap_or_default()));
        }
        let Some(definition) = self.symbol.definition else { return Ok(()) };
        let shift: i64 = edits
            .get(&definition.file)
            .into_iter()
            .flatten()
            .filter(|edit| edit.span.start < definition.start)
            .map(|edit| edit.text.len() as i64 - i64::from(edit.span.end - edit.span.start))
            .sum();
        let path = self.analysis.sources.get(definition.file).and_then(|file| file.path());
        let found = path.and_then(|path| now.file(path)).and_then(|id| {
            let at = u32::try_from(i64::from(definition.start) + shift).ok()?;
            now.name_at(id, at).filter(|mention| &*mention.symbol.name == new)
        });
        match found {
            Some(mention) if self::places(now, &mention).len() == places => Ok(()),
            Some(_) | None => Err(format!("`{new}` already has another meaning in a place where `{old}` is used")),
        }
    }
}

/// The properties of a file's schemas, fields of events among them.
fn properties(items: &[ast::Item]) -> impl Iterator<Item = &PropertyDecl> {
    let schemas =
        items.iter().filter_map(|item| if let ast::ItemKind::Schema(schema) = &item.kind { Some(schema) } else { None });
    schemas.flat_map(|schema| &schema.members).flat_map(|member| {
        let (own, fields) = match &member.kind {
            SchemaMemberKind::Property(property) => (Some(property), [].as_slice()),
            SchemaMemberKind::Events(events) => (None, events.fields.as_slice()),
            SchemaMemberKind::Related(related) => (None, related.fields.as_slice()),
            SchemaMemberKind::UnknownValues(_)
            | SchemaMemberKind::TimeZone(_)
            | SchemaMemberKind::IgnoreAccents
            | SchemaMemberKind::NumbersLike(_)
            | SchemaMemberKind::DatesLike(_) => (None, [].as_slice()),
        };
        own.into_iter().chain(fields.iter().map(|field| &field.property))
    })
}

/// The options that a property declares.
fn options(property: &PropertyDecl) -> &[OptionDecl] {
    match &property.ty.kind {
        TypeExprKind::OneOf(options) | TypeExprKind::SetOf(options) => options,
        TypeExprKind::Text
        | TypeExprKind::Integer
        | TypeExprKind::Number
        | TypeExprKind::Boolean
        | TypeExprKind::Date
        | TypeExprKind::DateTime
        | TypeExprKind::SetOfText
        | TypeExprKind::Unknown(_) => &[],
    }
}
