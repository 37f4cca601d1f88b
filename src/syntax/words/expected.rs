//! What could have stood at a place: from the grammar's rules to a phrase, and to the keyword nearest to what stands there.

use super::super::grammar::Rule;
use super::super::keywords::{self, Level};
use super::Case;

/// The levels whose pieces each collapsed rule can start with.
const LEVELS: [(Rule, Level); 10] = [
    (Rule::file, Level::File),
    (Rule::score_items, Level::Score),
    (Rule::score_item, Level::Score),
    (Rule::schema_members, Level::Schema),
    (Rule::schema_member, Level::Schema),
    (Rule::lifecycle_lines, Level::Lifecycle),
    (Rule::lifecycle_line, Level::Lifecycle),
    (Rule::rollup_items, Level::Rollup),
    (Rule::test_clauses, Level::Test),
    (Rule::test_clause, Level::Test),
];

/// The words that other collapsed rules can start with.
const STARTS: [(Rule, &[&str]); 18] = [
    (
        Rule::block_head,
        &["schema", "score", "label", "lifecycle", "test", "group", "events", "related", "band", "match", "rollup"],
    ),
    (Rule::modifier, &["required", "default", "from", "split", "like"]),
    (Rule::type_expr, &["text", "integer", "number", "boolean", "date", "datetime", "one", "set"]),
    (Rule::unit, &["hours", "days", "weeks", "months", "years"]),
    (Rule::each_clause, &["max", "min", "losing"]),
    (Rule::bound, &["max", "min"]),
    (Rule::decay_since, &["losing"]),
    (Rule::else_branch, &["else"]),
    (Rule::label, &["label"]),
    (Rule::comparator, &["is"]),
    (Rule::test_state, &["is"]),
    (Rule::test_in, &["in", "not"]),
    (Rule::test_contains, &["contains", "does"]),
    (Rule::test_starts, &["starts", "does"]),
    (Rule::test_ends, &["ends", "does"]),
    (Rule::test_matches, &["matches", "does"]),
    (Rule::test_within, &["within"]),
    (Rule::test_more, &["more"]),
];

/// The fixed phrases, most telling first: the first whose rule is among the expected ones is used.
const PHRASES: [(Rule, &str); 35] = [
    (Rule::expectation, "what the test expects, such as `lead >= 65`, `not excluded` or `fired \"asked for sales\"`"),
    (Rule::giving, "a property and its value, such as `visits = 5`"),
    (Rule::k_then, "`then` and points, such as `then +50`"),
    (Rule::points, "points, such as `+50`, `-12.5` or `0`"),
    (Rule::sign, "points, such as `+50`, `-12.5` or `0`"),
    (Rule::k_when, "`when` and a condition"),
    (Rule::k_if, "`if` and a condition"),
    (Rule::unit, "a unit of time: `hours`, `days`, `weeks`, `months` or `years`"),
    (Rule::duration, "a duration, such as `30 days`"),
    (Rule::pattern, "a pattern between slashes, such as `/^vp /`"),
    (Rule::date, "a date, such as `2026-01-15`"),
    (Rule::colon, "`:`"),
    (Rule::given_value, "a value, such as `5`, `\"text\"`, an option, or `3 days ago`"),
    (Rule::type_expr, "a type: `text`, `integer`, `number`, `boolean`, `date`, `datetime`, `one of [..]` or `set of [..]`"),
    (Rule::bound_value, "a number or a param"),
    (Rule::label_line, "a range and a label, such as `40..: A`"),
    (Rule::band_line, "a range and points, such as `10..49: +5`, or `else: 0`"),
    (Rule::match_line, "an option and points, such as `software: +10`, or `else: 0`"),
    (Rule::event_value, "a field and its value, such as `url: \"/pricing\"`"),
    (Rule::option, "an option"),
    (Rule::close_bracket, "`,` or `]`"),
    (Rule::equals, "`=`"),
    (Rule::open, "`{`"),
    (Rule::open_bracket, "`[`"),
    (Rule::close_paren, "`)`"),
    (Rule::number, "a number"),
    (Rule::examples, "an example in double quotes, such as `\"31/12/2026\"` or `\"1.234,56\"`"),
    (Rule::example, "an example in double quotes, such as `\"31/12/2026\"` or `\"1.234,56\"`"),
    (Rule::text, "a text in double quotes"),
    (Rule::property_name, "the name of a property"),
    (Rule::name, "a name"),
    (Rule::close, "`}`"),
    (Rule::k_points, "`points`"),
    (Rule::k_excluded, "`excluded`"),
    (Rule::comma, "`,`"),
];

