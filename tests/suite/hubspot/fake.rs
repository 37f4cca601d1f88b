//! A stand-in for HubSpot's API on a port of this machine, written from what its documentation says: contacts, properties, batches,
//! search, limits, and faults before and after a write.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

pub(crate) const KEY: &str = "pat-eu1-0123-secret";
pub(crate) const PORTAL: u64 = 7_000_001;
const STAGES: [&str; 5] = ["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "customer"];

/// What goes wrong with a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault {
    /// A part of the path that it is for.
    pub(crate) path: &'static str,
    /// The status of the answer; 0 closes the connection without one.
    pub(crate) status: u16,
    /// Whether the request is done before it goes wrong.
    pub(crate) after: bool,
    /// What the body has besides.
    pub(crate) body: Value,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// How many requests of this kind go well before.
    pub(crate) skip: u32,
    /// The request hangs: the test is told, and the connection is never answered.
    pub(crate) hang: bool,
}

/// A contact.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    pub(crate) values: BTreeMap<String, String>,
    /// When it changed, in milliseconds.
    pub(crate) changed: i64,
    /// How many writes took effect or not, by property.
    pub(crate) writes: BTreeMap<String, u32>,
    /// What its stage was, in order.
    pub(crate) stages: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) people: BTreeMap<u64, Person>,
    pub(crate) deleted: BTreeSet<u64>,
    /// By the contact that is gone: the one that it is part of now.
    pub(crate) merged: BTreeMap<u64, u64>,
    pub(crate) properties: Vec<Value>,
    /// The members of segments, by id.
    pub(crate) segments: BTreeMap<u64, Vec<u64>>,
    pub(crate) faults: VecDeque<Fault>,
    /// Method and path of every request, with the status.
    pub(crate) log: Vec<(String, u16)>,
    /// Contacts whose writes are refused, with the reason.
    pub(crate) stubborn: BTreeMap<u64, &'static str>,
    /// Requests in ten seconds and searches in one, by the test's clock; no limit without them.
    pub(crate) limits: Option<(usize, usize)>,
    pub(crate) day_left: Option<u64>,
    times: VecDeque<(u64, bool)>,
    /// Requests that came too early.
    pub(crate) too_early: u32,
}

#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) url: String,
    world: Arc<Mutex<World>>,
    /// The test's clock, in milliseconds.
    pub(crate) clock: Arc<AtomicU64>,
    /// Told when a request hangs.
    pub(crate) hanging: Mutex<Receiver<()>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// The moment at which the test's clock begins: 2026-03-02T12:00:00Z.
pub(crate) const START: i64 = 1_772_452_800_000;

fn property(name: &str, ty: &str, options: &[&str]) -> Value {
    let options: Vec<Value> = options.iter().map(|o| json!({"label": o.to_uppercase(), "value": o})).collect();
    json!({"name": name, "label": name, "type": ty, "fieldType": if ty == "enumeration" { "select" } else { "text" }, "options": options})
}

impl Fake {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut world = World::default();
        let texts = ["email", "jobtitle", "city", "hs_merged_object_ids"].map(|name| property(name, "string", &[]));
        world.properties.extend(texts);
        world.properties.push(property("hs_object_id", "number", &[]));
        world.properties.push(property("numemployees", "number", &[]));
        world.properties.push(property("lifecyclestage", "enumeration", &STAGES));
        let world = Arc::new(Mutex::new(world));
        let clock = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (told, hanging) = channel();
        let shared = Shared { world: Arc::clone(&world), clock: Arc::clone(&clock), told };
        let ended = Arc::clone(&stop);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let shared = shared.clone();
                if let Ok(stream) = stream {
                    thread::spawn(move || serve(stream, &shared));
                }
            }
        });
        Self { url, world, clock, hanging: Mutex::new(hanging), stop }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Contacts with ids from `first` on.
    pub(crate) fn people(&self, ids: impl IntoIterator<Item = u64>, values: impl Fn(u64) -> Vec<(&'static str, String)>) {
        let mut world = self.world();
        for id in ids {
            let values: BTreeMap<String, String> = values(id).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let stages = values.get("lifecyclestage").cloned().into_iter().collect();
            world.people.insert(id, Person { values, changed: START - 86_400_000, stages, ..Person::default() });
        }
    }

    pub(crate) fn property(&self, name: &str, ty: &str, options: &[&str]) {
        self.world().properties.push(property(name, ty, options));
    }

    pub(crate) fn fault(&self, fault: Fault) {
        self.world().faults.push_back(fault);
    }

    /// How many requests of this kind came.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.world().log.iter().filter(|(path, _)| path.contains(part)).count()
    }

    pub(crate) fn value(&self, id: u64, property: &str) -> String {
        self.world().people[&id].values.get(property).cloned().unwrap_or_default()
    }
}

