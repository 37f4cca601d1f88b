//! Lifecycles.

use std::sync::Arc;

use super::checker::{Checker, Place, Scope, type_words};
use super::env::{Entity, LifecycleSlot, stage_options, to_u32};
use super::expr::Choice;
use super::near::as_name;
use super::points::because;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Hold, Lifecycle, LifecycleId, StageCondition, StageRule};
use crate::schema::PropId;
use crate::source::Span;
use crate::syntax::ast::{LifecycleDecl, LifecycleLine, LifecycleLineKind, OptionName};
use crate::value::Type;

impl Checker<'_> {
    /// The name and stages of a lifecycle, before its conditions can be looked at.
    pub(super) fn lifecycle_slot(&mut self, decl: &LifecycleDecl) -> LifecycleSlot {
        let name = &decl.name;
        let entity = self.look_up(name);
        let property = if let Some((Entity::Property(id), _)) = entity { self.governable(id, decl) } else { None };
        let stages = match property {
            Some((_, stages)) => stages,
            None => {
                let mut names: Vec<Arc<str>> = Vec::new();
                for stage in decl.lines.iter().filter_map(stage_of) {
                    if !names.contains(stage.name()) {
                        names.push(stage.name().clone());
                    }
                }
                stage_options(names.into_iter())
            }
        };
        // A property of another type has been told, and its name is taken all the same.
        let governs = if let Some((Entity::Property(id), _)) = entity { Some(id) } else { None };
        LifecycleSlot { name: name.name.clone(), name_span: name.span, property: governs, stages }
    }

    fn governable(&mut self, id: PropId, decl: &LifecycleDecl) -> Option<(PropId, Arc<crate::value::Options>)> {
        let property = self.env.schema.property(id)?;
        if let Type::OneOf(options) = &property.ty {
            return Some((id, options.clone()));
        }
        if !self.env.broken_properties.contains(&id) {
            let (what, declared) = (type_words(&property.ty), property.span);
            let message = format!("`{}` is {what}, and a lifecycle governs a `one of`", decl.name.name);
            let problem = Diagnostic::new(Code::TypeMismatch, decl.name.span, message)
                .also(declared, "declared here")
                .help("declare the stages in their order: `one of [subscriber, lead, mql, sql]`");
            self.push(problem);
        }
        None
    }

    /// A whole lifecycle.
    pub(super) fn lifecycle(
        &mut self,
        decl: &LifecycleDecl,
        id: LifecycleId,
        docs: Vec<String>,
        span: Span,
    ) -> Option<Lifecycle> {
        let slot = self.env.lifecycles.get(id.index()).cloned()?;
        let scope = Scope::at(Place::Lifecycle(id));
        let governed = slot.property.and_then(|p| self.env.schema.property(p));
        let sound = governed.is_none_or(|p| matches!(p.ty, Type::OneOf(_)));
        let declared = governed.map(|p| p.span);
        let choice = Choice { owner: slot.name.to_string(), declared, options: slot.stages.clone() };
        if slot.property.is_none() && self.aside.is_none() {
            self.without_property(decl);
        }
        let mut built = Lifecycle {
            name: slot.name.clone(),
            property: slot.property,
            stages: slot.stages.items.iter().map(|o| o.name.clone()).collect(),
            holds: Vec::new(),
            rules: Vec::new(),
            otherwise: None,
            forward_only: None,
            docs,
            span,
            name_span: decl.name.span,
        };
        let mut whole = sound;
        for line in &decl.lines {
            whole &= match &line.kind {
                LifecycleLineKind::Hold { condition, because: reason } => {
                    let item = self.item_id();
                    let condition = self.condition(condition, scope);
                    let hold =
                        condition.map(|condition| Hold { item, condition, because: because(reason.as_ref()), span: line.span });
                    built.holds.extend(hold.clone());
                    hold.is_some()
                }
                LifecycleLineKind::Stage { stage, condition, because: reason } => {
                    let item = self.item_id();
                    let stage = if sound { self.stage_code(&choice, stage) } else { None };
                    let when = match condition {
                        None => Some(StageCondition::Excluded),
                        Some(condition) => self.condition(condition, scope).map(StageCondition::Condition),
                    };
                    let rule = stage.zip(when).map(|(stage, when)| StageRule {
                        item,
                        stage,
                        when,
                        because: because(reason.as_ref()),
                        span: line.span,
                    });
                    built.rules.extend(rule.clone());
                    rule.is_some()
                }
                LifecycleLineKind::Otherwise { stage } => {
                    let first = self.first("otherwise", built.otherwise.map(|o| o.1), line.span);
                    let code = if sound { self.stage_code(&choice, stage) } else { None };
                    built.otherwise = built.otherwise.or(code.map(|c| (c, line.span)));
                    first && code.is_some()
                }
                LifecycleLineKind::ForwardOnly => {
                    let first = self.first("forward only", built.forward_only, line.span);
                    built.forward_only = Some(line.span);
                    first
                }
            };
        }
        whole.then_some(built)
    }

    fn first(&mut self, word: &str, before: Option<Span>, span: Span) -> bool {
        let Some(first) = before else { return true };
        let problem = Diagnostic::new(Code::Syntax, span, format!("`{word}` is written twice"))
            .also(first, "it is written here already")
            .help("keep one of them");
        self.push(problem);
        false
    }

    fn stage_code(&mut self, choice: &Choice, stage: &OptionName) -> Option<u32> {
        let bare = matches!(stage, OptionName::Word(_));
        let code = self.named_option(&choice.options, stage.name(), bare, stage.span());
        if code.is_none() {
            self.unknown_option(choice, stage.name(), stage.span(), Code::UnknownStage);
        }
        code
    }

    /// `hold` and `forward only` need the present stage, and so a property.
    fn without_property(&mut self, decl: &LifecycleDecl) {
        let name = &decl.name;
        let taken = self.env.entities.get(&name.name).is_some_and(|(e, _)| !matches!(e, Entity::Lifecycle(_)));
        if taken || self.excused(&name.name) {
            return;
        }
        let wanting = decl.lines.iter().find_map(|line| match &line.kind {
            LifecycleLineKind::Hold { .. } => Some(("hold", line)),
            LifecycleLineKind::ForwardOnly => Some(("forward only", line)),
            LifecycleLineKind::Stage { .. } | LifecycleLineKind::Otherwise { .. } => None,
        });
        let Some((word, line)) = wanting else { return };
        let names = self.env.schema.properties.iter().filter(|p| matches!(p.ty, Type::OneOf(_)));
        let near = self.near(&name.name, names.map(|p| p.name.clone()).collect());
        let message = format!("`{}` is not a property, so there is no present stage for `{word}`", name.name);
        let problem = Diagnostic::new(Code::UnknownName, name.span, message).also(line.span, format!("`{word}` is written here"));
        let otherwise = format!("declare `{}: one of [..]` in the schema, or leave out `{word}`", as_name(&name.name));
        self.push(near.advise(problem, name.span, otherwise, as_name));
    }
}

fn stage_of(line: &LifecycleLine) -> Option<&OptionName> {
    match &line.kind {
        LifecycleLineKind::Stage { stage, .. } | LifecycleLineKind::Otherwise { stage } => Some(stage),
        LifecycleLineKind::Hold { .. } | LifecycleLineKind::ForwardOnly => None,
    }
}

/// The number of a lifecycle.
pub(super) fn lifecycle_id(at: usize) -> LifecycleId {
    LifecycleId(to_u32(at))
}
