//! First rules for a schema: only for properties whose role is known, each with its reason. What nobody can judge from a name is left as a
//! comment; owners, names and keys are no reason to score anybody.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::schema::{Property, Schema};
use crate::syntax::written::quoted;
use crate::text::fold;
use crate::value::{Options, Type};

/// The rules and their tests.
pub struct Rules {
    /// The rule file.
    pub score: String,
    /// Its tests.
    pub tests: String,
}

/// What a property says about a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Employees,
    Industry,
    Forms,
    Visits,
    LastActivity,
    OptOut,
    Stage,
}

/// Words of names, in English and French, that tell a role. All words of one entry are in the name.
const WORDS: [(Role, &[&[&str]]); 8] = [
    (Role::Title, &[&["job", "title"], &["jobtitle"], &["title"], &["position"], &["poste"], &["fonction"]]),
    (
        Role::Employees,
        &[&["employees"], &["employee", "count"], &["numberofemployees"], &["company", "size"], &["headcount"], &["effectif"]],
    ),
    (Role::Industry, &[&["industry"], &["sector"], &["secteur"]]),
    (Role::Forms, &[&["form"], &["forms"], &["conversion"], &["formulaire"]]),
    (Role::Visits, &[&["visits"], &["sessions"], &["page", "views"], &["pageviews"], &["visites"]]),
    (
        Role::LastActivity,
        &[
            &["last", "activity"],
            &["last", "visit"],
            &["last", "seen"],
            &["last", "session"],
            &["last", "open"],
            &["last", "click"],
            &["last", "engagement"],
            &["derniere", "visite"],
        ],
    ),
    (
        Role::OptOut,
        &[&["unsubscribed"], &["opted", "out"], &["opt", "out"], &["optout"], &["optedout"], &["desabonne"], &["desinscrit"]],
    ),
    (Role::Stage, &[&["lifecycle", "stage"], &["lifecyclestage"], &["lifecycle"], &["lead", "status"], &["stage"]]),
];

/// Words of names that are about somebody else, or about the record and not the contact.
const OTHERS: [&str; 12] =
    ["owner", "id", "ids", "name", "sent", "proprietaire", "email", "campaign", "source", "date", "currency", "url"];

/// The role that a property's name and type have together.
fn role(property: &Property) -> Option<Role> {
    let header = property.from.first().unwrap_or(&property.name);
    let written = format!("{} {}", property.name, header);
    let words: Vec<String> = written
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| fold(word, true).into_owned())
        .filter(|w| !w.is_empty())
        .collect();
    let has = |word: &&str| words.iter().any(|own| own == word);
    let found = WORDS.iter().find(|(_, entries)| entries.iter().any(|entry| entry.iter().all(has)));
    let (role, _) = found?;
    let dated = matches!(property.ty, Type::Date | Type::DateTime);
    if OTHERS.iter().any(|word| has(word) && !(*word == "date" && dated) && !(*word == "email" && *role == Role::OptOut)) {
        return None;
    }
    let fits = match role {
        Role::Title => property.ty == Type::Text || matches!(property.ty, Type::OneOf(_)),
        Role::Employees | Role::Visits => matches!(property.ty, Type::Integer | Type::Number),
        Role::Industry | Role::Stage => matches!(property.ty, Type::OneOf(_)),
        Role::Forms => matches!(property.ty, Type::SetOf(_) | Type::OneOf(_)),
        Role::LastActivity => dated,
        Role::OptOut => property.ty == Type::Boolean,
    };
    fits.then_some(*role)
}

