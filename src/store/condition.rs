//! Conditions over what a store has: its records' results, and changes.

use std::sync::Arc;

use super::change::Change;
use super::record::Results;
use super::{Fault, Outline, outline};
use crate::check::{self, load_text};
use crate::column::Batch;
use crate::program::{Code, Wanted};
use crate::record::{Record, batch};
use crate::schema::{PropId, Property, Schema};
use crate::time::AsOf;
use crate::value::{OptionItem, Options, Type, Value};
use crate::vm::Vm;

/// A condition over the results of records: scores, labels, lifecycles, `excluded`; of changes `what`, `was`, `became` and `cause` too.
pub struct Condition {
    schema: Schema,
    vm: Vm,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

/// What a change adds to the results of its record.
const OF_CHANGES: [&str; 4] = ["what", "was", "became", "cause"];

impl Condition {
    /// Reads a condition over what rules of this outline give.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(of: &Outline, text: &str, as_of: AsOf) -> Result<Self, Fault> {
        let program = load_text("history", "lsr 1\nschema history { key lsrc_key: text }\n");
        let model = check::check(&program, &[]).model;
        let mut model = model.ok_or_else(|| Fault::new("a condition over a store cannot be read by this lsrc"))?;
        let place = model.schema.place();
        let mut add = |name: &str, ty: Type| {
            if model.schema.properties.iter().all(|known| &*known.name != name) {
                model.schema.properties.push(Property::plain(Arc::from(name), ty, place));
            }
        };
        of.scores.iter().for_each(|name| add(name, Type::Number));
        of.labels.iter().for_each(|(name, _)| add(name, Type::Text));
        for (name, stages) in &of.lifecycles {
            let items = stages.iter().map(|stage| OptionItem { name: Arc::from(stage.as_str()), forms: Vec::new() });
            add(name, Type::OneOf(Arc::new(Options { items: items.collect() })));
        }
        add("excluded", Type::Text);
        OF_CHANGES.iter().for_each(|name| add(name, Type::Text));
        model.schema.zone = outline::zone(of);
        let condition = check::condition(&program.sources, &model, text).map_err(|found| {
            let first = found.iter().next();
            let message = first.map_or_else(|| "that is not a condition".to_owned(), |it| it.message.clone());
            let fault = Fault::new(format!("--where: {message}"));
            match first.and_then(|it| it.help.clone()) {
                Some(help) => fault.help(help),
                None => fault,
            }
        })?;
        let vm = Code::of(&model, &Wanted { conditions: vec![condition], ..Wanted::default() }).vm(as_of);
        Ok(Self { schema: model.schema, vm })
    }

    /// Whether it is true of results, and of a change of them.
    pub fn holds(&mut self, results: &Results, change: Option<&Change>) -> bool {
        let mut record = Record::default();
        for (name, points) in &results.scores {
            if let Some(points) = points {
                self.put(&mut record, name, &Value::Number(points.to_f64()));
            }
        }
        let texts =
            results.labels.iter().chain(&results.stages).filter_map(|(name, text)| Some((name.as_str(), text.as_deref()?)));
        let changed = change.map(|it| {
            let texts = [Some(it.what.as_str()), it.before.as_deref(), it.after.as_deref(), Some(it.cause.name())];
            OF_CHANGES.into_iter().zip(texts).filter_map(|(name, text)| Some((name, text?)))
        });
        let excluded = results.excluded.as_deref().map(|text| ("excluded", text));
        for (name, text) in texts.chain(changed.into_iter().flatten()).chain(excluded) {
            self.put(&mut record, name, &Value::Text(Arc::from(text)));
        }
        let batch: Batch = batch(&self.schema, &[record]);
        self.vm.run(&batch).conditions.first().is_some_and(|condition| condition.truth.get(0))
    }

    /// Gives a property a value; a stage that the rules of now do not have stays unknown.
    fn put(&self, record: &mut Record, name: &str, value: &Value) {
        let Some((id, property)) = (0..).map(PropId).zip(&self.schema.properties).find(|(_, it)| &*it.name == name) else {
            return;
        };
        let value = match (&property.ty, value) {
            (Type::OneOf(options), Value::Text(text)) => {
                let code = options.items.iter().position(|item| item.name == *text);
                code.map(|code| Value::Option(crate::invariant::number(code)))
            }
            (_, value) => Some(value.clone()),
        };
        record.properties.extend(value.map(|value| (id, value)));
    }
}