/// Operators of expressions: what can always follow a value.
const OPERATORS: [Rule; 18] = [
    Rule::k_and,
    Rule::k_or,
    Rule::k_unless,
    Rule::plus,
    Rule::minus,
    Rule::times_sign,
    Rule::divide,
    Rule::comparator,
    Rule::test_state,
    Rule::test_in,
    Rule::test_contains,
    Rule::test_starts,
    Rule::test_ends,
    Rule::test_matches,
    Rule::test_within,
    Rule::test_more,
    Rule::test_before,
    Rule::test_after,
];

/// What could have stood at the place, for "expected ..".
pub(super) fn phrase(case: &Case<'_>) -> String {
    if case.has(Rule::file) || case.has(Rule::block_head) {
        return "an item: `score`, `define`, `list`, `param`, `exclude`, `label`, `lifecycle`, `schema`, `use` or `test`"
            .to_owned();
    }
    if let Some(lines) = lines(case) {
        return lines.to_owned();
    }
    if case.has(Rule::EOI) {
        return next_or_more(case);
    }
    if case.has(Rule::range) && !case.has(Rule::k_else) {
        return "a list such as `[a, b]`, a range such as `10..50`, or the name of a list".to_owned();
    }
    if let Some(phrase) = by_neighbour(case) {
        return phrase.to_owned();
    }
    if let Some((_, phrase)) = PHRASES.iter().find(|(rule, _)| case.has(*rule) && !is_prefix(case, *rule)) {
        return (*phrase).to_owned();
    }
    value(case).unwrap_or_else(|| list(&words(case)))
}

