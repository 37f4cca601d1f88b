//! The messages of moves: written in the transaction of the move, claimed by one sender at a time, tried again, and parked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::change::Change;
use super::record::{Results, Since, damaged};
use super::{Cause, Fault, Outline, Store, tables};
use crate::time::{civil, moment_text};
use crate::warehouse::{System, Value};

/// How long after each failed attempt the next is due, in seconds; after the last a message is parked.
pub const DELAYS: [i64; 6] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600];

/// A receiver may put a message off for so long at most, in seconds.
const LONGEST_DELAY: i64 = 24 * 3600;

/// The microseconds of a second.
const SECOND: i64 = 1_000_000;

/// So much of what a receiver said is kept, in characters.
const SAID: usize = 200;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON with the headers and the signature of Standard Webhooks, one move a message.
    Standard,
    /// A text for a webhook of Slack.
    Slack,
    /// A card for a workflow of Teams.
    Teams,
}

/// The name under which messages for an address wait. The address itself is not kept, for it may be a secret.
#[must_use]
pub fn target(address: &str) -> String {
    super::digest::hex(&["target", address]).chars().take(16).collect()
}

/// A move, as it is told to others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The same for the same move, however often it is sent.
    #[serde(skip)]
    pub id: String,
    /// Where it is to be sent, as [`target`] says.
    #[serde(skip)]
    pub target: String,
    /// The number of the change.
    pub change: i64,
    /// The key of the record.
    pub key: String,
    /// The lifecycle.
    pub lifecycle: String,
    /// The stage before; `None` for a new record.
    pub from: Option<String>,
    /// The stage now; `None` where it is unknown.
    pub to: Option<String>,
    /// Why, in the words of the rules.
    pub because: String,
    /// What changed it: `new`, `data`, `rules`, `rules_and_data`, `time`.
    pub cause: String,
    /// The scores of the record.
    pub scores: Map<String, Json>,
    /// Its labels.
    pub labels: Map<String, Json>,
    /// The day of the move.
    pub day: String,
    /// The moment that the record was scored as of.
    pub as_of: String,
    /// The digest of the rules.
    pub revision: String,
}

impl Message {
    pub(super) fn of(change: &Change, results: &Results, since: Option<Since>, outline: &Outline, target: &str) -> Self {
        let since = since.map_or(change.as_of.micros, |since| since.at);
        let stage = change.after.as_deref().map_or_else(|| "-".to_owned(), |stage| format!("={stage}"));
        let digest = super::digest::hex(&[&change.key, &change.what, &stage, &outline.digest, &since.to_string()]);
        let part = |results: &Json, name: &str| match results.get(name) {
            Some(Json::Object(part)) => part.clone(),
            Some(_) | None => Map::new(),
        };
        let json = results.json();
        Self {
            id: format!("msg_{}", digest.chars().take(32).collect::<String>()),
            target: target.to_owned(),
            change: change.id,
            key: change.key.clone(),
            lifecycle: change.what.clone(),
            from: change.before.clone(),
            to: change.after.clone(),
            because: change.why.clone(),
            cause: change.cause.name().to_owned(),
            scores: part(&json, "scores"),
            labels: part(&json, "labels"),
            day: civil(change.as_of.day).map_or_else(|| change.as_of.day.to_string(), |day| day.to_string()),
            as_of: moment_text(change.as_of.micros),
            revision: outline.digest.clone(),
        }
    }

    /// What changed it, in words.
    #[must_use]
    pub fn cause_words(&self) -> &str {
        match Cause::named(&self.cause) {
            Some(cause) => cause.words(),
            None => &self.cause,
        }
    }
}

/// A message that one sender has for itself, until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The message.
    pub message: Message,
    /// How often it was tried before.
    pub attempts: i64,
    by: String,
}

/// How the messages for an address stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Still to be sent.
    pub waiting: i64,
    /// Given up after the last attempt.
    pub parked: i64,
    /// Sent.
    pub sent: i64,
    /// When the next attempt is due, in microseconds since 1970-01-01T00:00Z.
    pub next: Option<i64>,
    /// What went wrong last with those that wait or are parked.
    pub said: Option<String>,
}

