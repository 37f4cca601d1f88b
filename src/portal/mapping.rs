//! Which result of the rules goes to which property of HubSpot, and how it is written there.

use serde_json::{Value, json};

use super::api::Definition;
use crate::failure::Failure;
use crate::hir::{Lifecycle, Model};
use crate::hubspot::names::{found, is_option, options_of};
use crate::text::nearest;
use crate::value::OptionItem;

/// What kind of result it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Score,
    /// A label, or a stage that is an output of its own, with all its texts.
    Texts(Vec<String>),
    /// The stage of a property: HubSpot's value by the stage's name.
    Stage(Vec<(String, OptionItem)>),
    Text,
    Moment,
}

/// A result of the rules, and the property that it goes to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The column of the results.
    pub output: String,
    /// HubSpot's name of the property.
    pub property: String,
    kind: Kind,
    /// HubSpot's values by the texts of the results; empty where texts go as they are.
    values: Vec<(String, String)>,
    /// What makes the property, where it is not there.
    pub(super) create: Option<Value>,
}

/// Everything that is written.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// In the order in which they were asked for.
    pub targets: Vec<Target>,
    /// HubSpot's values of `lifecyclestage` in their order.
    pub(super) stages: Vec<String>,
}

/// The property of HubSpot that only goes forward.
pub(super) const LIFECYCLE: &str = "lifecyclestage";

/// The column with the moment of the run.
pub(super) const SCORED_AT: &str = "scored_at";

impl Mapping {
    /// Reads `lead=lsrc_lead,lifecycle_stage`, and checks it against rules and portal.
    ///
    /// # Errors
    /// What the rules do not give, what the portal does not have, and what does not go together.
    pub fn read(pairs: &[String], model: &Model, definitions: &[Definition], create: bool, rules: &str) -> Result<Self, Failure> {
        let mut targets: Vec<Target> = Vec::new();
        let mut lacking: Vec<String> = Vec::new();
        for pair in pairs {
            let (output, property) = match pair.split_once('=') {
                Some((output, property)) => (output.trim(), Some(property.trim())),
                None => (pair.trim(), None),
            };
            let target = target(output, property, model, definitions, rules)?;
            if let Some(twice) = targets.iter().find(|known| known.property == target.property) {
                return Err(Failure::new(format!("--map: `{}` and `{output}` both go to `{}`", twice.output, target.property))
                    .help("give each of them a property of its own"));
            }
            if target.create.is_some() && !create {
                lacking.push(format!("`{}`", target.property));
            }
            targets.push(target);
        }
        if !lacking.is_empty() {
            let (n, it) = if lacking.len() == 1 { ("property", "it") } else { ("properties", "them") };
            return Err(Failure::new(format!("HubSpot has no {n} {}", lacking.join(", ")))
                .help(format!("make {it} in HubSpot, or let the push make {it} with --create-properties")));
        }
        let stages = definitions.iter().find(|d| d.field.name == LIFECYCLE).and_then(|d| options_of(&d.field));
        let stages = stages.unwrap_or_default().iter().map(|(value, _)| value.clone()).collect();
        Ok(Self { targets, stages })
    }

    /// The properties that are there already.
    pub(super) fn present(&self) -> Vec<String> {
        self.targets.iter().filter(|target| target.create.is_none()).map(|target| target.property.clone()).collect()
    }
}

impl Target {
    /// Whether it is a stage.
    pub(super) const fn is_stage(&self) -> bool {
        matches!(self.kind, Kind::Stage(_))
    }

    /// What HubSpot is to hold for a result; `None` leaves the property as it is, an empty text clears it.
    ///
    /// # Errors
    /// A text that the property has no value for.
    pub(super) fn value(&self, result: Option<&Value>, as_of: &str) -> Result<Option<String>, String> {
        let text = match (&self.kind, result) {
            (Kind::Moment, _) => return Ok(Some(as_of.to_owned())),
            // A stage that is not known, or that nothing decides, stays as it is.
            (Kind::Stage(_), None | Some(Value::Null)) => return Ok(None),
            (_, None | Some(Value::Null)) => return Ok(Some(String::new())),
            (_, Some(Value::String(text))) => text.clone(),
            (_, Some(Value::Array(reasons))) => said(reasons),
            (_, Some(other)) => other.to_string(),
        };
        if self.values.is_empty() {
            return Ok(Some(text));
        }
        let known = self.values.iter().find(|(written, _)| *written == text);
        known.map(|(_, value)| Some(value.clone())).ok_or_else(|| format!("`{}` has no value `{text}` in HubSpot", self.property))
    }
}

