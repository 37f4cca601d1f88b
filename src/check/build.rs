//! The order in which a program is checked, and the model that comes of it.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use super::Checked;
use super::checker::{Checker, value_words};
use super::definitions::Defined;
use super::env::{DefSlot, DefState, Entity, Env, ListSlot, OutputSlot, ParamSlot, to_u32};
use super::expr::number_text;
use super::lifecycle::lifecycle_id;
use super::near::as_name;
use super::program::Program;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::hir::{
    Bounds, Exclusion, Label, LabelId, Lifecycle, List, ListEntry, ListValue, Model, Output, Param, Rollup, Score, ScoreBody,
    ScoreId, Test,
};
use crate::schema::{PropId, Schema};
use crate::source::Span;
use crate::syntax::ast::{
    self, Ident, Item, ItemKind, LabelDecl, LifecycleDecl, ListDecl, ListSource, Modifier, ParamDecl, RollupDecl, SchemaDecl,
    SchemaMemberKind, ScoreDecl,
};
use crate::value::Value;

/// The language version of this program.
const VERSION: i64 = 1;

/// The items of a program by kind, in order.
#[derive(Default)]
pub(super) struct Items<'a> {
    pub(super) schemas: Vec<(&'a Item, &'a SchemaDecl)>,
    pub(super) lists: Vec<(&'a Item, &'a ListDecl)>,
    pub(super) params: Vec<(&'a Item, &'a ParamDecl)>,
    pub(super) definitions: Vec<Defined<'a>>,
    pub(super) exclusions: Vec<(&'a Item, &'a ast::ExcludeRule)>,
    pub(super) scores: Vec<(&'a Item, &'a ScoreDecl)>,
    pub(super) labels: Vec<(&'a Item, &'a LabelDecl)>,
    pub(super) lifecycles: Vec<(&'a Item, &'a LifecycleDecl)>,
    pub(super) rollups: Vec<(&'a Item, &'a RollupDecl)>,
    pub(super) tests: Vec<(&'a Item, &'a ast::TestDecl)>,
    pub(super) outputs: Vec<Output>,
}

pub(super) fn build(program: &Program, set: &[(String, String)]) -> Checked {
    let mut diagnostics = program.diagnostics.clone();
    let items = sort_items(program, &mut diagnostics);
    let (env, more) = environment(program, &items);
    diagnostics.append(more);
    let mut checker = Checker::new(&program.sources, env);
    checker.declare(program, &items, set);
    let model = checker.bodies(&items);
    diagnostics.append(std::mem::take(&mut checker.diagnostics));
    diagnostics.sort();
    let model = model.filter(|_| !diagnostics.has_errors());
    Checked { model, schema: checker.env.schema, names: checker.names, diagnostics }
}

fn sort_items<'a>(program: &'a Program, diagnostics: &mut Diagnostics) -> Items<'a> {
    let mut items = Items::default();
    for item in program.items() {
        match &item.kind {
            ItemKind::Version(number) => {
                if number.value.as_integer() != Some(VERSION) {
                    let message = format!("this is `lsr {}`, and this program knows `lsr {VERSION}`", number.text);
                    diagnostics.push(
                        Diagnostic::new(Code::UnsupportedVersion, number.span, message)
                            .help(format!("install a newer lsrc, or write `lsr {VERSION}`")),
                    );
                }
            }
            ItemKind::Use(_) => {}
            ItemKind::Schema(schema) => items.schemas.push((item, schema)),
            ItemKind::List(list) => items.lists.push((item, list)),
            ItemKind::Param(param) => items.params.push((item, param)),
            ItemKind::Define(decl) => items.definitions.push(Defined { decl, docs: &item.docs, span: item.span }),
            ItemKind::Exclude(rule) => items.exclusions.push((item, rule)),
            ItemKind::Score(_) | ItemKind::Label(_) | ItemKind::Lifecycle(_) => items.output(item),
            ItemKind::Rollup(rollup) => items.rollups.push((item, rollup)),
            ItemKind::Test(test) => items.tests.push((item, test)),
        }
    }
    items
}

/// The scores, labels and lifecycles of a rollup.
pub(super) fn sort_outputs(of: &[Item]) -> Items<'_> {
    let mut items = Items::default();
    of.iter().for_each(|item| items.output(item));
    items
}

