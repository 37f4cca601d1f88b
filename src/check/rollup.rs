//! Rollups: what accounts gather of their records, and the scores, labels and lifecycles over that.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::sort_outputs;
use super::checker::{Checker, Place, Scope, as_ident, type_words};
use super::env::{Entity, Env, OutputSlot, RollupPart, to_u32};
use super::lifecycle::lifecycle_id;
use super::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::walk::shape;
use crate::hir::{Bounds, Expr, ExprKind, Fold, Gathered, Model, Rollup, Score, ScoreBody, ScoreId};
use crate::schema::{PropId, Property, Schema};
use crate::source::Span;
use crate::syntax::ast::{self, Call, Ident, Item, ItemKind, LifecycleLineKind, RollupDecl, Test};
use crate::value::{Points, Type, Value};

/// What stands aside while the body of a rollup is checked.
#[derive(Debug)]
pub(super) struct Aside {
    /// The names of records.
    env: Env,
    /// The rollup, by its place.
    rollup: usize,
    /// How many scores stand before those of the account.
    given: usize,
    /// What each call gathers; none where it has an error.
    calls: FxHashMap<Span, Option<GatheredAt>>,
}

impl Aside {
    /// A name of the account as names outside of the rollup know it.
    pub(super) fn seen_from_outside(&self, entity: Entity) -> Entity {
        let part = match entity {
            Entity::Score(id) => RollupPart::Score(id.index().saturating_sub(self.given)),
            Entity::Label(id) => RollupPart::Label(id.index()),
            Entity::Lifecycle(id) => RollupPart::Lifecycle(id.index()),
            Entity::Column(_) => RollupPart::Column,
            Entity::Property(_)
            | Entity::Events(_)
            | Entity::Related(_)
            | Entity::Definition(_)
            | Entity::List(_)
            | Entity::Param(_)
            | Entity::Rollup(..) => return entity,
        };
        Entity::Rollup(self.rollup, part)
    }
}

/// What a call is to an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum GatheredAt {
    /// A score.
    Score(ScoreId),
    /// A property that is true or false.
    Truth(PropId),
}

