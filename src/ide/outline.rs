//! What a file declares, as a tree.

use crate::hir::words::squeeze;
use crate::source::{SourceFile, Span};
use crate::syntax::Parsed;
use crate::syntax::ast::{
    Because, Expr, Ident, Item, ItemKind, LifecycleLineKind, PropertyDecl, SchemaDecl, SchemaMemberKind, ScoreBody, ScoreItem,
    ScoreItemKind,
};
use crate::syntax::scan::{self, Token};

/// Something that a file declares.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// All of it.
    pub span: Span,
    /// Its name, or its first words.
    pub name_span: Span,
    /// What is inside it.
    pub children: Vec<Self>,
}

/// The kinds of what a file declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// `schema`
    Schema,
    /// A property, or a field of an event.
    Property,
    /// `events`
    Events,
    /// `list`
    List,
    /// `param`
    Param,
    /// `define`
    Definition,
    /// `score`
    Score,
    /// A rule of a score: `if`, `band`, `match`, `each`, `per`.
    Rule,
    /// `group`
    Group,
    /// `exclude`
    Exclusion,
    /// `label`
    Label,
    /// `lifecycle`
    Lifecycle,
    /// A line of a lifecycle.
    Stage,
    /// `rollup`
    Rollup,
    /// `related`
    Related,
    /// `test`
    Test,
}

/// At most so many characters of a rule are shown as its name.
const LONGEST: usize = 60;

/// The tree of what a file declares, in its order.
#[must_use]
pub fn outline(parsed: &Parsed, source: &SourceFile) -> Vec<Entry> {
    let outline = Outline { source };
    let mut entries: Vec<Entry> = parsed.file.items.iter().filter_map(|item| outline.item(item)).collect();
    tighten(&mut entries, &scan::scan(source.text()).tokens);
    entries
}

/// A span without what follows its last word or sign: the tree's spans reach to the next one.
pub(super) fn tight(tokens: &[Token], span: Span) -> Span {
    let after = tokens.partition_point(|token| token.end <= span.end as usize);
    let last = after.checked_sub(1).and_then(|at| tokens.get(at)).filter(|token| token.start >= span.start as usize);
    last.map_or(span, |token| Span { end: crate::invariant::number(token.end), ..span })
}

fn tighten(entries: &mut [Entry], tokens: &[Token]) {
    for entry in entries {
        entry.span = tight(tokens, entry.span);
        entry.name_span = tight(tokens, entry.name_span);
        tighten(&mut entry.children, tokens);
    }
}

struct Outline<'a> {
    source: &'a SourceFile,
}

