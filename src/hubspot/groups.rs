//! The groups of a draft as `group` items: each rule with the number that HubSpot shows, its limits and its decay.

use serde_json::Value;

use super::clause::Condition;
use super::condition::{condition, operation};
use super::dates::window;
use super::points::{Hundredths, number};
use super::vocabulary::{Kind, Vocabulary};
use crate::input::infer::naming::quoted;

/// What became of the rules of a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) imported: usize,
    pub(super) off: usize,
    pub(super) review: usize,
    /// Where, and why.
    pub(super) left: Vec<(String, String)>,
}

/// The items of one rule, without its limits.
#[derive(Debug, Clone, Default)]
struct Items {
    lines: Vec<String>,
    /// What the items can give together, where it is known: the limits of the rule may never act.
    range: Option<(Hundredths, Hundredths)>,
    /// One `each`, which takes limits itself.
    each: Option<Each>,
    /// Something a person should look at, in words.
    review: Option<&'static str>,
    short: bool,
    /// Parts that the language cannot say, with the reasons; the others are in `lines`.
    left: Vec<String>,
}

/// `each E .. then P`, taken apart, so that limits and decay find their place.
#[derive(Debug, Clone)]
struct Each {
    head: String,
    decay: String,
}

/// The decay of a group, as an `each` says it.
struct Context<'a> {
    words: &'a Vocabulary,
    decay: Option<String>,
}

const FIRST_WINS: &str = "conditions that may hold together: the first that holds gives its points";

/// One group of the draft, in the lines of a score.
///
/// # Errors
/// A group that is not of the known form.
pub(super) fn group(node: &Value, words: &Vocabulary, counts: &mut Counts) -> Result<String, String> {
    let name = node.get("groupName").and_then(Value::as_str).unwrap_or("Group");
    let limit = |key: &str, word: &str| match node.get(key).filter(|v| !v.is_null()) {
        None => Ok(String::new()),
        Some(value) => Hundredths::read(value).map(|points| format!(" {word} {}", points.plain())),
    };
    let said = |error: String| format!("group {}: {error}", quoted(name));
    let limits = limit("minValue", "min").and_then(|min| Ok(min + &limit("maxValue", "max")?)).map_err(said)?;
    let context = Context { words, decay: decay(node.get("groupDecay")).map_err(said)? };
    let rules =
        node.get("ruleConfigurations").and_then(Value::as_array).ok_or_else(|| said("it has no `ruleConfigurations`".into()))?;
    let mut out = String::new();
    for (at, rule) in rules.iter().enumerate() {
        let place = format!("rule {} of {}", at + 1, quoted(name));
        let on = rule.get("enabled").and_then(Value::as_bool).unwrap_or(true);
        match items(rule, &context).and_then(|items| limited(rule, at + 1, items)) {
            Ok(items) if on => {
                counts.imported += 1;
                out.push_str(&format!("    # from {place}\n"));
                if let Some(review) = items.review {
                    counts.review += 1;
                    out.push_str(&format!("    # review: {review}\n"));
                }
                if items.short {
                    out.push_str("    # lsrc: allow(short-contains) HubSpot looks within words too\n");
                }
                items.lines.iter().for_each(|line| out.push_str(&format!("    {line}\n")));
                for reason in items.left {
                    out.push_str(&format!("    # NOT IMPORTED: a part of {place}: {reason}\n"));
                    counts.left.push((format!("a part of {place}"), reason));
                }
            }
            Ok(items) => {
                counts.off += 1;
                out.push_str(&format!("    # {place} is turned off in HubSpot:\n"));
                items.lines.iter().for_each(|line| out.push_str(&format!("    #   {line}\n")));
            }
            Err(reason) => {
                out.push_str(&format!("    # NOT IMPORTED: {place}: {}\n", reason.replace('\n', " ")));
                counts.left.push((place, reason));
            }
        }
    }
    let holds_items = out.lines().any(|line| !line.trim_start().starts_with('#'));
    if holds_items {
        return Ok(format!("  group {}{limits} {{\n{out}  }}\n", quoted(name)));
    }
    // A group without an item cannot be written; its comments stay.
    Ok(format!("  # group {} has no rule that counts\n{out}", quoted(name)))
}

