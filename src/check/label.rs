//! Labels.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::checker::{Checker, as_ident, typed};
use super::env::{Entity, to_u32};
use super::near::as_name;
use super::range::{Kind, Ranges};
use crate::diag::{Code, Diagnostic};
use crate::hir::{ExprKind, LabelBody, LabelElse, LabelId, LabelLine, LabelMatch, Output, ScoreId};
use crate::invariant::Sure as _;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, LabelDecl, LabelHead, OptionName};
use crate::value::Type;

/// A join may give this many texts.
const MOST_TEXTS: usize = 65_536;

impl Checker<'_> {
    /// Every text that a label can give, each once; `None` where a part of a join has an error.
    pub(super) fn label_values(&mut self, decl: &LabelDecl) -> Option<Vec<Arc<str>>> {
        match &decl.body {
            ast::LabelBody::Lines { lines, .. } => {
                let mut values: Vec<Arc<str>> = Vec::new();
                let mut seen = rustc_hash::FxHashSet::default();
                for line in lines {
                    if seen.insert(line.text.name().clone()) {
                        values.push(line.text.name().clone());
                    }
                }
                Some(values)
            }
            ast::LabelBody::Join(parts) => {
                let mut texts: Vec<String> = vec![String::new()];
                for part in parts {
                    let Some((Entity::Label(id), _)) = self.look_up(part) else { return None };
                    let values = self.env.labels.get(id.index())?.values.clone()?;
                    if texts.len().saturating_mul(values.len()) > MOST_TEXTS {
                        let message = format!("`{}` could give more than {MOST_TEXTS} different texts", decl.name.name);
                        self.error(Code::TooLarge, decl.name.span, message, "join fewer labels");
                        return None;
                    }
                    texts = texts.iter().flat_map(|t| values.iter().map(move |v| format!("{t}{v}"))).collect();
                }
                let mut seen = rustc_hash::FxHashSet::default();
                Some(texts.into_iter().map(Arc::from).filter(|t: &Arc<str>| seen.insert(t.clone())).collect())
            }
        }
    }

    /// How many scores, from the first on, are worked out where this label, the next of the labels, is.
    pub(super) fn label_needs(&self, decl: &LabelDecl, outputs: &[Output]) -> Option<usize> {
        let own = LabelId(to_u32(self.env.labels.len()));
        let above = outputs.iter().take_while(|output| **output != Output::Label(own));
        let above = above.filter(|output| matches!(output, Output::Score(_))).count();
        let rests = |name: &Ident| match self.env.entities.get(&name.name).map(|e| e.0) {
            Some(Entity::Score(id)) => Some(id.index() + 1),
            Some(Entity::Label(id)) => self.env.labels.get(id.index())?.needs,
            Some(_) | None => None,
        };
        match &decl.body {
            ast::LabelBody::Lines { by, .. } => rests(by).map(|needs| needs.max(above)),
            ast::LabelBody::Join(parts) => parts.iter().try_fold(above, |most, part| Some(most.max(rests(part)?))),
        }
    }

    /// The body of a label; a join sees the `before` labels above it.
    pub(super) fn label(&mut self, decl: &LabelDecl, before: usize, values: &[Arc<str>]) -> Option<LabelBody> {
        match &decl.body {
            ast::LabelBody::Lines { by, lines, .. } => match self.env.entities.get(&by.name).copied() {
                Some((Entity::Label(_), _)) => self.label_labels(by, before, lines, values),
                Some(_) | None => self.label_ranges(by, lines, values),
            },
            ast::LabelBody::Join(parts) => {
                let parts: Vec<Option<LabelId>> = parts.iter().map(|p| self.label_part(p, before)).collect();
                parts.into_iter().collect::<Option<_>>().map(LabelBody::Join)
            }
        }
    }

    fn label_ranges(&mut self, score: &Ident, lines: &[ast::LabelLine], values: &[Arc<str>]) -> Option<LabelBody> {
        let score = self.label_score(score);
        let places: FxHashMap<&str, u32> = values.iter().enumerate().map(|(at, v)| (&**v, to_u32(at))).collect();
        let mut built = Vec::with_capacity(lines.len());
        let mut otherwise: Option<LabelElse> = None;
        let (mut seen, mut whole) = (Ranges::default(), true);
        for line in lines {
            let value = *places.get(&**line.text.name()).sure("a label has the texts of its lines");
            let range = match &line.head {
                LabelHead::Else => {
                    whole &= self.label_else(&mut otherwise, value, line.span);
                    continue;
                }
                LabelHead::Range(range) => range,
                LabelHead::Keys(keys) => {
                    whole = false;
                    if score.is_some() {
                        let span = keys.first().map_or(line.span, OptionName::span);
                        let help = "write a range, as in `50..: A`; a label by a label lists that label's values";
                        self.error(Code::TypeMismatch, span, "a label by a score goes by ranges", help);
                    }
                    continue;
                }
            };
            self.behind_else(otherwise.as_ref(), line.span);
            let Some(range) = self.range(range, Kind::Score) else {
                whole = false;
                continue;
            };
            if let Some(first) = seen.add(&range, Kind::Score) {
                self.overlap(&range, &first);
            }
            built.push(LabelLine { range, value, span: line.span });
        }
        let score = score?;
        whole.then_some(LabelBody::Ranges { score, lines: built, otherwise })
    }

    /// Notes the `else` line; false for a second one.
    fn label_else(&mut self, otherwise: &mut Option<LabelElse>, value: u32, span: Span) -> bool {
        if let Some(first) = otherwise {
            let problem = Diagnostic::new(Code::Syntax, span, "`else` is listed twice")
                .also(first.span, "listed here first")
                .help("keep one of them");
            self.push(problem);
            return false;
        }
        *otherwise = Some(LabelElse { value, span });
        true
    }

    fn behind_else(&mut self, otherwise: Option<&LabelElse>, span: Span) {
        if let Some(first) = otherwise {
            let problem = Diagnostic::new(Code::Syntax, span, "this line comes after `else`")
                .also(first.span, "`else` comes last")
                .help("move the `else` line to the end");
            self.push_once(first.span, problem);
        }
    }

    /// `label NAME by LABEL { A, B: X  else: Y }`
    fn label_labels(&mut self, by: &Ident, before: usize, lines: &[ast::LabelLine], values: &[Arc<str>]) -> Option<LabelBody> {
        let label = self.label_part(by, before);
        let choice = label.and_then(|label| self.choice_of(&typed(ExprKind::Label(label), Type::Label, by.span)));
        let places: FxHashMap<&str, u32> = values.iter().enumerate().map(|(at, v)| (&**v, to_u32(at))).collect();
        let mut built = Vec::with_capacity(lines.len());
        let mut otherwise: Option<LabelElse> = None;
        let mut seen: FxHashMap<u32, Span> = FxHashMap::default();
        let mut whole = true;
        for line in lines {
            let value = *places.get(&**line.text.name()).sure("a label has the texts of its lines");
            let keys = match &line.head {
                LabelHead::Else => {
                    whole &= self.label_else(&mut otherwise, value, line.span);
                    continue;
                }
                LabelHead::Keys(keys) => keys.clone(),
                LabelHead::Range(range) => match range.lo.as_deref().and_then(as_ident).filter(|_| range.single) {
                    Some(name) => vec![OptionName::Word(name.clone())],
                    None => {
                        let words = self.words(range.span);
                        let message = format!("`{words}` is not a value of the label `{}`", by.name);
                        let help = format!("list values of `{}`; write texts in quotes, as in `\"{words}\": ..`", by.name);
                        self.error(Code::TypeMismatch, range.span, message, help);
                        whole = false;
                        continue;
                    }
                },
            };
            let keys_span = keys.iter().map(OptionName::span).reduce(Span::to).unwrap_or(line.span);
            self.behind_else(otherwise.as_ref(), keys_span);
            let mut codes = Vec::with_capacity(keys.len());
            for key in &keys {
                let Some(code) = choice.as_ref().and_then(|choice| self.option(choice, key)) else {
                    whole = false;
                    continue;
                };
                if let Some(first) = seen.insert(code, key.span()) {
                    let problem = Diagnostic::new(Code::DuplicateOption, key.span(), format!("`{}` is listed twice", key.name()))
                        .also(first, "listed here first")
                        .help("leave out one of them: a value takes one line");
                    self.push(problem);
                    whole = false;
                }
                codes.push(code);
            }
            built.push(LabelMatch { keys: codes, value, keys_span, span: line.span });
        }
        let label = label?;
        choice?;
        whole.then_some(LabelBody::Labels { label, lines: built, otherwise })
    }

    fn label_score(&mut self, name: &Ident) -> Option<ScoreId> {
        match self.look_up(name) {
            Some((Entity::Score(id), _)) => Some(id),
            Some((entity, declared)) => {
                self.wrong_part(name, entity, declared, "goes by a score");
                None
            }
            None => {
                self.unknown_part(name, "score", self.env.scores.iter().map(|s| s.name.clone()).collect());
                None
            }
        }
    }

    fn label_part(&mut self, name: &Ident, before: usize) -> Option<LabelId> {
        match self.look_up(name) {
            Some((Entity::Label(id), _)) if id.index() < before => Some(id),
            Some((Entity::Label(_), declared)) => {
                let message = format!("`{}` is not above this label", name.name);
                self.push(
                    Diagnostic::new(Code::UnknownName, name.span, message)
                        .also(declared, "declared here")
                        .help("move this label below those that it joins"),
                );
                None
            }
            Some((entity, declared)) => {
                self.wrong_part(name, entity, declared, "joins labels");
                None
            }
            None => {
                self.unknown_part(name, "label", self.env.labels.iter().take(before).map(|l| l.name.clone()).collect());
                None
            }
        }
    }

    fn wrong_part(&mut self, name: &Ident, entity: Entity, declared: Span, wanted: &str) {
        if self.env.broken_names.contains(&name.name) {
            return;
        }
        let message = format!("`{}` is {}, and a label {wanted}", name.name, entity.words());
        let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
            .help("write `label NAME by SCORE { 50..: \"A\" ..<50: \"B\" }`, `label NAME by LABEL { A: hot  else: cold }` or `label NAME = LABEL + LABEL`");
        if declared != Span::default() {
            problem = problem.also(declared, "declared here");
        }
        self.push(problem);
    }

    fn unknown_part(&mut self, name: &Ident, what: &str, names: Vec<Arc<str>>) {
        if let Some((message, _)) = self.of_records(name) {
            let help = format!("name a {what} of this rollup");
            self.error(Code::TypeMismatch, name.span, message, help);
            return;
        }
        if self.excused(&name.name) {
            return;
        }
        let near = self.near(&name.name, names);
        let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no {what} `{}`", name.name));
        self.push(near.advise(problem, name.span, format!("name a {what} of these rules"), as_name));
    }
}