impl Outline<'_> {
    fn item(&self, item: &Item) -> Option<Entry> {
        let named = |name: &Ident, kind, children| Entry {
            name: name.name.to_string(),
            kind,
            span: item.span,
            name_span: name.span,
            children,
        };
        Some(match &item.kind {
            ItemKind::Version(_) | ItemKind::Use(_) => return None,
            ItemKind::Schema(schema) => named(&schema.name, EntryKind::Schema, self.members(schema)),
            ItemKind::List(list) => named(&list.name, EntryKind::List, Vec::new()),
            ItemKind::Param(param) => named(&param.name, EntryKind::Param, Vec::new()),
            ItemKind::Define(define) => named(&define.name, EntryKind::Definition, Vec::new()),
            ItemKind::Exclude(rule) => {
                self.rule(EntryKind::Exclusion, item.span, rule.because.as_ref(), rule.condition.span, Vec::new())
            }
            ItemKind::Score(score) => named(
                &score.name,
                EntryKind::Score,
                match &score.body {
                    ScoreBody::Items { items, .. } => items.iter().map(|item| self.score_item(item)).collect(),
                    ScoreBody::Formula(_) | ScoreBody::Conditional(_) => Vec::new(),
                },
            ),
            ItemKind::Label(label) => named(&label.name, EntryKind::Label, Vec::new()),
            ItemKind::Lifecycle(lifecycle) => {
                let lines = lifecycle.lines.iter().filter_map(|line| {
                    let name = match &line.kind {
                        LifecycleLineKind::Hold { condition, because } => {
                            return Some(self.rule(EntryKind::Stage, line.span, because.as_ref(), condition.span, Vec::new()));
                        }
                        LifecycleLineKind::Stage { stage, .. } | LifecycleLineKind::Otherwise { stage } => stage,
                        LifecycleLineKind::ForwardOnly => return None,
                    };
                    let (name, name_span) = (name.name().to_string(), name.span());
                    Some(Entry { name, kind: EntryKind::Stage, span: line.span, name_span, children: Vec::new() })
                });
                named(&lifecycle.name, EntryKind::Lifecycle, lines.collect())
            }
            ItemKind::Rollup(rollup) => {
                named(&rollup.name, EntryKind::Rollup, rollup.items.iter().filter_map(|item| self.item(item)).collect())
            }
            ItemKind::Test(test) => Entry {
                name: test.name.value.to_string(),
                kind: EntryKind::Test,
                span: item.span,
                name_span: test.name.span,
                children: Vec::new(),
            },
        })
    }

    fn members(&self, schema: &SchemaDecl) -> Vec<Entry> {
        let property = |property: &PropertyDecl, span| Entry {
            name: property.name.name.to_string(),
            kind: EntryKind::Property,
            span,
            name_span: property.name.span,
            children: Vec::new(),
        };
        let members = schema.members.iter().filter_map(|member| match &member.kind {
            SchemaMemberKind::Property(it) => Some(property(it, member.span)),
            SchemaMemberKind::Events(events) => Some(Entry {
                name: events.name.name.to_string(),
                kind: EntryKind::Events,
                span: member.span,
                name_span: events.name.span,
                children: events.fields.iter().map(|field| property(&field.property, field.span)).collect(),
            }),
            SchemaMemberKind::Related(related) => Some(Entry {
                name: related.name.name.to_string(),
                kind: EntryKind::Related,
                span: member.span,
                name_span: related.name.span,
                children: related.fields.iter().map(|field| property(&field.property, field.span)).collect(),
            }),
            SchemaMemberKind::UnknownValues(_)
            | SchemaMemberKind::TimeZone(_)
            | SchemaMemberKind::IgnoreAccents
            | SchemaMemberKind::NumbersLike(_)
            | SchemaMemberKind::DatesLike(_) => None,
        });
        members.collect()
    }

    fn score_item(&self, item: &ScoreItem) -> Entry {
        let rule = |kind, because: Option<&Because>, head: Span| self.rule(kind, item.span, because, head, Vec::new());
        let to = |value: &Expr| Span::new(item.span.file, item.span.start, value.span.end);
        match &item.kind {
            ScoreItemKind::If(it) => {
                let first = it.branches.first();
                let head = first.map_or(item.span, |branch| branch.condition.span);
                rule(EntryKind::Rule, first.and_then(|branch| branch.because.as_ref()), head)
            }
            ScoreItemKind::Band(band) => rule(EntryKind::Rule, None, to(&band.value)),
            ScoreItemKind::Match(it) => {
                let first = it.lines.first().map_or(it.close.start, |line| line.outcome.span.start);
                let head = self.source.text().get(item.span.start as usize..first as usize).unwrap_or("");
                let length = head.rfind('{').unwrap_or(head.len());
                let end = item.span.start + crate::invariant::number(length);
                rule(EntryKind::Rule, None, Span::new(item.span.file, item.span.start, end))
            }
            ScoreItemKind::Each(it) => rule(EntryKind::Rule, it.because.as_ref(), to_points(item, it.points.span)),
            ScoreItemKind::Per(it) => rule(EntryKind::Rule, it.because.as_ref(), to(&it.value)),
            ScoreItemKind::Exclude(it) => rule(EntryKind::Exclusion, it.because.as_ref(), it.condition.span),
            ScoreItemKind::Group(group) => Entry {
                name: group.title.value.to_string(),
                kind: EntryKind::Group,
                span: item.span,
                name_span: group.title.span,
                children: group.items.iter().map(|item| self.score_item(item)).collect(),
            },
        }
    }

    /// A rule, called by its reason, else by its words in `head`.
    fn rule(&self, kind: EntryKind, span: Span, because: Option<&Because>, head: Span, children: Vec<Entry>) -> Entry {
        let words = || {
            let words = squeeze(self.source.text().get(head.start as usize..head.end as usize).unwrap_or(""));
            if words.chars().count() <= LONGEST { words } else { words.chars().take(LONGEST - 2).collect::<String>() + ".." }
        };
        let name = because.map_or_else(words, |because| because.text.value.to_string());
        let name_span = because.map_or(head, |because| because.text.span);
        // An empty text is no name that an editor shows.
        let name = if name.trim().is_empty() { "rule".to_owned() } else { name };
        let name_span = if span.contains(name_span) { name_span } else { span };
        Entry { name, kind, span, name_span, children }
    }
}

/// From an item's start to before its points.
fn to_points(item: &ScoreItem, points: Span) -> Span {
    Span::new(item.span.file, item.span.start, points.start.max(item.span.start))
}