/// HubSpot's decay is a straight line.
fn decay(node: Option<&Value>) -> Result<Option<String>, String> {
    let Some(node) = node.filter(|n| !n.is_null()) else { return Ok(None) };
    let whole = |key: &str, most: i64| {
        let value = node.get(key).and_then(Value::as_i64).filter(|v| (1..=most).contains(v));
        value.ok_or_else(|| format!("`{key}` of its decay is not a whole number from 1 to {most}"))
    };
    let (days, percent) = (whole("decayIntervalDays", 36_500)?, whole("percentToDecayPerInterval", 100)?);
    let unit = if days == 1 { "day" } else { "days" };
    Ok(Some(format!(" losing {percent}% of its points every {days} {unit}")))
}

/// The items with the limits of their rule.
fn limited(rule: &Value, number: usize, items: Items) -> Result<Items, String> {
    let limit = |key: &str| rule.get(key).filter(|v| !v.is_null()).map(Hundredths::read).transpose();
    let (mut min, mut max) = (limit("minimumValue")?, limit("maximumValue")?);
    if let Some((least, most)) = items.range {
        min = min.filter(|&min| least < min);
        max = max.filter(|&max| most > max);
    }
    let said = |word: &str, limit: Option<Hundredths>| limit.map_or_else(String::new, |l| format!(" {word} {}", l.plain()));
    let limits = said("min", min) + &said("max", max);
    let around_zero = min.is_none_or(|m| m <= Hundredths::ZERO) && max.is_none_or(|m| m >= Hundredths::ZERO);
    let lines = match (&items.each, items.lines.as_slice()) {
        _ if limits.is_empty() && items.each.is_none() => items.lines.clone(),
        (Some(each), []) if around_zero => vec![format!("{}{limits}{}", each.head, each.decay)],
        (Some(each), []) => wrapped(number, &limits, &[format!("{}{}", each.head, each.decay)]),
        (_, lines) => wrapped(number, &limits, lines),
    };
    Ok(Items { lines, each: None, ..items })
}

fn wrapped(number: usize, limits: &str, lines: &[String]) -> Vec<String> {
    let inside = lines.iter().map(|line| format!("  {line}"));
    std::iter::once(format!("group \"Rule {number}\"{limits} {{")).chain(inside).chain(["}".to_owned()]).collect()
}

fn items(rule: &Value, context: &Context<'_>) -> Result<Items, String> {
    let calculation = rule.pointer("/configuration/calculation").ok_or("it has no `configuration.calculation`")?;
    calculated(calculation, context)
}

fn calculated(node: &Value, context: &Context<'_>) -> Result<Items, String> {
    let ty = node.get("type").and_then(Value::as_str).ok_or("its calculation has no `type`")?;
    match ty {
        "MULTI_UE" => return events(node, context),
        "MULTI" => return several(node.get("calculators"), "calculators", |part| calculated(part, context)),
        _ if context.decay.is_some() => {
            return Err(format!(
                "its group has decay, which for {ty} counts from the day on which the property changed; records do not hold that day"
            ));
        }
        _ => {}
    }
    match ty {
        "CONSTANT" => {
            let value = points(node)?;
            Ok(Items { lines: vec![format!("if true then {}", value.signed())], range: Some((value, value)), ..Items::default() })
        }
        "CONDITIONAL" => {
            let test = condition(node.get("whereCondition").ok_or("`whereCondition` is missing")?, context.words, None)?;
            Ok(chain(&[(test, points(node)?)], Hundredths::ZERO))
        }
        "MATCH" => matched(node, context.words),
        "SEGMENT_MEMBERSHIP" => segments(node, context.words),
        "ASSOCIATIONS" | "ASSOCIATION_UE" => {
            let rollup = node.get("rollupType").and_then(Value::as_str).unwrap_or("?");
            let object = node.get("associatedObjectTypeId").and_then(Value::as_str).unwrap_or("?");
            Err(format!("{ty} counts the associated records ({object}, {rollup}), which the contact's row does not hold"))
        }
        other => Err(format!("the calculation {other} is not known")),
    }
}

fn points(node: &Value) -> Result<Hundredths, String> {
    Hundredths::read(node.get("value").ok_or("`value` is missing")?)
}

/// The items of several parts, one behind the other. A part that cannot be said is left out and named, unless no part can be said.
fn several(list: Option<&Value>, key: &str, read: impl Fn(&Value) -> Result<Items, String>) -> Result<Items, String> {
    let parts = list.and_then(Value::as_array).filter(|l| !l.is_empty()).ok_or_else(|| format!("`{key}` is missing or empty"))?;
    let (parts, left): (Vec<_>, Vec<_>) = parts.iter().map(read).partition(Result::is_ok);
    let mut parts: Vec<Items> = parts.into_iter().flatten().collect();
    let left: Vec<String> = left.into_iter().filter_map(Result::err).collect();
    if parts.is_empty() {
        return Err(left.join("; "));
    }
    if parts.len() == 1 && left.is_empty() {
        return Ok(parts.remove(0));
    }
    let mut all = Items { left, ..Items::default() };
    for part in parts {
        all.lines.extend(part.each.map(|each| format!("{}{}", each.head, each.decay)));
        all.lines.extend(part.lines);
        all.review = all.review.or(part.review);
        all.short |= part.short;
        all.left.extend(part.left);
    }
    Ok(all)
}