#[derive(Clone)]
struct Shared {
    world: Arc<Mutex<World>>,
    clock: Arc<AtomicU64>,
    told: Sender<()>,
}

struct Request {
    method: String,
    path: String,
    key: String,
    body: Value,
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut key, mut chunked) = (0, String::new(), false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => key = value.trim().to_owned(),
            "transfer-encoding" => chunked = true,
            _ => {}
        }
    }
    assert!(!chunked, "the fake reads no chunks");
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    Some(Request { method, path, key, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

type Answer = (u16, Value, Vec<(&'static str, String)>);

fn error(status: u16, category: &str, message: &str) -> Answer {
    let body = json!({"status": "error", "category": category, "message": message, "correlationId": "c0ffee"});
    (status, body, Vec::new())
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read(&mut reader) {
        let Some((status, body, headers)) = answer(&request, shared) else { return };
        let millis = START + i64::try_from(shared.clock.load(Ordering::SeqCst)).unwrap();
        let date = jiff::Timestamp::from_millisecond(millis).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut head = format!(
            "HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            text.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if stream.write_all(format!("{head}\r\n{text}").as_bytes()).is_err() {
            return;
        }
    }
}

/// `None` closes the connection.
fn answer(request: &Request, shared: &Shared) -> Option<Answer> {
    let mut world = shared.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let now = shared.clock.load(Ordering::SeqCst);
    let name = format!("{} {}", request.method, request.path);
    if request.key != format!("Bearer {KEY}") {
        world.log.push((name, 401));
        return Some(error(401, "INVALID_AUTHENTICATION", &format!("The key {} is not valid", request.key)));
    }
    if let Some(refused) = limited(&mut world, now, request.path.ends_with("/search")) {
        world.log.push((name, 429));
        return Some(refused);
    }
    let fitting = world.faults.iter().position(|fault| request.path.contains(fault.path));
    let due = fitting.filter(|&at| {
        let fault = &mut world.faults[at];
        let due = fault.skip == 0;
        fault.skip = fault.skip.saturating_sub(1);
        due
    });
    let fault = due.and_then(|at| world.faults.remove(at));
    let done =
        fault.as_ref().is_none_or(|fault| fault.after).then(|| route(&mut world, request, START + i64::try_from(now).unwrap()));
    let answer = match fault {
        None => done,
        Some(fault) if fault.hang => {
            world.log.push((name, 0));
            drop(world);
            let _told = shared.told.send(());
            loop {
                thread::park();
            }
        }
        Some(fault) if fault.status == 0 => None,
        Some(fault) => {
            let mut body = error(fault.status, "INTERNAL", "injected").1;
            for (key, value) in fault.body.as_object().into_iter().flatten() {
                body[key] = value.clone();
            }
            Some((fault.status, body, fault.headers))
        }
    };
    world.log.push((name, answer.as_ref().map_or(0, |answer| answer.0)));
    let mut answer = answer?;
    if let Some((most, _)) = world.limits {
        answer.2.push(("X-HubSpot-RateLimit-Max", most.to_string()));
        answer.2.push(("X-HubSpot-RateLimit-Interval-Milliseconds", "10000".to_owned()));
    }
    if let Some(left) = world.day_left {
        answer.2.push(("X-HubSpot-RateLimit-Daily-Remaining", left.to_string()));
    }
    Some(answer)
}

fn limited(world: &mut World, now: u64, search: bool) -> Option<Answer> {
    let (most, searches) = world.limits?;
    while world.times.front().is_some_and(|(time, _)| now - time > 10_000) {
        world.times.pop_front();
    }
    let recent = world.times.iter().filter(|(time, search)| *search && now - time <= 1000).count();
    let policy = if world.times.len() >= most {
        "TEN_SECONDLY_ROLLING"
    } else if search && recent >= searches {
        "SECONDLY"
    } else {
        world.times.push_back((now, search));
        return None;
    };
    world.too_early += 1;
    let mut refused = error(429, "RATE_LIMITS", "You have reached your limit.");
    refused.1["policyName"] = json!(policy);
    Some(refused)
}

/// A contact as answers have it; a merged one is the one that it is part of.
fn shown(world: &World, id: u64, names: &[String]) -> Option<Value> {
    let id = world.merged.get(&id).copied().unwrap_or(id);
    let person = world.people.get(&id)?;
    let mut properties = serde_json::Map::new();
    for name in names {
        properties.insert(name.clone(), person.values.get(name).filter(|v| !v.is_empty()).map_or(Value::Null, |v| json!(v)));
    }
    let parts: Vec<String> = world.merged.iter().filter(|(_, into)| **into == id).map(|(part, _)| part.to_string()).collect();
    properties.insert("hs_object_id".to_owned(), json!(id.to_string()));
    if !parts.is_empty() {
        properties.insert("hs_merged_object_ids".to_owned(), json!(parts.join(";")));
    }
    Some(json!({"id": id.to_string(), "properties": properties, "archived": false}))
}

fn names(body: &Value) -> Vec<String> {
    body["properties"].as_array().into_iter().flatten().map(|n| n.as_str().unwrap().to_owned()).collect()
}

fn route(world: &mut World, request: &Request, now: i64) -> Answer {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let done = |body: Value| (200, body, Vec::new());
    match (request.method.as_str(), path) {
        ("GET", "/account-info/2026-09/details") => done(json!({"portalId": PORTAL, "accountType": "DEVELOPER_TEST"})),
        ("GET", "/crm/properties/2026-09/contacts") => done(json!({"results": world.properties})),
        ("POST", "/crm/properties/2026-09/contacts") => {
            if world.properties.iter().any(|p| p["name"] == request.body["name"]) {
                return error(409, "OBJECT_ALREADY_EXISTS", "A property of this name already exists.");
            }
            world.properties.push(request.body.clone());
            (201, request.body.clone(), Vec::new())
        }
        ("GET", "/crm/objects/2026-09/contacts") => done(list(world, query)),
        ("POST", "/crm/objects/2026-09/contacts/batch/read") => batch_read(world, &request.body),
        ("POST", "/crm/objects/2026-09/contacts/batch/update") => batch_update(world, &request.body, now),
        ("POST", "/crm/objects/2026-09/contacts/search") => search(world, &request.body),
        ("GET", path) if path.ends_with("/memberships") => members(world, path, query),
        _ => error(404, "NOT_FOUND", "no such address"),
    }
}

fn members(world: &World, path: &str, query: &str) -> Answer {
    let id = path.strip_prefix("/crm/lists/2026-09/").and_then(|rest| rest.split('/').next()?.parse::<u64>().ok());
    let Some(members) = id.and_then(|id| world.segments.get(&id)) else { return error(404, "NOT_FOUND", "no such list") };
    let after: usize = query.split('&').find_map(|pair| pair.strip_prefix("after=")).map_or(0, |after| after.parse().unwrap());
    let page: Vec<Value> = members.iter().skip(after).take(100).map(|id| json!({"recordId": id.to_string()})).collect();
    let mut body = json!({"results": page});
    if members.len() > after + 100 {
        body["paging"] = json!({"next": {"after": (after + 100).to_string()}});
    }
    (200, body, Vec::new())
}

fn list(world: &World, query: &str) -> Value {
    let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let limit: usize = of("limit").unwrap().parse().unwrap();
    assert!(limit <= 100);
    let names: Vec<String> = of("properties").unwrap().split(',').map(str::to_owned).collect();
    let after: u64 = of("after").map_or(0, |after| after.parse().unwrap());
    if of("archived") == Some("true") {
        let gone =
            world.deleted.range(after..).take(limit).map(|id| json!({"id": id.to_string(), "properties": {}, "archived": true}));
        return json!({"results": gone.collect::<Vec<_>>()});
    }
    let ids: Vec<u64> = world.people.range(after..).map(|(id, _)| *id).take(limit + 1).collect();
    let page: Vec<Value> = ids.iter().take(limit).map(|id| shown(world, *id, &names).unwrap()).collect();
    match ids.get(limit) {
        Some(next) => json!({"results": page, "paging": {"next": {"after": next.to_string()}}}),
        None => json!({"results": page}),
    }
}

fn inputs(body: &Value) -> Result<Vec<(String, Value)>, Answer> {
    let inputs = body["inputs"].as_array().unwrap();
    let ids: BTreeSet<&str> = inputs.iter().map(|input| input["id"].as_str().unwrap()).collect();
    if inputs.len() > 100 || ids.len() != inputs.len() {
        return Err(error(400, "VALIDATION_ERROR", "too many inputs, or one twice"));
    }
    Ok(inputs.iter().map(|input| (input["id"].as_str().unwrap().to_owned(), input["properties"].clone())).collect())
}

fn not_found(ids: &[String]) -> Value {
    json!([{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects.", "context": {"ids": ids}}])
}

fn batch_read(world: &World, body: &Value) -> Answer {
    let inputs = match inputs(body) {
        Ok(inputs) => inputs,
        Err(refused) => return refused,
    };
    let names = names(body);
    let (mut results, mut gone) = (Vec::new(), Vec::new());
    for (id, _) in inputs {
        let found = match body["idProperty"].as_str() {
            None => id.parse().ok(),
            Some(by) => world
                .people
                .iter()
                .find(|(_, p)| p.values.get(by).is_some_and(|v| v.eq_ignore_ascii_case(&id)))
                .map(|(id, _)| *id),
        };
        match found.and_then(|id| shown(world, id, &names)) {
            Some(contact) => results.push(contact),
            None => gone.push(id),
        }
    }
    // HubSpot promises no order.
    results.reverse();
    if gone.is_empty() {
        return (200, json!({"status": "COMPLETE", "results": results}), Vec::new());
    }
    (207, json!({"status": "COMPLETE", "results": results, "numErrors": 1, "errors": not_found(&gone)}), Vec::new())
}

fn batch_update(world: &mut World, body: &Value, now: i64) -> Answer {
    let inputs = match inputs(body) {
        Ok(inputs) => inputs,
        Err(refused) => return refused,
    };
    // One input that is not valid refuses the whole batch.
    for (id, properties) in &inputs {
        if let Some(why) = id.parse().ok().and_then(|id: u64| world.stubborn.get(&id)) {
            return error(400, "VALIDATION_ERROR", why);
        }
        for (name, value) in properties.as_object().unwrap() {
            let Some(definition) = world.properties.iter().find(|p| p["name"] == name.as_str()) else {
                return error(400, "VALIDATION_ERROR", &format!("Property \"{name}\" does not exist"));
            };
            let value = value.as_str().unwrap();
            let number = definition["type"] != "number" || value.parse::<f64>().is_ok();
            let options = definition["options"].as_array();
            let option =
                definition["type"] != "enumeration" || options.is_some_and(|all| all.iter().any(|o| o["value"] == value));
            if !(value.is_empty() || number && option) {
                return error(400, "VALIDATION_ERROR", &format!("{value} was not one of the allowed values of {name}"));
            }
        }
    }
    let (mut results, mut gone) = (Vec::new(), Vec::new());
    for (id, properties) in inputs {
        let Some(person) = id.parse().ok().and_then(|id: u64| world.people.get_mut(&id)) else {
            gone.push(id);
            continue;
        };
        for (name, value) in properties.as_object().unwrap() {
            let value = value.as_str().unwrap().to_owned();
            *person.writes.entry(name.clone()).or_default() += 1;
            if name == "lifecyclestage" {
                let place = |stage: &str| STAGES.iter().position(|known| *known == stage);
                let now = person.values.get(name).and_then(|stage| place(stage));
                if place(&value).zip(now).is_some_and(|(new, now)| new < now) {
                    continue;
                }
                person.stages.push(value.clone());
            }
            person.values.insert(name.clone(), value);
        }
        person.changed = now;
        let names: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
        results.push(shown(world, id.parse().unwrap(), &names).unwrap());
    }
    if gone.is_empty() {
        return (200, json!({"status": "COMPLETE", "results": results}), Vec::new());
    }
    (207, json!({"status": "COMPLETE", "results": results, "numErrors": 1, "errors": not_found(&gone)}), Vec::new())
}

fn search(world: &World, body: &Value) -> Answer {
    let filters = body["filterGroups"][0]["filters"].as_array().unwrap();
    let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    let (span, last) = (&filters[0], &filters[1]);
    assert_eq!((&span["operator"], &last["operator"]), (&json!("BETWEEN"), &json!("GT")));
    let (from, until, last) =
        (number(&span["value"]), number(&span["highValue"]), u64::try_from(number(&last["value"])).unwrap());
    let limit = usize::try_from(body["limit"].as_u64().unwrap()).unwrap();
    assert!(limit <= 200 && body["after"].is_null());
    let names = names(body);
    let hits = world.people.range(last + 1..).filter(|(_, person)| (from..=until).contains(&person.changed));
    let page: Vec<Value> = hits.take(limit).map(|(id, _)| shown(world, *id, &names).unwrap()).collect();
    (200, json!({"results": page}), Vec::new())
}
