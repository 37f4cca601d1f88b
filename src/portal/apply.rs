//! Writing a plan: batch by batch, each read before it is written, so that nothing is written twice and nothing of others is overwritten.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::api::{BATCH, Contact, Portal, Written};
use super::compare::same;
use super::journal::{Journal, Past};
use super::mapping::LIFECYCLE;
use super::plan::{Change, Plan, share};
use crate::failure::Failure;

/// How a plan is written.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOptions<'a> {
    /// The journal, which a push that was interrupted goes on with.
    pub journal: &'a Path,
    /// The text of the plan's file.
    pub text: &'a str,
    /// The most percent of the requests left for today that the push may take.
    pub day_share: f64,
}

/// What became of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Contacts that were written, earlier runs of this plan included.
    pub written: u64,
    /// Contacts that had the new values already.
    pub already: u64,
    /// Contacts that were left out, with the reasons.
    pub left: BTreeMap<u64, String>,
    /// Whether an earlier run had begun.
    pub resumed: bool,
}

/// How often what is not there after an unknown outcome is written again.
const ROUNDS: u32 = 5;

/// Values by property, as they are written.
type Values = BTreeMap<String, String>;

/// What is written, by contact.
type Writes = Vec<(u64, Values)>;

/// What became of contacts that were to be written.
#[derive(Debug, Default)]
struct Fate {
    written: Vec<u64>,
    already: Vec<u64>,
    left: Vec<(u64, String)>,
}

/// Writes a plan.
///
/// # Errors
/// As every request; what has been written until then is in the journal, and the same call goes on with the rest.
pub fn apply(portal: &Portal<'_>, plan: &Plan, options: ApplyOptions<'_>) -> Result<Applied, Failure> {
    if plan.portal != portal.account.portal {
        return Err(Failure::new(format!(
            "the plan is for the HubSpot account {}, and the key is for {}; nothing was written",
            plan.portal, portal.account.portal
        ))
        .help("use the key of the account that the plan was made with"));
    }
    let checksum: String = Sha256::digest(options.text).iter().map(|byte| format!("{byte:02x}")).collect();
    let (mut journal, past) = Journal::open(options.journal, &checksum)?;
    let resumed = past != Past::default();
    let open: Vec<&Change> = plan.changes.iter().filter(|change| !past.is_done(change.id)).collect();
    let mut applied =
        Applied { written: past.written.len() as u64, already: past.already.len() as u64, left: past.left.clone(), resumed };
    if !open.is_empty() && !past.ended {
        afford(portal, plan, &open, options.day_share)?;
        for definition in &plan.create {
            portal.create(definition)?;
        }
    }
    let work = Work { portal, plan, past: &past };
    let mut done = plan.changes.len() - open.len();
    for batch in open.chunks(BATCH) {
        let fate = work.batch(batch, &mut journal)?;
        applied.written += fate.written.len() as u64;
        applied.already += fate.already.len() as u64;
        applied.left.extend(fate.left.iter().cloned());
        journal.done(fate.written, fate.already, fate.left)?;
        done += batch.len();
        portal.client.host().advance(batch.len() as u64, share(done, plan.changes.len()));
    }
    if !past.ended {
        journal.end()?;
    }
    Ok(applied)
}

/// Refuses a push that would leave other programs too few requests for the rest of the day.
fn afford(portal: &Portal<'_>, plan: &Plan, open: &[&Change], day_share: f64) -> Result<(), Failure> {
    let Some(left) = portal.client.day_left() else { return Ok(()) };
    let batches = open.chunks(BATCH).len() as u64;
    let clearing =
        open.chunks(BATCH).filter(|batch| batch.iter().any(|change| goes_back(&plan.stages, &change.was, &change.set))).count();
    let needed = 2 * batches + clearing as u64 + plan.create.len() as u64;
    #[expect(clippy::cast_precision_loss, reason = "a share of requests")]
    let allowed = left as f64 * day_share / 100.0;
    #[expect(clippy::cast_precision_loss, reason = "a share of requests")]
    if needed as f64 <= allowed {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this push needs {needed} requests, and the account has {left} left for today; nothing was written"
    ))
    .help(format!("wait until midnight in the account's time zone, or allow more than {day_share}% of them with --day-share")))
}

/// Whether HubSpot would not take the stage, because it comes before the one that is there.
fn goes_back(stages: &[String], was: &Values, set: &Values) -> bool {
    let place = |values: &Values| values.get(LIFECYCLE).and_then(|stage| stages.iter().position(|known| known == stage));
    place(was).zip(place(set)).is_some_and(|(was, set)| set < was)
}

struct Work<'a> {
    portal: &'a Portal<'a>,
    plan: &'a Plan,
    past: &'a Past,
}

