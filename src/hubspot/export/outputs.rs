//! The combined score and the labels of a model as outputs of a draft.

use serde_json::{Value, json};

use super::bounds::least;
use super::{Categories, Context, Done, Refusal, items_of, points};
use crate::hir::{Bounds, Formula, FormulaOp, Label, LabelBody, LabelId, RangeEnd, Score, ScoreBody, ScoreId};
use crate::invariant::SureAt as _;
use crate::value::Points;

/// From the top: the colours of thresholds, as far as they are known.
const COLORS: (&str, &str, &str) = ("GREEN", "YELLOW", "GRAY");

impl Context<'_> {
    /// The outputs; what cannot be one is refused, or left out where only scores are asked for.
    pub(super) fn outputs(&self, categories: Categories, refusals: &mut Vec<Refusal>) -> Vec<Value> {
        let mut outputs = Vec::new();
        let mut total = match (categories.fit, categories.engagement) {
            (Some(only), None) | (None, Some(only)) => Some(only),
            (_, _) => None,
        };
        for (id, score) in (0..).map(ScoreId).zip(&self.model.scores) {
            let sum = match &score.body {
                ScoreBody::Items { .. } | ScoreBody::Given(_) => continue,
                ScoreBody::Formula(formula) => adds_up(formula, categories) && score.bounds == Bounds::default(),
                ScoreBody::Conditional(_) => false,
            };
            if sum {
                total = Some(id);
            } else if !self.wish.scores_only {
                let reason = format!("HubSpot adds up its two categories; `{}` is worked out in a different way", score.name);
                refusals.push(Refusal::new(score.span, reason).instead(self.sum(categories)));
            }
        }
        if let Some(score) = total.and_then(|id| self.model.score(id)) {
            outputs.push(
                json!({ "outputType": "SCORE", "internalPropertyName": &*score.name, "propertyLabel": title(&score.name) }),
            );
        }
        for (id, label) in (0..).map(LabelId).zip(&self.model.labels) {
            match self.label(id, label, total, categories) {
                Ok(output) => outputs.extend(output),
                Err(refusal) if !self.wish.scores_only => refusals.push(refusal),
                Err(_left_out) => {}
            }
        }
        outputs
    }

    /// How many scores have no place in the draft.
    pub(super) fn scores_left_out(&self) -> usize {
        let Ok(categories) = self.categories() else { return 0 };
        let outputs = self.outputs(categories, &mut Vec::new());
        let total = outputs.iter().filter_map(|output| output.get("internalPropertyName")?.as_str());
        let total: Vec<&str> = total.collect();
        let kept = |id: ScoreId, score: &Score| {
            Some(id) == categories.fit || Some(id) == categories.engagement || total.contains(&&*score.name)
        };
        (0..).map(ScoreId).zip(&self.model.scores).filter(|(id, score)| !kept(*id, score)).count()
    }

    /// How many labels have no place in the draft.
    pub(super) fn labels_left_out(&self) -> usize {
        let Ok(categories) = self.categories() else { return 0 };
        let mut refusals = Vec::new();
        let outputs = self.outputs(categories, &mut refusals);
        let labels = outputs.iter().filter(|o| o.get("outputType").and_then(Value::as_str) != Some("SCORE")).count();
        // A matrix is one output of three labels.
        let matrices = outputs.iter().filter(|o| o.get("outputType").and_then(Value::as_str) == Some("MATRIX")).count();
        self.model.labels.len().saturating_sub(labels + 2 * matrices)
    }

    fn sum(&self, categories: Categories) -> String {
        let name = |id: Option<ScoreId>| id.and_then(|id| self.model.score(id)).map(|score| score.name.to_string());
        let names: Vec<String> = [name(categories.fit), name(categories.engagement)].into_iter().flatten().collect();
        format!("`{}`", names.join(" + "))
    }

    fn label(&self, id: LabelId, label: &Label, total: Option<ScoreId>, categories: Categories) -> Done<Option<Value>> {
        match &label.body {
            LabelBody::Ranges { score, .. } if Some(*score) == total => Ok(Some(json!({
                "outputType": "THRESHOLD", "internalPropertyName": &*label.name, "propertyLabel": title(&label.name),
                "boundaries": self.boundaries(label, true)?,
            }))),
            LabelBody::Ranges { .. } if self.is_in_matrix(id, categories) => Ok(None),
            LabelBody::Ranges { .. } => {
                Err(Refusal::new(label.span, "HubSpot has a label for the combined score, and one for both categories together")
                    .instead(format!("a label `by {}`", self.sum(categories).replace('`', ""))))
            }
            LabelBody::Join(parts) => match self.matrix(parts, categories) {
                Some((fit, engagement)) => Ok(Some(json!({
                    "outputType": "MATRIX", "internalPropertyName": &*label.name, "propertyLabel": title(&label.name),
                    "boundaries": { "FIT": self.boundaries(fit, false)?, "INTENT": self.boundaries(engagement, false)? },
                }))),
                None => {
                    Err(Refusal::new(label.span, "HubSpot joins a label of the fit and a label of the engagement, in this order"))
                }
            },
            LabelBody::Labels { .. } => Err(Refusal::new(label.span, "HubSpot has no labels by other labels")),
        }
    }

    fn is_in_matrix(&self, id: LabelId, categories: Categories) -> bool {
        self.model.labels.iter().any(|label| match &label.body {
            LabelBody::Join(parts) => parts.contains(&id) && self.matrix(parts, categories).is_some(),
            LabelBody::Ranges { .. } | LabelBody::Labels { .. } => false,
        })
    }

    /// The labels of both categories that are joined.
    fn matrix(&self, parts: &[LabelId], categories: Categories) -> Option<(&Label, &Label)> {
        let [fit, engagement] = parts else { return None };
        let (fit, engagement) = (self.model.label(*fit)?, self.model.label(*engagement)?);
        let by = |label: &Label| match &label.body {
            LabelBody::Ranges { score, .. } => Some(*score),
            LabelBody::Join(_) | LabelBody::Labels { .. } => None,
        };
        let both = categories.fit.is_some() && categories.engagement.is_some();
        (both && by(fit) == categories.fit && by(engagement) == categories.engagement).then_some((fit, engagement))
    }

    /// The thresholds of a label from the top down.
    fn boundaries(&self, label: &Label, colored: bool) -> Done<Vec<Value>> {
        let LabelBody::Ranges { score, lines, otherwise } = &label.body else { return Ok(Vec::new()) };
        let refused = |reason: &str| Refusal::new(label.span, reason).instead("ranges that meet, the highest without an end");
        let end = |end: Option<RangeEnd>| match end {
            Some(RangeEnd::Decimal(n)) => n.as_points(),
            Some(RangeEnd::Date(_) | RangeEnd::DateTime(_)) | None => None,
        };
        let lowest = self.model.score(*score).map_or(Points(0), |score| self.floor(score));
        let mut spans: Vec<(Points, Option<Points>, bool, u32)> = Vec::new();
        for line in lines {
            let lo = match line.range.lo {
                None => lowest,
                some => end(some).ok_or_else(|| refused("HubSpot's thresholds have at most two decimals"))?,
            };
            spans.push((lo, end(line.range.hi), line.range.hi_included, line.value));
        }
        spans.sort_by_key(|(lo, ..)| std::cmp::Reverse(*lo));
        let mut above: Option<Points> = None;
        for (lo, hi, included, _) in &spans {
            let meets = match (above, hi) {
                (None, None) => true,
                // Points have two decimals, so that the last number of a range is a hundredth below the next.
                (Some(above), Some(hi)) => {
                    if *included {
                        hi.0 + 1 == above.0
                    } else {
                        *hi == above
                    }
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
            if !meets {
                return Err(refused("HubSpot's labels reach from one threshold to the next"));
            }
            above = Some(*lo);
        }
        if let Some(otherwise) = otherwise.as_ref().filter(|_| above.is_some_and(|above| above > lowest)) {
            spans.push((lowest, None, false, otherwise.value));
        }
        let bottom = spans.len().saturating_sub(1);
        let boundary = |(at, (lo, _, _, value)): (usize, &(Points, Option<Points>, bool, u32))| {
            let text = &**label.values.sure_at(*value as usize);
            let mut boundary = json!({ "label": text, "threshold": points(*lo) });
            if let (true, Some(object)) = (colored, boundary.as_object_mut()) {
                let color = if at == bottom && at > 0 {
                    COLORS.2
                } else if at == 0 {
                    COLORS.0
                } else {
                    COLORS.1
                };
                object.insert("color".to_owned(), json!(color));
            }
            boundary
        };
        Ok(spans.iter().enumerate().map(boundary).collect())
    }

    /// A number of points that a score cannot be below.
    fn floor(&self, score: &Score) -> Points {
        let whole = |points: Points| Points(points.0.div_euclid(100) * 100);
        match &score.body {
            ScoreBody::Items { items, .. } => {
                let min = score.bounds.min.map(|(min, _)| min);
                let found = match (least(items), min) {
                    (Some(least), Some(min)) => least.max(min),
                    (found, min) => found.or(min).unwrap_or(Points(-Points::LIMIT.0)),
                };
                whole(score.bounds.max.map_or(found, |(max, _)| found.min(max)))
            }
            ScoreBody::Formula(formula) => {
                let mut sum = Points(0);
                formula.scores(&mut |id| {
                    let part = self.model.score(id).filter(|score| !items_of(score).is_empty());
                    sum = Points(sum.0.saturating_add(part.map_or(0, |score| self.floor(score).0)));
                });
                sum
            }
            ScoreBody::Conditional(_) | ScoreBody::Given(_) => Points(-Points::LIMIT.0),
        }
    }
}

/// Whether a formula is the sum of both categories, or the one that there is.
fn adds_up(formula: &Formula, categories: Categories) -> bool {
    let mut wanted: Vec<ScoreId> = [categories.fit, categories.engagement].into_iter().flatten().collect();
    let parts: Vec<ScoreId> = match formula {
        Formula::Score(id, _) => vec![*id],
        Formula::Binary(FormulaOp::Add, a, b) => match (&**a, &**b) {
            (Formula::Score(a, _), Formula::Score(b, _)) => vec![*a, *b],
            _ => return false,
        },
        Formula::Number(..)
        | Formula::Negate(_)
        | Formula::Binary(..)
        | Formula::Divide(..)
        | Formula::Min(_)
        | Formula::Max(_) => {
            return false;
        }
    };
    let mut parts = parts;
    parts.sort_unstable();
    wanted.sort_unstable();
    parts == wanted
}

/// `lead_score` as people read it.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect::<String>().replace('_', " "))
}
