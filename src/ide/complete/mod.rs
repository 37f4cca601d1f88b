//! What can be written at a place: words of the language from the grammar, names and options from the rules.

mod place;
mod snippets;

use std::collections::BTreeSet;
use std::path::Path;

use super::hover::type_words;
use super::keywords;
use crate::analysis::{Analysed, Analysis};
use crate::check::{Loader, Symbol, SymbolKind};
use crate::diag::{Code, Severity};
use crate::schema::Property;
use crate::source::FileId;
use crate::syntax::cursor::{Cursor, cursor};
use crate::syntax::written;
use crate::value::Type;
use place::{Place, Wanted};

/// Something that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is called.
    pub label: String,
    /// What is written; a snippet where `snippet` says so.
    pub text: String,
    /// Whether `text` has places to fill in: `${1:name}`.
    pub snippet: bool,
    /// What it is.
    pub kind: ProposalKind,
    /// Its type or kind, in a few words.
    pub detail: String,
    /// Its documentation, in Markdown.
    pub docs: String,
}

/// The kinds of proposals, those that fit best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProposalKind {
    /// An option or a stage.
    Option,
    /// A property or field.
    Property,
    /// A definition, list, param or list of events.
    Variable,
    /// A score, label or lifecycle.
    Output,
    /// A reason of a rule.
    Reason,
    /// A file.
    File,
    /// A finding.
    Finding,
    /// A word of the language.
    Keyword,
    /// An item with places to fill in.
    Snippet,
}

/// What an editor knows when a text is being written: the analysis may be of an earlier state of it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The analysis.
    pub analysis: &'a Analysis,
    /// Which file is being written; `None` for one that no program has yet.
    pub id: Option<FileId>,
    /// The path of the file.
    pub path: &'a Path,
    /// The folder of the project, which paths do not leave.
    pub root: Option<&'a Path>,
    /// What knows the files of folders.
    pub loader: &'a dyn Loader,
}

/// What can be written at a byte of a text, and the first byte of the word that it replaces.
#[must_use]
pub fn complete(text: &str, offset: usize, known: &Known<'_>) -> (usize, Vec<Proposal>) {
    let cursor = cursor(text, offset);
    if cursor.in_comment {
        return in_comment(text, offset);
    }
    let program = known.id.and_then(|id| known.analysis.programs_of(id).next());
    let proposals = match program {
        Some(program) => Completion { cursor: &cursor, program, known }.all(),
        None => keyword_proposals(&cursor),
    };
    let mut seen = BTreeSet::new();
    (cursor.start, proposals.into_iter().filter(|proposal| seen.insert((proposal.label.clone(), proposal.snippet))).collect())
}

/// Findings behind `# lsrc: allow(`.
fn in_comment(text: &str, offset: usize) -> (usize, Vec<Proposal>) {
    let before = text.get(..offset).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let Some((_, names)) = line.rsplit_once("allow(").filter(|(_, names)| line.contains("lsrc:") && !names.contains(')')) else {
        return (offset, Vec::new());
    };
    let word = names.rsplit([',', ' ']).next().unwrap_or("");
    let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    let proposals = warnings
        .map(|code| Proposal { docs: code.page().to_owned(), ..plain(code.name(), ProposalKind::Finding, code.summary()) });
    (offset - word.len(), proposals.collect())
}

fn plain(label: &str, kind: ProposalKind, detail: &str) -> Proposal {
    Proposal {
        label: label.to_owned(),
        text: label.to_owned(),
        snippet: false,
        kind,
        detail: detail.to_owned(),
        docs: String::new(),
    }
}

