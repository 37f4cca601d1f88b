//! Rules as a scoring draft of HubSpot: the meaning of their points as a whole, or a refusal with the place.
//!
//! What a draft has no place for and what changes no points is left out and counted: reasons (`because`), notes and tests. Lifecycles and
//! labels that a draft cannot hold are refused, unless only the scores are asked for.

#![expect(clippy::wildcard_enum_match_arm, reason = "HubSpot knows a few of the forms of expressions")]

mod bounds;
mod condition;
mod events;
mod items;
mod operation;
mod outputs;
mod shapes;
mod values;

use serde_json::{Map, Value, json};

use self::bounds::{Limits, least, most};
use self::shapes::Rule;
use super::draft::Draft;
use super::names::{segment_id, segments};
use crate::hir::{Exclusion, Expr, ExprKind, Item, ItemKind, Model, Score, ScoreBody, ScoreId};
use crate::input::import::CrmField;
use crate::schema::{EventId, PropId};
use crate::source::Span;
use crate::value::Points;

/// What an export is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish<'a> {
    /// The name of the score in HubSpot.
    pub(crate) name: String,
    /// The score of the category FIT; by default the one named `fit`.
    pub(crate) fit: Option<&'a str>,
    /// The score of the category INTENT; by default the one named `engagement` or `intent`.
    pub(crate) engagement: Option<&'a str>,
    /// HubSpot's event types by the names of event lists.
    pub(crate) events: &'a [(String, String)],
    /// The portal's properties, where their list is at hand.
    pub(crate) fields: Option<&'a [CrmField]>,
    /// Whether lifecycles, and labels that a draft cannot hold, are left out.
    pub(crate) scores_only: bool,
}

/// A place of the rules that a draft cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) span: Span,
    /// What cannot be said, as a sentence without a full stop.
    pub(crate) reason: String,
    /// The nearest thing that can.
    pub(crate) instead: Option<String>,
}

impl Refusal {
    fn new(span: Span, reason: impl Into<String>) -> Self {
        Self { span, reason: reason.into(), instead: None }
    }

    fn instead(mut self, instead: impl Into<String>) -> Self {
        self.instead = Some(instead.into());
        self
    }
}

/// A draft, and what it leaves out.
#[derive(Debug, Clone)]
pub(crate) struct Exported {
    pub(crate) draft: Value,
    /// How many rules it has.
    pub(crate) rules: usize,
    /// What it leaves out that changes no points, in words.
    pub(crate) left_out: Vec<String>,
}

type Done<T> = Result<T, Refusal>;

/// The scores of the two categories.
#[derive(Debug, Clone, Copy, Default)]
struct Categories {
    fit: Option<ScoreId>,
    engagement: Option<ScoreId>,
}

/// What every part of an export looks at.
struct Context<'a> {
    model: &'a Model,
    wish: &'a Wish<'a>,
}

/// Writes the scores of a model as a draft.
///
/// # Errors
/// Every place that a draft cannot say, in the order of the rules.
pub(crate) fn export(model: &Model, wish: &Wish<'_>) -> Result<Exported, Vec<Refusal>> {
    let context = Context { model, wish };
    let mut refusals = Vec::new();
    let categories = context.categories().map_err(|refusal| vec![refusal])?;
    let mut groups = Vec::new();
    let most = context.most_per_category(categories, &mut refusals);
    for (category, score) in [("FIT", categories.fit), ("INTENT", categories.engagement)] {
        let Some(score) = score.and_then(|id| model.score(id)) else { continue };
        groups.extend(context.category(category, score, most, &mut refusals));
    }
    let filter = context.filter(&mut refusals);
    let outputs = context.outputs(categories, &mut refusals);
    if !wish.scores_only {
        refusals.extend(model.lifecycles.iter().map(|lifecycle| {
            let reason = format!("a score of HubSpot has no lifecycle; `{}` would be lost", lifecycle.name);
            Refusal::new(lifecycle.span, reason)
                .instead("export with --scores-only, and write the stage with `lsrc push hubspot`")
        }));
    }
    if !refusals.is_empty() {
        refusals.sort_by_key(|refusal| (refusal.span.file, refusal.span.start));
        return Err(refusals);
    }
    let names: Vec<&str> = [("FIT", categories.fit), ("INTENT", categories.engagement)]
        .iter()
        .filter(|(_, id)| id.is_some())
        .map(|(n, _)| *n)
        .collect();
    let mut draft = json!({
        "name": wish.name,
        "objectTypeId": object_type(&model.schema.name),
        "allowedGroupTypes": names,
        "maxScorePerCategory": points(most),
    });
    let rules = groups.iter().filter_map(|g| g.get("ruleConfigurations").and_then(Value::as_array)).map(Vec::len).sum();
    if let Some(object) = draft.as_object_mut() {
        object.extend(filter.map(|filter| ("filterConfiguration".to_owned(), filter)));
        object.insert("groupConfigs".to_owned(), Value::Array(groups));
        object.insert("outputConfiguration".to_owned(), json!({ "outputs": outputs }));
    }
    debug_assert!(Draft::read(&draft.to_string()).is_ok());
    Ok(Exported { draft, rules, left_out: context.left_out() })
}

