//! The calls of HubSpot's API that are used, and what they answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Host;
use super::client::{Answer, Client, Outcome, Request};
use super::settings::Settings;
use crate::failure::Failure;
use crate::input::import::{self as fields, CrmField};

/// Contacts in one batch, and on one page of the list.
pub(super) const BATCH: usize = 100;

/// Contacts on one page of a search.
const SEARCH_PAGE: usize = 200;

/// The property with the ids of contacts that were merged into this one.
const MERGED: &str = "hs_merged_object_ids";

/// An account of HubSpot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number, the portal id.
    pub portal: u64,
    /// What kind of account it is, such as `STANDARD` or `SANDBOX`.
    pub kind: String,
}

/// A property of contacts.
#[derive(Debug, Clone)]
pub struct Definition {
    pub(crate) field: CrmField,
    /// HubSpot's type, such as `enumeration`.
    pub ty: String,
    /// Whether only HubSpot writes it.
    pub read_only: bool,
}

/// A contact: its id, and the values of the properties that were asked for; an empty one is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The record id.
    pub id: u64,
    /// By property.
    pub values: BTreeMap<String, Option<String>>,
    /// The contacts that were merged into this one.
    pub merged: Vec<u64>,
    /// Whether it was deleted.
    pub archived: bool,
}

/// What a batch of ids reads.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// By the id that was asked for.
    pub found: BTreeMap<String, Contact>,
    /// Ids that are deleted, or were never there.
    pub gone: BTreeSet<String>,
}

/// What became of a batch of writes.
#[derive(Debug)]
pub(super) enum Written {
    /// Those that HubSpot refused, by id, with its reason; the others were written.
    Done { refused: BTreeMap<u64, String>, after: BTreeMap<u64, Contact> },
    /// HubSpot refuses the whole batch, with its reason.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

/// One account over the network.
pub struct Portal<'h> {
    pub(super) client: Client<'h>,
    /// Which account it is.
    pub account: Account,
}

impl std::fmt::Debug for Portal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal").field("account", &self.account).finish_non_exhaustive()
    }
}

fn path(rest: &str) -> String {
    format!("/crm/objects/{{v}}/contacts{rest}")
}