/// The words of the language that the grammar lets follow, and snippets for items where one can begin.
fn keyword_proposals(cursor: &Cursor<'_>) -> Vec<Proposal> {
    let words = cursor.keywords.iter().map(|word| {
        let (meaning, example) = keywords::meaning(word).unwrap_or_default();
        let docs = if meaning.is_empty() { String::new() } else { format!("{meaning}\n\n```lsr\n{example}\n```") };
        Proposal { docs, ..plain(word, ProposalKind::Keyword, "") }
    });
    let starts = cursor.before.is_empty() || cursor.keywords.iter().any(|word| snippets::is_start(cursor.block, word));
    let snippets = snippets::of(cursor.block).filter(|_| starts);
    words.chain(snippets).collect()
}

/// A word with what always follows it.
fn phrase(proposal: Proposal) -> Proposal {
    let more = match proposal.label.as_str() {
        "hours" | "days" | "weeks" | "months" | "years" => " since",
        "domain" | "length" | "words" | "size" | "latest" | "earliest" | "highest" | "lowest" | "one" | "set" => " of",
        "at" => " least",
        "starts" | "ends" => " with",
        "does" => " not",
        "forward" => " only",
        _ => "",
    };
    if proposal.kind != ProposalKind::Keyword || more.is_empty() {
        return proposal;
    }
    let label = proposal.label + more;
    Proposal { text: label.clone(), label, ..proposal }
}

/// One place in one program.
struct Completion<'a> {
    cursor: &'a Cursor<'a>,
    program: &'a Analysed,
    known: &'a Known<'a>,
}

impl Completion<'_> {
    fn all(&self) -> Vec<Proposal> {
        let place = Place::of(self.cursor, self.program);
        if self.cursor.in_text {
            return match place.wanted {
                Wanted::Reasons => self.reasons(false),
                Wanted::Files(ending) => self.files(ending),
                Wanted::Options(property) => self.texts(&property),
                Wanted::Nothing | Wanted::Fields(_) | Wanted::Names(_) => Vec::new(),
            };
        }
        let mut proposals = match &place.wanted {
            Wanted::Nothing => Vec::new(),
            Wanted::Reasons => self.reasons(true),
            Wanted::Files(_) => Vec::new(),
            Wanted::Options(ty) => options(ty),
            Wanted::Fields(list) => self.fields(list),
            Wanted::Names(fits) => self.names(&place, *fits),
        };
        if place.only {
            return proposals;
        }
        let words = keyword_proposals(self.cursor).into_iter().filter(|proposal| place.fits_operator(&proposal.label));
        proposals.extend(words.map(phrase));
        proposals
    }

    /// The names that fit, and inside `where` the fields of the list.
    fn names(&self, place: &Place, fits: fn(&Symbol) -> bool) -> Vec<Proposal> {
        let mut proposals = place.event.as_deref().map(|list| self.fields(list)).unwrap_or_default();
        let symbols = self.program.names.symbols().iter();
        proposals.extend(symbols.filter(|symbol| fits(symbol)).map(named));
        proposals
    }

    fn fields(&self, list: &str) -> Vec<Proposal> {
        let lists = self.program.schema.events.iter().filter(|events| &*events.name == list);
        lists.flat_map(|events| &events.fields).map(property).collect()
    }

    /// The reasons of rules, in quotes or for inside of them.
    fn reasons(&self, quotes: bool) -> Vec<Proposal> {
        let Some(rules) = &self.program.rules else { return self.written_reasons(quotes) };
        let rules = crate::hits::counted(rules.model());
        let reasons = rules.iter().filter_map(|rule| rule.arm.because.as_ref()).map(|because| because.text.to_string());
        reasons.map(|reason| reason_proposal(&reason, quotes)).collect()
    }

    /// The reasons as they are written, of rules that have errors.
    fn written_reasons(&self, quotes: bool) -> Vec<Proposal> {
        let mut found = Vec::new();
        for (id, file) in self.known.analysis.sources.iter() {
            if self.known.analysis.programs_of(id).any(|program| std::ptr::eq(program, self.program)) {
                let text = file.text();
                let tokens = crate::syntax::scan::scan(text).tokens;
                let pairs = tokens.iter().zip(tokens.iter().skip(1));
                let reasons = pairs.filter(|(because, _)| because.text(text) == "because").map(|(_, reason)| reason.text(text));
                found.extend(reasons.map(|reason| reason_proposal(reason.trim_matches('"'), quotes)));
            }
        }
        found
    }

    /// The files with an ending: of the file's folder, of those directly below, and of the one above.
    fn files(&self, ending: &str) -> Vec<Proposal> {
        let own = self.known.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let here = self.known.path.parent().unwrap_or(Path::new(""));
        let below = self.known.loader.names(here).into_iter().filter(|name| !name.contains('.'));
        let above = here.parent().filter(|above| self.known.root.is_some_and(|root| above.starts_with(root)));
        let folders = std::iter::once(String::new()).chain(below).chain(above.map(|_| "..".to_owned()));
        let mut names: Vec<String> = Vec::new();
        for folder in folders {
            let all = self.known.loader.names(&here.join(&folder)).into_iter();
            let fitting = all.filter(|name| name.ends_with(ending) && !(folder.is_empty() && *name == own));
            names.extend(fitting.map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }));
        }
        names.sort();
        names.iter().map(|name| plain(name, ProposalKind::File, "")).collect()
    }

    /// Options inside quotes.
    fn texts(&self, ty: &Type) -> Vec<Proposal> {
        options(ty).into_iter().map(|proposal| Proposal { text: proposal.label.clone(), ..proposal }).collect()
    }
}

