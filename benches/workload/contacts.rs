//! The contacts: 56 columns as a CRM exports them, of which the models look at 20.

use super::rng::Rng;
use super::words::{
    CAMPAIGNS, CITIES, COMPETITORS, COUNTRIES, FIRST, FORMS, FREE_MAIL, HOSTS, INDUSTRIES, LAST, PATHS, RANKS, REMARKS, SOURCES,
    STAGES, TITLES, TRADES,
};

/// A cell.
pub(crate) enum Value {
    Null,
    Whole(i64),
    Number(f64),
    Text(String),
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Seconds since 1970-01-01T00:00Z.
    Moment(i64),
}

/// 2026-06-30, the day as of which the workload is scored.
pub(crate) const AS_OF: i32 = 20_634;

/// What the columns of one contact have in common.
pub(crate) struct Person {
    number: i64,
    first: &'static str,
    last: &'static str,
    ascii: String,
    company: i64,
    country: &'static str,
    forms: Vec<&'static str>,
    opened: i64,
    clicked: i64,
    open_age: i32,
    visits: i64,
}

impl Person {
    fn new(number: i64, r: &mut Rng) -> Self {
        let last = r.pick(LAST);
        let warmth = r.share();
        let wanted = match warmth {
            w if w < 0.45 => 0,
            w if w > 0.9 => 1 + r.below(4),
            _ => 1 + r.below(2),
        };
        let mut forms: Vec<usize> = (0..wanted).map(|_| (r.share().powf(1.6) * FORMS.len() as f64) as usize).collect();
        forms.sort_unstable();
        forms.dedup();
        let opened = if r.chance(0.3) { 0 } else { r.size(60.0) };
        Self {
            number,
            first: r.pick(FIRST),
            last,
            ascii: last.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect(),
            company: r.size(200_000.0),
            country: r.lean(COUNTRIES),
            forms: forms.into_iter().map(|at| FORMS[at]).collect(),
            opened,
            clicked: if opened == 0 || r.chance(0.5) { 0 } else { 1 + r.below(opened as u64 / 2 + 1) as i64 },
            open_age: if r.chance(0.15) { r.below(8) as i32 } else { r.size(900.0) as i32 },
            visits: if warmth < 0.2 { 0 } else { r.size(80.0) },
        }
    }

    fn email(&self, r: &mut Rng) -> String {
        let domain = match r.share() {
            u if u < 0.33 => r.lean(FREE_MAIL).to_owned(),
            u if u < 0.35 => r.pick(COMPETITORS).to_owned(),
            u if u < 0.38 => format!("uni{}.edu", r.below(400)),
            _ => format!("company{}.{}", self.company, ["com", "io", "de", "co.uk"][(self.company % 4) as usize]),
        };
        format!("{}.{}{}@{domain}", self.first.to_lowercase(), self.ascii, self.number % 9973)
    }
}

fn title(r: &mut Rng) -> String {
    let title = if r.chance(0.12) {
        r.pick(TITLES).to_owned()
    } else {
        match (r.lean(RANKS), r.pick(TRADES)) {
            ("Head", trade) => format!("Head of {trade}"),
            ("Chief Officer", trade) => format!("Chief {trade} Officer"),
            (rank, trade) => format!("{trade} {rank}"),
        }
    };
    if r.chance(0.12) { title.to_lowercase() } else { title }
}