impl Checker<'_> {
    /// Declares the rollups and what they hold in the one name space.
    pub(super) fn declare_rollups(
        &mut self,
        rollups: &[(&Item, &RollupDecl)],
        taken: &mut impl FnMut(&str, Span, (Entity, Span)),
    ) {
        for (at, (_, decl)) in rollups.iter().enumerate() {
            self.env.declare(&decl.name.name, Entity::Rollup(at, RollupPart::Whole), decl.name.span, taken);
            let items = sort_outputs(&decl.items);
            let mut declare = |name: &Ident, part| {
                self.env.declare(&name.name, Entity::Rollup(at, part), name.span, taken);
            };
            items.scores.iter().enumerate().for_each(|(n, (_, score))| declare(&score.name, RollupPart::Score(n)));
            items.labels.iter().enumerate().for_each(|(n, (_, label))| declare(&label.name, RollupPart::Label(n)));
            for (n, (_, lifecycle)) in items.lifecycles.iter().enumerate() {
                let name = &lifecycle.name;
                declare(name, RollupPart::Lifecycle(n));
                for suffix in ["before", "move", "reason"] {
                    let name = Arc::from(format!("{}_{suffix}", name.name));
                    declare(&Ident { name, quoted: false, span: lifecycle.name.span }, RollupPart::Column);
                }
            }
        }
    }

    /// A whole rollup; `declared` are the bounds of the scores of records.
    pub(super) fn rollup(&mut self, at: usize, item: &Item, decl: &RollupDecl, declared: &[Bounds]) -> Option<Rollup> {
        let key = self.rollup_key(&decl.key);
        let filter = decl.filter.as_ref().map_or(Some(None), |c| self.condition(c, Scope::at(Place::Record)).map(Some));
        let mut gathering = Gathering { own: own_names(decl), declared, found: Vec::new(), calls: FxHashMap::default() };
        each_expr(decl, &mut |expr| self.gather(expr, &mut gathering));
        let Gathering { found, calls, .. } = gathering;
        let schema = key.as_ref().map(|(key, name)| self.accounts_schema(key, name, &found));
        let whole = calls.values().all(Option::is_some);
        let accounts = self.accounts(at, decl, schema.unwrap_or_else(Schema::empty), (&found, calls));
        let ((key, _), filter, accounts) = (key?, filter?, accounts?);
        whole.then(|| Rollup {
            name: decl.name.name.clone(),
            key,
            filter,
            gathered: found.into_iter().map(|(gathered, _)| gathered).collect(),
            accounts,
            docs: item.docs.clone(),
            span: item.span,
            name_span: decl.name.span,
        })
    }

    /// The property or definition that makes the accounts, with its name.
    fn rollup_key(&mut self, name: &Ident) -> Option<(Expr, Arc<str>)> {
        if let Some((entity, declared)) = self.look_up(name)
            && !matches!(entity, Entity::Property(_) | Entity::Definition(_))
            && !self.env.broken_names.contains(&name.name)
        {
            let message = format!("`{}` is {}, and a rollup goes by a property or a definition", name.name, entity.words());
            let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
                .help("name a property that identifies accounts, such as a company's domain");
            if declared != Span::default() {
                problem = problem.also(declared, "declared here");
            }
            self.push(problem);
            return None;
        }
        let key = self.name(name, Scope::at(Place::Record))?;
        let refused = match &key.ty {
            Type::Text | Type::Integer | Type::Boolean | Type::OneOf(_) => None,
            Type::Number | Type::Date | Type::DateTime | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => {
                Some(type_words(&key.ty))
            }
        };
        if let Some(what) = refused {
            let message = format!("`{}` is {what}, and a rollup does not go by that", name.name);
            let help = "name a text, an integer, a `one of` or a boolean, such as a company's domain";
            self.error(Code::TypeMismatch, name.span, message, help);
            return None;
        }
        if self.sees_events(&key) {
            let message = format!("`{}` goes by events, and a rollup goes by properties alone", name.name);
            self.error(Code::TypeMismatch, name.span, message, "name a property, or a definition over properties");
            return None;
        }
        if *name.name == *Rollup::RECORDS_NAME {
            let message = "the accounts would have two columns called `records`";
            let help = "give the property another name in the schema: it keeps its column with `from \"records\"`";
            self.error(Code::DuplicateName, name.span, message, help);
            return None;
        }
        Some((key, name.name.clone()))
    }

    fn sees_events(&self, expr: &Expr) -> bool {
        if let ExprKind::Definition(id) = &expr.kind {
            return self.env.definition(*id).is_some_and(|it| self.sees_events(&it.value));
        }
        matches!(expr.kind, ExprKind::Aggregate(_) | ExprKind::NoEvents(_))
            || expr.operands().any(|operand| self.sees_events(operand))
    }

    /// The properties of an account.
    fn accounts_schema(&self, key: &Expr, name: &Arc<str>, gathered: &[(Gathered, Bounds)]) -> Schema {
        let property = Property::plain;
        let identity = Property { identifies: true, ..property(name.clone(), key.ty.clone(), key.span) };
        let mut properties = vec![identity, property(Arc::from(Rollup::RECORDS_NAME), Type::Integer, key.span)];
        properties.extend(gathered.iter().map(|(it, _)| {
            let name = Arc::from(crate::hir::words::squeezed(self.sources, it.span));
            match it.fold {
                Fold::Any(_) => {
                    let default = Some(Value::Boolean(false));
                    Property { default, ..property(name, Type::Boolean, it.span) }
                }
                Fold::Max(_) | Fold::Min(_) | Fold::Sum(_) | Fold::Average(_) | Fold::Count(_) => {
                    property(name, Type::Score, it.span)
                }
            }
        }));
        Schema { properties, events: Vec::new(), key: Some(Rollup::KEY), ..self.env.schema.clone() }
    }

    // ---- what is gathered -------------------------------------------------------------------

    /// Finds the calls in an expression that gather something of the records.
    fn gather(&mut self, expr: &ast::Expr, gathering: &mut Gathering<'_>) {
        let ast::ExprKind::Call(call) = &expr.kind else {
            parts(expr, &mut |part| self.gather(part, gathering));
            return;
        };
        let fold = match (&*call.function.name, call.args.as_slice()) {
            ("max" | "min", [one]) if as_ident(one).is_some_and(|name| !gathering.is_own(name, &self.env)) => {
                self.fold_of_score(call)
            }
            ("sum" | "average", _) => self.fold_of_score(call),
            ("count" | "any", _) => self.fold_of_condition(call),
            _of_scores => {
                call.args.iter().for_each(|arg| self.gather(arg, gathering));
                return;
            }
        };
        let at = fold.map(|fold| gathering.add(Gathered { fold, span: expr.span }));
        gathering.calls.insert(expr.span, at);
    }

    /// `max(lead)`, `sum(lead)` and their like.
    fn fold_of_score(&mut self, call: &Call) -> Option<Fold> {
        let function = &*call.function.name;
        let plain = call.within.is_none() && call.filter.is_none();
        let name = match (&call.event, call.args.as_slice()) {
            (Some(path), _) if plain && path.field.is_none() => Some(&path.event),
            (None, [one]) => as_ident(one),
            _other => None,
        };
        let Some(name) = name else {
            let message = format!("in a rollup `{function}( )` takes a score of the records");
            let help = format!("write `{function}(SCORE)`; compute with the result, as in `0.5 * {function}(SCORE)`");
            self.error(Code::TypeMismatch, call.function.span, message, help);
            return None;
        };
        match self.look_up(name) {
            Some((Entity::Score(id), _)) => Some(match function {
                "max" => Fold::Max(id),
                "min" => Fold::Min(id),
                "sum" => Fold::Sum(id),
                _average => Fold::Average(id),
            }),
            Some(_) if self.env.broken_names.contains(&name.name) => None,
            Some((entity, declared)) => {
                let message = format!("`{}` is {}, and `{function}( )` takes a score of the records", name.name, entity.words());
                let mut problem = Diagnostic::new(Code::TypeMismatch, name.span, message)
                    .help("name a score outside of rollups; `count( )` and `any( )` take conditions");
                if declared != Span::default() {
                    problem = problem.also(declared, "declared here");
                }
                self.push(problem);
                None
            }
            None => {
                if !self.excused(&name.name) {
                    let near = self.near(&name.name, self.env.scores.iter().map(|s| s.name.clone()).collect());
                    let problem = Diagnostic::new(Code::UnknownName, name.span, format!("there is no score `{}`", name.name));
                    self.push(near.advise(problem, name.span, "name a score of the records", as_name));
                }
                None
            }
        }
    }

    /// `count(C)`, `any(C)` and `count()`.
    fn fold_of_condition(&mut self, call: &Call) -> Option<Fold> {
        let is_count = &*call.function.name == "count";
        let scope = Scope::at(Place::Outcome);
        let condition = match (&call.event, call.args.as_slice()) {
            (None, []) if is_count => return Some(Fold::Count(None)),
            (None, [one]) => self.condition(one, scope)?,
            (Some(path), []) if path.field.is_none() && call.filter.is_none() => {
                // A name, or `NAME within 30 days`, reads as what an event function takes.
                self.condition(&condition_of(&path.event, call), scope)?
            }
            _other => {
                let function = &*call.function.name;
                let message = format!("in a rollup `{function}( )` takes a condition over one record");
                let help = format!("write `{function}(lead >= 35)`; for events write `{function}(count(EVENTS where ..) > 0)`");
                self.error(Code::TypeMismatch, call.function.span, message, help);
                return None;
            }
        };
        Some(if is_count { Fold::Count(Some(condition)) } else { Fold::Any(condition) })
    }

    /// What a call gathers, in the body of a rollup; the inner `None` where it has an error.
    pub(super) fn gathered(&self, span: Span) -> Option<Option<GatheredAt>> {
        self.aside.as_ref()?.calls.get(&span).copied()
    }

    // ---- the accounts -----------------------------------------------------------------------

    /// The model of the accounts.
    fn accounts(
        &mut self,
        at: usize,
        decl: &RollupDecl,
        schema: Schema,
        (gathered, calls): (&[(Gathered, Bounds)], Calls),
    ) -> Option<Model> {
        let given: Vec<(PropId, &Gathered, Bounds)> = gathered
            .iter()
            .enumerate()
            .filter(|(_, (it, _))| !matches!(it.fold, Fold::Any(_)))
            .map(|(at, (it, bounds))| (Rollup::property(at), it, *bounds))
            .collect();
        let counts = self.count_apart();
        let mut env = self.env.beside(schema.clone());
        let (slots, scores): (Vec<OutputSlot>, Vec<Score>) = given
            .iter()
            .map(|(property, it, _)| {
                let name = schema.property(*property).map_or_else(|| Arc::from(""), |p| p.name.clone());
                let slot = OutputSlot { name: name.clone(), name_span: it.span, values: None, needs: None };
                let (bounds, docs) = (Bounds::default(), Vec::new());
                let body = ScoreBody::Given(*property);
                (slot, Score { name, bounds, body, docs, span: it.span, name_span: it.span })
            })
            .unzip();
        env.scores = slots;
        self.exchange(&mut env);
        self.aside = Some(Aside { env, rollup: at, given: given.len(), calls });
        let model = self.account_bodies(decl, schema, scores, given.iter().map(|(_, _, bounds)| *bounds).collect());
        if let Some(Aside { mut env, given, .. }) = self.aside.take() {
            self.exchange(&mut env);
            self.rollup_envs.push((env, given));
        }
        let (item_count, arm_count) = self.count_on(counts);
        Some(Model { item_count, arm_count, ..model? })
    }

    /// Looks at something among the names of a rollup that has been looked at.
    pub(super) fn among_accounts<T>(&mut self, rollup: usize, look: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (env, given) = self.rollup_envs.get_mut(rollup)?;
        let given = *given;
        let mut env = std::mem::replace(env, Env::new(Schema::empty()));
        self.exchange(&mut env);
        self.aside = Some(Aside { env, rollup, given, calls: FxHashMap::default() });
        let found = look(self);
        if let Some(Aside { mut env, .. }) = self.aside.take() {
            self.exchange(&mut env);
            if let Some((slot, _)) = self.rollup_envs.get_mut(rollup) {
                *slot = env;
            }
        }
        found
    }

    /// The names of records and those of accounts change places.
    fn exchange(&mut self, env: &mut Env) {
        std::mem::swap(&mut self.env, env);
        self.env.params = std::mem::take(&mut env.params);
        self.env.lists = std::mem::take(&mut env.lists);
    }

    fn account_bodies(
        &mut self,
        decl: &RollupDecl,
        schema: Schema,
        given: Vec<Score>,
        mut declared: Vec<Bounds>,
    ) -> Option<Model> {
        let mut items = sort_outputs(&decl.items);
        let first = given.len();
        for output in &mut items.outputs {
            if let crate::hir::Output::Score(id) = output {
                *id = ScoreId(id.0 + to_u32(first));
            }
        }
        // What is taken has been told with the names of records.
        let mut taken = |_: &str, _: Span, _: (Entity, Span)| {};
        for (at, (_, score)) in items.scores.iter().enumerate() {
            let (name, name_span) = (score.name.name.clone(), score.name.span);
            self.env.declare(&name, Entity::Score(ScoreId(to_u32(first + at))), name_span, &mut taken);
            self.env.scores.push(OutputSlot { name, name_span, values: None, needs: None });
        }
        for (at, (_, label)) in items.labels.iter().enumerate() {
            let entity = Entity::Label(crate::hir::LabelId(to_u32(at)));
            self.env.declare(&label.name.name, entity, label.name.span, &mut taken);
        }
        for (_, label) in &items.labels {
            let values = self.label_values(label);
            let needs = self.label_needs(label, &items.outputs);
            self.env.labels.push(OutputSlot { name: label.name.name.clone(), name_span: label.name.span, values, needs });
        }
        for (_, lifecycle) in &items.lifecycles {
            let slot = self.lifecycle_slot(lifecycle);
            self.env.add_lifecycle(slot, &mut taken);
        }
        let named_records = items.names().find(|name| *name.name == *Rollup::RECORDS_NAME).map(|name| name.span);
        if let Some(span) = named_records {
            let message = "`records` is a column that accounts have anyway: how many records make one";
            self.error(Code::DuplicateName, span, message, "give it another name");
        }
        let scores = self.scores_onto(&items.scores, given, &mut declared);
        let labels: Vec<_> = items.labels.iter().enumerate().map(|(at, label)| self.whole_label(at, label)).collect();
        let lifecycles: Vec<_> = items
            .lifecycles
            .iter()
            .enumerate()
            .map(|(at, (item, decl))| {
                let possible = self.account_lines(decl);
                self.lifecycle(decl, lifecycle_id(at), item.docs.clone(), item.span).filter(|_| possible)
            })
            .collect();
        Some(Model {
            schema,
            params: Vec::new(),
            lists: Vec::new(),
            definitions: Vec::new(),
            exclusions: Vec::new(),
            scores: scores?,
            labels: labels.into_iter().collect::<Option<_>>()?,
            lifecycles: lifecycles.into_iter().collect::<Option<_>>()?,
            rollups: Vec::new(),
            outputs: items.outputs.clone(),
            tests: Vec::new(),
            item_count: 0,
            arm_count: 0,
        })
    }

    /// Refuses rules over one record in a rollup.
    pub(super) fn no_items(&mut self, decl: &ast::ScoreDecl) -> Option<ScoreBody> {
        let message = "a score of a rollup is a formula over what its records have";
        let help = "write `score NAME = max(SCORE)`; rules over one record go into a score outside of the rollup";
        self.error(Code::TypeMismatch, decl.name.span, message, help);
        None
    }

    /// Refuses lines of a lifecycle that no account can meet.
    fn account_lines(&mut self, decl: &ast::LifecycleDecl) -> bool {
        let mut possible = true;
        for line in &decl.lines {
            let (what, why) = match &line.kind {
                LifecycleLineKind::Hold { .. } => ("hold", "an account has no present stage that could be held"),
                LifecycleLineKind::ForwardOnly => ("forward only", "an account has no present stage to move on from"),
                LifecycleLineKind::Stage { condition: None, .. } => ("when excluded", "no account is excluded"),
                LifecycleLineKind::Stage { .. } | LifecycleLineKind::Otherwise { .. } => continue,
            };
            let help = format!("leave `{what}` out; the `where` of the rollup says which records count");
            self.error(Code::TypeMismatch, line.span, why, help);
            possible = false;
        }
        possible
    }

    /// What is wrong with a name of records in the body of a rollup, and the way out; none where it is no such name.
    pub(super) fn of_records(&mut self, name: &Ident) -> Option<(String, String)> {
        let (entity, _) = self.aside.as_ref()?.env.entities.get(&name.name).copied()?;
        self.mention_of_records(name.span, entity);
        let (name, word) = (&name.name, as_name(&name.name));
        Some(match entity {
            Entity::Score(_) => (
                format!("`{name}` is a score of each record, and an account has many"),
                format!("say which: `max({word})`, `average({word})`, `sum({word})` or `min({word})`"),
            ),
            Entity::Rollup(..) => (
                format!("`{name}` is {}, and a rollup sees its own scores and labels alone", entity.words()),
                "put both into one rollup".to_owned(),
            ),
            Entity::Property(_)
            | Entity::Events(_)
            | Entity::Related(_)
            | Entity::Definition(_)
            | Entity::List(_)
            | Entity::Param(_)
            | Entity::Label(_)
            | Entity::Lifecycle(_)
            | Entity::Column(_) => (
                format!(
                    "`{name}` is {} of each record, and an account has many",
                    entity.words().trim_start_matches("a ").trim_start_matches("an ")
                ),
                format!("ask how many records: `count({word} ..)`, or whether there is one: `any({word} ..)`"),
            ),
        })
    }
}

