//! From the tree to lines: which tokens share a line, and in which columns.
//!
//! The tree says where items and lines start and end; what is written is always the tokens themselves, so nothing can be lost on the way.

use super::rows::{Code, Group, Row, WIDTH};
use super::spacing::Tokens;
use crate::source::Span;
use crate::syntax::Parsed;
use crate::syntax::ast::{
    BandItem, EventField, GroupItem, IfItem, Item, ItemKind, ListSource, MatchItem, Modifier, PropertyDecl, SchemaDecl,
    SchemaMemberKind, ScoreBody, ScoreItem, ScoreItemKind, TestDecl,
};
use crate::syntax::scan::Kind;
use crate::syntax::trivia::Comment;

/// Blanks of one level.
pub(super) const STEP: usize = 2;

/// Writes lines in the order of the text.
pub(super) struct Walk<'t> {
    parsed: &'t Parsed,
    pub(super) code: Tokens<'t>,
    comments: &'t [Comment],
    /// The first comment that is not written yet.
    comment: usize,
    /// The byte behind what is written.
    end: usize,
    /// Numbers the blocks whose lines are aligned.
    blocks: usize,
    rows: Vec<Row>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(parsed: &'t Parsed, code: Tokens<'t>) -> Self {
        Self { parsed, code, comments: parsed.trivia.comments(), comment: 0, end: 0, blocks: 0, rows: Vec::new() }
    }

    /// The lines of the whole file.
    pub(super) fn rows(mut self) -> Vec<Row> {
        let mut after_block = false;
        for item in &self.parsed.file.items {
            let block = is_block(item);
            self.lead(item.span.start as usize, 0, after_block || block);
            self.item(item);
            after_block = block;
        }
        self.lead(usize::MAX, 0, false);
        while matches!(self.rows.last(), Some(Row::Blank)) {
            self.rows.pop();
        }
        self.rows
    }

    // ---- between lines ----------------------------------------------------------------------

    /// Writes the comments that stand before byte `until`, and keeps one blank line where there were some; `blank` asks for one.
    pub(super) fn lead(&mut self, until: usize, indent: usize, mut blank: bool) {
        while let Some(comment) = self.comments.get(self.comment).filter(|c| (c.span.start as usize) < until) {
            self.gap(comment.span.start as usize, blank);
            blank = false;
            self.rows.push(Row::Comment(indent, comment.text.clone()));
            self.end = comment.span.end as usize;
            self.comment += 1;
        }
        if until != usize::MAX {
            self.gap(until, blank);
        }
    }

    /// A blank line if there is one before byte `start`, or if it is asked for; none at the start of a file or block.
    fn gap(&mut self, start: usize, blank: bool) {
        let between = self.code.text.get(self.end..start);
        let blank = blank || between.is_some_and(|between| crate::syntax::trivia::count_lines(between) > 1);
        let opening = match self.rows.last() {
            None | Some(Row::Blank) => true,
            Some(Row::Code(code)) => code.cells.last().is_some_and(|cell| cell.ends_with('{')),
            Some(Row::Comment(..)) => false,
        };
        if blank && !opening {
            self.rows.push(Row::Blank);
        }
    }

    /// Writes lines of code up to token `to`, with the comment that follows on the same line.
    pub(super) fn push(&mut self, to: usize, lines: Vec<Code>) {
        self.rows.extend(lines.into_iter().map(Row::Code));
        let Some(last) = to.checked_sub(1).and_then(|at| self.code.get(at)) else { return };
        self.end = last.end;
        let next = self.code.get(to).map_or(usize::MAX, |t| t.start);
        let comment = self.comments.get(self.comment).filter(|c| !c.own_line && (c.span.start as usize) < next);
        if let (Some(comment), Some(Row::Code(code))) = (comment, self.rows.last_mut()) {
            code.comment = Some(comment.text.clone());
            self.end = comment.span.end as usize;
            self.comment += 1;
        }
    }

    pub(super) fn line(&self, indent: usize, cells: Vec<String>, group: Group) -> Code {
        Code { indent, cells, because: None, comment: None, group }
    }

    pub(super) fn plain(&mut self, from: usize, to: usize, indent: usize) {
        self.statement(from, to, indent, Group::Alone, None, None);
    }

    pub(super) fn tokens(&self, span: Span) -> (usize, usize) {
        (self.code.at(span.start), self.code.at(span.end))
    }

    pub(super) fn has_comment(&self, to: usize) -> bool {
        let end = to.checked_sub(1).and_then(|at| self.code.get(at)).map_or(0, |t| t.start);
        self.comments.get(self.comment).is_some_and(|c| (c.span.start as usize) < end)
    }

    /// Whether tokens `from..to` stand on one line of the source, without a comment between them.
    pub(super) fn on_one_line(&self, from: usize, to: usize) -> bool {
        !self.has_comment(to) && (from + 1..to).all(|at| self.code.get(at).is_some_and(|t| !t.first))
    }

    /// Whether tokens `from..to` keep the lines of the source: there is a comment among them, or a blank line in their brackets.
    fn keeps_lines(&self, from: usize, to: usize) -> bool {
        let mut depth = 0_usize;
        self.has_comment(to)
            || (from..to).any(|at| {
                let apart = depth > 0 && at > from && self.code.is_apart(at);
                match self.code.get(at).map(|t| t.kind) {
                    Some(Kind::Open) => depth += 1,
                    Some(Kind::Close) => depth = depth.saturating_sub(1),
                    Some(_) | None => {}
                }
                // A blank line right behind a bracket or before its partner sets nothing apart.
                apart && !self.code.is_open(at - 1) && !self.code.is_close(at)
            })
    }

    /// Tokens that keep their lines: comments and single blank lines stay, only indents and blanks are put right.
    fn verbatim(&mut self, from: usize, to: usize, indent: usize) {
        let mut start = from;
        while start < to {
            let end = (start + 1..to).find(|&at| self.code.get(at).is_some_and(|t| t.first)).unwrap_or(to);
            let closing = self.code.is_close(start);
            let inner = if start == from { indent } else { indent + STEP };
            let byte = self.code.get(start).map_or(0, |t| t.start);
            if start > from {
                while let Some(comment) = self.comments.get(self.comment).filter(|c| (c.span.start as usize) < byte) {
                    self.gap_inside(comment.span.start as usize);
                    self.rows.push(Row::Comment(inner, comment.text.clone()));
                    self.end = comment.span.end as usize;
                    self.comment += 1;
                }
                if !closing {
                    self.gap_inside(byte);
                }
            }
            let line = self.line(if closing { indent } else { inner }, vec![self.code.join(start, end)], Group::Alone);
            self.push(end, vec![line]);
            start = end;
        }
    }

    /// A blank line within a statement if there is one before byte `start`; none behind an opening bracket.
    fn gap_inside(&mut self, start: usize) {
        let opened =
            matches!(self.rows.last(), Some(Row::Code(code)) if code.cells.last().is_some_and(|c| c.ends_with(['[', '(', '{'])));
        if !opened {
            self.gap(start, false);
        }
    }

    /// One statement: in columns on one line if it fits, else broken before `then` and the joints of its condition. `cut` is where the
    /// second column starts, `because` where the reason does.
    pub(super) fn statement(
        &mut self,
        from: usize,
        to: usize,
        indent: usize,
        group: Group,
        cut: Option<usize>,
        because: Option<usize>,
    ) {
        if self.keeps_lines(from, to) {
            self.verbatim(from, to, indent);
            return;
        }
        let main = because.unwrap_or(to);
        let reason = because.map(|at| self.code.join(at, to));
        let whole = self.code.join(from, main);
        let reason_width = reason.as_ref().map_or(0, |r| r.chars().count() + 2);
        let mut lines: Vec<Code> = if indent + whole.chars().count() + reason_width <= WIDTH {
            let cells = match cut {
                Some(cut) => vec![self.code.join(from, cut), self.code.join(cut, main)],
                None => vec![whole],
            };
            vec![self.line(indent, cells, group)]
        } else {
            let then = cut.filter(|&at| self.code.word(at) == "then");
            let mut parts = self.code.wrap(from, then.unwrap_or(main), indent, 2 * STEP);
            if let Some(then) = then {
                parts.extend(self.code.wrap(then, main, indent + STEP, STEP));
            }
            parts.into_iter().map(|(indent, text)| self.line(indent, vec![text], Group::Alone)).collect()
        };
        if let Some(reason) = reason {
            let last = lines.last_mut();
            let room = last.as_ref().is_some_and(|l| l.indent + l.cells.join(" ").chars().count() + reason_width <= WIDTH);
            match last {
                Some(line) if room => line.because = Some(reason),
                _ => lines.push(self.line(indent + STEP, vec![reason], Group::Alone)),
            }
        }
        self.push(to, lines);
    }

    /// The `because` of tokens `from..to`.
    pub(super) fn because(&self, from: usize, to: usize) -> Option<usize> {
        self.code.find(from, to, "because")
    }

    pub(super) fn close(&mut self, span: Span, indent: usize) {
        self.lead(span.start as usize, indent + STEP, false);
        if matches!(self.rows.last(), Some(Row::Blank)) {
            self.rows.pop();
        }
        let (from, to) = self.tokens(span);
        self.plain(from, to, indent);
    }

    /// The head of a block, up to its opening brace; gives the token behind it.
    pub(super) fn head(&mut self, from: usize, to: usize, indent: usize) -> usize {
        let open = self.code.find(from, to, "{").map_or(to, |at| at + 1);
        self.plain(from, open, indent);
        open
    }

    pub(super) fn block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks
    }

    // ---- items ------------------------------------------------------------------------------

    fn item(&mut self, item: &Item) {
        let (from, to) = self.tokens(item.span);
        match &item.kind {
            ItemKind::Version(_) | ItemKind::Use(_) => self.plain(from, to, 0),
            ItemKind::List(list) => match list.source {
                ListSource::Inline(_) | ListSource::File(_) => self.plain(from, to, 0),
            },
            ItemKind::Param(_) => self.statement(from, to, 0, Group::Assignments("param"), Some(from + 2), None),
            ItemKind::Define(_) => self.statement(from, to, 0, Group::Assignments("define"), Some(from + 2), None),
            ItemKind::Exclude(_) => self.statement(from, to, 0, Group::Alone, None, self.because(from, to)),
            ItemKind::Score(score) => self.score(score, from, to, 0),
            ItemKind::Label(label) => self.label(label, from, to, 0),
            ItemKind::Lifecycle(lifecycle) => self.lifecycle(lifecycle, from, to, 0),
            ItemKind::Rollup(rollup) => self.rollup(rollup, from, to),
            ItemKind::Test(test) => self.test(test, from, to),
            ItemKind::Schema(schema) => self.schema(schema, from, to),
        }
    }

    fn schema(&mut self, schema: &SchemaDecl, from: usize, to: usize) {
        self.head(from, to, 0);
        let group = Group::Schema(self.block());
        let names = schema.members.iter().filter_map(|member| match &member.kind {
            SchemaMemberKind::Property(property) => Some(self.name_width(member.span, property)),
            SchemaMemberKind::Events(_)
            | SchemaMemberKind::Related(_)
            | SchemaMemberKind::UnknownValues(_)
            | SchemaMemberKind::TimeZone(_)
            | SchemaMemberKind::IgnoreAccents
            | SchemaMemberKind::NumbersLike(_)
            | SchemaMemberKind::DatesLike(_) => None,
        });
        let names = names.fold(0, Ord::max);
        for member in &schema.members {
            self.lead(member.span.start as usize, STEP, false);
            let (from, to) = self.tokens(member.span);
            match &member.kind {
                SchemaMemberKind::Property(property) => self.property(property, (from, to), STEP, group, names),
                SchemaMemberKind::Events(events) => self.fields(&events.fields, events.close, from, to),
                SchemaMemberKind::Related(related) => self.fields(&related.fields, related.close, from, to),
                SchemaMemberKind::UnknownValues(_)
                | SchemaMemberKind::TimeZone(_)
                | SchemaMemberKind::IgnoreAccents
                | SchemaMemberKind::NumbersLike(_)
                | SchemaMemberKind::DatesLike(_) => self.plain(from, to, STEP),
            }
        }
        self.close(schema.close, 0);
    }

    /// The block of an event list or a related record.
    fn fields(&mut self, fields: &[EventField], close: Span, from: usize, to: usize) {
        self.head(from, to, STEP);
        let group = Group::Events(self.block());
        let names = fields.iter().map(|field| self.name_width(field.span, &field.property)).fold(0, Ord::max);
        for field in fields {
            self.lead(field.span.start as usize, 2 * STEP, false);
            let (from, to) = self.tokens(field.span);
            self.property(&field.property, (from, to), 2 * STEP, group, names);
        }
        self.close(close, STEP);
    }

    fn name_width(&self, span: Span, property: &PropertyDecl) -> usize {
        self.code.join(self.code.at(span.start), self.code.at(property.ty.span.start)).chars().count()
    }

    /// Name, type, what says how unknown values are meant, and where values come from, in columns.
    fn property(&mut self, property: &PropertyDecl, (from, to): (usize, usize), indent: usize, group: Group, names: usize) {
        let type_end = self.code.at(property.ty.span.end);
        let type_start = self.code.at(property.ty.span.start);
        if self.keeps_lines(from, to) {
            self.verbatim(from, to, indent);
            return;
        }
        let rest = self.code.join(type_start, to);
        if indent + names + group.gap(1) + rest.chars().count() > WIDTH
            && let Some(lines) = self.long_property(from, type_start, to, indent, group)
        {
            self.push(to, lines);
            return;
        }
        let mut cells =
            vec![self.code.join(from, type_start), self.code.join(type_start, type_end), String::new(), String::new()];
        for modifier in &property.modifiers {
            let (column, span) = match modifier {
                Modifier::Required(span) | Modifier::Default(_, span) => (2, *span),
                Modifier::From(_, span) | Modifier::FromColumn(_, span) | Modifier::Split(_, span) | Modifier::Like(_, span) => {
                    (3, *span)
                }
            };
            let later = cells.get(column + 1..).is_some_and(|rest| rest.iter().any(|cell| !cell.is_empty()));
            let (start, end) = self.tokens(span);
            let text = self.code.join(start, end);
            if let Some(cell) = cells.get_mut(if later { 3 } else { column }) {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&text);
            }
        }
        let line = self.line(indent, cells, group);
        self.push(to, vec![line]);
    }

    /// A property whose options need several lines: with their forms in data a line each, else as many on a line as fit.
    fn long_property(&mut self, from: usize, type_start: usize, to: usize, indent: usize, group: Group) -> Option<Vec<Code>> {
        let open = self.code.find(type_start, to, "[")?;
        let close = self.code.partner(open)?;
        let mut lines =
            vec![self.line(indent, vec![self.code.join(from, type_start), self.code.join(type_start, open + 1)], group)];
        let options = self.code.entries(open + 1, close);
        let forms: Vec<_> = options.iter().map(|&(start, end)| self.code.find(start, end, "=")).collect();
        if forms.iter().any(Option::is_some) {
            let group = Group::Options(self.block());
            lines.extend(options.iter().zip(forms).map(|(&(start, end), equals)| {
                let cells = match equals {
                    Some(equals) => vec![self.code.join(start, equals), self.code.join(equals, end)],
                    None => vec![self.code.join(start, end)],
                };
                self.line(indent + STEP, cells, group)
            }));
        } else {
            let filled = self.code.fill(open + 1, close, indent + STEP, indent + STEP);
            lines.extend(filled.into_iter().map(|(indent, text)| self.line(indent, vec![text], Group::Alone)));
        }
        lines.push(self.line(indent, vec![self.code.join(close, to)], Group::Alone));
        Some(lines)
    }

    fn test(&mut self, test: &TestDecl, from: usize, to: usize) {
        let Some(open) = self.code.find(from, to, "{") else {
            self.plain(from, to, 0);
            return;
        };
        let short = self.code.join(from, to).chars().count() <= WIDTH;
        if short && self.on_one_line(open, to) && !self.has_comment(to) {
            self.plain(from, to, 0);
            return;
        }
        self.head(from, to, 0);
        for clause in &test.clauses {
            self.lead(clause.span.start as usize, STEP, false);
            let (from, to) = self.tokens(clause.span);
            if self.keeps_lines(from, to) {
                self.verbatim(from, to, STEP);
                continue;
            }
            let lines = self.code.fill(from, to, STEP, 2 * STEP);
            let lines = lines.into_iter().map(|(indent, text)| self.line(indent, vec![text], Group::Alone)).collect();
            self.push(to, lines);
        }
        self.close(test.close, 0);
    }

    // ---- scores -----------------------------------------------------------------------------

    pub(super) fn score_items(&mut self, items: &[ScoreItem], indent: usize) {
        for item in items {
            self.lead(item.span.start as usize, indent, false);
            let (from, to) = self.tokens(item.span);
            match &item.kind {
                ScoreItemKind::If(branches) => self.if_item(branches, from, to, indent),
                ScoreItemKind::Band(band) => self.band(band, from, to, indent),
                ScoreItemKind::Match(item) => self.match_item(item, from, to, indent),
                ScoreItemKind::Each(_) | ScoreItemKind::Per(_) => {
                    let then = self.code.find(from, to, "then");
                    self.statement(from, to, indent, Group::Alone, then, self.because(from, to));
                }
                ScoreItemKind::Group(group) => self.group(group, from, to, indent),
                ScoreItemKind::Exclude(_) => self.statement(from, to, indent, Group::Alone, None, self.because(from, to)),
            }
        }
    }

    fn group(&mut self, group: &GroupItem, from: usize, to: usize, indent: usize) {
        self.head(from, to, indent);
        self.score_items(&group.items, indent + STEP);
        self.close(group.close, indent);
    }

    /// Each branch on a line of its own, unless the item was written on one and gives one reason at most, at its end.
    fn if_item(&mut self, item: &IfItem, from: usize, to: usize, indent: usize) {
        let mut parts: Vec<Span> = item.branches.iter().map(|b| b.span).collect();
        parts.extend(item.otherwise.iter().chain(&item.unknown).map(|o| o.span));
        let because = self.because(from, to);
        let one_reason = because.is_none_or(|at| at + 2 == to);
        let short = indent + self.code.join(from, to).chars().count() < WIDTH;
        if parts.len() > 1 && one_reason && short && self.on_one_line(from, to) {
            self.statement(from, to, indent, Group::Alone, None, because);
            return;
        }
        let group = if parts.len() == 1 { Group::Ifs } else { Group::Alone };
        for (n, span) in parts.iter().enumerate() {
            let (start, to) = self.tokens(*span);
            // The span of a later branch starts at its `if`, its line at the `else` before it.
            let is_else_if = n > 0 && self.code.word(start) == "if";
            let from = if is_else_if { start - 1 } else { start };
            let indent = if n == 0 { indent } else { indent + STEP };
            if n > 0 {
                let byte = self.code.get(from).map_or(0, |t| t.start);
                self.lead_tight(byte, indent);
            }
            let then = self.code.find(from, to, "then");
            self.statement(from, to, indent, group, then, self.because(from, to));
        }
    }

    /// The comments before byte `until`, without blank lines: inside an item.
    pub(super) fn lead_tight(&mut self, until: usize, indent: usize) {
        while let Some(comment) = self.comments.get(self.comment).filter(|c| (c.span.start as usize) < until) {
            self.rows.push(Row::Comment(indent, comment.text.clone()));
            self.end = comment.span.end as usize;
            self.comment += 1;
        }
    }

    fn band(&mut self, band: &BandItem, from: usize, to: usize, indent: usize) {
        let lines: Vec<Span> = band.lines.iter().map(|line| line.outcome.span).collect();
        let points: Vec<Span> = band.lines.iter().map(|line| line.outcome.points.span).collect();
        let group = Group::Band(self.block());
        self.lines(from, to, indent, (&lines, &points), band.close, group);
    }

    fn match_item(&mut self, item: &MatchItem, from: usize, to: usize, indent: usize) {
        let lines: Vec<Span> = item.lines.iter().map(|line| line.outcome.span).collect();
        let points: Vec<Span> = item.lines.iter().map(|line| line.outcome.points.span).collect();
        let group = Group::Match(self.block());
        self.lines(from, to, indent, (&lines, &points), item.close, group);
    }

    /// The lines of a body on one line.
    fn bodies(&self, lines: &[Span]) -> String {
        let lines = lines.iter().map(|span| self.tokens(*span)).map(|(start, end)| self.code.join(start, end));
        lines.collect::<Vec<_>>().join("   ")
    }

    /// The body of a band or a match: on one line if it was written so and fits, else a line for each of its lines.
    fn lines(&mut self, from: usize, to: usize, indent: usize, (lines, points): (&[Span], &[Span]), close: Span, group: Group) {
        let open = self.code.find(from, to, "{").unwrap_or(to);
        if self.on_one_line(open, to) && !self.has_comment(to) {
            let text = format!("{} {} }}", self.code.join(from, open + 1), self.bodies(lines));
            if indent + text.chars().count() <= WIDTH {
                let line = self.line(indent, vec![text], Group::Alone);
                self.push(to, vec![line]);
                return;
            }
        }
        self.head(from, to, indent);
        let inside = (open + 1, self.code.at(close.start));
        if self.on_one_line(inside.0, inside.1) && !lines.is_empty() {
            let text = self.bodies(lines);
            if indent + STEP + text.chars().count() <= WIDTH {
                self.lead(self.code.get(inside.0).map_or(0, |t| t.start), indent + STEP, false);
                let line = self.line(indent + STEP, vec![text], Group::Alone);
                self.push(inside.1, vec![line]);
                self.close(close, indent);
                return;
            }
        }
        for (span, points) in lines.iter().zip(points) {
            self.lead(span.start as usize, indent + STEP, false);
            let (start, end) = self.tokens(*span);
            let cut = self.code.at(points.start);
            self.statement(start, end, indent + STEP, group, Some(cut), self.because(start, end));
        }
        self.close(close, indent);
    }
}

/// Whether an item is set apart by blank lines: those that take several lines.
fn is_block(item: &Item) -> bool {
    match &item.kind {
        ItemKind::Schema(_) | ItemKind::Lifecycle(_) | ItemKind::Rollup(_) => true,
        ItemKind::Score(score) => matches!(score.body, ScoreBody::Items { .. } | ScoreBody::Conditional(_)),
        ItemKind::Version(_)
        | ItemKind::Use(_)
        | ItemKind::List(_)
        | ItemKind::Param(_)
        | ItemKind::Define(_)
        | ItemKind::Exclude(_)
        | ItemKind::Label(_)
        | ItemKind::Test(_) => false,
    }
}
