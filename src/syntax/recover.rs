//! What is left of a file that does not parse whole.
//!
//! The tokens are cut where an item can start, and each piece is parsed alone. A piece that does not parse and is a block is cut again
//! at the lines inside it. So every broken line is told once, the sound ones around it stay, and an unclosed bracket or text swallows
//! no more than its own line. (A catch-all rule in the grammar would need balanced brackets there, which backtracks exponentially on
//! unclosed ones; the cutting is one linear pass for each level of blocks.)

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{
    BandLine, EventField, Item, ItemKind, LabelBody, LabelDecl, LabelLine, LifecycleLine, MatchLine, SchemaMember,
    SchemaMemberKind, ScoreBody, ScoreItem, ScoreItemKind, TestClause,
};
use super::build::Builder;
use super::grammar::{self, Rule};
use super::keywords::{self, Level};
use super::scan::{Kind, Token};
use super::trivia::Trivia;
use super::words::{self, Case};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::invariant::SureAt as _;
use crate::source::{FileId, Span};

/// A sound piece of the tree.
enum Node {
    Item(Item),
    Member(SchemaMember),
    Field(EventField),
    ScoreItem(ScoreItem),
    LifecycleLine(LifecycleLine),
    Clause(TestClause),
    BandLine(BandLine),
    MatchLine(MatchLine),
    LabelLine(LabelLine),
}

/// The pieces of a block's body: ranges of tokens, and its closing brace.
pub(super) struct Body {
    pub(super) pieces: Vec<(usize, usize)>,
    pub(super) close: Option<usize>,
}

/// Reads a broken file piece by piece.
pub(super) struct Recovery<'t> {
    pub(super) id: FileId,
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
    pub(super) trivia: &'t Trivia,
    /// The token at which nesting is first too deep, for every place where it becomes so.
    pub(super) deep: &'t [usize],
    pub(super) diagnostics: Diagnostics,
    pub(super) broken_names: BTreeSet<Arc<str>>,
    pub(super) incomplete: bool,
}

impl<'t> Recovery<'t> {
    /// The sound items of the whole file; the others are told.
    pub(super) fn items(&mut self) -> Vec<Item> {
        let body = self.cut(Level::File, 0, self.tokens.len());
        let nodes = self.read_all(Level::File, &body);
        nodes.into_iter().filter_map(|node| if let Node::Item(item) = node { Some(item) } else { None }).collect()
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub(super) fn word(&self, at: usize) -> &'t str {
        self.token(at).map_or("", |t| t.text(self.text))
    }

    fn span(&self, from: usize, to: usize) -> Span {
        let start = self.token(from).map_or(self.text.len(), |t| t.start);
        let end = to.checked_sub(1).and_then(|last| self.token(last)).map_or(start, |t| t.end);
        Span::new(self.id, to_u32(start), to_u32(end.max(start)))
    }

    // ---- cutting ----------------------------------------------------------------------------

    /// Cuts tokens `from..to` into pieces, up to the brace that closes the block around them.
    pub(super) fn cut(&self, level: Level, from: usize, to: usize) -> Body {
        // Open brackets inside the piece; true for the brace of a block that holds the same kind of items.
        let mut open: Vec<(bool, &str)> = Vec::new();
        let mut pieces = Vec::new();
        let mut start = from;
        let mut owner = "";
        let mut at = from;
        while at < to {
            let Some(token) = self.token(at) else { break };
            if self.can_start(level, at, start) {
                if token.first && !(level == Level::File && self.word(at) == "exclude") {
                    let beside = level == Level::File && !keywords::starts(Level::Rollup, self.word(at));
                    while open.last().is_some_and(|&(holds, _)| beside || !holds) {
                        open.pop();
                    }
                }
                if open.is_empty() && at > start {
                    pieces.push((start, at));
                    start = at;
                }
                if open.iter().all(|&(holds, _)| holds) {
                    owner = self.word(at);
                }
            } else if open.is_empty() && at > start && token.first && self.looks_like_start(level, at) {
                pieces.push((start, at));
                start = at;
            }
            if token.kind == Kind::Open {
                let holds = matches!(
                    (level, owner),
                    (Level::Score, "group") | (Level::Schema, "events" | "related") | (Level::File, "rollup")
                );
                open.push((holds && self.word(at) == "{", self.word(at)));
            }
            if token.kind == Kind::Close {
                let word = self.word(at);
                if word == "}" {
                    while open.last().is_some_and(|&(_, bracket)| bracket != "{") {
                        open.pop();
                    }
                }
                let was_open = open.pop_if(|&mut (_, bracket)| closes(bracket, word)).is_some();
                if !was_open && word == "}" && level != Level::File {
                    if at > start {
                        pieces.push((start, at));
                    }
                    return Body { pieces, close: Some(at) };
                }
                if word == "}" && open.is_empty() {
                    if !was_open && at > start {
                        pieces.push((start, at));
                        start = at;
                    }
                    pieces.push((start, at + 1));
                    start = at + 1;
                }
            }
            at += 1;
        }
        if to > start {
            pieces.push((start, to));
        }
        Body { pieces, close: None }
    }