/// The account of a record as one text: `+40 asked for a demo; -5 free mail`.
fn said(reasons: &[Value]) -> String {
    let one = |reason: &Value| {
        let why = reason.get("because").or_else(|| reason.get("rule"))?.as_str()?;
        let points = reason.get("points")?.as_f64()?;
        Some(format!("{points:+} {why}"))
    };
    let mut text = String::new();
    for part in reasons.iter().filter_map(one) {
        // HubSpot's texts hold 65,536 characters.
        if text.len() + part.len() > 60_000 {
            break;
        }
        text.push_str(if text.is_empty() { "" } else { "; " });
        text.push_str(&part);
    }
    text
}

fn target(
    output: &str,
    property: Option<&str>,
    model: &Model,
    definitions: &[Definition],
    rules: &str,
) -> Result<Target, Failure> {
    let Some((kind, described)) = kind(output, model) else { return Err(no_output(output, model)) };
    let lifecycle = model.lifecycles.iter().find(|l| &*l.name == output);
    let property = match property {
        Some(property) => property.to_owned(),
        None => governed(lifecycle, model, definitions).unwrap_or_else(|| output.to_owned()),
    };
    let name_fits = property.starts_with(|c: char| c.is_ascii_lowercase())
        && property.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let Some(definition) = definitions.iter().find(|d| d.field.name == property) else {
        if !name_fits {
            return Err(Failure::new(format!("--map: `{property}` is not a name of a HubSpot property"))
                .help("use lower-case letters, digits and underscores"));
        }
        let create = Some(creation(&property, output, &kind, &described, rules));
        let values = match &kind {
            Kind::Stage(options) => options.iter().map(|(stage, _)| (stage.clone(), stage.clone())).collect(),
            Kind::Score | Kind::Texts(_) | Kind::Text | Kind::Moment => Vec::new(),
        };
        return Ok(Target { output: output.to_owned(), property, kind, values, create });
    };
    if definition.read_only {
        return Err(Failure::new(format!("--map: HubSpot works out `{property}` itself; nobody else writes it"))
            .help(format!("map `{output}` to another property")));
    }
    let values = values(output, &kind, definition)?;
    Ok(Target { output: output.to_owned(), property, kind, values, create: None })
}

/// The kind of a result, and its documentation; `None` where the rules do not give it.
fn kind(output: &str, model: &Model) -> Option<(Kind, String)> {
    if let Some(score) = model.scores.iter().find(|s| &*s.name == output) {
        return Some((Kind::Score, score.docs.join(" ")));
    }
    if let Some(label) = model.labels.iter().find(|l| &*l.name == output) {
        return Some((Kind::Texts(label.values.iter().map(ToString::to_string).collect()), label.docs.join(" ")));
    }
    if let Some(lifecycle) = model.lifecycles.iter().find(|l| &*l.name == output) {
        let options = lifecycle.property.and_then(|id| model.schema.property(id)).and_then(|p| p.ty.options());
        let option = |stage: &str| {
            let known = options.and_then(|o| o.items.iter().find(|item| &*item.name == stage)).cloned();
            known.unwrap_or_else(|| OptionItem { name: stage.into(), forms: Vec::new() })
        };
        let stages = lifecycle.stages.iter().map(|stage| (stage.to_string(), option(stage))).collect();
        return Some((Kind::Stage(stages), lifecycle.docs.join(" ")));
    }
    let reason = output.strip_suffix("_reason").is_some_and(|name| model.lifecycles.iter().any(|l| &*l.name == name));
    match output {
        SCORED_AT => Some((Kind::Moment, "When the scores were worked out.".to_owned())),
        "reasons" => Some((Kind::Text, "The points of every rule that counts.".to_owned())),
        "excluded" => Some((Kind::Text, "Why the contact is not scored.".to_owned())),
        _ if reason => Some((Kind::Text, "Why the contact has its stage.".to_owned())),
        _ => None,
    }
}