fn maybe(r: &mut Rng, missing: f64, value: impl FnOnce(&mut Rng) -> Value) -> Value {
    if r.chance(missing) { Value::Null } else { value(r) }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn whole(r: &mut Rng, below: u64) -> Value {
    Value::Whole(r.below(below) as i64)
}

fn phone(r: &mut Rng) -> Value {
    Value::Text(format!("+{} {} {:07}", 1 + r.below(90), 100 + r.below(900), r.below(10_000_000)))
}

fn referrer(r: &mut Rng) -> Value {
    let (host, path, campaign) = (r.lean(HOSTS), r.pick(PATHS), r.pick(CAMPAIGNS));
    Value::Text(format!("https://{host}/{path}?utm_campaign={campaign}&gclid={:016x}", r.bits()))
}

fn page(r: &mut Rng) -> Value {
    Value::Text(format!("https://www.example.com/{}/{}", r.pick(PATHS), r.below(5000)))
}

fn moment(r: &mut Rng, age: i64) -> Value {
    Value::Moment((i64::from(AS_OF) - age) * 86_400 + r.below(86_400) as i64)
}

type Make = fn(&Person, &mut Rng) -> Value;

/// The columns by name, with what fills them.
pub(crate) const COLUMNS: [(&str, Make); 56] = [
    ("id", |p, _| Value::Whole(p.number)),
    ("record_guid", |_, r| {
        let (a, b) = (r.bits(), r.bits());
        Value::Text(format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            a & 0xffff,
            a >> 16 & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        ))
    }),
    ("email", |p, r| Value::Text(p.email(r))),
    ("first_name", |p, _| text(p.first)),
    ("last_name", |p, _| text(p.last)),
    ("phone", |_, r| maybe(r, 0.4, phone)),
    ("mobile_phone", |_, r| maybe(r, 0.7, phone)),
    ("job_title", |_, r| maybe(r, 0.08, |r| Value::Text(title(r)))),
    ("company", |p, _| {
        Value::Text(if p.company % 5 == 0 {
            format!("Company {}, Inc.", p.company)
        } else {
            format!("Company {} GmbH", p.company)
        })
    }),
    ("website", |p, _| Value::Text(format!("https://www.company{}.com", p.company))),
    ("industry", |_, r| maybe(r, 0.1, |r| text(r.lean(INDUSTRIES)))),
    ("street_address", |_, r| maybe(r, 0.5, |r| Value::Text(format!("{} Example Street", 1 + r.below(400))))),
    ("city", |_, r| maybe(r, 0.2, |r| text(r.lean(CITIES)))),
    ("state", |_, r| maybe(r, 0.6, |r| text(r.pick(&["CA", "NY", "TX", "BE", "BY", "IDF", "ON"])))),
    ("zip", |_, r| maybe(r, 0.4, |r| Value::Text(format!("{:05}", r.below(99_999))))),
    ("country", |p, r| maybe(r, 0.04, |_| text(p.country))),
    ("employees", |_, r| maybe(r, 0.25, |r| Value::Whole(r.size(20_000.0)))),
    ("annual_revenue", |_, r| maybe(r, 0.35, |r| Value::Number((r.size(1e9) * 100 + r.below(100) as i64) as f64 / 100.0))),
    ("owner_id", |_, r| Value::Whole(1000 + r.below(40) as i64)),
    ("owner_name", |_, r| Value::Text(format!("{} {}", r.pick(FIRST), r.pick(LAST)))),
    ("form_submissions", |p, _| if p.forms.is_empty() { Value::Null } else { Value::Text(p.forms.join(";")) }),
    ("visits", |p, _| Value::Whole(p.visits)),
    ("page_views", |p, r| Value::Whole(if p.visits == 0 { 0 } else { p.visits + r.below(p.visits as u64 * 4) as i64 })),
    ("original_source", |_, r| text(r.lean(SOURCES))),
    ("referrer_url", |_, r| maybe(r, 0.3, referrer)),
    ("first_page_url", |_, r| page(r)),
    ("last_page_url", |_, r| page(r)),
    ("last_email_open", |p, _| if p.opened == 0 { Value::Null } else { Value::Date(AS_OF - p.open_age) }),
    ("last_email_click", |p, r| if p.clicked == 0 { Value::Null } else { Value::Date(AS_OF - p.open_age - r.below(20) as i32) }),
    ("emails_opened", |p, _| Value::Whole(p.opened)),
    ("emails_clicked", |p, _| Value::Whole(p.clicked)),
    ("emails_delivered", |p, r| Value::Whole(p.opened + r.below(40) as i64)),
    ("unsubscribed", |_, r| Value::Boolean(r.chance(0.06))),
    ("lifecycle_stage", |_, r| text(r.lean(STAGES))),
    ("lead_status", |_, r| text(r.pick(&["NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED", "CONNECTED"]))),
    ("sales_feedback", |_, r| maybe(r, 0.85, |r| text(r.pick(&["accepted", "rejected", "nurture"])))),
    ("created_at", |_, r| {
        let age = r.size(1500.0);
        moment(r, age)
    }),
    ("last_modified", |_, r| {
        let age = r.below(60) as i64;
        moment(r, age)
    }),
    ("object_source", |_, r| text(r.pick(&["FORM", "IMPORT", "INTEGRATION", "CRM_UI"]))),
    ("ip_country", |p, _| text(p.country)),
    ("ip_city", |_, r| maybe(r, 0.2, |r| text(r.lean(CITIES)))),
    ("timezone", |_, r| text(r.pick(&["europe_berlin", "us_eastern", "us_pacific", "asia_tokyo"]))),
    ("preferred_language", |_, r| text(r.pick(&["en", "de", "fr", "es", "pt", "ja"]))),
    ("gdpr_basis", |_, r| text(r.pick(&["Legitimate interest – prospect", "Freely given consent", "Not applicable"]))),
    ("social_handle", |p, r| maybe(r, 0.8, |r| Value::Text(format!("@{}_{}", p.first.to_lowercase(), r.below(100_000))))),
    ("profile_url", |p, r| {
        maybe(r, 0.5, |r| {
            let name = p.first.to_lowercase();
            Value::Text(format!("https://social.example.com/in/{name}-{}-{:x}", p.ascii, r.bits() & 0xff_ffff))
        })
    }),
    ("notes", |_, r| maybe(r, 0.7, |r| Value::Text(format!("{}, {}", r.pick(REMARKS), r.pick(REMARKS))))),
    ("persona", |_, r| text(r.pick(&["persona_1", "persona_2", "persona_3", "persona_4"]))),
    ("num_deals", |_, r| if r.chance(0.8) { Value::Whole(0) } else { whole(r, 6) }),
    ("num_notes", |_, r| whole(r, 12)),
    ("recent_deal_amount", |_, r| maybe(r, 0.85, |r| Value::Number(r.size(1e6) as f64))),
    ("days_to_close", |_, r| maybe(r, 0.85, |r| whole(r, 200))),
    ("first_conversion", |_, r| maybe(r, 0.5, |r| Value::Text(format!("{}: form {}", r.pick(PATHS), r.below(60))))),
    ("recent_conversion", |_, r| maybe(r, 0.5, |r| Value::Text(format!("{}: form {}", r.pick(PATHS), r.below(60))))),
    ("campaign", |_, r| text(r.pick(CAMPAIGNS))),
    ("utm_medium", |_, r| text(r.pick(&["cpc", "email", "social", "organic", "none"]))),
];

/// The cells of a contact, in the order of the columns.
pub(crate) fn contact(number: i64, r: &mut Rng) -> Vec<Value> {
    let person = Person::new(number, r);
    COLUMNS.iter().map(|(_, make)| make(&person, r)).collect()
}