    /// Whether the token is a word with which a piece starts at this level.
    fn can_start(&self, level: Level, at: usize, start: usize) -> bool {
        let Some(token) = self.token(at) else { return false };
        let word = self.word(at);
        let before = at.checked_sub(1).filter(|_| at > start);
        let property = matches!(level, Level::Schema | Level::Events)
            && matches!(token.kind, Kind::Word | Kind::Backticked)
            && self.word(at + 1) == ":";
        if property {
            return before.is_none_or(|b| self.word(b) != "key" || self.word(b + 1) == ":");
        }
        if token.kind != Kind::Word || !keywords::starts(level, word) || self.word(at + 1) == ":" {
            return false;
        }
        let Some(before) = before else { return true };
        // Reserved words can only start something, wherever the line above stopped; in the middle of a line it must be complete.
        let ready = token.first || self.ends_value(before);
        let previous = self.word(before);
        match level {
            Level::File | Level::Rollup => ready,
            Level::Score => ready && !matches!(previous, "else" | "exclude" | "match" | "times"),
            Level::Schema | Level::Events => self.ends_value(before) && (token.first || matches!(word, "events" | "related")),
            Level::Lifecycle => ready && (word != "forward" || self.word(at + 1) == "only"),
            Level::Test => ready,
            Level::Band | Level::Match | Level::Label => false,
        }
    }

    /// Whether a value or a clause can end with this token; else the next one belongs to it.
    fn ends_value(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else { return true };
        match token.kind {
            Kind::Word => {
                let word = token.text(self.text);
                keywords::can_end(word) || !keywords::is_joint(word) && !keywords::is_reserved(word)
            }
            Kind::Sign => matches!(token.text(self.text), ".."),
            Kind::Open => false,
            Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Close => true,
        }
    }

    /// Whether the first token of a line, which starts nothing known, cannot belong to what stands above it either.
    fn looks_like_start(&self, level: Level, at: usize) -> bool {
        let Some(token) = self.token(at) else { return false };
        let Some(before) = at.checked_sub(1) else { return true };
        if !self.ends_value(before) || matches!(self.word(before), "," | "|") {
            return false;
        }
        let word = self.word(at);
        match level {
            Level::Band | Level::Match | Level::Label => {
                matches!(token.kind, Kind::Word | Kind::Backticked | Kind::Number | Kind::Text | Kind::OpenText)
                    && !matches!(word, "because" | "then")
                    || matches!(word, ".." | "..<" | "-")
            }
            Level::Score if word == "unknown" => false,
            Level::File | Level::Rollup | Level::Schema | Level::Events | Level::Score | Level::Lifecycle | Level::Test => {
                token.kind == Kind::Word && !keywords::is_joint(word) || matches!(word, "/" | "-") && self.word(at + 1) == word
            }
        }
    }

    // ---- reading ----------------------------------------------------------------------------

    fn read_all(&mut self, level: Level, body: &Body) -> Vec<Node> {
        let mut nodes = Vec::new();
        for &(from, to) in &body.pieces {
            self.read(level, from, to, &mut nodes);
        }
        nodes
    }

    /// Parses one piece; what is sound joins `nodes`, what is not is told.
    fn read(&mut self, level: Level, from: usize, to: usize, nodes: &mut Vec<Node>) {
        if let Some(&deep) = self.deep.iter().find(|&&at| (from..to).contains(&at)) {
            self.diagnostics.push(too_deep(self.span(deep, deep + 1)));
            self.declare_broken(level, from, to);
            return;
        }
        let span = self.span(from, to);
        let slice = self.text.sure_at(span.start as usize..span.end as usize);
        let refusal = match grammar::parse(level.rule(), slice) {
            Ok(pair) => {
                let mut builder = Builder::new(self.id, span.start as usize, self.trivia);
                for child in pair.into_inner().filter(|p| p.as_rule() != Rule::EOI) {
                    match node(&mut builder, level, child) {
                        Some(node) => nodes.push(node),
                        None => self.declare_broken(level, from, to),
                    }
                }
                self.diagnostics.append(builder.problems);
                return;
            }
            Err(refusal) => refusal,
        };
        let before = self.diagnostics.len();
        let block = self.read_block(level, from, to);
        if self.diagnostics.len() == before {
            let at = span.start as usize + refusal.at;
            self.tell(level, from, to, at, &refusal.expected);
        }
        match block {
            Some(node) => nodes.push(node),
            None => self.declare_broken(level, from, to),
        }
    }