fn object_type(schema: &str) -> &'static str {
    match schema {
        "company" => "0-2",
        "deal" => "0-3",
        _ => "0-1",
    }
}

/// Points as a number of JSON: whole where they are.
fn points(points: Points) -> Value {
    if points.hundredths() % 100 == 0 { json!(points.whole()) } else { json!(points.to_f64()) }
}

impl Context<'_> {
    /// Which scores the categories are: by the wish, by name, or the only one.
    fn categories(&self) -> Done<Categories> {
        let summed = |id: ScoreId| self.model.score(id).is_some_and(|score| matches!(score.body, ScoreBody::Items { .. }));
        let ids: Vec<ScoreId> = (0..).map(ScoreId).take(self.model.scores.len()).filter(|id| summed(*id)).collect();
        let named =
            |names: &[&str]| ids.iter().copied().find(|id| self.model.score(*id).is_some_and(|s| names.contains(&&*s.name)));
        let whole = self.model.schema.place();
        let wished = |flag: &str, name: Option<&str>, usual: &[&str]| match name {
            None => Ok(named(usual)),
            Some(name) => {
                named(&[name]).map(Some).ok_or_else(|| Refusal::new(whole, format!("--{flag}: no score `{name}` adds up items")))
            }
        };
        let mut found = Categories {
            fit: wished("fit", self.wish.fit, &["fit"])?,
            engagement: wished("engagement", self.wish.engagement, &["engagement", "intent"])?,
        };
        if let ([only], None, None) = (ids.as_slice(), found.fit, found.engagement) {
            found.fit = Some(*only);
        }
        if ids.is_empty() {
            return Err(Refusal::new(whole, "there is no score that adds up items"));
        }
        let other = ids.iter().find(|id| Some(**id) != found.fit && Some(**id) != found.engagement);
        match other.and_then(|id| self.model.score(*id)) {
            None => Ok(found),
            Some(_) if self.wish.scores_only && (found.fit.is_some() || found.engagement.is_some()) => Ok(found),
            Some(score) => {
                let reason = format!("HubSpot adds up two scores, FIT and INTENT; `{}` is neither", score.name);
                Err(Refusal::new(score.name_span, reason).instead(
                    "say which scores they are with --fit NAME and --engagement NAME, and leave others out with --scores-only",
                ))
            }
        }
    }

    /// The one limit that HubSpot has for both categories: the greater one.
    fn most_per_category(&self, categories: Categories, refusals: &mut Vec<Refusal>) -> Points {
        let mut greatest = Points(0);
        for score in [categories.fit, categories.engagement].into_iter().flatten().filter_map(|id| self.model.score(id)) {
            let reach = score.bounds.max.map(|(max, _)| max).or_else(|| most(items_of(score)));
            match reach {
                Some(reach) => greatest = greatest.max(reach),
                None => refusals.push(
                    Refusal::new(score.name_span, format!("HubSpot needs the greatest number of points of `{}`", score.name))
                        .instead(format!("write `score {} max 100 {{`", score.name)),
                ),
            }
        }
        greatest
    }

    /// The groups of a category. Limits of the score that the category does not have become those of one group around everything.
    fn category(&self, category: &str, score: &Score, greatest: Points, refusals: &mut Vec<Refusal>) -> Vec<Value> {
        if let ScoreBody::Items { exclusions, .. } = &score.body {
            refusals.extend(exclusions.iter().map(|exclusion| {
                Refusal::new(exclusion.span, "HubSpot excludes records from both categories together")
                    .instead("write the exclusion outside of the score")
            }));
        }
        let items = items_of(score);
        let min = score.bounds.min.map(|(min, _)| min).filter(|min| least(items).is_none_or(|least| least < *min));
        let max =
            score.bounds.max.map(|(max, _)| max).filter(|max| *max < greatest && most(items).is_none_or(|most| most > *max));
        let title = |name: &str| {
            let mut letters = name.chars();
            letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect::<String>().replace('_', " "))
        };
        let mut made = Vec::new();
        let mut add = |name: &str, limits: Limits, rules: Result<Vec<Rule>, Vec<Refusal>>, span: Span| match rules {
            Err(found) => refusals.extend(found),
            Ok(rules) => match groups(category, name, limits, rules, span) {
                Ok(groups) => made.extend(groups),
                Err(refusal) => refusals.push(refusal),
            },
        };
        if min.is_some() || max.is_some() {
            add(&title(&score.name), Limits { min, max }, self.rules(items.iter()), score.span);
            return made;
        }
        let loose = |item: &&Item| !matches!(&item.kind, ItemKind::Group { .. });
        let single: Vec<&Item> = items.iter().filter(loose).collect();
        for item in items {
            if let ItemKind::Group { title, best: None, when: None, bounds, items } = &item.kind {
                add(title, Limits::of(bounds), self.rules(items.iter()), item.span);
            } else if matches!(item.kind, ItemKind::Group { .. }) {
                add("", Limits::default(), self.rules([item]), item.span);
            }
        }
        if !single.is_empty() {
            add(&title(&score.name), Limits::default(), self.rules(single), score.span);
        }
        made
    }

    /// Whose records are scored, as HubSpot says it: by segments.
    fn filter(&self, refusals: &mut Vec<Refusal>) -> Option<Value> {
        let mut excluded: Vec<String> = Vec::new();
        let mut included: Option<Vec<String>> = None;
        for exclusion in &self.model.exclusions {
            match self.exclusion(exclusion, &mut excluded) {
                Ok(None) => {}
                Ok(Some(ids)) if included.is_none() => included = Some(ids),
                Ok(Some(_)) => refusals.push(Refusal::new(exclusion.span, "HubSpot has one list of segments to score")),
                Err(refusal) => refusals.push(refusal),
            }
        }
        let ids = |ids: &[String]| -> Vec<Value> {
            ids.iter().map(|id| id.parse::<u64>().map_or_else(|_| json!(id), |n| json!(n))).collect()
        };
        match (included, excluded.as_slice()) {
            (None, []) => None,
            (None, excluded) => Some(json!({ "listFilterType": "EXCLUDES", "segmentIds": ids(excluded) })),
            (Some(included), []) => Some(json!({ "listFilterType": "INCLUDES", "segmentIds": ids(&included) })),
            (Some(_), _) => {
                let span = self.model.exclusions.first().map_or_else(Span::default, |e| e.span);
                refusals.push(Refusal::new(span, "HubSpot has either excluded segments or included ones, not both"));
                None
            }
        }
    }

    /// Adds the segments that an exclusion excludes; gives those that it includes.
    fn exclusion(&self, exclusion: &Exclusion, excluded: &mut Vec<String>) -> Done<Option<Vec<String>>> {
        let condition = self.resolved(&exclusion.condition);
        let parts: Vec<&Expr> = match &condition.kind {
            ExprKind::Or(parts) => parts.iter().collect(),
            _ => vec![condition],
        };
        for part in parts {
            let part = self.resolved(part);
            match &part.kind {
                ExprKind::Not(inner) => return self.segments(inner).map(Some),
                _ => excluded.extend(self.segments(part)?),
            }
        }
        Ok(None)
    }

    /// The ids of `segments contains a` and `segments in [a, b]`.
    fn segments(&self, expr: &Expr) -> Done<Vec<String>> {
        let refused = || {
            Refusal::new(expr.span, "HubSpot excludes records by segments alone")
                .instead("make a segment of these records, and write `exclude if segments contains NAME`")
        };
        self.membership(self.resolved(expr)).ok_or_else(refused)
    }

    /// The segments that a condition asks membership of: `segments` is a set whose options have the ids of segments among their forms.
    fn membership(&self, expr: &Expr) -> Option<Vec<String>> {
        let ExprKind::HasOptions { set, codes, all } = &expr.kind else { return None };
        let ExprKind::Property(id) = &set.kind else { return None };
        if *all && codes.len() > 1 || !self.is_segments(*id) {
            return None;
        }
        let options = self.model.schema.property(*id)?.ty.options()?;
        codes.iter().map(|code| segment_id(options.items.get(*code as usize)?).map(str::to_owned)).collect()
    }

    fn is_segments(&self, id: PropId) -> bool {
        self.model.schema.property(id).is_some_and(|property| segments(property).is_some())
    }

    /// The expression behind names of definitions.
    fn resolved<'e>(&'e self, mut expr: &'e Expr) -> &'e Expr {
        while let ExprKind::Definition(id) = &expr.kind
            && let Some(definition) = self.model.definition(*id)
        {
            expr = &definition.value;
        }
        expr
    }

    /// HubSpot's type of the events of a list.
    fn event_type(&self, event: EventId, span: Span) -> Done<String> {
        let name = &*self.model.schema.sure_event(event).name;
        if let Some((_, ty)) = self.wish.events.iter().find(|(list, _)| list == name) {
            return Ok(ty.clone());
        }
        let imported = name.strip_prefix("event_").and_then(|rest| rest.split_once('_'));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match imported {
            Some((family, number)) if digits(family) && digits(number) => Ok(format!("{family}-{number}")),
            _ => Err(Refusal::new(span, format!("HubSpot's type of the events `{name}` is not known"))
                .instead(format!("give it with --event-type {name}=4-96000"))),
        }
    }

    /// What changes no points and has no place in a draft.
    fn left_out(&self) -> Vec<String> {
        let mut reasons = 0;
        for score in &self.model.scores {
            Model::items_of(score, &mut |item, _| {
                reasons += crate::hir::words::arms(item).iter().filter(|arm| arm.because.is_some()).count();
            });
        }
        let counted = [
            (reasons, "reason", "reasons"),
            (self.model.tests.len(), "test", "tests"),
            (if self.wish.scores_only { self.model.lifecycles.len() } else { 0 }, "lifecycle", "lifecycles"),
            (self.model.rollups.len(), "rollup", "rollups"),
            (self.scores_left_out(), "score", "scores"),
            (self.labels_left_out(), "label", "labels"),
        ];
        let present = counted.into_iter().filter(|(n, ..)| *n > 0);
        present.map(|(n, one, many)| crate::hubspot::counted(n as u64, one, many)).collect()
    }
}

