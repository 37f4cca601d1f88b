//! Items of a score as rules of a group.

use serde_json::{Value, json};

use super::bounds::Limits;
use super::shapes::{Rule, Single, composite, conditional, is_unknown, matched};
use super::{Context, Done, Refusal, events, points};
use crate::hir::{Arm, Branch, Expr, Item, ItemKind};
use crate::value::Points;

/// The points of an arm; 0 where there is none.
pub(super) fn worth(arm: Option<&Arm>) -> Points {
    arm.map_or(Points(0), |arm| arm.points)
}

impl Context<'_> {
    /// The rules of these items.
    pub(super) fn rules<'i>(&self, items: impl IntoIterator<Item = &'i Item>) -> Result<Vec<Rule>, Vec<Refusal>> {
        let (mut rules, mut refusals) = (Vec::new(), Vec::new());
        for item in items {
            match self.item(item) {
                Ok(made) => rules.extend(made),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok(rules) } else { Err(refusals) }
    }

    fn item(&self, item: &Item) -> Done<Vec<Rule>> {
        match &item.kind {
            ItemKind::If { branches, otherwise, unknown } => self.branches(item, branches, otherwise.as_ref(), unknown.as_ref()),
            ItemKind::Band { value, lines, otherwise, unknown } => {
                let others = (worth(otherwise.as_ref()), worth(unknown.as_ref()));
                match events::counted(self.resolved(value)) {
                    Some(aggregate) => self.by_count(item, aggregate, lines, others.0),
                    None => self.band(item, value, lines, others),
                }
            }
            ItemKind::Match { value, lines, otherwise, unknown } => {
                self.by_value(item, value, lines, (worth(otherwise.as_ref()), worth(unknown.as_ref())))
            }
            ItemKind::MatchEach { set, lines, otherwise } => self.by_member(item, set, lines, worth(otherwise.as_ref())),
            ItemKind::Each(each) => Ok(vec![self.each(each)?]),
            ItemKind::MatchEvents { lines, .. } => lines.iter().map(|line| self.each(&line.each)).collect(),
            ItemKind::Group { best: Some(_), .. } => {
                Err(Refusal::new(item.span, "HubSpot adds up all rules of a group, not the best of them")
                    .instead("a `max` for the group"))
            }
            ItemKind::Group { when, bounds, items, .. } => self.inner_group(item, when.as_ref(), Limits::of(bounds), items),
            _ => Err(Refusal::new(item.span, "HubSpot gives no points for each so many of a number")
                .instead("a `band` with the points of each range")),
        }
    }

    /// A group within a group: one rule of several calculations where it has limits of its own.
    fn inner_group(&self, item: &Item, when: Option<&Expr>, limits: Limits, items: &[Item]) -> Done<Vec<Rule>> {
        let mut rules = Vec::new();
        for inner in items {
            rules.extend(self.item(inner)?);
        }
        if let Some(when) = when {
            let gate = self.holds(when)?;
            for rule in &mut rules {
                rule.calculation = gated(&gate, &rule.calculation).ok_or_else(|| {
                    Refusal::new(when.span, "HubSpot has no condition for a whole group")
                        .instead("the condition in each `if` of the group")
                })?;
            }
        }
        if limits == Limits::default() {
            return Ok(rules);
        }
        let deep = |rule: &Rule| rule.limits != Limits::default();
        if rules.len() > 1 && rules.iter().any(deep) || rules.len() == 1 && rules.iter().any(deep) {
            return Err(Refusal::new(item.span, "HubSpot has limits for a group and for a rule, and none in between")
                .instead("take the limits of the inner rules away, or make them groups of the score"));
        }
        let decay = rules.first().and_then(|rule| rule.decay);
        if rules.iter().any(|rule| rule.decay != decay) {
            return Err(Refusal::new(item.span, "all points of a group fade alike in HubSpot")
                .instead("put rules that fade alike into a group of their own"));
        }
        let calculators: Vec<Value> = rules.into_iter().map(|rule| rule.calculation).collect();
        let calculation = match calculators.as_slice() {
            [] => return Ok(Vec::new()),
            [one] => one.clone(),
            several => json!({ "type": "MULTI", "calculators": several }),
        };
        Ok(vec![Rule { calculation, limits, decay }])
    }

    fn branches(&self, item: &Item, branches: &[Branch], otherwise: Option<&Arm>, unknown: Option<&Arm>) -> Done<Vec<Rule>> {
        if let Some(branch) = branches.iter().find(|branch| branch.decay.is_some()) {
            return Err(Refusal::new(branch.arm.span, "HubSpot lets points for events fade, not points for properties")
                .instead("`each EVENTS then +5 losing 50% of its points every 30 days`"));
        }
        let (otherwise, unknown) = (worth(otherwise), worth(unknown));
        let plain = otherwise == Points(0) && unknown == Points(0);
        let members: Option<Vec<Vec<String>>> =
            branches.iter().map(|branch| self.membership(self.resolved(&branch.condition))).collect();
        if let Some(members) = members.filter(|_| plain) {
            return Ok(vec![Rule::new(segments(&members, branches))]);
        }
        if let ([only], true) = (branches, plain) {
            return match (self.holds(&only.condition), self.alternatives(&only.condition)) {
                (Ok(tests), _) => Ok(vec![Rule::new(conditional(&tests, only.arm.points))]),
                (Err(_), Some(tests)) => {
                    let property = tests.first().map_or("", |test| &test.property).to_owned();
                    let rules: Vec<_> = tests.into_iter().map(|test| (test.operation, only.arm.points)).collect();
                    Ok(vec![Rule::new(matched(&property, &rules, Points(0)))])
                }
                (Err(refusal), None) => Err(refusal),
            };
        }
        self.chain(item, branches, otherwise, unknown)
    }

    /// Several conditions on one property, of which the first that is true gives its points.
    fn chain(&self, item: &Item, branches: &[Branch], otherwise: Points, unknown: Points) -> Done<Vec<Rule>> {
        let mut property: Option<String> = None;
        let mut rules: Vec<(Value, Points)> = Vec::new();
        for branch in branches {
            let tests = match (self.holds(&branch.condition), self.alternatives(&branch.condition)) {
                (Ok(tests), _) if tests.len() == 1 => tests,
                (_, Some(tests)) => tests,
                (Ok(_), None) => return Err(two_properties(item)),
                (Err(refusal), None) => return Err(refusal),
            };
            for test in tests {
                if property.as_ref().is_some_and(|known| *known != test.property) {
                    return Err(two_properties(item));
                }
                property = Some(test.property);
                rules.push((test.operation, branch.arm.points));
            }
        }
        if unknown != otherwise {
            rules.push((is_unknown(), unknown));
        }
        Ok(vec![Rule::new(matched(&property.unwrap_or_default(), &rules, otherwise))])
    }
}