    fn tell(&mut self, level: Level, from: usize, to: usize, at: usize, expected: &[Rule]) {
        let tokens = self.tokens.sure_at(from..to);
        let case = Case { file: self.id, text: self.text, tokens, level, at, expected };
        self.diagnostics.push(words::explain(&case));
    }

    /// A block that does not parse whole: its head and its lines, each alone.
    fn read_block(&mut self, level: Level, from: usize, to: usize) -> Option<Node> {
        let inside = level.inside(self.word(from))?;
        let open = (from..to).find(|&at| self.word(at) == "{")?;
        let head = self.span(from, open + 1);
        let slice = self.text.sure_at(head.start as usize..head.end as usize);
        let before = self.diagnostics.len();
        let parsed = grammar::parse(Rule::block_head, slice);
        if let Err(refusal) = &parsed {
            self.tell(level, from, open + 1, head.start as usize + refusal.at, &refusal.expected);
        }
        let body = self.cut(inside, open + 1, to);
        let children = self.read_all(inside, &body);
        let close = match body.close {
            Some(close) => self.span(close, close + 1),
            None => {
                self.unclosed(from, open, to);
                let end = self.span(from, to).end;
                Span::new(self.id, end, end)
            }
        };
        // What a label or a lifecycle can give, and what an event holds, is not known while a line of it is broken.
        let whole = self.diagnostics.len() == before;
        if !whole && matches!(inside, Level::Label | Level::Lifecycle | Level::Events) {
            return None;
        }
        let head = parsed.ok()?.into_inner().next()?;
        let span = self.span(from, body.close.map_or(to, |close| close + 1));
        let mut builder = Builder::new(self.id, self.span(from, from + 1).start as usize, self.trivia);
        let node = with_children(&mut builder, head, span, close, children);
        self.diagnostics.append(builder.problems);
        node
    }

    /// Tells of a brace without its partner, unless an unclosed text in the block has swallowed it.
    fn unclosed(&mut self, from: usize, open: usize, to: usize) {
        let swallowed = self.tokens.sure_at(open..to).iter();
        if swallowed.filter(|t| t.kind == Kind::OpenText).any(|t| t.text(self.text).contains('}')) {
            return;
        }
        let word = self.word(from).to_owned();
        self.diagnostics.push(words::unclosed_brace(self.span(open, open + 1), &word));
    }

    /// Keeps the names that a broken piece declares.
    fn declare_broken(&mut self, level: Level, from: usize, to: usize) {
        let first = self.word(from);
        let like = |word: &str| strsim::damerau_levenshtein(first, word) <= word.len() / 3;
        self.incomplete |= level == Level::File && like("use") && self.token(from + 1).is_some_and(|t| !t.first);
        let properties = matches!(level, Level::Schema | Level::Events) || level == Level::File && like("schema");
        for at in from..to {
            let Some(token) = self.token(at) else { break };
            if !matches!(token.kind, Kind::Word | Kind::Backticked) {
                continue;
            }
            let declared = matches!(level, Level::File | Level::Rollup) && at == from + 1
                || properties && (self.word(at + 1) == ":" || at > from && matches!(self.word(at - 1), "events" | "related"));
            if declared {
                self.broken_names.insert(Arc::from(token.text(self.text).trim_matches('`')));
            }
        }
    }
}

/// Whether this closing sign closes that bracket.
fn closes(bracket: &str, sign: &str) -> bool {
    matches!((bracket, sign), ("{", "}") | ("[", "]") | ("(", ")"))
}

/// `too-deep` at the place where the nesting goes beyond the limit.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, "more than 200 levels of nesting")
        .help("give parts of it names with `define`, and use the names")
}