/// `if A then +1 else if B then +2`: the first that holds decides.
fn chain(rules: &[(Condition, Hundredths)], default: Hundredths) -> Items {
    let mut line = String::new();
    for (at, (test, value)) in rules.iter().enumerate() {
        let word = if at == 0 { "if" } else { " else if" };
        line.push_str(&format!("{word} {} then {}", test.alone(), value.signed()));
    }
    if default != Hundredths::ZERO {
        let default = default.signed();
        line.push_str(&format!(" else {default} unknown {default}"));
    }
    let values = || rules.iter().map(|(_, value)| *value).chain([default]);
    Items {
        lines: vec![line],
        range: values().min().zip(values().max()),
        review: (rules.len() > 1).then_some(FIRST_WINS),
        short: rules.iter().any(|(test, _)| test.short),
        ..Items::default()
    }
}

fn matched(node: &Value, words: &Vocabulary) -> Result<Items, String> {
    let (property, rules) = match_rules(node)?;
    let word = words.word(property, None)?;
    let default = node.get("defaultValue").filter(|v| !v.is_null()).map_or(Ok(Hundredths::ZERO), Hundredths::read)?;
    let tests: Vec<(Condition, Hundredths)> = rules
        .iter()
        .map(|rule| Ok((operation(rule.get("operation").ok_or("`operation` is missing")?, word, words, None)?, points(rule)?)))
        .collect::<Result<_, String>>()?;
    let lines = match word.kind {
        Kind::Number => ranges(rules).map(|(lines, complete)| (format!("band {}", word.name), lines, complete)),
        Kind::OneOf(_) | Kind::Text => choices(rules, &word.kind).map(|lines| (format!("match {}", word.name), lines, false)),
        Kind::Boolean | Kind::Date | Kind::SetOf(_) | Kind::TextSet => None,
    };
    let mut chained = chain(&tests, default);
    let Some((head, lines, complete)) = lines else { return Ok(chained) };
    let mut block = vec![format!("{head} {{")];
    block.extend(lines.iter().zip(&tests).map(|(line, (_, value))| format!("  {line}: {}", value.signed())));
    if !complete {
        block.push(format!("  else: {}", default.signed()));
    }
    block.push(format!("  unknown: {}", default.signed()));
    block.push("}".to_owned());
    chained.lines = block;
    chained.review = None;
    Ok(chained)
}

fn match_rules(node: &Value) -> Result<(&str, &[Value]), String> {
    let property = node.get("property").and_then(Value::as_str).ok_or("`property` is missing")?;
    let rules = node.get("matchRules").and_then(Value::as_array).filter(|l| !l.is_empty());
    Ok((property, rules.ok_or("`matchRules` is missing or empty")?))
}

/// Whether a record without a value matches this rule, which lines of a band or match do not say.
fn takes_unknown(operation: &Value) -> bool {
    operation.get("includeObjectsWithNoValueSet").and_then(Value::as_bool) == Some(true)
}

/// An end of a range of numbers.
type End = Option<(f64, String)>;