impl Store {
    /// Adds a message to those that are to be sent; how many that were not there.
    pub(super) fn enqueue(&mut self, message: &Message, now: i64) -> Result<u64, Fault> {
        let text = serde_json::to_string(message).map_err(|error| Fault::new(format!("a message cannot be written: {error}")))?;
        let columns = "id, target, change, key, message, state, attempts, due, claimed_until, claimed_by, said, created";
        let values = [
            message.id.as_str().into(),
            message.target.as_str().into(),
            message.change.into(),
            message.key.as_str().into(),
            text.into(),
            "waiting".into(),
            0_i64.into(),
            now.into(),
            0_i64.into(),
            "".into(),
            "".into(),
            now.into(),
        ];
        let places = tables::places(1, values.len());
        let statement = format!("INSERT INTO lsrc_outbox ({columns}) VALUES {places} ON CONFLICT (id, target) DO NOTHING");
        self.session.run(&statement, &values)
    }

    /// Claims messages that are due, the oldest first, for `lease` microseconds: no other sender gets them meanwhile. Of one record there
    /// is the oldest alone, so that its moves arrive in their order. `by` names the sender.
    ///
    /// # Errors
    /// The database's own.
    pub fn claim(&mut self, target: &str, by: &str, now: i64, lease: i64, most: u32) -> Result<Vec<Claimed>, Fault> {
        let begin = match self.session.system() {
            System::Sqlite => "BEGIN IMMEDIATE",
            System::Postgres => "BEGIN",
        };
        let skip = match self.session.system() {
            System::Sqlite => "",
            System::Postgres => " FOR UPDATE OF o SKIP LOCKED",
        };
        let query = format!(
            "SELECT o.id, o.message, o.attempts FROM lsrc_outbox o WHERE o.target = ?1 AND o.state = 'waiting' AND o.due <= ?2 \
             AND o.claimed_until <= ?2 AND NOT EXISTS (SELECT 1 FROM lsrc_outbox e WHERE e.target = o.target AND e.key = o.key \
             AND e.state = 'waiting' AND e.change < o.change) ORDER BY o.change, o.id LIMIT {most}{skip}"
        );
        self.session.script(begin)?;
        let claimed = self.claimed(&query, target, by, now, lease);
        let claimed = claimed.and_then(|claimed| self.session.script("COMMIT").map(|()| claimed));
        if claimed.is_err() {
            tables::rollback(&mut *self.session);
        }
        claimed
    }

    fn claimed(&mut self, query: &str, target: &str, by: &str, now: i64, lease: i64) -> Result<Vec<Claimed>, Fault> {
        let mut out = Vec::new();
        for row in self.session.rows(query, &[target.into(), now.into()])? {
            let mut cells = row.into_iter();
            let mut text = || cells.next().and_then(Value::text).ok_or_else(|| damaged(&"a message is empty"));
            let (id, message) = (text()?, text()?);
            let attempts = cells.next().and_then(|cell| cell.whole()).ok_or_else(|| damaged(&"a message is not counted"))?;
            let message: Message = serde_json::from_str(&message).map_err(|error| damaged(&error))?;
            let until = now.saturating_add(lease);
            let update = "UPDATE lsrc_outbox SET claimed_until = ?1, claimed_by = ?2 WHERE id = ?3 AND target = ?4";
            self.session.run(update, &[until.into(), by.into(), id.as_str().into(), target.into()])?;
            let message = Message { id, target: target.to_owned(), ..message };
            out.push(Claimed { message, attempts, by: by.to_owned() });
        }
        Ok(out)
    }

    /// Notes that a message arrived.
    ///
    /// # Errors
    /// The database's own.
    pub fn sent(&mut self, claimed: &Claimed, now: i64) -> Result<(), Fault> {
        let statement = "UPDATE lsrc_outbox SET state = 'sent', attempts = attempts + 1, settled = ?1, said = '' WHERE id = ?2 AND target = ?3";
        let message = &claimed.message;
        self.session.run(statement, &[now.into(), message.id.as_str().into(), message.target.as_str().into()]).map(drop)
    }