impl Work<'_> {
    /// Reads a batch, and writes what still differs.
    fn batch(&self, batch: &[&Change], journal: &mut Journal) -> Result<Fate, Failure> {
        let mut fate = Fate::default();
        let present = self.read(batch)?;
        let mut writes: Vec<&Change> = Vec::new();
        let (mut back, mut before): (Writes, Writes) = (Vec::new(), Vec::new());
        for change in batch {
            let Some(contact) = present.get(&change.id) else {
                fate.left.push((change.id, "it was deleted in HubSpot".to_owned()));
                continue;
            };
            if contact.id != change.id {
                fate.left.push((change.id, format!("it was merged into {}", contact.id)));
                continue;
            }
            if is_set(contact, &change.set) {
                fate.already.push(change.id);
                continue;
            }
            if let Some(property) = self.foreign(contact, change) {
                let now = contact.value(property).unwrap_or("nothing");
                fate.left.push((change.id, format!("`{property}` was changed to {now} in HubSpot after the plan was made")));
                continue;
            }
            let now: Values =
                contact.value(LIFECYCLE).map(|stage| (LIFECYCLE.to_owned(), stage.to_owned())).into_iter().collect();
            if goes_back(&self.plan.stages, &now, &change.set) {
                back.push((change.id, Values::from([(LIFECYCLE.to_owned(), String::new())])));
                before.push((change.id, now));
            }
            writes.push(change);
        }
        if !back.is_empty() {
            journal.clearing(&back.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
            let cleared = self.write(&back)?;
            writes.retain(|change| !cleared.left.iter().any(|(id, _)| *id == change.id));
            fate.left.extend(cleared.left);
        }
        let inputs: Writes = writes.iter().map(|change| (change.id, change.set.clone())).collect();
        let mut written = self.write(&inputs)?;
        before.retain(|(id, _)| written.left.iter().any(|(left, _)| left == id));
        self.restore(&before, &mut written)?;
        fate.written.extend(written.written);
        fate.left.extend(written.left);
        Ok(fate)
    }

    /// Puts stages back that were emptied for values that HubSpot then refused.
    fn restore(&self, before: &[(u64, Values)], written: &mut Fate) -> Result<(), Failure> {
        let restored = self.write(before)?;
        for (id, why) in restored.left {
            let stage = before.iter().find(|(known, _)| *known == id).and_then(|(_, values)| values.get(LIFECYCLE));
            if let (Some((_, said)), Some(stage)) = (written.left.iter_mut().find(|(left, _)| *left == id), stage) {
                said.push_str(&format!("; its stage {stage} was emptied and cannot be put back: {why}"));
            }
        }
        Ok(())
    }

    fn read(&self, batch: &[&Change]) -> Result<BTreeMap<u64, Contact>, Failure> {
        let properties: Vec<String> = batch
            .iter()
            .flat_map(|change| change.set.keys().cloned())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        self.read_ids(batch.iter().map(|change| change.id), &properties)
    }

    fn read_ids(&self, ids: impl Iterator<Item = u64>, properties: &[String]) -> Result<BTreeMap<u64, Contact>, Failure> {
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        let read = self.portal.batch(&ids, None, properties)?;
        Ok(read.found.into_iter().filter_map(|(id, contact)| Some((id.parse().ok()?, contact))).collect())
    }

    /// A property that is neither as it was when the plan was made nor as it is to be.
    fn foreign<'c>(&self, contact: &Contact, change: &'c Change) -> Option<&'c str> {
        change.set.iter().find_map(|(property, value)| {
            let now = contact.value(property);
            let ours = property == LIFECYCLE && now.is_none() && self.past.clearing.contains(&change.id);
            let expected = ours || same(now, change.was.get(property).map(String::as_str)) || same(now, Some(value));
            (!expected).then_some(property.as_str())
        })
    }

    /// Writes values, reads back where nobody knows what happened, and takes a refused batch apart until the contact is found that it is
    /// refused for.
    fn write(&self, inputs: &[(u64, Values)]) -> Result<Fate, Failure> {
        let mut fate = Fate::default();
        let mut stack: Vec<(Writes, u32)> = vec![(inputs.to_vec(), 1)];
        while let Some((mut inputs, round)) = stack.pop() {
            if inputs.is_empty() {
                continue;
            }
            match self.portal.update(&inputs)? {
                Written::Done { refused, after } => {
                    for (id, set) in inputs {
                        match (refused.get(&id), after.get(&id)) {
                            (Some(why), _) => fate.left.push((id, why.clone())),
                            (None, Some(contact)) if !is_set(contact, &set) => {
                                fate.left.push((id, "HubSpot did not take the new values".to_owned()));
                            }
                            (None, _) => fate.written.push(id),
                        }
                    }
                }
                Written::Refused(why) => match inputs.as_slice() {
                    [(id, _)] => fate.left.push((*id, why)),
                    several => {
                        let behind = inputs.split_off(several.len() / 2);
                        stack.push((behind, round));
                        stack.push((inputs, round));
                    }
                },
                Written::Unknown(why) => {
                    let open = self.read_back(inputs, &mut fate, round)?;
                    if !open.is_empty() && round >= ROUNDS {
                        return Err(Failure::new(format!("HubSpot does not answer whether it wrote: {why}"))
                            .help("run the same command again later; it reads what was written, and goes on with the rest"));
                    }
                    stack.push((open, round + 1));
                }
            }
        }
        Ok(fate)
    }

    /// What is there after an outcome that nobody knows; what is not there is to be written again.
    fn read_back(&self, inputs: Writes, fate: &mut Fate, round: u32) -> Result<Writes, Failure> {
        // A write that is still on its way should have arrived.
        self.portal.client.host().wait(Duration::from_secs(1 << round.min(5)), Some("reading back what HubSpot did not confirm"));
        let properties: Vec<String> = inputs
            .iter()
            .flat_map(|(_, set)| set.keys().cloned())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let present = self.read_ids(inputs.iter().map(|(id, _)| *id), &properties)?;
        let mut open = Vec::new();
        for (id, set) in inputs {
            match present.get(&id) {
                None => fate.left.push((id, "it was deleted in HubSpot".to_owned())),
                Some(contact) if contact.id != id => fate.left.push((id, format!("it was merged into {}", contact.id))),
                Some(contact) if is_set(contact, &set) => fate.written.push(id),
                Some(_) => open.push((id, set)),
            }
        }
        Ok(open)
    }
}

/// Whether a contact has these values.
fn is_set(contact: &Contact, set: &Values) -> bool {
    set.iter().all(|(property, value)| same(contact.value(property), Some(value)))
}
