//! Labels and lifecycles.

use super::Refusal;
use super::builder::{Builder, Form, Place};
use super::read::Columns;
use crate::hir::words::stage_reasons;
use crate::hir::{Expr, Label, LabelBody, Lifecycle, LifecycleId, StageCondition};
use crate::invariant::Sure as _;
use crate::value::Type;

/// The numbers that stand for what decided, beside those of the lines from 1 on and of holds from -1 down.
const EXCLUDED: &str = "0";
const OTHERWISE: i64 = 1_000_001;
const UNDECIDED: i64 = 1_000_002;
const NO_STAGE: i64 = 1_000_003;

impl Builder<'_> {
    /// The text of a label.
    pub(super) fn label(&mut self, label: &Label) -> Result<String, Refusal> {
        match &label.body {
            LabelBody::Join(parts) => {
                let names = parts.iter().filter_map(|id| self.model.label(*id));
                let columns: Vec<String> = names.map(|part| self.quoted(&format!("label {}", part.name))).collect();
                Ok(columns.join(" || "))
            }
            LabelBody::Labels { label: by, lines, otherwise } => {
                let Some(by) = self.model.label(*by) else { return self.refuse("a label by no label", label.span) };
                let column = self.quoted(&format!("label {}", by.name));
                let text =
                    |value: u32, of: &Label| of.values.get(value as usize).map_or_else(String::new, |t| self.dialect.text(t));
                let mut parts = Vec::new();
                for line in lines.iter().filter(|line| !line.keys.is_empty()) {
                    let keys: Vec<String> = line.keys.iter().map(|key| text(*key, by)).collect();
                    parts.push(format!("WHEN {} THEN {}", self.any_of(&column, &keys), text(line.value, label)));
                }
                parts.extend(otherwise.as_ref().map(|o| format!("WHEN {column} IS NOT NULL THEN {}", text(o.value, label))));
                Ok(if parts.is_empty() {
                    format!("CAST(NULL AS {})", self.dialect.varchar())
                } else {
                    format!("CASE {} END", parts.join(" "))
                })
            }
            LabelBody::Ranges { score, lines, otherwise } => {
                let name = self.model.score(*score).map_or_else(String::new, |score| format!("score {}", score.name));
                let score = self.quoted(&name);
                let text = |value: u32| label.values.get(value as usize).map_or_else(String::new, |text| self.dialect.text(text));
                let mut cases = Vec::new();
                for line in lines {
                    let text = text(line.value);
                    cases.push((line.range.clone(), text));
                }
                let otherwise = otherwise.as_ref().map(|line| text(line.value));
                let mut parts = Vec::new();
                for (range, text) in cases {
                    parts.push(format!("WHEN {} THEN {text}", self.within_ends(&score, &Type::Score, &range)?));
                }
                parts.extend(otherwise.map(|text| format!("WHEN {score} IS NOT NULL THEN {text}")));
                Ok(if parts.is_empty() {
                    format!("CAST(NULL AS {})", self.dialect.varchar())
                } else {
                    format!("CASE {} END", parts.join(" "))
                })
            }
        }
    }

    /// A column of the output of a lifecycle, for what is asked when all of them are worked out.
    pub(super) fn lifecycle_column(&self, id: LifecycleId, ending: &str, expr: &Expr) -> Result<String, Refusal> {
        match self.model.lifecycle(id) {
            Some(lifecycle) => Ok(self.quoted(&format!("out {}{ending}", lifecycle.name))),
            None => self.lost(expr),
        }
    }

    /// What decided a lifecycle: a number.
    pub(super) fn decision(&mut self, lifecycle: &Lifecycle) -> Result<String, Refusal> {
        let mut parts = Vec::new();
        for (at, hold) in (1_i64..).zip(&lifecycle.holds) {
            parts.push(format!("WHEN {} THEN -{at}", self.value(&hold.condition, Place::Outcome)?));
        }
        let excluded = format!("{} IS NOT NULL", self.quoted("excluded"));
        let mut all_false = Vec::new();
        let mut others = Vec::new();
        for (at, rule) in (1_i64..).zip(&lifecycle.rules) {
            match &rule.when {
                StageCondition::Excluded => parts.push(format!("WHEN {excluded} THEN {at}")),
                StageCondition::Condition(condition) => {
                    let condition = self.value(condition, Place::Outcome)?;
                    others.push(format!("WHEN {condition} THEN {at}"));
                    all_false.push(format!("NOT ({condition})"));
                }
            }
        }
        // An excluded record takes none of the other lines.
        parts.push(format!("WHEN {excluded} THEN {EXCLUDED}"));
        parts.extend(others);
        let last = if lifecycle.otherwise.is_some() { OTHERWISE } else { NO_STAGE };
        if all_false.is_empty() {
            parts.push(format!("WHEN TRUE THEN {last}"));
        } else {
            parts.push(format!("WHEN {} THEN {last}", all_false.join(" AND ")));
        }
        Ok(format!("CASE {} ELSE {UNDECIDED} END", parts.join(" ")))
    }

    /// The stage chosen, from the number of what decided; unknown where the stage stays.
    pub(super) fn chosen(&self, lifecycle: &Lifecycle, decision: &str) -> String {
        let stage =
            |at: u32| lifecycle.stages.get(at as usize).map_or_else(|| "NULL".to_owned(), |stage| self.dialect.text(stage));
        let mut parts: Vec<String> =
            (1_i64..).zip(&lifecycle.rules).map(|(at, rule)| format!("WHEN {at} THEN {}", stage(rule.stage))).collect();
        parts.extend(lifecycle.otherwise.map(|(at, _)| format!("WHEN {OTHERWISE} THEN {}", stage(at))));
        if parts.is_empty() {
            format!("CAST(NULL AS {})", self.dialect.varchar())
        } else {
            format!("CASE {decision} {} END", parts.join(" "))
        }
    }

    /// The four columns of a lifecycle, from the columns of what decided and of the stage chosen.
    pub(super) fn stage_columns(&mut self, lifecycle: &Lifecycle, decision: &str, chosen: &str) -> Columns {
        let name = &lifecycle.name;
        let before = match lifecycle.property.and_then(|id| self.property(id, Form::Value, Place::Record)) {
            Some(sql) => sql,
            None => format!("CAST(NULL AS {})", self.dialect.varchar()),
        };
        let lines: Vec<String> =
            (0..).zip(&lifecycle.stages).map(|(at, stage)| format!("WHEN {} THEN {at}", self.dialect.text(stage))).collect();
        let rank = |x: &str| if lines.is_empty() { "NULL".to_owned() } else { format!("CASE {x} {} END", lines.join(" ")) };
        let backward = format!("{} < {}", rank(chosen), rank(&before));
        let refused = (lifecycle.forward_only.is_some()).then(|| format!("WHEN {backward} THEN "));
        let refuse = |then: &str| refused.as_ref().map_or_else(String::new, |when| format!("{when}{then} "));
        let after = format!("CASE {}WHEN {chosen} IS NOT NULL THEN {chosen} ELSE {before} END", refuse(&before));
        let none = self.dialect.text("none");
        let moves = if lifecycle.property.is_none() {
            none
        } else {
            format!(
                "CASE WHEN {decision} < 0 THEN 'held' WHEN {chosen} IS NULL THEN 'none' WHEN {before} IS NULL THEN 'forward' {}WHEN {} > {} THEN 'forward' WHEN {backward} THEN 'backward' ELSE 'none' END",
                refuse("'none'"),
                rank(chosen),
                rank(&before),
            )
        };
        let mut reasons = Vec::new();
        for at in 0..lifecycle.holds.len() {
            let reason = lifecycle.hold_reason(at, self.sources).sure("a hold of the lifecycle has a reason");
            reasons.push(format!("WHEN {decision} = -{} THEN {}", at + 1, self.dialect.text(&reason)));
        }
        if let Some(when) = &refused {
            reasons.push(format!("{when}{}", self.dialect.text(stage_reasons::REFUSED)));
        }
        for at in 0..lifecycle.rules.len() {
            let reason = lifecycle.rule_reason(at, self.sources).sure("a line of the lifecycle has a reason");
            reasons.push(format!("WHEN {decision} = {} THEN {}", at + 1, self.dialect.text(&reason)));
        }
        let fixed = [
            (EXCLUDED.to_owned(), stage_reasons::EXCLUDED),
            (OTHERWISE.to_string(), stage_reasons::OTHERWISE),
            (NO_STAGE.to_string(), stage_reasons::NO_STAGE),
            (UNDECIDED.to_string(), stage_reasons::UNDECIDED),
        ];
        reasons.extend(
            fixed.iter().map(|(number, reason)| format!("WHEN {decision} = {number} THEN {}", self.dialect.text(reason))),
        );
        vec![
            (name.to_string(), after),
            (format!("{name}_before"), before),
            (format!("{name}_move"), moves),
            (format!("{name}_reason"), format!("CASE {} END", reasons.join(" "))),
        ]
    }
}