/// What each call gathers; none where it is at fault.
type Calls = FxHashMap<Span, Option<GatheredAt>>;

/// What has been found to be gathered, and by which calls.
struct Gathering<'a> {
    /// The names that the rollup declares.
    own: Vec<Arc<str>>,
    /// The bounds of the scores of records.
    declared: &'a [Bounds],
    /// Each once, with its bounds.
    found: Vec<(Gathered, Bounds)>,
    calls: FxHashMap<Span, Option<GatheredAt>>,
}

impl Gathering<'_> {
    /// Whether a name stands for something that has one value an account.
    fn is_own(&self, name: &Ident, env: &Env) -> bool {
        let param = matches!(env.entities.get(&name.name), Some((Entity::Param(_), _)));
        param || self.own.contains(&name.name)
    }

    fn add(&mut self, gathered: Gathered) -> GatheredAt {
        let same = self.found.iter().position(|(it, _)| key_of(&it.fold) == key_of(&gathered.fold));
        let at = same.unwrap_or_else(|| {
            let bounds = self.bounds(&gathered);
            self.found.push((gathered, bounds));
            self.found.len() - 1
        });
        let truth = |(it, _): &(Gathered, Bounds)| matches!(it.fold, Fold::Any(_));
        if self.found.get(at).is_some_and(truth) {
            return GatheredAt::Truth(Rollup::property(at));
        }
        let before = self.found.iter().take(at).filter(|it| !truth(it)).count();
        GatheredAt::Score(ScoreId(to_u32(before)))
    }

    /// What it can come to at most, so that the digits of a formula can be told.
    fn bounds(&self, gathered: &Gathered) -> Bounds {
        match &gathered.fold {
            Fold::Max(id) | Fold::Min(id) | Fold::Average(id) => self.declared.get(id.index()).copied().unwrap_or_default(),
            Fold::Count(_) => Bounds { min: Some((Points(0), gathered.span)), max: None },
            Fold::Sum(_) | Fold::Any(_) => Bounds::default(),
        }
    }
}