/// The lines of a band for these rules, and whether they leave no number out; `None` where they overlap or are not ranges.
fn ranges(rules: &[Value]) -> Option<(Vec<String>, bool)> {
    let mut spans: Vec<(End, End, bool, String)> = Vec::new();
    for rule in rules {
        let operation = rule.get("operation")?;
        if takes_unknown(operation) {
            return None;
        }
        let end = |key: &str| Some((operation.get(key)?.as_f64()?, number(operation.get(key), key).ok()?));
        let value = || end("value");
        let (low, high, without_end) = match operation.get("operator")?.as_str()? {
            "IS_EQUAL_TO" => (Some(value()?), Some(value()?), false),
            "IS_GREATER_THAN_OR_EQUAL_TO" => (Some(value()?), None, false),
            "IS_LESS_THAN" => (None, Some(value()?), true),
            "IS_LESS_THAN_OR_EQUAL_TO" => (None, Some(value()?), false),
            "IS_BETWEEN" => (Some(end("lowerBound")?), Some(end("upperBound")?), false),
            _ => return None,
        };
        let text = |end: &End| end.as_ref().map_or(String::new(), |(_, written)| written.clone());
        let line = match (&low, &high) {
            (Some((a, written)), Some((b, _))) if a.total_cmp(b).is_eq() => written.clone(),
            _ => format!("{}{}{}", text(&low), if without_end { "..<" } else { ".." }, text(&high)),
        };
        spans.push((low, high, without_end, line));
    }
    let lines = spans.iter().map(|(.., line)| line.clone()).collect();
    let lower = |end: &End| end.as_ref().map_or(f64::NEG_INFINITY, |(n, _)| *n);
    spans.sort_by(|a, b| lower(&a.0).total_cmp(&lower(&b.0)));
    let mut complete =
        spans.first().is_some_and(|(low, ..)| low.is_none()) && spans.last().is_some_and(|(_, high, ..)| high.is_none());
    for pair in spans.windows(2) {
        let [(_, high, without_end, _), (low, ..)] = pair else { continue };
        let high = high.as_ref().map_or(f64::INFINITY, |(n, _)| *n);
        let apart = if *without_end { high <= lower(low) } else { high < lower(low) };
        if !apart {
            return None;
        }
        complete &= *without_end && high.total_cmp(&lower(low)).is_eq();
    }
    Some((lines, complete))
}

/// The lines of a match for these rules; `None` where a value occurs twice or a rule does not list values.
fn choices(rules: &[Value], kind: &Kind) -> Option<Vec<String>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut lines = Vec::new();
    for rule in rules {
        let operation = rule.get("operation")?;
        let listed = matches!(operation.get("operator")?.as_str()?, "IS_ANY_OF" | "IS_EQUAL_TO");
        let values: Vec<&str> = operation.get("values")?.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        let fresh = values.iter().all(|v| seen.insert(crate::text::fold(v, false).into_owned()));
        if !listed || !fresh || takes_unknown(operation) {
            return None;
        }
        let values: Vec<String> = values.iter().map(|v| kind.value(v).ok()).collect::<Option<_>>()?;
        lines.push(values.join(", "));
    }
    Some(lines)
}

fn segments(node: &Value, words: &Vocabulary) -> Result<Items, String> {
    let rules = node.get("segmentMembershipRules").and_then(Value::as_array).filter(|l| !l.is_empty());
    let rules = rules.ok_or("`segmentMembershipRules` is missing or empty")?;
    let tests: Vec<(Condition, Hundredths)> = rules
        .iter()
        .map(|rule| {
            match rule.get("operation").and_then(Value::as_str) {
                Some("HAS_AT_LEAST_ONE_SEGMENT_MEMBERSHIP") => {}
                other => return Err(format!("the segment operation {} is not known", other.unwrap_or("(none)"))),
            }
            Ok((Condition::new(words.membership(rule.get("segmentIds"))?), points(rule)?))
        })
        .collect::<Result<_, _>>()?;
    Ok(chain(&tests, Hundredths::ZERO))
}

fn events(node: &Value, context: &Context<'_>) -> Result<Items, String> {
    several(node.get("eventCalculators"), "eventCalculators", |calculator| calculator_items(calculator, context))
}

fn calculator_items(calculator: &Value, context: &Context<'_>) -> Result<Items, String> {
    let event = calculator.get("eventTypeId").and_then(Value::as_str).ok_or("`eventTypeId` is missing")?;
    let name = context.words.event(event)?;
    let window = window(calculator.get("eventTimeframe"))?;
    let calculation = calculator.get("recordCalculation").ok_or("`recordCalculation` is missing")?;
    match calculator.get("eventFrequencyCriteria").filter(|f| !f.is_null()) {
        None => each(event, name, &window, calculation, context),
        Some(frequency) => by_frequency(event, name, &window, calculation, frequency, context),
    }
}

/// Points for every event.
fn each(event: &str, name: &str, window: &str, calculation: &Value, context: &Context<'_>) -> Result<Items, String> {
    let decay = context.decay.as_ref().map_or_else(String::new, String::clone);
    let mut parts = Vec::new();
    let mut short = false;
    let mut earlier: Vec<String> = Vec::new();
    for (test, value) in event_tests(event, calculation, context.words)? {
        let condition = match &test {
            None => String::new(),
            Some(test) => {
                let unless = match earlier.as_slice() {
                    [] => String::new(),
                    all => format!(" unless {}", all.join(" or ")),
                };
                earlier.push(test.operand());
                short |= test.short;
                format!(" where {}{unless}", if unless.is_empty() { test.alone().to_owned() } else { test.operand() })
            }
        };
        parts.push(Each { head: format!("each {name}{window}{condition} then {}", value.signed()), decay: decay.clone() });
    }
    match parts.as_slice() {
        [one] => Ok(Items { each: Some(one.clone()), short, ..Items::default() }),
        all => Ok(Items { lines: all.iter().map(|e| format!("{}{}", e.head, e.decay)).collect(), short, ..Items::default() }),
    }
}

