//! The models: the one of 42 rules as it is written, larger ones made up.

use std::fmt::Write as _;

use super::rng::Rng;
use super::words::{COMPETITORS, COUNTRIES, FREE_MAIL, INDUSTRIES, SOURCES, STAGES};

/// The schema that all models use.
pub(crate) const CONTACT: &str = include_str!("../models/contact.lsr");
/// 42 rules in 61 lines, three exclusions, thresholds.
pub(crate) const MODEL_40: &str = include_str!("../models/model40.lsr");

/// Three rules over events: a window with a condition, points that fade, a count.
pub(crate) const EVENTS: &str = include_str!("../models/events.lsr");

/// Five rules over the company of a contact.
pub(crate) const RELATED: &str = include_str!("../models/related.lsr");

const TITLE_WORDS: &[&str] = &[
    "vp",
    "director",
    "head",
    "chief",
    "manager",
    "intern",
    "marketing",
    "sales",
    "growth",
    "finance",
    "product",
    "engineering",
    "analyst",
    "specialist",
    "founder",
    "ceo",
    "cto",
    "procurement",
    "success",
    "operations",
];
const FORMS: &[&str] = &[
    "newsletter",
    "ebook",
    "webinar",
    "blog_subscribe",
    "whitepaper",
    "demo_request",
    "case_study",
    "event_visit",
    "pricing_request",
    "free_trial",
    "contact_sales",
    "support",
    "careers",
];
const REFERRERS: &[&str] =
    &["g2.com", "capterra", "/pricing", "utm_campaign=brand", "linkedin", "/blog/", "compare", "reviews", "google", "abm_tier1"];

/// A model of so many rules, a fifth of them of two conditions, in scores of at most 400 rules.
pub(crate) fn model(rules: usize) -> String {
    let mut r = Rng(7);
    let mut out = "lsr 1\n\nuse \"contact.lsr\"\n".to_owned();
    for first in (0..rules).step_by(400) {
        let _ = write!(out, "\nscore part_{} {{\n", first / 400);
        for _ in first..rules.min(first + 400) {
            let mut condition = atom(&mut r);
            if r.chance(0.2) {
                let _ = write!(condition, " and {}", atom(&mut r));
            }
            let points = 1 + r.below(6);
            let sign = if r.chance(0.4) { '-' } else { '+' };
            let _ = writeln!(out, "  if {condition} then {sign}{points}");
        }
        out.push_str("}\n");
    }
    out.push_str("\nlabel grade by part_0 { 65..: sql  35..<65: mql  ..<35: lead }\n");
    out
}

/// One score with a single rule of so many `else if` branches.
pub(crate) fn branches(count: usize) -> String {
    let mut r = Rng(11);
    let mut out = format!("lsr 1\n\nuse \"contact.lsr\"\n\nscore chain {{\n  if {} then +1\n", atom(&mut r));
    for _ in 1..count {
        let _ = writeln!(out, "  else if {} then +{}", atom(&mut r), 1 + r.below(6));
    }
    out + "}\n"
}

/// One score with a single rule of so many alternatives.
pub(crate) fn alternatives(count: usize) -> String {
    let mut r = Rng(13);
    let parts: Vec<String> = (0..count).map(|_| atom(&mut r)).collect();
    format!("lsr 1\n\nuse \"contact.lsr\"\n\nscore any {{\n  if {}\n  then +1\n}}\n", parts.join("\n  or "))
}

fn texts(all: &[&str]) -> String {
    let quoted: Vec<String> = all.iter().map(|text| format!("\"{text}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn options(r: &mut Rng, name: &str, all: &[&str]) -> String {
    let count = all.len().min(1 + r.below(4) as usize);
    format!("{name} in [{}]", r.some(all, count).join(", "))
}

fn atom(r: &mut Rng) -> String {
    match r.below(100) {
        0..20 => {
            let count = 1 + r.below(3) as usize;
            format!("form_submissions in [{}]", r.some(FORMS, count).join(", "))
        }
        20..35 => {
            let count = 1 + r.below(4) as usize;
            format!("job_title contains {}", texts(&r.some(TITLE_WORDS, count)))
        }
        35..40 => {
            let domains: Vec<String> = r.some(&[FREE_MAIL, COMPETITORS].concat(), 2).iter().map(|d| format!("@{d}")).collect();
            format!("email ends with {}", texts(&domains.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        40..45 => format!("referrer_url contains \"{}\"", r.pick(REFERRERS)),
        45..49 => options(r, "industry", INDUSTRIES),
        49..53 => {
            let count = 1 + r.below(4) as usize;
            format!("country in {}", texts(&r.some(COUNTRIES, count)))
        }
        53..57 => {
            let sources: Vec<&str> = SOURCES.iter().map(|s| if *s == "email" { "email_campaign" } else { s }).collect();
            options(r, "original_source", &sources)
        }
        57..61 => options(r, "lifecycle_stage", STAGES),
        61..65 => options(r, "sales_feedback", &["accepted", "rejected", "nurture"]),
        65..85 => number(r),
        _ => days(r),
    }
}

fn number(r: &mut Rng) -> String {
    const COLUMNS: &[(&str, f64)] = &[
        ("employees", 2e4),
        ("annual_revenue", 1e9),
        ("visits", 80.0),
        ("page_views", 300.0),
        ("emails_opened", 60.0),
        ("emails_clicked", 30.0),
    ];
    let (name, max) = COLUMNS[r.below(COLUMNS.len() as u64) as usize];
    let low = r.size(max);
    if r.chance(0.3) { format!("{name} >= {low}") } else { format!("{name} in {low}..{}", low + r.size(max)) }
}

fn days(r: &mut Rng) -> String {
    let name = r.pick(&["last_email_open", "last_email_click", "created_at"]);
    let low = r.size(900.0) - 1;
    if r.chance(0.3) {
        format!("days since {name} >= {low}")
    } else {
        format!("days since {name} in {low}..{}", low + r.size(300.0))
    }
}
