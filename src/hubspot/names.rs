//! HubSpot's own names of the properties and options of a schema.

use crate::input::import::{CrmField, CrmType};
use crate::schema::Property;
use crate::text::{fold, header};
use crate::value::OptionItem;

/// What the schema may call a property in data: its `from` names in order, then its own name.
pub(crate) fn candidates(property: &Property) -> impl Iterator<Item = &str> {
    property.from.iter().map(|name| &**name).chain([&*property.name])
}

/// A name without the path that HubSpot's list JSON has before it.
fn bare(name: &str) -> &str {
    name.strip_prefix("properties.").unwrap_or(name)
}

/// A property of the portal that a property of the schema reads, with the name by which the schema reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) field: &'a CrmField,
    pub(crate) read_as: &'a str,
}

/// The property of the portal that a property of the schema reads: by internal name, else by label.
pub(crate) fn found<'a>(property: &'a Property, fields: &'a [CrmField]) -> Option<Found<'a>> {
    let internal = candidates(property).find_map(|name| Some((fields.iter().find(|f| f.name == bare(name))?, name)));
    let labelled = || {
        candidates(property).find_map(|name| {
            let mut fitting = fields.iter().filter(|f| header(&f.label) == header(name));
            // Two properties may have one label; then neither is meant for sure.
            fitting.next().filter(|_| fitting.next().is_none()).map(|field| (field, name))
        })
    };
    internal.or_else(labelled).map(|(field, read_as)| Found { field, read_as })
}

/// HubSpot's name of a property, where the schema alone says it: names of HubSpot have lower-case letters, digits and underscores.
pub(crate) fn guessed(property: &Property) -> Option<&str> {
    let internal = |name: &&str| {
        let name = bare(name);
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let listed: Vec<&str> = property.from.iter().map(|name| &**name).filter(internal).collect();
    match listed.as_slice() {
        [] if property.from.is_empty() => Some(&*property.name).filter(internal),
        [] => None,
        [one, ..] => Some(bare(one)),
    }
}

/// Whether a value or label of HubSpot is this option of the schema.
pub(crate) fn is_option(option: &OptionItem, text: &str) -> bool {
    let same = |form: &str| fold(form, false) == fold(text, false);
    same(&option.name) || option.forms.iter().any(|form| same(form))
}

/// The values and labels of an enumeration of the portal.
pub(crate) fn options_of(field: &CrmField) -> Option<&[(String, String)]> {
    match &field.ty {
        CrmType::OneOf(options) | CrmType::SetOf(options) => Some(options),
        CrmType::Text | CrmType::Integer | CrmType::Number | CrmType::Boolean | CrmType::Date | CrmType::DateTime => None,
    }
}

/// The id of a segment (list) among the forms of an option.
pub(crate) fn segment_id(option: &OptionItem) -> Option<&str> {
    let id = |form: &&str| !form.is_empty() && form.bytes().all(|b| b.is_ascii_digit());
    option.forms.iter().map(|form| &**form).find(id)
}

/// The ids of the segments that a property holds the membership in: it is called `segments`, and its options have ids.
pub(crate) fn segments(property: &Property) -> Option<Vec<&str>> {
    let options = property.ty.options().filter(|_| &*property.name == "segments")?;
    options.items.iter().map(segment_id).collect()
}