/// The number that is an id, a text in answers.
fn id_of(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

impl Contact {
    fn read(value: &Value) -> Option<Self> {
        let properties = value.get("properties")?.as_object()?;
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let values: BTreeMap<String, Option<String>> =
            properties.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let merged = values.get(MERGED).and_then(Option::as_deref).unwrap_or("");
        Some(Self {
            id: id_of(value.get("id"))?,
            merged: merged.split([';', ',']).filter_map(|id| id.trim().parse().ok()).collect(),
            archived: value.get("archived") == Some(&Value::Bool(true)),
            values,
        })
    }

    /// The value of a property; `None` where it is empty.
    #[must_use]
    pub fn value(&self, property: &str) -> Option<&str> {
        self.values.get(property)?.as_deref()
    }
}

/// The contacts of an answer.
fn contacts(answer: &Answer) -> Option<Vec<Contact>> {
    answer.body.get("results")?.as_array()?.iter().map(Contact::read).collect()
}

/// The properties that a request asks for, and the merged contacts.
fn asked(properties: &[String]) -> Vec<&str> {
    properties.iter().map(String::as_str).chain([MERGED]).collect()
}

/// A name in the query of an address.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl<'h> Portal<'h> {
    /// Connects, and asks which account the key is for. `expected` is the account that it has to be.
    ///
    /// # Errors
    /// That HubSpot cannot be reached or refuses the key, and the key of another account.
    pub fn open(settings: Settings, expected: Option<u64>, host: &'h dyn Host) -> Result<Self, Failure> {
        let client = Client::new(settings, host)?;
        let answer = client.read(&Request::get("/account-info/{v}/details"))?;
        let portal = id_of(answer.body.get("portalId")).filter(|_| answer.status == 200);
        let Some(portal) = portal else {
            return Err(
                Failure::new(format!("this does not answer as HubSpot does: {}", client.said(&answer))).help("check --base-url")
            );
        };
        if let Some(expected) = expected.filter(|expected| *expected != portal) {
            return Err(Failure::new(format!(
                "the HubSpot key is for the account {portal}, not for {expected}; nothing was written"
            ))
            .help(format!("use a key of the account {expected}")));
        }
        let kind = answer.body.get("accountType").and_then(Value::as_str).unwrap_or("").to_owned();
        Ok(Self { client, account: Account { portal, kind } })
    }

    /// How many requests were sent.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.client.requests()
    }

    fn unexpected(&self, what: &str, answer: &Answer) -> Failure {
        Failure::new(format!("HubSpot did not {what}: {}", self.client.said(answer)))
            .help("run the command again later; if it stays so, ask HubSpot's support with the correlation id")
    }

    /// The properties of contacts.
    ///
    /// # Errors
    /// As every request.
    pub fn definitions(&self) -> Result<Vec<Definition>, Failure> {
        let answer = self.client.read(&Request::get("/crm/properties/{v}/contacts"))?;
        let entries = answer.body.get("results").and_then(Value::as_array).filter(|_| answer.status == 200);
        let entries = entries.ok_or_else(|| self.unexpected("list its properties", &answer))?;
        Ok(entries.iter().filter_map(definition).collect())
    }

    /// Makes a property; one that is there already is as good.
    ///
    /// # Errors
    /// As every request, and what HubSpot refuses.
    pub(super) fn create(&self, definition: &Value) -> Result<(), Failure> {
        let name = definition.get("name").and_then(Value::as_str).unwrap_or("");
        let request = Request::post("/crm/properties/{v}/contacts", definition.clone());
        for _ in 0..5 {
            match self.client.write(&request)? {
                Outcome::Answer(answer) if matches!(answer.status, 201 | 409) => return Ok(()),
                Outcome::Answer(answer) => {
                    return Err(Failure::new(format!(
                        "HubSpot did not make the property `{name}`: {}",
                        self.client.said(&answer)
                    ))
                    .help("make it by hand in HubSpot's settings, and plan again"));
                }
                // Whether it is there can be read; if it is not, it is made once more.
                Outcome::Unknown(_) if self.definitions()?.iter().any(|d| d.field.name == name) => return Ok(()),
                Outcome::Unknown(_) => {}
            }
        }
        Err(Failure::new(format!("HubSpot does not answer whether it made the property `{name}`"))
            .help("run the command again later; it goes on where it stopped"))
    }

    /// Reads contacts by their record ids, or by a property with unique values. At most [`BATCH`] ids, none twice.
    ///
    /// # Errors
    /// As every request.
    pub fn batch(&self, ids: &[String], by: Option<&str>, properties: &[String]) -> Result<Contacts, Failure> {
        let inputs: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        let mut wanted = asked(properties);
        wanted.extend(by);
        let mut body = json!({ "inputs": inputs, "properties": wanted });
        if let (Some(by), Some(object)) = (by, body.as_object_mut()) {
            object.insert("idProperty".to_owned(), json!(by));
        }
        let answer = self.client.read(&Request::post(path("/batch/read"), body))?;
        let found = contacts(&answer).filter(|_| matches!(answer.status, 200 | 207));
        let found = found.ok_or_else(|| self.unexpected("read contacts", &answer))?;
        let mut read = Contacts::default();
        for contact in found {
            let own = match by {
                None => contact.id.to_string(),
                Some(by) => contact.value(by).unwrap_or("").to_lowercase(),
            };
            // A contact that was merged answers as the one that it was merged into.
            let merged = contact.merged.iter().map(u64::to_string).filter(|_| by.is_none());
            for name in merged.chain([own]) {
                if let Some(asked) = ids.iter().find(|id| id.eq_ignore_ascii_case(&name) || id.to_lowercase() == name) {
                    read.found.insert(asked.clone(), contact.clone());
                }
            }
        }
        read.gone = ids.iter().filter(|id| !read.found.contains_key(*id)).cloned().collect();
        Ok(read)
    }

    /// Writes properties of contacts. At most [`BATCH`] contacts, none twice.
    ///
    /// # Errors
    /// As every request; what HubSpot refuses is in the answer.
    pub(super) fn update(&self, inputs: &[(u64, BTreeMap<String, String>)]) -> Result<Written, Failure> {
        let written: Vec<Value> =
            inputs.iter().map(|(id, properties)| json!({ "id": id.to_string(), "properties": properties })).collect();
        let request = Request::post(path("/batch/update"), json!({ "inputs": written }));
        let answer = match self.client.write(&request)? {
            Outcome::Unknown(why) => return Ok(Written::Unknown(why)),
            Outcome::Answer(answer) => answer,
        };
        if !matches!(answer.status, 200 | 201 | 207) {
            return Ok(Written::Refused(self.client.said(&answer)));
        }
        let Some(after) = contacts(&answer) else { return Ok(Written::Unknown("the answer has no contacts".to_owned())) };
        let after: BTreeMap<u64, Contact> = after.into_iter().map(|contact| (contact.id, contact)).collect();
        let mut refused = BTreeMap::new();
        for error in answer.body.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let message = error.get("message").and_then(Value::as_str).unwrap_or("HubSpot gives no reason");
            let ids = error.pointer("/context/ids").and_then(Value::as_array).into_iter().flatten();
            for id in ids.filter_map(|id| id_of(Some(id))) {
                refused.insert(id, message.trim_end_matches('.').to_owned());
            }
        }
        Ok(Written::Done { refused, after })
    }

    /// One page of all contacts, and where the next one begins. `archived` asks for those that were deleted.
    ///
    /// # Errors
    /// As every request.
    pub(super) fn page(
        &self,
        after: Option<&str>,
        properties: &[String],
        archived: bool,
    ) -> Result<(Vec<Contact>, Option<String>), Failure> {
        let mut query =
            format!("?limit={BATCH}&properties={}", asked(properties).into_iter().map(encoded).collect::<Vec<_>>().join(","));
        if archived {
            query.push_str("&archived=true");
        }
        if let Some(after) = after {
            query.push_str(&format!("&after={}", encoded(after)));
        }
        let answer = self.client.read(&Request::get(path(&query)))?;
        let page = contacts(&answer).filter(|_| answer.status == 200);
        let page = page.ok_or_else(|| self.unexpected("list contacts", &answer))?;
        let next = answer.body.pointer("/paging/next/after").and_then(Value::as_str).map(str::to_owned);
        if next.is_some() && next.as_deref() == after {
            return Err(Failure::new("HubSpot's list of contacts does not go on: a page names itself as the next")
                .help("run the command again"));
        }
        Ok((page, next))
    }

    /// The contacts that are members of a segment (list).
    ///
    /// # Errors
    /// As every request, and a segment that is not there.
    pub(super) fn members(&self, segment: &str) -> Result<Vec<u64>, Failure> {
        let mut members = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let from = after.as_deref().map_or_else(String::new, |after| format!("&after={}", encoded(after)));
            let request = Request::get(format!("/crm/lists/{{v}}/{}/memberships?limit={BATCH}{from}", encoded(segment)));
            let answer = self.client.read(&request)?;
            if answer.status == 404 {
                return Err(Failure::new(format!("HubSpot has no segment {segment}"))
                    .help("correct the id in the property `segments` of the schema, or take the segment out"));
            }
            let page = answer.body.get("results").and_then(Value::as_array).filter(|_| answer.status == 200);
            let page = page.ok_or_else(|| self.unexpected("list the members of a segment", &answer))?;
            members.extend(page.iter().filter_map(|member| id_of(member.get("recordId"))));
            let next = answer.body.pointer("/paging/next/after").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() || next == after {
                return Ok(members);
            }
            after = next;
        }
    }

    /// The next contacts that changed within a closed span of time (milliseconds since 1970), in the order of their ids, after `last`.
    ///
    /// # Errors
    /// As every request.
    pub(super) fn changed(&self, span: (i64, i64), last: u64, properties: &[String]) -> Result<(Vec<Contact>, bool), Failure> {
        let body = json!({
            "filterGroups": [{ "filters": [
                { "propertyName": "lastmodifieddate", "operator": "BETWEEN", "value": span.0.to_string(), "highValue": span.1.to_string() },
                { "propertyName": "hs_object_id", "operator": "GT", "value": last.to_string() },
            ]}],
            "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
            "properties": asked(properties),
            "limit": SEARCH_PAGE,
        });
        let answer = self.client.read(&Request::post(path("/search"), body))?;
        let page = contacts(&answer).filter(|_| answer.status == 200);
        let page = page.ok_or_else(|| self.unexpected("search contacts", &answer))?;
        if page.iter().any(|contact| contact.id <= last) {
            return Err(Failure::new("HubSpot's search does not go on: it gives contacts that were read before")
                .help("run the command again"));
        }
        let more = page.len() >= SEARCH_PAGE;
        Ok((page, more))
    }
}

fn definition(entry: &Value) -> Option<Definition> {
    let field = fields::hubspot_property(entry)?;
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let truth = |pointer: &str| entry.pointer(pointer) == Some(&Value::Bool(true));
    let read_only =
        truth("/modificationMetadata/readOnlyValue") || truth("/calculated") || text("fieldType") == "calculation_equation";
    Some(Definition { field, ty: text("type"), read_only })
}