fn two_properties(item: &Item) -> Refusal {
    Refusal::new(item.span, "HubSpot has `else` for tests of one property alone")
        .instead("an `if` for each case, with conditions that do not hold together")
}

/// Points for members of segments; the first line that holds gives its points.
fn segments(members: &[Vec<String>], branches: &[Branch]) -> Value {
    let rules: Vec<Value> = members
        .iter()
        .zip(branches)
        .map(|(ids, branch)| {
            let ids: Vec<Value> = ids.iter().map(|id| id.parse::<u64>().map_or_else(|_| json!(id), |n| json!(n))).collect();
            json!({ "operation": "HAS_AT_LEAST_ONE_SEGMENT_MEMBERSHIP", "segmentIds": ids, "value": points(branch.arm.points) })
        })
        .collect();
    json!({ "type": "SEGMENT_MEMBERSHIP", "segmentMembershipRules": rules })
}

/// A calculation for records for which these tests match besides; `None` where HubSpot has no place for them.
fn gated(gate: &[Single], calculation: &Value) -> Option<Value> {
    if gate.is_empty() {
        return Some(calculation.clone());
    }
    let tests = composite(gate);
    let mut gated = calculation.clone();
    match calculation.get("type").and_then(Value::as_str) {
        Some("CONSTANT") => Some(json!({ "type": "CONDITIONAL", "value": calculation.get("value")?, "whereCondition": tests })),
        Some("CONDITIONAL") => {
            let inner = gated.pointer_mut("/whereCondition/conditions")?.as_array_mut()?;
            let mut all = tests.get("conditions")?.as_array()?.clone();
            all.append(inner);
            *inner = all;
            Some(gated)
        }
        _ => None,
    }
}