fn reason_proposal(reason: &str, quotes: bool) -> Proposal {
    let text = if quotes { written::quoted(reason) } else { written::quoted(reason).trim_matches('"').to_owned() };
    Proposal { text, ..plain(reason, ProposalKind::Reason, "reason") }
}

/// The options of a type; `true` and `false` of a boolean.
fn options(ty: &Type) -> Vec<Proposal> {
    if *ty == Type::Boolean {
        return ["true", "false"].map(|word| plain(word, ProposalKind::Option, "boolean")).into();
    }
    let items = ty.options().map(|options| options.items.as_slice()).unwrap_or_default();
    let proposals = items.iter().map(|option| {
        let forms: Vec<String> = option.forms.iter().map(|form| written::quoted(form)).collect();
        let text = written::choice(&option.name);
        Proposal { text, ..plain(&option.name, ProposalKind::Option, &forms.join(", ")) }
    });
    proposals.collect()
}

fn property(property: &Property) -> Proposal {
    Proposal {
        text: written::name(&property.name),
        docs: property.docs.join("\n"),
        ..plain(&property.name, ProposalKind::Property, &type_words(&property.ty))
    }
}

fn named(symbol: &Symbol) -> Proposal {
    let (kind, what) = match symbol.kind {
        SymbolKind::Property | SymbolKind::Field => (ProposalKind::Property, "property"),
        SymbolKind::Events => (ProposalKind::Variable, "events"),
        SymbolKind::Related => (ProposalKind::Variable, "related record"),
        SymbolKind::Definition => (ProposalKind::Variable, "definition"),
        SymbolKind::List => (ProposalKind::Variable, "list"),
        SymbolKind::Param => (ProposalKind::Variable, "param"),
        SymbolKind::Score => (ProposalKind::Output, "score"),
        SymbolKind::Label => (ProposalKind::Output, "label"),
        SymbolKind::Lifecycle => (ProposalKind::Output, "lifecycle"),
        SymbolKind::Column => (ProposalKind::Output, "column of the output"),
        SymbolKind::Rollup => (ProposalKind::Output, "rollup"),
        SymbolKind::Option => (ProposalKind::Option, "option"),
    };
    let detail = symbol.ty.as_ref().filter(|_| kind != ProposalKind::Output).map_or_else(|| what.to_owned(), type_words);
    Proposal { text: written::name(&symbol.name), docs: symbol.docs.join("\n"), ..plain(&symbol.name, kind, &detail) }
}
