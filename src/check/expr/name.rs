//! Names in expressions: what each stands for in its place.

use std::sync::Arc;

use super::literal::constant;
use crate::check::checker::{Checker, Place, Scope, boolean, typed};
use crate::check::env::{Column, DefState, Entity, stage_options};
use crate::check::names::Target;
use crate::check::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expr, ExprKind, LifecycleId, MOVES, ScoreId};
use crate::schema::{EventId, FieldId, RelatedId};
use crate::source::Span;
use crate::syntax::ast::Ident;
use crate::syntax::written::quoted;
use crate::value::Type;

/// What a name stands for in its place.
pub(super) enum Meaning {
    /// A value.
    Value(Expr),
    /// A list, by its place.
    List(usize),
    /// An event list.
    Events(EventId),
    /// A related record.
    Related(RelatedId),
    /// Something whose own error has been told.
    Broken,
    /// Something that may not be seen here: why, and the way out.
    Hidden(String, String),
    /// Nothing.
    Unknown,
}

/// Where something stands, as seen from a score; the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rests {
    /// Further up.
    Above,
    /// Further down.
    Below,
    /// On the score itself.
    Itself,
    /// On a lifecycle.
    Stage,
}

impl Checker<'_> {
    /// What a name stands for; nothing is told.
    pub(super) fn meaning(&mut self, name: &Ident, scope: Scope) -> Meaning {
        let span = name.span;
        if let Some(meaning) = scope.event.and_then(|event| self.field(event, name)) {
            return meaning;
        }
        let Some((entity, _)) = self.look_up(name) else {
            if let Some((why, help)) = self.of_records(name) {
                return Meaning::Hidden(why, help);
            }
            return if self.excused(&name.name) { Meaning::Broken } else { Meaning::Unknown };
        };
        match entity {
            Entity::Property(id) => {
                if scope.place == Place::Outcome
                    && let Some(lifecycle) = self.env.governed.get(&id)
                {
                    return self.stage(*lifecycle, span);
                }
                match self.env.schema.property(id) {
                    Some(p) if !self.env.broken_properties.contains(&id) => {
                        Meaning::Value(typed(ExprKind::Property(id), p.ty.clone(), span))
                    }
                    Some(_) | None => Meaning::Broken,
                }
            }
            Entity::Events(id) => Meaning::Events(id),
            Entity::Related(id) => Meaning::Related(id),
            Entity::List(at) => Meaning::List(at),
            Entity::Param(at) => match self.env.params.get(at).and_then(|p| p.value.clone()) {
                Some(value) => Meaning::Value(constant(value, span)),
                None => Meaning::Broken,
            },
            Entity::Definition(slot) => self.definition(slot, name, scope),
            Entity::Score(id) => self.output(typed(ExprKind::Score(id), Type::Score, span), name, "score", scope),
            Entity::Label(id) => self.output(typed(ExprKind::Label(id), Type::Label, span), name, "label", scope),
            Entity::Lifecycle(id) => match scope.place {
                Place::Outcome => self.stage(id, span),
                Place::Lifecycle(own) if own == id => self.no_stage(id, span),
                Place::Lifecycle(_) | Place::Record | Place::Definition | Place::Formula(_) => Meaning::Hidden(
                    format!("`{}` is a lifecycle, and its result is seen only by tests and by `--where`", name.name),
                    "use the scores and labels that it goes by".to_owned(),
                ),
            },
            Entity::Column(column) => self.column(column, name, scope),
            Entity::Rollup(..) => Meaning::Hidden(
                format!("`{}` is {}, and records see no rollup", name.name, entity.words()),
                "run with `--rollup`, and read that file as data of the records".to_owned(),
            ),
        }
    }

    fn field(&mut self, event: EventId, name: &Ident) -> Option<Meaning> {
        let at = self.env.schema.event(event)?.fields.iter().position(|f| f.name == name.name)?;
        let id = FieldId(crate::check::env::to_u32(at));
        self.mention(name.span, Target::Field(event, id));
        if self.env.broken_fields.contains(&(event, id)) {
            return Some(Meaning::Broken);
        }
        let ty = self.env.schema.event(event)?.fields.get(at)?.ty.clone();
        Some(Meaning::Value(typed(ExprKind::Field(event, id), ty, name.span)))
    }

    fn definition(&mut self, slot: usize, name: &Ident, scope: Scope) -> Meaning {
        let Some(state) = self.env.slots.get(slot).map(|s| s.state.clone()) else { return Meaning::Broken };
        match state {
            DefState::Failed => Meaning::Broken,
            DefState::Open | DefState::Waiting => {
                self.need = self.need.or(Some(slot));
                Meaning::Broken
            }
            DefState::Done(id) => {
                let Some(definition) = self.env.definition(id) else { return Meaning::Broken };
                let value = typed(ExprKind::Definition(id), definition.value.ty.clone(), name.span);
                if !definition.over_outputs {
                    return Meaning::Value(value);
                }
                if let Place::Formula(own) = scope.place {
                    return self.in_formula(value, name, own);
                }
                if scope.place == Place::Record {
                    return Meaning::Hidden(
                        format!("`{}` is defined over scores or labels, which are not worked out yet here", name.name),
                        "conditions of scores and exclusions go by properties; a lifecycle or a label may use it".to_owned(),
                    );
                }
                self.sees_outputs = true;
                Meaning::Value(value)
            }
        }
    }

    fn output(&mut self, value: Expr, name: &Ident, what: &str, scope: Scope) -> Meaning {
        match scope.place {
            Place::Record => Meaning::Hidden(
                format!("`{}` is a {what}, and conditions of scores and exclusions see only the record", name.name),
                "use it in a formula (`score total = ..`), a label, a lifecycle or a test".to_owned(),
            ),
            Place::Definition => {
                self.sees_outputs = true;
                Meaning::Value(value)
            }
            Place::Formula(own) => self.in_formula(value, name, own),
            Place::Lifecycle(_) | Place::Outcome => Meaning::Value(value),
        }
    }

    /// What rests on scores and labels, in the condition of a formula: only on those further up.
    fn in_formula(&mut self, value: Expr, name: &Ident, own: ScoreId) -> Meaning {
        match self.rests_on(&value, own) {
            Rests::Above => Meaning::Value(value),
            Rests::Itself => {
                let score = self.env.scores.get(own.index()).map_or_else(String::new, |s| s.name.to_string());
                let message = format!("`{}` rests on `{score}`, whose formula asks for it here", name.name);
                let help = "ask for the scores that the formula combines, not for its own result";
                self.error(Code::DefinitionCycle, name.span, message, help);
                Meaning::Broken
            }
            Rests::Below => Meaning::Hidden(
                format!("`{}` rests on a score or label further down, which is not worked out yet here", name.name),
                "move this formula below what its conditions ask for".to_owned(),
            ),
            Rests::Stage => Meaning::Hidden(
                format!("`{}` rests on a lifecycle, which comes after all scores", name.name),
                "use the scores and labels that the lifecycle goes by".to_owned(),
            ),
        }
    }

    /// Where the scores and labels stand that an expression rests on, as seen from a score.
    fn rests_on(&self, expr: &Expr, own: ScoreId) -> Rests {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these rest on scores; everything else holds them")]
        let here = match &expr.kind {
            ExprKind::Score(id) if *id == own => Rests::Itself,
            ExprKind::Score(id) if *id > own => Rests::Below,
            ExprKind::Label(id) => match self.env.labels.get(id.index()).and_then(|l| l.needs) {
                Some(needs) if needs <= own.index() => Rests::Above,
                Some(_) | None => Rests::Below,
            },
            ExprKind::Definition(id) => {
                self.env.definition(*id).map_or(Rests::Above, |definition| self.rests_on(&definition.value, own))
            }
            ExprKind::Stage(_) | ExprKind::Move(_) => Rests::Stage,
            _ => Rests::Above,
        };
        expr.operands().fold(here, |worst, operand| worst.max(self.rests_on(operand, own)))
    }

    fn stage(&self, id: LifecycleId, span: Span) -> Meaning {
        let Some(slot) = self.env.lifecycles.get(id.index()) else { return Meaning::Broken };
        Meaning::Value(typed(ExprKind::Stage(id), Type::OneOf(slot.stages.clone()), span))
    }

    fn no_stage(&self, id: LifecycleId, span: Span) -> Meaning {
        let Some(slot) = self.env.lifecycles.get(id.index()) else { return Meaning::Broken };
        Meaning::Value(typed(ExprKind::NoStage, Type::OneOf(slot.stages.clone()), span))
    }

    fn column(&self, column: Column, name: &Ident, scope: Scope) -> Meaning {
        if scope.place != Place::Outcome {
            return Meaning::Hidden(
                format!("`{}` is a column of the output, which rules do not see", name.name),
                "it may be asked for in a test or by `--where`".to_owned(),
            );
        }
        match column {
            Column::Excluded => Meaning::Value(boolean(ExprKind::Excluded, name.span)),
            Column::Move(id) => {
                let moves = stage_options(MOVES.iter().map(|m| Arc::from(*m)));
                Meaning::Value(typed(ExprKind::Move(id), Type::OneOf(moves), name.span))
            }
            Column::Before(id) => {
                let property = self.env.lifecycles.get(id.index()).and_then(|l| l.property);
                match property.and_then(|p| self.env.schema.property(p).map(|q| (p, q))) {
                    Some((p, q)) => Meaning::Value(typed(ExprKind::Property(p), q.ty.clone(), name.span)),
                    None => self.no_stage(id, name.span),
                }
            }
            Column::Reason(_) => Meaning::Hidden(
                format!("`{}` is written for people, and no condition goes by it", name.name),
                "ask `excluded because \"..\"` or `fired \"..\"` in a test".to_owned(),
            ),
            Column::Row => Meaning::Hidden(
                "`row` is the number of a record, and no condition goes by it".to_owned(),
                "declare a key in the schema: `key id: integer`".to_owned(),
            ),
        }
    }

    /// The value that a name stands for, or what is wrong with it.
    pub(in crate::check) fn name(&mut self, name: &Ident, scope: Scope) -> Option<Expr> {
        match self.meaning(name, scope) {
            Meaning::Value(value) => Some(value),
            Meaning::Broken => None,
            Meaning::Hidden(why, help) => {
                self.error(Code::UnknownName, name.span, why, help);
                None
            }
            Meaning::List(_) => {
                let message = format!("`{}` is a list, and here one value is wanted", name.name);
                self.mismatch(name.span, message, format!("ask `x in {}`", as_name(&name.name)))
            }
            Meaning::Events(_) => {
                let (message, n) =
                    (format!("`{}` is an event list, and here one value is wanted", name.name), as_name(&name.name));
                self.mismatch(name.span, message, format!("ask `any({n})`, `count({n})`, `last({n})` or `{n} is empty`"))
            }
            Meaning::Related(id) => {
                let n = as_name(&name.name);
                let message = format!("`{n}` is a related record, and here one value is wanted");
                let related = self.env.schema.related(id);
                let first = related.and_then(|r| r.properties.first()).and_then(|p| self.env.schema.property(*p));
                let help = match first {
                    Some(property) => format!("name one of its properties, as in `{}`, or ask `{n} is known`", property.name),
                    None => format!("ask `{n} is known`"),
                };
                self.mismatch(name.span, message, help)
            }
            Meaning::Unknown => {
                self.unknown_name(name, scope);
                None
            }
        }
    }

    /// Tells that nothing has this name.
    pub(super) fn unknown_name(&mut self, name: &Ident, scope: Scope) {
        let word = &*name.name;
        if let Some((record, rest)) = word.split_once('.')
            && let Some((id, _)) = self.env.schema.find_related(record)
        {
            return self.unknown_in_record(id, rest, name.span);
        }
        let mut names = self.visible(scope);
        names.retain(|n| n.1);
        let near = self.near(word, names.into_iter().map(|n| n.0).collect());
        let message = match scope.event.and_then(|e| self.env.schema.event(e)) {
            Some(event) => format!("`{word}` is neither a field of `{}` nor any other name", event.name),
            None => format!("there is nothing called `{word}`"),
        };
        let problem = Diagnostic::new(Code::UnknownName, name.span, message);
        let otherwise = self.hint(word);
        self.push(near.advise(problem, name.span, otherwise, as_name));
    }

    /// Tells that a related record has no property of this name.
    pub(in crate::check) fn unknown_in_record(&mut self, id: RelatedId, word: &str, span: Span) {
        let Some(related) = self.env.schema.related(id).cloned() else { return };
        if self.excused(&related.name) || self.env.broken_names.contains(word) {
            return;
        }
        let properties = related.properties.iter().filter_map(|id| self.env.schema.property(*id));
        let names: Vec<Arc<str>> = properties.map(|property| Arc::from(related.short(property))).collect();
        let listed: Vec<String> = names.iter().take(12).map(|name| format!("`{}`", as_name(name))).collect();
        let near = self.near(word, names);
        let message = format!("`{}` has no property `{word}`", related.name);
        let problem = Diagnostic::new(Code::UnknownName, span, message).also(related.name_span, "declared here");
        let otherwise = format!("add it to the schema; its properties are {}", listed.join(", "));
        // The span of a use holds the record's name, too.
        let whole = self.sources.text(span).contains('.');
        let write = |name: &str| {
            if whole { format!("{}.{}", as_name(&related.name), as_name(name)) } else { as_name(name) }
        };
        self.push(near.advise(problem, span, otherwise, write));
    }

    /// Tells that a bare word stands where a text is wanted.
    pub(super) fn unquoted(&mut self, name: &Ident, scope: Scope) {
        let word = &*name.name;
        let texts: Vec<Arc<str>> = self.visible(scope).into_iter().filter(|n| n.1).map(|n| n.0).collect();
        let near = self.near(word, texts);
        let text = quoted(word);
        let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is nothing called `{word}`"));
        let problem = match near.question() {
            Some(question) => problem.help(format!("write text in quotes: {text}; or {question}")),
            None => problem.help(format!("write text in quotes: {text}")),
        };
        self.push(problem.fix(false, format!("replace with `{text}`"), name.span, text.clone()));
    }

    /// All names, each with whether it may be seen in a place.
    pub(super) fn visible(&self, scope: Scope) -> Vec<(Arc<str>, bool)> {
        let fields = scope.event.and_then(|e| self.env.schema.event(e)).into_iter().flat_map(|e| &e.fields);
        let mut names: Vec<(Arc<str>, bool)> = fields.map(|f| (f.name.clone(), true)).collect();
        names.extend(self.env.entities.iter().map(|(name, (entity, _))| {
            let seen = match entity {
                Entity::Property(_)
                | Entity::Events(_)
                | Entity::Related(_)
                | Entity::Definition(_)
                | Entity::List(_)
                | Entity::Param(_) => true,
                Entity::Score(_) | Entity::Label(_) => scope.place != Place::Record,
                Entity::Lifecycle(_) => matches!(scope.place, Place::Outcome | Place::Lifecycle(_)),
                Entity::Column(_) | Entity::Rollup(..) => false,
            };
            (name.clone(), seen)
        }));
        names
    }

    /// The way out for a word that resembles no name.
    fn hint(&self, word: &str) -> String {
        if let Some((record, property)) = word.split_once('.') {
            return format!(
                "declare it in the schema: `related {} by \"COLUMN\" to PROPERTY {{ {}: .. }}`",
                as_name(record),
                as_name(property)
            );
        }
        match word.to_ascii_lowercase().as_str() {
            "yes" | "y" | "t" | "on" => return "say `true`".to_owned(),
            "no" | "n" | "f" | "off" => return "say `false`".to_owned(),
            "null" | "nil" | "na" | "missing" | "undefined" | "blank" | "nothing" => {
                return "ask `is unknown`: an empty cell is an unknown value".to_owned();
            }
            "today" | "now" | "current_date" | "sysdate" => {
                return "today is the run's `as of` date: ask `within 30 days`, `more than 90 days ago` or `days since`"
                    .to_owned();
            }
            _ => {}
        }
        let option = self.env.schema.properties.iter().find_map(|p| match &p.ty {
            Type::OneOf(options) => options.items.iter().find(|o| &*o.name == word).map(|_| (&p.name, "is")),
            Type::SetOf(options) => options.items.iter().find(|o| &*o.name == word).map(|_| (&p.name, "contains")),
            Type::Text
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Date
            | Type::DateTime
            | Type::SetOfText
            | Type::Score
            | Type::Label => None,
        });
        if let Some((property, verb)) = option {
            return format!("`{word}` is an option of `{property}`: write `{property} {verb} {word}`");
        }
        self.no_schema_help().map_or_else(
            || format!("declare it in the schema, or define it: `define {} = ..`; write text in quotes", as_name(word)),
            str::to_owned,
        )
    }
}