/// The tree of a sound child of a piece.
fn node(builder: &mut Builder<'_>, level: Level, pair: pest::iterators::Pair<'_, Rule>) -> Option<Node> {
    Some(match level {
        Level::File | Level::Rollup => Node::Item(builder.item(pair)?),
        Level::Schema => Node::Member(builder.schema_member(pair)?),
        Level::Events => Node::Field(builder.event_field(pair)?),
        Level::Score => Node::ScoreItem(builder.score_item(pair)?),
        Level::Lifecycle => Node::LifecycleLine(builder.lifecycle_line(pair)?),
        Level::Test => Node::Clause(builder.test_clause(pair)?),
        Level::Band => Node::BandLine(builder.band_line(pair)?),
        Level::Match => Node::MatchLine(builder.match_line(pair)?),
        Level::Label => Node::LabelLine(builder.label_line(pair)?),
    })
}

/// A block of its head and those of its lines that are sound.
fn with_children(
    builder: &mut Builder<'_>,
    head: pest::iterators::Pair<'_, Rule>,
    span: Span,
    close: Span,
    children: Vec<Node>,
) -> Option<Node> {
    let docs = builder.docs(span);
    let rule = head.as_rule();
    let children = children.into_iter();
    let score_item = |kind| Some(Node::ScoreItem(ScoreItem { docs: docs.clone(), kind, span }));
    let item = |kind| Some(Node::Item(Item { docs: docs.clone(), kind, span }));
    if rule == Rule::schema_head {
        let mut decl = builder.schema_head(head)?;
        decl.members = children.filter_map(|n| if let Node::Member(m) = n { Some(m) } else { None }).collect();
        decl.close = close;
        item(ItemKind::Schema(decl))
    } else if rule == Rule::score_head {
        let mut decl = builder.score_head(head)?;
        decl.body = ScoreBody::Items { items: score_items(children), close };
        item(ItemKind::Score(decl))
    } else if rule == Rule::label_head {
        let (name, by, _) = builder.label_head(head)?;
        let lines = children.filter_map(|n| if let Node::LabelLine(l) = n { Some(l) } else { None }).collect();
        item(ItemKind::Label(LabelDecl { name, body: LabelBody::Lines { by, lines, close } }))
    } else if rule == Rule::lifecycle_head {
        let mut decl = builder.lifecycle_head(head)?;
        decl.lines = children.filter_map(|n| if let Node::LifecycleLine(l) = n { Some(l) } else { None }).collect();
        decl.close = close;
        item(ItemKind::Lifecycle(decl))
    } else if rule == Rule::rollup_head {
        let mut decl = builder.rollup_head(head)?;
        decl.items = children.filter_map(|n| if let Node::Item(i) = n { Some(i) } else { None }).collect();
        decl.close = close;
        item(ItemKind::Rollup(decl))
    } else if rule == Rule::test_head {
        let mut decl = builder.test_head(head)?;
        decl.clauses = children.filter_map(|n| if let Node::Clause(c) = n { Some(c) } else { None }).collect();
        decl.close = close;
        item(ItemKind::Test(decl))
    } else if rule == Rule::events_head {
        let mut decl = builder.events_head(head)?;
        decl.fields = children.filter_map(|n| if let Node::Field(f) = n { Some(f) } else { None }).collect();
        decl.close = close;
        Some(Node::Member(SchemaMember { docs, kind: SchemaMemberKind::Events(decl), span }))
    } else if rule == Rule::related_head {
        let mut decl = builder.related_head(head)?;
        decl.fields = children.filter_map(|n| if let Node::Field(f) = n { Some(f) } else { None }).collect();
        decl.close = close;
        Some(Node::Member(SchemaMember { docs, kind: SchemaMemberKind::Related(decl), span }))
    } else if rule == Rule::band_head {
        let mut band = builder.band_head(head)?;
        band.lines = children.filter_map(|n| if let Node::BandLine(l) = n { Some(l) } else { None }).collect();
        band.close = close;
        score_item(ScoreItemKind::Band(band))
    } else if rule == Rule::match_head {
        let mut item = builder.match_head(head)?;
        item.lines = children.filter_map(|n| if let Node::MatchLine(l) = n { Some(l) } else { None }).collect();
        item.close = close;
        score_item(ScoreItemKind::Match(item))
    } else {
        let mut group = builder.group_head(head)?;
        group.items = score_items(children);
        group.close = close;
        score_item(ScoreItemKind::Group(group))
    }
}

fn score_items(children: impl Iterator<Item = Node>) -> Vec<ScoreItem> {
    children.filter_map(|n| if let Node::ScoreItem(item) = n { Some(item) } else { None }).collect()
}

fn to_u32(n: usize) -> u32 {
    crate::invariant::number(n)
}