    /// Notes that an attempt failed: the next is due after its delay, or when the receiver said (`retry_after`, in seconds), whichever is
    /// later. After the last attempt, or where the receiver is `gone`, the message is parked. When it is due; `None` if it is parked.
    ///
    /// # Errors
    /// The database's own.
    pub fn failed(
        &mut self,
        claimed: &Claimed,
        now: i64,
        said: &str,
        retry_after: Option<i64>,
        gone: bool,
    ) -> Result<Option<i64>, Fault> {
        let delay = usize::try_from(claimed.attempts).ok().and_then(|at| DELAYS.get(at)).filter(|_| !gone);
        let asked = retry_after.map(|seconds| seconds.clamp(0, LONGEST_DELAY));
        let due = delay.map(|delay| now.saturating_add(asked.map_or(*delay, |asked| asked.max(*delay)) * SECOND));
        let said: String = said.chars().take(SAID).collect();
        let state = if due.is_some() { "waiting" } else { "parked" };
        let statement = "UPDATE lsrc_outbox SET state = ?1, attempts = attempts + 1, due = ?2, settled = ?3, said = ?4, claimed_until = 0 \
                         WHERE id = ?5 AND target = ?6 AND claimed_by = ?7 AND state = 'waiting'";
        let settled = if due.is_some() { None } else { Some(now) };
        let message = &claimed.message;
        let values = [
            state.into(),
            due.unwrap_or(now).into(),
            settled.into(),
            said.into(),
            message.id.as_str().into(),
            message.target.as_str().into(),
            claimed.by.as_str().into(),
        ];
        self.session.run(statement, &values)?;
        Ok(due)
    }

    /// Gives up a claim without an attempt.
    ///
    /// # Errors
    /// The database's own.
    pub fn release(&mut self, claimed: &Claimed) -> Result<(), Fault> {
        let statement = "UPDATE lsrc_outbox SET claimed_until = 0 WHERE id = ?1 AND target = ?2 AND claimed_by = ?3";
        let message = &claimed.message;
        let values = [message.id.as_str().into(), message.target.as_str().into(), claimed.by.as_str().into()];
        self.session.run(statement, &values).map(drop)
    }

    /// Lets parked messages be sent again from now on; how many.
    ///
    /// # Errors
    /// The database's own.
    pub fn unpark(&mut self, target: &str, now: i64) -> Result<u64, Fault> {
        let statement = "UPDATE lsrc_outbox SET state = 'waiting', attempts = 0, due = ?1, settled = NULL, claimed_until = 0 \
                         WHERE target = ?2 AND state = 'parked'";
        self.session.run(statement, &[now.into(), target.into()])
    }

    /// How the messages for an address stand.
    ///
    /// # Errors
    /// The database's own.
    pub fn standing(&mut self, target: &str) -> Result<Standing, Fault> {
        self.standing_of(" WHERE target = ?1", &[target.into()])
    }

    /// How all messages stand, whatever their address.
    ///
    /// # Errors
    /// The database's own.
    pub fn standing_of_all(&mut self) -> Result<Standing, Fault> {
        self.standing_of("", &[])
    }

    fn standing_of(&mut self, condition: &str, values: &[Value]) -> Result<Standing, Fault> {
        let said = "MAX(CASE WHEN said <> '' THEN said END)";
        let query = format!("SELECT state, COUNT(*), MIN(due), {said} FROM lsrc_outbox{condition} GROUP BY state");
        let mut standing = Standing::default();
        for row in self.session.rows(&query, values)? {
            let mut cells = row.into_iter();
            let state = cells.next().and_then(Value::text);
            let (count, due) = (cells.next().and_then(|it| it.whole()), cells.next().and_then(|it| it.whole()));
            let (count, said) = (count.ok_or_else(|| damaged(&"messages are not counted"))?, cells.next().and_then(Value::text));
            match state.as_deref() {
                Some("waiting") => {
                    (standing.waiting, standing.next) = (count, due);
                    standing.said = said.or(standing.said);
                }
                Some("parked") => {
                    standing.parked = count;
                    standing.said = standing.said.or(said);
                }
                Some(_) | None => standing.sent = count,
            }
        }
        Ok(standing)
    }
}