/// Equal for folds that say the same.
fn key_of(fold: &Fold) -> String {
    match fold {
        Fold::Max(id) => format!("max {}", id.0),
        Fold::Min(id) => format!("min {}", id.0),
        Fold::Sum(id) => format!("sum {}", id.0),
        Fold::Average(id) => format!("average {}", id.0),
        Fold::Count(None) => "count".to_owned(),
        Fold::Count(Some(condition)) => format!("count {}", shape(condition)),
        Fold::Any(condition) => format!("any {}", shape(condition)),
    }
}

fn own_names(decl: &RollupDecl) -> Vec<Arc<str>> {
    sort_outputs(&decl.items).names().map(|name| name.name.clone()).collect()
}

/// `NAME` or `NAME within 30 days`, as a condition.
fn condition_of(name: &Ident, call: &Call) -> ast::Expr {
    let operand = ast::Expr { kind: ast::ExprKind::Name(name.clone()), span: name.span };
    let Some(window) = &call.within else { return operand };
    let span = name.span.to(window.span);
    let op_span = Span::new(span.file, name.span.end, window.duration.span.start);
    let test = Test::Within { beside: window.beside.clone(), next: false, duration: window.duration.clone() };
    ast::Expr { kind: ast::ExprKind::Test { operand: Box::new(operand), negated: false, test, op_span }, span }
}