impl<'a> Items<'a> {
    /// Adds a score, a label or a lifecycle.
    fn output(&mut self, item: &'a Item) {
        if let ItemKind::Score(score) = &item.kind {
            self.outputs.push(Output::Score(ScoreId(to_u32(self.scores.len()))));
            self.scores.push((item, score));
        } else if let ItemKind::Label(label) = &item.kind {
            self.outputs.push(Output::Label(LabelId(to_u32(self.labels.len()))));
            self.labels.push((item, label));
        } else if let ItemKind::Lifecycle(lifecycle) = &item.kind {
            self.lifecycles.push((item, lifecycle));
        }
    }

    /// The names of scores, labels and lifecycles.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a Ident> {
        let scores = self.scores.iter().map(|(_, score)| &score.name);
        let labels = self.labels.iter().map(|(_, label)| &label.name);
        scores.chain(labels).chain(self.lifecycles.iter().map(|(_, lifecycle)| &lifecycle.name))
    }
}

/// The schema and what excuses unknown names.
fn environment(program: &Program, items: &Items<'_>) -> (Env, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut env = match items.schemas.split_first() {
        None => Env::new(Schema::empty()),
        Some(((item, decl), others)) => {
            for (_, other) in others {
                diagnostics.push(
                    Diagnostic::new(Code::BadSchema, other.name.span, "a program has one schema")
                        .also(decl.name.span, "the first one")
                        .help("put all properties into one schema"),
                );
            }
            let built = super::schema::build(decl, item.span, &program.related);
            diagnostics.append(built.diagnostics);
            let mut env = Env::new(built.schema);
            env.broken_properties = built.broken_properties;
            env.broken_fields = built.broken_fields;
            env
        }
    };
    env.broken_names = program.files.iter().flat_map(|f| f.broken_names.iter().cloned()).collect::<FxHashSet<_>>();
    // Where the schema does not parse, or where there are several, nobody can say which properties there are.
    let unread = items.schemas.is_empty() && program.diagnostics.has_errors();
    let unused = program.files.iter().any(|f| f.incomplete);
    env.incomplete = program.incomplete || unused || unread || items.schemas.len() > 1;
    (env, diagnostics)
}

