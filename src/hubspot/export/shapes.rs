//! The JSON of a draft's parts: tests of properties, and the rules that give points for them.

use serde_json::{Map, Value, json};

use super::bounds::Limits;
use super::points;
use crate::value::Points;

/// A test of one property.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Single {
    /// HubSpot's name of it.
    pub(super) property: String,
    pub(super) operation: Value,
}

impl Single {
    fn json(&self) -> Value {
        json!({ "type": "SINGLE", "property": self.property, "operation": self.operation })
    }

    /// The same test, which a record without a value passes too.
    pub(super) fn including_unknown(mut self) -> Self {
        if let Some(object) = self.operation.as_object_mut() {
            object.insert("includeObjectsWithNoValueSet".to_owned(), json!(true));
        }
        self
    }
}

/// Tests joined by AND, as a condition of a draft.
pub(super) fn composite(tests: &[Single]) -> Value {
    let tests: Vec<Value> = tests.iter().map(Single::json).collect();
    json!({ "type": "COMPOSITE", "operator": "AND", "conditions": tests })
}

/// A rule of a group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) calculation: Value,
    pub(super) limits: Limits,
    /// The days of a period, and the percent that are lost in each.
    pub(super) decay: Option<(u32, u32)>,
}

impl Rule {
    pub(super) fn new(calculation: Value) -> Self {
        Self { calculation, limits: Limits::default(), decay: None }
    }

    pub(super) fn json(&self) -> Value {
        let mut rule = Map::new();
        rule.insert("enabled".to_owned(), json!(true));
        self.limits.write("minimumValue", "maximumValue", &mut rule);
        rule.insert("configuration".to_owned(), json!({ "calculation": self.calculation }));
        Value::Object(rule)
    }
}

/// Points for tests that all match.
pub(super) fn conditional(tests: &[Single], value: Points) -> Value {
    if tests.is_empty() {
        json!({ "type": "CONSTANT", "value": points(value) })
    } else {
        json!({ "type": "CONDITIONAL", "value": points(value), "whereCondition": composite(tests) })
    }
}

/// Points by the first test of one property that matches.
pub(super) fn matched(property: &str, rules: &[(Value, Points)], default: Points) -> Value {
    let rules: Vec<Value> =
        rules.iter().map(|(operation, value)| json!({ "operation": operation, "value": points(*value) })).collect();
    json!({ "type": "MATCH", "property": property, "matchRules": rules, "defaultValue": points(default) })
}

/// The operation that matches a record with a value.
pub(super) fn is_known() -> Value {
    json!({ "operationType": "ALL_PROPERTY", "operator": "IS_KNOWN", "includeObjectsWithNoValueSet": false })
}

/// The operation that matches a record without a value.
pub(super) fn is_unknown() -> Value {
    json!({ "operationType": "ALL_PROPERTY", "operator": "IS_UNKNOWN", "includeObjectsWithNoValueSet": true })
}

/// The points of a record without a value, where they differ from those of other values that no rule names.
pub(super) fn with_unknown(rules: &mut Vec<(Value, Points)>, unknown: Points, otherwise: Points) {
    if unknown != otherwise {
        rules.push((is_unknown(), unknown));
    }
    tidy(rules, otherwise);
}

/// Rules behind all others that give what is given anyway say nothing.
fn tidy(rules: &mut Vec<(Value, Points)>, otherwise: Points) {
    let unknown = |operation: &Value| operation.get("operator").and_then(Value::as_str) == Some("IS_UNKNOWN");
    while rules.len() > 1 && rules.last().is_some_and(|(operation, points)| *points == otherwise && !unknown(operation)) {
        rules.pop();
    }
}