/// Calls `visit` with every formula and condition in the body of a rollup.
fn each_expr<'a>(decl: &'a RollupDecl, visit: &mut impl FnMut(&'a ast::Expr)) {
    for item in &decl.items {
        if let ItemKind::Score(score) = &item.kind {
            match &score.body {
                ast::ScoreBody::Formula(formula) => visit(formula),
                ast::ScoreBody::Conditional(all) => {
                    for branch in &all.branches {
                        visit(&branch.condition);
                        visit(&branch.part.formula);
                    }
                    all.otherwise.iter().chain(&all.unknown).for_each(|part| visit(&part.formula));
                }
                ast::ScoreBody::Items { .. } => {}
            }
        } else if let ItemKind::Lifecycle(lifecycle) = &item.kind {
            for line in &lifecycle.lines {
                if let LifecycleLineKind::Stage { condition: Some(condition), .. } = &line.kind {
                    visit(condition);
                }
            }
        }
    }
}

/// Calls `visit` with the direct parts of an expression that is no call.
fn parts<'a>(expr: &'a ast::Expr, visit: &mut impl FnMut(&'a ast::Expr)) {
    match &expr.kind {
        ast::ExprKind::Paren(a) | ast::ExprKind::Negate(a) | ast::ExprKind::Not(a) => visit(a),
        ast::ExprKind::Binary { left, right, .. } | ast::ExprKind::Compare { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ast::ExprKind::Test { operand, .. } | ast::ExprKind::Of { operand, .. } => visit(operand),
        ast::ExprKind::Elapsed { date, .. } => visit(date),
        ast::ExprKind::AtLeast { of, .. } | ast::ExprKind::Pick { of, .. } => of.iter().for_each(visit),
        ast::ExprKind::Name(_)
        | ast::ExprKind::Text(_)
        | ast::ExprKind::Number(_)
        | ast::ExprKind::Date(_)
        | ast::ExprKind::Boolean(_)
        | ast::ExprKind::List(_)
        | ast::ExprKind::Call(_) => {}
    }
}
