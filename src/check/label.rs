//! Labels.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::checker::Checker;
use super::env::{Entity, to_u32};
use super::near::as_name;
use super::range::{Kind, Ranges};
use crate::diag::{Code, Diagnostic};
use crate::hir::{LabelBody, LabelElse, LabelId, LabelLine, ScoreId};
use crate::source::Span;
use crate::syntax::ast::{self, Ident, LabelDecl};

/// A join may give this many texts.
const MOST_TEXTS: usize = 65_536;

impl Checker<'_> {
    /// Every text that a label can give, each once; `None` where a part of a join has an error.
    pub(super) fn label_values(&mut self, decl: &LabelDecl) -> Option<Vec<Arc<str>>> {
        match &decl.body {
            ast::LabelBody::Ranges { lines, .. } => {
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
                    let Some((Entity::Label(id), _)) = self.env.entities.get(&part.name).copied() else { return None };
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

    /// The body of a label; a join sees the `before` labels above it.
    pub(super) fn label(&mut self, decl: &LabelDecl, before: usize, values: &[Arc<str>]) -> Option<LabelBody> {
        match &decl.body {
            ast::LabelBody::Ranges { score, lines, .. } => self.label_ranges(score, lines, values),
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
            let value = places.get(&**line.text.name()).copied().unwrap_or_default();
            let Some(range) = &line.range else {
                if let Some(first) = &otherwise {
                    whole = false;
                    let problem = Diagnostic::new(Code::Syntax, line.span, "`else` stands twice")
                        .also(first.span, "it stands here already")
                        .help("keep one of them");
                    self.push(problem);
                } else {
                    otherwise = Some(LabelElse { value, span: line.span });
                }
                continue;
            };
            if let Some(first) = &otherwise {
                let problem = Diagnostic::new(Code::Syntax, line.span, "this line stands behind `else`")
                    .also(first.span, "`else` stands last")
                    .help("move the `else` line to the end");
                self.push_once(first.span, problem);
            }
            let Some(range) = self.range(range, Kind::Score) else {
                whole = false;
                continue;
            };
            if let Some(first) = seen.add(&range, Kind::Score) {
                self.overlap(&range, first);
            }
            built.push(LabelLine { range, value, span: line.span });
        }
        let score = score?;
        whole.then_some(LabelBody::Ranges { score, lines: built, otherwise })
    }

    fn label_score(&mut self, name: &Ident) -> Option<ScoreId> {
        match self.env.entities.get(&name.name).copied() {
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
        match self.env.entities.get(&name.name).copied() {
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
            .help("write `label NAME by SCORE { 50..: \"A\" ..<50: \"B\" }` or `label NAME = LABEL + LABEL`");
        if declared != Span::default() {
            problem = problem.also(declared, "declared here");
        }
        self.push(problem);
    }

    fn unknown_part(&mut self, name: &Ident, what: &str, names: Vec<Arc<str>>) {
        if self.excused(&name.name) {
            return;
        }
        let near = self.near(&name.name, names);
        let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no {what} `{}`", name.name));
        self.push(near.advise(problem, name.span, format!("name a {what} of these rules"), as_name));
    }
}
