//! What the words of the language mean, a sentence and an example each.

/// Word, meaning, example.
const KEYWORDS: &[(&str, &str, &str)] = &[
    ("lsr", "The version of the language. It is the first line of a file.", "lsr 1"),
    ("use", "Reads another rule file. Its path starts at the folder of this file.", "use \"contact.lsr\""),
    ("schema", "The properties of a record, with their types.", "schema contact { visits: integer }"),
    ("key", "The property that identifies a record.", "key email: text"),
    (
        "events",
        "A list of what happened to a record: page views, mails, calls.",
        "events page_view by \"contact_id\" { url: text }",
    ),
    (
        "from",
        "The headers or names under which the data have a property, or the file of a list.",
        "visits: integer from \"Number of visits\"",
    ),
    ("required", "A record without this property is a data error.", "email: text required"),
    ("default", "The value of a property that is unknown.", "country: text default \"FR\""),
    ("list", "Values under one name, written here or in a file.", "list free_mail = [\"gmail.com\", \"gmx.de\"]"),
    ("param", "A number, text or date under one name. A run can set it with `--set`.", "param sql_at = 65"),
    ("define", "A condition or value under one name.", "define fits = employees >= 50 and industry is software"),
    (
        "exclude",
        "Records for which the condition is true are not scored.",
        "exclude if email ends with \"@rival.example\" because \"competitor\"",
    ),
    (
        "score",
        "Points: the sum of its rules, or a formula over other scores.",
        "score fit max 60 { if employees >= 50 then +10 }",
    ),
    (
        "if",
        "Points where a condition is true. `else` and `unknown` give points in the other cases.",
        "if visits >= 5 then +10 else 0",
    ),
    ("then", "The points of a rule.", "if visits >= 5 then +10"),
    ("else", "The points where no condition before it is true.", "if visits >= 5 then +10 else -2"),
    (
        "unknown",
        "As a line: the points where the value is missing. As a test: whether it is missing.",
        "if phone is unknown then -5",
    ),
    ("known", "Whether a value is present.", "if phone is known then +5"),
    ("because", "The reason, in words. It is shown with the points.", "if visits >= 5 then +10 because \"comes back\""),
    ("band", "Points by ranges of a number or date.", "band employees { ..9: 0  10..49: +5  50..: +10 }"),
    ("match", "Points by options, texts or whole numbers.", "match industry { software: +10  finance: +5  else: 0 }"),
    ("each", "Points for every event of a list, or for every member of a set.", "each page_view within 30 days then +1 max 10"),
    ("per", "Points for each whole unit of a number.", "per 10 visits then +1 max 5"),
    ("group", "Rules with limits of their own.", "group \"Forms\" max 30 { if visits >= 5 then +10 }"),
    ("best", "Only the rules of a group that give the most count.", "group \"Source\" best 1 { if visits >= 5 then +10 }"),
    ("max", "The most points.", "score fit max 60 { if visits >= 5 then +10 }"),
    ("min", "The least points.", "score fit min 0 { if visits >= 5 then -10 }"),
    ("times", "How many events count, the newest first.", "each page_view then +1 max 5 times per day"),
    (
        "losing",
        "How points decrease with age.",
        "if demo_at is known then +20 losing 50% of its points every 30 days since demo_at",
    ),
    ("since", "The date from which age is counted, or the time that has passed.", "if days since last_visit < 7 then +5"),
    ("within", "Whether a date is at most this long ago.", "if last_visit within 30 days then +5"),
    ("where", "Which events count.", "count(page_view where url contains \"/pricing\") >= 2"),
    ("when", "The condition of a stage, a hold or a group.", "stage mql when lead >= 20"),
    (
        "unless",
        "The condition on its left counts only where the one on its right is not true.",
        "if visits >= 5 unless unsubscribed then +10",
    ),
    ("and", "Both conditions are true.", "visits >= 5 and phone is known"),
    ("or", "At least one condition is true.", "visits >= 5 or phone is known"),
    ("not", "The condition is false.", "not unsubscribed"),
    ("in", "Whether a value is in a list or a range.", "country in [\"FR\", \"BE\"]"),
    ("is", "Whether a value is an option, known, unknown or empty.", "industry is software"),
    ("contains", "Whether a text has a part, or a set has a member.", "job_title contains word \"vp\""),
    ("starts", "Whether a text starts with another.", "url starts with \"/pricing\""),
    ("ends", "Whether a text ends with another.", "email ends with \".edu\""),
    ("matches", "Whether a text fits a pattern.", "job_title matches /^vp /"),
    ("label", "A name for the ranges of a score.", "label grade by fit { 30..: A  10..<30: B  ..<10: C }"),
    ("lifecycle", "The stages of a record, in order.", "lifecycle status { stage sql when lead >= 65  otherwise lead }"),
    ("stage", "The stage of records for which the condition is true.", "stage sql when lead >= 65"),
    ("hold", "Records for which the condition is true keep their stage.", "hold when status is customer"),
    ("otherwise", "The stage of all other records.", "otherwise subscriber"),
    ("forward", "`forward only`: a record never moves to an earlier stage.", "forward only"),
    ("test", "A record, and what the rules say of it.", "test \"a demo\" { given form = [demo]  expect lead >= 30 }"),
    ("given", "The values of a test's record.", "given visits = 5, industry = software"),
    ("expect", "What a test checks.", "expect lead >= 30, not excluded, fired \"asked for a demo\""),
    ("fired", "Whether a rule with this reason gave points.", "expect fired \"asked for a demo\""),
    ("excluded", "Whether the record is excluded.", "expect excluded because \"competitor\""),
];

/// Every word with its meaning and its example.
#[must_use]
pub const fn all() -> &'static [(&'static str, &'static str, &'static str)] {
    KEYWORDS
}

/// Meaning and example of a word; `None` for a word that explains itself.
pub(super) fn meaning(word: &str) -> Option<(&'static str, &'static str)> {
    KEYWORDS.iter().find(|(known, ..)| *known == word).map(|(_, meaning, example)| (*meaning, *example))
}