/// What the word before asks for.
fn by_neighbour(case: &Case<'_>) -> Option<&'static str> {
    let before = case.before();
    if case.has(Rule::number) && matches!(before, "every" | "within" | "over" | "than" | "next") {
        return Some("a duration, such as `30 days`");
    }
    if case.has(Rule::open_bracket) && before == "of" {
        return Some("`text` or options in brackets, such as `[a, b]`");
    }
    let both = case.has(Rule::text) && case.has(Rule::name) && !case.has(Rule::expr) && !case.has(Rule::primary);
    if both && case.has(Rule::open_bracket) {
        return Some("a text, an option, or a list of them");
    }
    if both {
        return Some("a name or a text in double quotes");
    }
    None
}

/// Where a line of a block starts.
fn lines(case: &Case<'_>) -> Option<&'static str> {
    const LINES: [(Rule, &str); 9] = [
        (Rule::score_items, "a line of a score: `if`, `band`, `match`, `each`, `per`, `group` or `exclude`"),
        (Rule::schema_members, "a property and its type, such as `visits: integer`"),
        (Rule::event_fields, "a field and its type, such as `url: text`"),
        (Rule::lifecycle_lines, "a line of a lifecycle: `hold when`, `stage NAME when`, `otherwise` or `forward only`"),
        (Rule::rollup_items, "`score NAME = ..`, `label` or `lifecycle`"),
        (Rule::test_clauses, "`given` or `expect`"),
        (Rule::band_lines, "a range and points, such as `10..49: +5`, or `else: 0`"),
        (Rule::match_lines, "an option and points, such as `software: +10`, or `else: 0`"),
        (Rule::label_lines, "a range and a label, such as `40..: A`, or `else: C`"),
    ];
    LINES.iter().find_map(|(rule, phrase)| case.has(*rule).then_some(*phrase))
}

/// Whether a rule is among the expected ones only as part of a value that could start here.
fn is_prefix(case: &Case<'_>, rule: Rule) -> bool {
    let value = case.has(Rule::expr) || case.has(Rule::primary);
    value && matches!(rule, Rule::open_paren | Rule::open_bracket | Rule::name | Rule::text | Rule::number | Rule::date)
}

/// The words for a value or condition that should stand here.
fn value(case: &Case<'_>) -> Option<String> {
    let phrase = if case.has(Rule::k_known) {
        "a value, `known`, `unknown` or `empty`"
    } else if case.has(Rule::event_args) || case.has(Rule::formula_args) {
        "an event list or a value"
    } else if case.has(Rule::expr) || case.has(Rule::primary) || case.has(Rule::literal) || case.has(Rule::range_end) {
        if matches!(case.before(), "if" | "and" | "or" | "not" | "unless" | "when" | "where") {
            "a condition, such as `visits >= 5`"
        } else {
            "a value"
        }
    } else {
        return None;
    };
    Some(phrase.to_owned())
}

/// The piece could end here: what could go on with it, and the next line.
fn next_or_more(case: &Case<'_>) -> String {
    let mut parts = Vec::new();
    if case.has(Rule::k_and) {
        parts.push("an operator such as `and`".to_owned());
    }
    let more = [
        (Rule::k_because, "because"),
        (Rule::k_losing, "losing"),
        (Rule::decay_since, "losing"),
        (Rule::k_since, "since"),
        (Rule::bound, "max"),
        (Rule::each_clause, "max"),
        (Rule::k_else, "else"),
        (Rule::k_unknown, "unknown"),
        (Rule::k_times, "times"),
        (Rule::times_per, "per"),
        (Rule::modifier, "from"),
        (Rule::comma, ","),
        (Rule::k_by, "by"),
        (Rule::k_when, "when"),
        (Rule::equals, "="),
        (Rule::open, "{"),
    ];
    for (rule, word) in more {
        if case.has(rule) {
            parts.push(format!("`{word}`"));
        }
    }
    let next = match case.level {
        Level::File => "the next item",
        Level::Schema => "the next property",
        Level::Events => "the next field",
        Level::Score | Level::Lifecycle | Level::Test | Level::Band | Level::Match | Level::Label | Level::Rollup => {
            "the next line"
        }
    };
    parts.push(next.to_owned());
    list(&parts)
}

/// "a, b or c"
fn list(parts: &[String]) -> String {
    match parts {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The words of the expected rules, in backticks.
fn words(case: &Case<'_>) -> Vec<String> {
    let operators = case.expected.iter().all(|rule| OPERATORS.contains(rule));
    let rules = case.expected.iter().filter(|rule| operators || !OPERATORS.contains(rule));
    let mut words: Vec<String> = rules.filter_map(|&rule| keyword(rule)).map(|word| format!("`{word}`")).collect();
    if words.is_empty() && case.has(Rule::k_and) {
        words.push("an operator such as `and`".to_owned());
    }
    words
}

/// The word of a keyword's rule.
fn keyword(rule: Rule) -> Option<&'static str> {
    keywords::KEYWORDS.iter().find_map(|keyword| (keyword.rule == rule).then_some(keyword.word))
}

/// Whether a name could stand at the place, and `written` is a word that people want as one.
pub(super) fn wants_name(case: &Case<'_>, written: &str) -> bool {
    let is_option = case.has(Rule::option) || case.has(Rule::literal) || case.has(Rule::match_keys) || case.has(Rule::k_else);
    let any = [Rule::name, Rule::giving, Rule::expr, Rule::primary].iter().any(|&rule| case.has(rule));
    keywords::is_wanted(written) && (any || is_option) || is_option && matches!(written, "unknown" | "known" | "true" | "false")
}

/// The keyword nearest to `written` among those that could stand at the place.
pub(super) fn nearest(case: &Case<'_>, written: &str) -> Option<&'static str> {
    let small = written.to_lowercase();
    let starts = STARTS.iter().filter(|(rule, _)| case.has(*rule)).flat_map(|(_, words)| words.iter().copied());
    let lines = LEVELS.iter().filter(|(rule, _)| case.has(*rule)).flat_map(|(_, level)| keywords::starting(*level));
    let words = case.expected.iter().filter_map(|&rule| keyword(rule)).chain(lines).chain(starts).filter(|word| *word != written);
    // Nobody can tell what one letter was meant to be.
    (small.chars().count() > 1).then(|| crate::text::nearest(&small, words)).flatten()
}

/// The words that a value or condition can begin with.
const VALUE: [&str; 17] = [
    "at", "days", "domain", "earliest", "false", "highest", "hours", "latest", "length", "lowest", "months", "not", "size",
    "true", "weeks", "words", "years",
];

/// The words of the rules that are expected, and those that the collapsed ones among them can begin with.
pub(super) fn keywords(expected: &[Rule]) -> Vec<&'static str> {
    let starts = STARTS.iter().filter(|(rule, _)| expected.contains(rule)).flat_map(|(_, words)| words.iter().copied());
    let value = expected.iter().any(|rule| matches!(rule, Rule::expr | Rule::primary));
    let band =
        [Rule::band_lines, Rule::band_line, Rule::match_lines, Rule::match_line].iter().any(|rule| expected.contains(rule));
    let label = [Rule::label_lines, Rule::label_line].iter().any(|rule| expected.contains(rule));
    let own = expected.iter().filter_map(|&rule| keyword(rule));
    let lines = LEVELS.iter().filter(|(rule, _)| expected.contains(rule)).flat_map(|(_, level)| keywords::starting(*level));
    let mut words: Vec<&'static str> = own.chain(starts).chain(lines).collect();
    words.extend(VALUE.iter().copied().filter(|_| value));
    words.extend(["else"].iter().copied().filter(|_| band || label));
    words.extend(["unknown"].iter().copied().filter(|_| band));
    words.extend(["excluded", "fired", "not"].iter().copied().filter(|_| expected.contains(&Rule::expectation)));
    words.sort_unstable();
    words.dedup();
    words
}