/// Writes the rules of a schema.
#[must_use]
pub fn rules(schema: &Schema) -> Rules {
    let mut found: Vec<(Role, &Property)> = Vec::new();
    let mut rest: Vec<&str> = Vec::new();
    for (at, property) in schema.properties.iter().enumerate() {
        let key = schema.key.is_some_and(|key| key.0 as usize == at);
        match role(property).filter(|role| !key && !found.iter().any(|(other, _)| other == role)) {
            Some(role) => found.push((role, property)),
            None if key => {}
            None => rest.push(&property.name),
        }
    }
    // One name space holds them all.
    let free = |names: [&'static str; 3]| {
        names.into_iter().find(|name| schema.find(name).is_none() && schema.find_event(name).is_none()).unwrap_or("total_points")
    };
    let (points_name, grade_name) =
        (free(["points", "lead_points", "contact_points"]), free(["grade", "lead_grade", "contact_grade"]));
    let property = |role| found.iter().find(|(r, _)| *r == role).map(|(_, property)| *property);
    let mut items = String::new();
    // What the rules can come to, apart from what they take away.
    let mut sums = BTreeSet::from([0]);
    for (role, property) in &found {
        let (points, text) = item(*role, property);
        sums = sums.iter().flat_map(|sum| std::iter::once(*sum).chain(points.iter().map(move |p| sum + p))).collect();
        items.push_str(&text);
    }
    let mut score = String::from(
        "lsr 1\n\nuse \"contact.lsr\"\n\n## First rules: replace them by what your team knows about good contacts.\n",
    );
    let _ = writeln!(score, "score {points_name} {{");
    score.push_str(&items);
    if !rest.is_empty() {
        score.push_str("  # Not judged, for a name does not say who is a good contact. Add a rule for each that does:\n");
        for names in rest.chunks(6) {
            let _ = writeln!(score, "  #   {}", names.join(", "));
        }
    }
    score.push_str("}\n");
    let mut expected = format!("{points_name} = 0");
    let most = sums.last().copied().unwrap_or_default();
    let at_least = |share: u32| sums.iter().copied().find(|sum| *sum * 3 >= most * share).unwrap_or(most);
    if most > 0 {
        let (a, b) = (at_least(2), at_least(1));
        let middle = if b < a { format!("  {b}..<{a}: B\n") } else { String::new() };
        let _ = write!(score, "\nlabel {grade_name} by {points_name} {{\n  {a}..: A\n{middle}  ..<{}: C\n}}\n", b.min(a));
        let _ = write!(expected, ", {grade_name} is C");
        if let Some(stage) = property(Role::Stage) {
            score.push_str(&lifecycle(stage, property(Role::OptOut), points_name, b));
        }
    }
    let tests = format!(
        "lsr 1\n\nuse \"score.lsr\"\n\ntest \"of whom nothing is known, nothing is scored\" {{\n  expect {expected}\n}}\n"
    );
    Rules { score, tests }
}

/// The points that the rule of a property may give, and the rule.
fn item(role: Role, property: &Property) -> (Vec<u32>, String) {
    let name = &property.name;
    match role {
        Role::Title => match &property.ty {
            Type::OneOf(options) => leading_titles(name, options),
            Type::Text
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Date
            | Type::DateTime
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Score
            | Type::Label => (
                vec![20],
                format!(
                    "  if {name} contains word [\"vp\", \"chief\", \"ceo\", \"cto\", \"cfo\", \"cmo\", \"head\", \"director\", \"founder\", \"owner\"]\n    then +20 because \"decides or influences\"\n"
                ),
            ),
        },
        Role::Employees => (
            vec![5, 10, 15],
            format!(
                "  band {name} {{\n    ..<10: 0\n    10..<50: +5 because \"a small company\"\n    50..<500: +10 because \"a company of some size\"\n    500..: +15 because \"a large company\"\n  }}\n"
            ),
        ),
        Role::Industry => match property.ty.options().and_then(|options| options.items.first()) {
            None => (Vec::new(), String::new()),
            Some(first) => (
                vec![5],
                format!(
                    "  # The industry that occurs most often. Put those that you sell to in its place.\n  match {name} {{\n    {}: +5 because \"the industry that most contacts are in\"\n    else: 0\n  }}\n",
                    quoted(&first.name)
                ),
            ),
        },
        Role::Forms => forms(name, property),
        Role::Visits => (
            vec![5, 10],
            format!(
                "  band {name} {{\n    ..<2: 0\n    2..<6: +5 because \"came back\"\n    6..: +10 because \"comes back often\"\n  }}\n"
            ),
        ),
        Role::LastActivity => (
            vec![5, 10],
            format!(
                "  band days since {name} {{\n    ..7: +10 because \"was here this week\"\n    8..30: +5 because \"was here this month\"\n    31..: 0\n  }}\n"
            ),
        ),
        Role::OptOut => (Vec::new(), format!("  if {name} then -50 because \"opted out\"\n")),
        Role::Stage => (Vec::new(), String::new()),
    }
}