fn items_of(score: &Score) -> &[Item] {
    match &score.body {
        ScoreBody::Items { items, .. } => items,
        ScoreBody::Formula(_) | ScoreBody::Conditional(_) | ScoreBody::Given(_) => &[],
    }
}

/// The rules of one group; those that fade differently make groups of their own.
fn groups(category: &str, name: &str, limits: Limits, rules: Vec<Rule>, span: Span) -> Done<Vec<Value>> {
    let mut decays: Vec<Option<(u32, u32)>> = Vec::new();
    for rule in &rules {
        if !decays.contains(&rule.decay) {
            decays.push(rule.decay);
        }
    }
    if decays.len() > 1 && limits != Limits::default() {
        return Err(Refusal::new(
            span,
            "points fade for a whole group in HubSpot, and this group has limits and rules that fade differently",
        )
        .instead("put rules that fade alike into a group of their own, each with its limits"));
    }
    Ok(decays
        .iter()
        .map(|decay| {
            let mut group = Map::new();
            group.insert("groupName".to_owned(), json!(name));
            group.insert("groupCategory".to_owned(), json!(category));
            limits.write("minValue", "maxValue", &mut group);
            if let Some((days, percent)) = decay {
                group.insert("groupDecay".to_owned(), json!({ "decayIntervalDays": days, "percentToDecayPerInterval": percent }));
            }
            let rules = rules.iter().filter(|rule| rule.decay == *decay).map(Rule::json).collect();
            group.insert("ruleConfigurations".to_owned(), Value::Array(rules));
            Value::Object(group)
        })
        .collect())
}