/// The tests of an event with the points of each; the first that holds gives its points.
fn event_tests(event: &str, calculation: &Value, words: &Vocabulary) -> Result<Vec<(Option<Condition>, Hundredths)>, String> {
    match calculation.get("type").and_then(Value::as_str) {
        Some("CONSTANT") => Ok(vec![(None, points(calculation)?)]),
        Some("CONDITIONAL") => {
            let test = calculation.get("whereCondition").ok_or("`whereCondition` is missing")?;
            Ok(vec![(Some(condition(test, words, Some(event))?), points(calculation)?)])
        }
        Some("MATCH") => {
            let (property, rules) = match_rules(calculation)?;
            let default =
                calculation.get("defaultValue").filter(|v| !v.is_null()).map_or(Ok(Hundredths::ZERO), Hundredths::read)?;
            if default != Hundredths::ZERO {
                return Err("points for events that match none of its values cannot be said in rules".to_owned());
            }
            let word = words.word(property, Some(event))?;
            let test = |rule: &Value| {
                let node = rule.get("operation").ok_or("`operation` is missing")?;
                Ok((Some(operation(node, word, words, Some(event))?), points(rule)?))
            };
            rules.iter().map(test).collect()
        }
        other => Err(format!("the calculation {} of events is not known", other.unwrap_or("(none)"))),
    }
}

/// Points by the number of events: `band count(..) { .. }`.
fn by_frequency(
    event: &str,
    name: &str,
    window: &str,
    calculation: &Value,
    frequency: &Value,
    context: &Context<'_>,
) -> Result<Items, String> {
    let condition = match event_tests(event, calculation, context.words)?.as_slice() {
        [(None, _)] => String::new(),
        [(Some(test), _)] => format!(" where {}", test.alone()),
        _ => return Err("points by frequency and by value together cannot be said in rules".to_owned()),
    };
    match frequency.get("type").and_then(Value::as_str) {
        Some("BETWEEN") => {}
        other => return Err(format!("the frequency {} is not known", other.unwrap_or("(none)"))),
    }
    let ranges =
        frequency.get("ranges").and_then(Value::as_array).filter(|l| !l.is_empty()).ok_or("`ranges` is missing or empty")?;
    let counted = format!("count({name}{window}{condition})");
    let mut lines: Vec<(String, Hundredths)> = Vec::new();
    for range in ranges {
        let whole = |key: &str| {
            let value = range.get(key).and_then(Value::as_u64);
            value.ok_or_else(|| format!("`{key}` of its frequency is not a whole number"))
        };
        let times = match range.get("type").and_then(Value::as_str) {
            Some("EXACTLY") => whole("from")?.to_string(),
            Some("BETWEEN") => format!("{}..{}", whole("from")?, whole("to")?),
            Some("AT_LEAST") => format!("{}..", whole("from")?),
            other => return Err(format!("the frequency {} is not known", other.unwrap_or("(none)"))),
        };
        lines.push((times, points(range)?));
    }
    let values = || lines.iter().map(|(_, value)| *value).chain([Hundredths::ZERO]);
    let range = values().min().zip(values().max());
    let Some(decay) = &context.decay else {
        let mut block = vec![format!("band {counted} {{")];
        block.extend(lines.iter().map(|(times, value)| format!("  {times}: {}", value.signed())));
        block.extend(["  else: 0".to_owned(), "}".to_owned()]);
        return Ok(Items { lines: block, range, ..Items::default() });
    };
    // A band has no day from which its points could fade; the condition of an `if` can name the latest event.
    let since = format!("{decay} since last({name}{window}{condition})");
    let test = |times: &str| if times.contains("..") { format!("in {times}") } else { format!("= {times}") };
    let branches = lines.iter().map(|(times, value)| format!("if {counted} {} then {}{since}", test(times), value.signed()));
    Ok(Items {
        lines: vec![branches.collect::<Vec<_>>().join(" else ")],
        range,
        review: Some("points by frequency fade from the latest event"),
        ..Items::default()
    })
}