/// The options one of whose forms has one of these words.
fn with_word<'o>(options: &'o Options, words: &[&str]) -> Vec<&'o str> {
    let has = |text: &str| {
        let folded = fold(text, true).into_owned();
        folded.split(|c: char| !c.is_alphanumeric()).any(|part| words.contains(&part))
    };
    let items = options.items.iter().filter(|o| has(&o.name) || o.forms.iter().any(|form| has(form)));
    items.map(|o| &*o.name).collect()
}

/// Options as a line of a `match` lists them.
fn listed(options: &[&str]) -> String {
    options.iter().map(|option| quoted(option)).collect::<Vec<_>>().join(", ")
}

fn leading_titles(name: &str, options: &Options) -> (Vec<u32>, String) {
    let leading =
        with_word(options, &["vp", "chief", "ceo", "cto", "cfo", "cmo", "head", "director", "founder", "owner", "president"]);
    if leading.is_empty() {
        return (Vec::new(), String::new());
    }
    (vec![20], format!("  match {name} {{\n    {}: +20 because \"decides or influences\"\n    else: 0\n  }}\n", listed(&leading)))
}

/// Forms by what they ask for: a talk with sales, or something to read.
fn forms(name: &str, property: &Property) -> (Vec<u32>, String) {
    let Some(declared) = property.ty.options() else { return (Vec::new(), String::new()) };
    let each = if matches!(property.ty, Type::SetOf(_)) { " each" } else { "" };
    let sales =
        with_word(declared, &["demo", "pricing", "price", "contact", "trial", "quote", "sales", "devis", "tarifs", "tarif"]);
    let mut reading = with_word(
        declared,
        &["webinar", "guide", "ebook", "whitepaper", "paper", "checklist", "newsletter", "report", "webinaire"],
    );
    reading.retain(|option| !sales.contains(option));
    let mut lines = String::new();
    let mut points = Vec::new();
    if !sales.is_empty() {
        let _ = writeln!(lines, "    {}: +20 because \"asked for sales\"", listed(&sales));
        points.push(20);
    }
    if !reading.is_empty() {
        let _ = writeln!(lines, "    {}: +5 because \"reads what we write\"", listed(&reading));
        points.push(5);
    }
    if lines.is_empty() {
        return (Vec::new(), format!("  # Which options of {name} show interest? Give them points with `match{each} {name}`.\n"));
    }
    (points, format!("  match{each} {name} {{\n{lines}    else: 0\n  }}\n"))
}

/// The stage that marketing hands to sales, where the options have one.
fn lifecycle(stage: &Property, opt_out: Option<&Property>, points_name: &str, threshold: u32) -> String {
    let Type::OneOf(options) = &stage.ty else { return String::new() };
    let find = |names: &[&str]| {
        let plain = |text: &str| crate::text::header(&fold(text, true));
        let all = options.items.iter();
        all.filter(|o| std::iter::once(&o.name).chain(&o.forms).any(|form| names.contains(&plain(form).as_str())))
            .map(|o| &*o.name)
            .next()
    };
    let name = &stage.name;
    let ready = find(&["mql", "marketingqualifiedlead"]);
    let first = find(&["subscriber"]).or_else(|| find(&["lead"])).filter(|first| Some(*first) != ready);
    let (Some(ready), Some(first)) = (ready, first) else {
        return format!("\n# The options of {name} name no stage that marketing hands to sales, so no rule moves records.\n");
    };
    let mut text = format!("\nlifecycle {name} {{\n");
    let theirs: Vec<&str> =
        ["salesqualifiedlead", "sql", "opportunity", "customer"].into_iter().filter_map(|name| find(&[name])).collect();
    if !theirs.is_empty() {
        let _ = writeln!(text, "  hold when {name} in [{}] because \"already with sales\"", listed(&theirs));
    }
    let unless = opt_out.map_or_else(String::new, |p| format!(" unless {}", p.name));
    let _ = writeln!(text, "  stage {} when {points_name} >= {threshold}{unless} because \"shows interest\"", quoted(ready));
    let _ = writeln!(text, "  otherwise {}\n  forward only\n}}", quoted(first));
    text
}