fn no_output(output: &str, model: &Model) -> Failure {
    let mut names: Vec<&str> = model.scores.iter().map(|s| &*s.name).collect();
    names.extend(model.labels.iter().map(|l| &*l.name));
    names.extend(model.lifecycles.iter().map(|l| &*l.name));
    let failure = Failure::new(format!("--map: the rules give no `{output}`"));
    match nearest(output, names.iter().copied()) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("they give {}, and excluded, reasons and {SCORED_AT}", names.join(", "))),
    }
}

/// HubSpot's name of the property that a lifecycle governs.
fn governed(lifecycle: Option<&Lifecycle>, model: &Model, definitions: &[Definition]) -> Option<String> {
    let property = model.schema.property(lifecycle?.property?)?;
    let fields: Vec<_> = definitions.iter().map(|d| d.field.clone()).collect();
    found(property, &fields).map(|found| found.field.name.clone())
}

/// HubSpot's values by the texts of the results, for a property that is there.
fn values(output: &str, kind: &Kind, definition: &Definition) -> Result<Vec<(String, String)>, Failure> {
    let property = &definition.field.name;
    let refused = |what: &str| {
        Failure::new(format!(
            "--map: `{output}` is {what}, and HubSpot's `{property}` is a property of the type {}",
            definition.ty
        ))
        .help("map it to a property of another type, or to a new one with --create-properties")
    };
    let text = definition.ty == "string";
    match (kind, definition.ty.as_str()) {
        (Kind::Score, "number") | (Kind::Moment, "datetime") => Ok(Vec::new()),
        (_, _) if text => Ok(Vec::new()),
        (Kind::Texts(_) | Kind::Stage(_), "enumeration") => {
            let own: Vec<(String, OptionItem)> = match kind {
                Kind::Texts(texts) => texts
                    .iter()
                    .map(|text| (text.clone(), OptionItem { name: text.as_str().into(), forms: Vec::new() }))
                    .collect(),
                Kind::Stage(stages) => stages.clone(),
                Kind::Score | Kind::Text | Kind::Moment => Vec::new(),
            };
            let options = options_of(&definition.field).unwrap_or_default();
            let value = |item: &OptionItem| {
                let by_value = options.iter().find(|(value, _)| is_option(item, value));
                by_value.or_else(|| options.iter().find(|(_, label)| is_option(item, label))).map(|(value, _)| value.clone())
            };
            own.into_iter()
                .map(|(text, item)| match value(&item) {
                    Some(value) => Ok((text, value)),
                    None => Err(Failure::new(format!("HubSpot's `{property}` has no option `{text}`"))
                        .help("add the option in HubSpot, or its HubSpot value to the option in the schema")),
                })
                .collect()
        }
        (Kind::Score, _) => Err(refused("a number")),
        (Kind::Texts(_), _) => Err(refused("a label")),
        (Kind::Stage(_), _) => Err(refused("a stage")),
        (Kind::Text, _) => Err(refused("a text")),
        (Kind::Moment, _) => Err(refused("a moment")),
    }
}

/// What makes a property.
fn creation(property: &str, output: &str, kind: &Kind, docs: &str, rules: &str) -> Value {
    let options = |texts: &[String]| -> Vec<Value> {
        let option = |(at, text): (usize, &String)| json!({ "label": text, "value": text, "displayOrder": at, "hidden": false });
        texts.iter().enumerate().map(option).collect()
    };
    let (ty, field, options) = match kind {
        Kind::Score => ("number", "number", Vec::new()),
        Kind::Texts(texts) => ("enumeration", "select", options(texts)),
        Kind::Stage(stages) => {
            let names: Vec<String> = stages.iter().map(|(name, _)| name.clone()).collect();
            ("enumeration", "select", options(&names))
        }
        Kind::Text => ("string", "textarea", Vec::new()),
        Kind::Moment => ("datetime", "date", Vec::new()),
    };
    let mut letters = output.chars();
    let label: String = letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect()).replace('_', " ");
    let written = format!("Written by lsrc from {rules}.");
    let description = if docs.is_empty() { written } else { format!("{docs} {written}") };
    json!({ "name": property, "label": label, "type": ty, "fieldType": field, "groupName": "contactinformation",
            "description": description, "options": options })
}