impl Checker<'_> {
    /// Everything that has a name, so that bodies may see what stands further down.
    fn declare(&mut self, program: &Program, items: &Items<'_>, set: &[(String, String)]) {
        let mut taken: Vec<(String, Span, (Entity, Span))> = Vec::new();
        let mut take = |name: &str, span: Span, first: (Entity, Span)| taken.push((name.to_owned(), span, first));
        self.env.add_schema_names(&mut take);
        for (at, (_, param)) in items.params.iter().enumerate() {
            self.env.declare(&param.name.name, Entity::Param(at), param.name.span, &mut take);
        }
        for (at, (_, list)) in items.lists.iter().enumerate() {
            self.env.declare(&list.name.name, Entity::List(at), list.name.span, &mut take);
        }
        for (at, definition) in items.definitions.iter().enumerate() {
            let name = &definition.decl.name;
            self.env.declare(&name.name, Entity::Definition(at), name.span, &mut take);
            self.env.slots.push(DefSlot { state: DefState::Open });
        }
        for (at, (_, score)) in items.scores.iter().enumerate() {
            self.env.declare(&score.name.name, Entity::Score(ScoreId(to_u32(at))), score.name.span, &mut take);
            self.env.scores.push(OutputSlot {
                name: score.name.name.clone(),
                name_span: score.name.span,
                values: None,
                needs: None,
            });
        }
        for (at, (_, label)) in items.labels.iter().enumerate() {
            self.env.declare(&label.name.name, Entity::Label(LabelId(to_u32(at))), label.name.span, &mut take);
        }
        for (_, param) in &items.params {
            let value = self.param(param);
            let percent = is_percent(&param.value);
            self.env.params.push(ParamSlot { name: param.name.name.clone(), name_span: param.name.span, value, percent });
        }
        for (name, text) in set {
            self.set_param(name, text.trim());
        }
        for (_, list) in &items.lists {
            let entries = self.list(program, list);
            let (name, name_span) = (list.name.name.clone(), list.name.span);
            self.env.lists.push(ListSlot { name, name_span, entries, texts: OnceLock::new() });
        }
        for (_, label) in &items.labels {
            let values = self.label_values(label);
            let needs = self.label_needs(label, &items.outputs);
            self.env.labels.push(OutputSlot { name: label.name.name.clone(), name_span: label.name.span, values, needs });
        }
        let mut take = |name: &str, span: Span, first: (Entity, Span)| taken.push((name.to_owned(), span, first));
        for (_, lifecycle) in &items.lifecycles {
            let slot = self.lifecycle_slot(lifecycle);
            self.env.add_lifecycle(slot, &mut take);
        }
        self.declare_rollups(&items.rollups, &mut take);
        self.env.add_columns(&mut take);
        for (name, span, first) in taken {
            self.taken(&name, span, first);
        }
    }

    /// Tells a name that is declared twice.
    fn taken(&mut self, name: &str, span: Span, first: (Entity, Span)) {
        let (entity, place) = first;
        if !matches!(entity, Entity::Column(_)) {
            // Which of the two a use means nobody knows: uses are not looked at, but those of a property, which the data have.
            self.env.broken_names.insert(Arc::from(name));
            if !matches!(entity, Entity::Property(_)) {
                self.env.entities.remove(name);
            }
        }
        let problem = if let Entity::Column(_) = entity {
            let message = format!("`{name}` is a column that the output has anyway");
            let mut problem = Diagnostic::new(Code::DuplicateName, span, message).help(format!(
                "give it another name; a property keeps its column with `from {}`",
                crate::syntax::written::quoted(name)
            ));
            if place != Span::default() {
                problem = problem.also(place, "because of this lifecycle");
            }
            problem
        } else {
            // Names are gathered kind by kind; what people call the first is what stands first.
            let turned = span.file == place.file && span.start < place.start;
            let (again, first) = if turned { (place, span) } else { (span, place) };
            let kind = if turned { String::new() } else { format!(", as {}", entity.words()) };
            Diagnostic::new(Code::DuplicateName, again, format!("`{name}` is declared twice"))
                .label("declared again")
                .also(first, format!("declared here first{kind}"))
                .help("give one of them another name")
        };
        self.push(problem);
    }

    fn param(&mut self, param: &ParamDecl) -> Option<Value> {
        // A param is constant, and does not go by another one.
        if let Some(name) = super::checker::as_ident(&param.value) {
            let text = crate::syntax::written::quoted(&name.name);
            let message = format!("a param is a number, a text or a date, and `{}` is a bare word", name.name);
            let problem = Diagnostic::new(Code::TypeMismatch, name.span, message).help(format!("write text in quotes: {text}"));
            self.push(problem.fix(false, format!("replace with `{text}`"), name.span, text.clone()));
            return None;
        }
        let value = self.constant(&param.value, "a param")?;
        if let Value::Boolean(_) = value {
            let message = "a param is a number, a text or a date";
            let help = format!("for a condition write `define {} = ..`", as_name(&param.name.name));
            self.error(Code::TypeMismatch, param.value.span, message, help);
            return None;
        }
        Some(value)
    }

    /// `--set name=value`; what is wrong with it is told at the param's declaration, or at the start of the rules.
    fn set_param(&mut self, name: &str, text: &str) {
        let Some(at) = self.env.params.iter().position(|p| *p.name == *name) else {
            if !self.excused(name) {
                let near = self.near(name, self.env.params.iter().map(|p| p.name.clone()).collect());
                let help = near.question().unwrap_or_else(|| "`--set` changes what `param NAME = ..` declares".to_owned());
                self.error(
                    Code::UnknownName,
                    Span::default(),
                    format!("`--set {name}={text}`: there is no param `{name}`"),
                    help,
                );
            }
            return;
        };
        let Some((Some(old), declared)) = self.env.params.get(at).map(|p| (p.value.clone(), p.name_span)) else { return };
        let zone = &self.env.schema.zone;
        let new = match &old {
            Value::Decimal(_) => number_text(text).map(Value::Decimal),
            Value::Date(_) | Value::DateTime(_) => match crate::time::parse_date(text) {
                Ok(day) => Some(Value::Date(day)),
                Err(_) => crate::time::parse_datetime(text, zone).ok().map(Value::DateTime),
            },
            Value::Text(_) => {
                let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
                Some(Value::Text(Arc::from(bare)))
            }
            Value::Integer(_) | Value::Number(_) | Value::Boolean(_) | Value::Option(_) | Value::Set(_) | Value::TextSet(_) => {
                None
            }
        };
        if new.is_none() {
            let message = format!("`--set {name}={text}`: `{name}` is {}, and `{text}` is not", value_words(&old));
            self.error(Code::TypeMismatch, declared, message, "give a value of the same type");
            return;
        }
        if let Some(param) = self.env.params.get_mut(at) {
            param.value = new;
            param.percent = text.ends_with('%');
        }
    }

    fn list(&mut self, program: &Program, list: &ListDecl) -> Option<Arc<[ListEntry]>> {
        match &list.source {
            ListSource::Inline(list) => self.list_entries(list),
            ListSource::File(text) => {
                let file = program.lists.get(&text.span)?;
                let entry =
                    |span: &Span| ListEntry { value: ListValue::Line(Arc::from(program.sources.text(*span))), span: *span };
                Some(file.entries.iter().map(entry).collect())
            }
        }
    }

    /// The defaults of properties and fields.
    fn defaults(&mut self, schemas: &[(&Item, &SchemaDecl)]) {
        let Some((_, decl)) = schemas.first() else { return };
        let (mut property, mut event, mut related) = (0, 0, 0);
        for member in &decl.members {
            match &member.kind {
                SchemaMemberKind::Property(declared) => {
                    self.property_default(PropId(to_u32(property)), &declared.modifiers);
                    property += 1;
                }
                SchemaMemberKind::Related(declared) => {
                    let ids = self.env.schema.related.get(related).map(|r| r.properties.clone()).unwrap_or_default();
                    for (id, field) in ids.into_iter().zip(&declared.fields) {
                        self.property_default(id, &field.property.modifiers);
                    }
                    related += 1;
                }
                SchemaMemberKind::Events(declared) => {
                    for (at, field) in declared.fields.iter().enumerate() {
                        let list = self.env.schema.events.get(event);
                        let Some(built) = list.and_then(|e| e.fields.get(at)).cloned() else { continue };
                        let default = self.default(&built, &field.property.modifiers);
                        if let Some(slot) = self.env.schema.events.get_mut(event).and_then(|e| e.fields.get_mut(at)) {
                            slot.default = default;
                        }
                    }
                    event += 1;
                }
                SchemaMemberKind::UnknownValues(_)
                | SchemaMemberKind::TimeZone(_)
                | SchemaMemberKind::IgnoreAccents
                | SchemaMemberKind::NumbersLike(_)
                | SchemaMemberKind::DatesLike(_) => {}
            }
        }
    }

    fn property_default(&mut self, id: PropId, modifiers: &[Modifier]) {
        let sound = self.env.schema.property(id).filter(|_| !self.env.broken_properties.contains(&id));
        let Some(built) = sound.cloned() else { return };
        let default = self.default(&built, modifiers);
        if let Some(slot) = self.env.schema.properties.get_mut(id.0 as usize) {
            slot.default = default;
        }
    }

    fn default(&mut self, property: &crate::schema::Property, modifiers: &[Modifier]) -> Option<Value> {
        use crate::value::Type;
        // A set's default has been refused already.
        if matches!(property.ty, Type::SetOf(_) | Type::SetOfText) {
            return None;
        }
        let expr = modifiers.iter().find_map(|m| match m {
            Modifier::Default(expr, _) => Some(expr),
            Modifier::Required(_) | Modifier::From(..) | Modifier::FromColumn(..) | Modifier::Split(..) | Modifier::Like(..) => {
                None
            }
        })?;
        match self.cell(property, expr)? {
            Some(value) => Some(value),
            None => {
                let message = format!("the default of `{}` reads as an unknown value", property.name);
                self.error(Code::BadSchema, expr.span, message, "write the value for an empty cell, or leave out `default`");
                None
            }
        }
    }

    /// Everything that has a body, and the model if nothing is wrong.
    fn bodies(&mut self, items: &Items<'_>) -> Option<Model> {
        self.defaults(&items.schemas);
        self.related_files();
        self.definitions(&items.definitions);
        let exclusions: Vec<Option<Exclusion>> =
            items.exclusions.iter().map(|(item, rule)| self.exclusion(rule, item.docs.clone(), item.span)).collect();
        let mut declared = Vec::with_capacity(items.scores.len());
        let scores = self.scores_onto(&items.scores, Vec::new(), &mut declared);
        let labels: Vec<Option<Label>> = items.labels.iter().enumerate().map(|(at, l)| self.whole_label(at, l)).collect();
        let lifecycles: Vec<Option<Lifecycle>> = items
            .lifecycles
            .iter()
            .enumerate()
            .map(|(at, (item, decl))| self.lifecycle(decl, lifecycle_id(at), item.docs.clone(), item.span))
            .collect();
        let rollups: Vec<Option<Rollup>> =
            items.rollups.iter().enumerate().map(|(at, (item, decl))| self.rollup(at, item, decl, &declared)).collect();
        let tests: Vec<Option<Test>> = items.tests.iter().map(|(item, decl)| self.trial(decl, item.span)).collect();
        self.names = self.index(items);
        let (item_count, arm_count) = self.counts();
        Some(Model {
            params: items.params.iter().zip(&self.env.params).map(param_of).collect::<Option<_>>()?,
            lists: items.lists.iter().zip(&self.env.lists).map(list_of).collect::<Option<_>>()?,
            definitions: std::mem::take(&mut self.env.definitions),
            exclusions: exclusions.into_iter().collect::<Option<_>>()?,
            scores: scores?,
            labels: labels.into_iter().collect::<Option<_>>()?,
            lifecycles: lifecycles.into_iter().collect::<Option<_>>()?,
            rollups: rollups.into_iter().collect::<Option<_>>()?,
            outputs: items.outputs.clone(),
            tests: tests.into_iter().collect::<Option<_>>()?,
            item_count,
            arm_count,
            schema: self.env.schema.clone(),
        })
    }

    /// Scores behind those that are `given`; `declared` are the bounds of these, and then of all.
    pub(super) fn scores_onto(
        &mut self,
        scores: &[(&Item, &ScoreDecl)],
        given: Vec<Score>,
        declared: &mut Vec<Bounds>,
    ) -> Option<Vec<Score>> {
        let mut built: Vec<Option<Score>> = given.into_iter().map(Some).collect();
        for (item, decl) in scores {
            let bounds = self.bounds(&decl.bounds, None);
            let body = match &decl.body {
                ast::ScoreBody::Items { .. } if self.aside.is_some() => self.no_items(decl),
                ast::ScoreBody::Items { items, .. } => {
                    let mut exclusions = Vec::new();
                    self.items(items, Some(&mut exclusions)).map(|items| ScoreBody::Items { exclusions, items })
                }
                ast::ScoreBody::Formula(formula) => self.formula(formula, declared).map(ScoreBody::Formula),
                ast::ScoreBody::Conditional(formula) => {
                    self.conditional(formula, declared).map(Box::new).map(ScoreBody::Conditional)
                }
            };
            declared.push(bounds.unwrap_or_default());
            built.push(bounds.zip(body).map(|(bounds, body)| Score {
                name: decl.name.name.clone(),
                bounds,
                body,
                docs: item.docs.clone(),
                span: item.span,
                name_span: decl.name.span,
            }));
        }
        built.into_iter().collect()
    }

    pub(super) fn whole_label(&mut self, at: usize, label: &(&Item, &LabelDecl)) -> Option<Label> {
        let (item, decl) = label;
        let values = self.env.labels.get(at).and_then(|l| l.values.clone());
        let body = self.label(decl, at, values.as_deref().unwrap_or_default())?;
        Some(Label {
            name: decl.name.name.clone(),
            body,
            values: values?,
            docs: item.docs.clone(),
            span: item.span,
            name_span: decl.name.span,
        })
    }
}

/// Whether a number is written with a percent sign.
fn is_percent(value: &crate::syntax::ast::Expr) -> bool {
    let value = super::checker::inner(value);
    if let crate::syntax::ast::ExprKind::Negate(operand) = &value.kind {
        return is_percent(operand);
    }
    matches!(&value.kind, crate::syntax::ast::ExprKind::Number(number) if number.text.ends_with('%'))
}

fn param_of(pair: (&(&Item, &ParamDecl), &ParamSlot)) -> Option<Param> {
    let ((item, decl), slot) = pair;
    Some(Param {
        name: slot.name.clone(),
        value: slot.value.clone()?,
        docs: item.docs.clone(),
        span: item.span,
        name_span: decl.name.span,
    })
}

fn list_of(pair: (&(&Item, &ListDecl), &ListSlot)) -> Option<List> {
    let ((item, _), slot) = pair;
    let entries = slot.entries.clone()?;
    Some(List {
        name: slot.name.clone(),
        len: entries.len(),
        entries,
        docs: item.docs.clone(),
        span: item.span,
        name_span: slot.name_span,
    })
}
