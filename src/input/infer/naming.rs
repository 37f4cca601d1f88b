//! Names and quoted texts for a written schema.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::input::header::normal;

/// A name made of the letters and digits of `text`: `Job Title` and `jobTitle` become `job_title`. `None` when there is nothing to make a
/// name of.
pub(crate) fn name(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut before = ' ';
    for c in text.nfd().filter(|&c| !crate::text::is_mark(c)) {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else if crate::text::is_apostrophe(c) {
            continue;
        } else if c.is_alphanumeric() {
            return None;
        } else if !out.ends_with('_') {
            out.push('_');
        }
        before = c;
    }
    let name = out.trim_matches('_').to_owned();
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts_well && !crate::syntax::is_reserved(&name) { Some(name) } else { None }
}

/// The names given to the columns of one table. A property reads the header of its own name too, so no name may be another column's
/// header, as headers are compared.
pub(crate) struct Names {
    /// All headers, and all names given, as headers are compared.
    claimed: BTreeSet<String>,
}

impl Names {
    /// For a table with these headers.
    pub(crate) fn new<'a>(headers: impl IntoIterator<Item = &'a str>) -> Self {
        Self { claimed: headers.into_iter().map(normal).collect() }
    }

    /// A property's name for a header of the table, unlike all names before.
    pub(crate) fn property(&mut self, header: &str) -> String {
        let last = header.rsplit('.').next().unwrap_or(header);
        let base = name(last)
            .or_else(|| name(header))
            .or_else(|| name(&format!("{header} value")))
            .or_else(|| name(&format!("column {header}")));
        let base = base.unwrap_or_else(|| "column".to_owned());
        let own = normal(header);
        // The first column that takes its own header as its name may; `own` is left out until then.
        let first = self.claimed.remove(&own);
        let candidates = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}_{n}")));
        let mut free = candidates.filter(|name| !self.claimed.contains(&normal(name)));
        let found = free.next().unwrap_or(base);
        if first {
            self.claimed.insert(own);
        }
        self.claimed.insert(normal(&found));
        found
    }
}

/// `"text"` as the language writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\u{d}"),
            // A character that cannot be seen is written by its number.
            c => out.push_str(&crate::text::visible(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('"');
    out
}

/// An option of a schema: the name that rules use, as the language writes it, and the further forms that it takes in data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedOption {
    pub(crate) name: String,
    pub(crate) forms: Vec<String>,
}

/// The options of these data values with the names and forms that they take.
///
/// A value and the further forms of it, the label of a property say, come together; the first form is the one that data are written with.
pub(crate) fn named_options(values: impl IntoIterator<Item = Vec<String>>) -> Vec<NamedOption> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut named = Vec::new();
    let fold = |text: &str| crate::text::fold(text, false).into_owned();
    for forms in values {
        let mut fresh: Vec<&String> = Vec::new();
        for form in &forms {
            if !form.is_empty() && !taken.contains(&fold(form)) && !fresh.iter().any(|f| fold(f) == fold(form)) {
                fresh.push(form);
            }
        }
        let Some(first) = fresh.first() else { continue };
        let name = fresh
            .iter()
            .rev()
            .find_map(|form| name(form))
            .filter(|name| fresh.iter().any(|f| fold(f) == *name) || !taken.contains(name));
        taken.extend(fresh.iter().map(|f| fold(f)));
        let further = |keep: &dyn Fn(&str) -> bool| fresh.iter().filter(|f| keep(f)).map(|&f| f.clone()).collect();
        match name {
            None => named.push(NamedOption { name: quoted(first), forms: further(&|f| f != first.as_str()) }),
            Some(name) => {
                taken.insert(name.clone());
                named.push(NamedOption { forms: further(&|f| fold(f) != name), name });
            }
        }
    }
    named
}

/// A list of options as a schema writes it: `[finance = "Financial Services" | "FINANCE"]`.
pub(crate) fn options(values: impl IntoIterator<Item = Vec<String>>) -> String {
    let written = named_options(values).into_iter().map(|NamedOption { name, forms }| {
        let forms: Vec<String> = forms.iter().map(|f| quoted(f)).collect();
        if forms.is_empty() { name } else { format!("{name} = {}", forms.join(" | ")) }
    });
    format!("[{}]", written.collect::<Vec<_>>().join(", "))
}

/// A count with its noun: `1 record`, `9,240 records`.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A whole number with commas: `9,240`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_of_the_language() {
        let named = |text: &str| name(text).unwrap_or_default();
        assert_eq!(named("Job Title"), "job_title");
        assert_eq!(named("jobTitle"), "job_title");
        assert_eq!(named("Société (FR)"), "societe_fr");
        assert_eq!(named("What's new?"), "whats_new");
        assert_eq!(named("50-100"), "");
        assert_eq!(named("Score"), "");
        assert_eq!(named("日本"), "");
    }

    #[test]
    fn no_name_is_the_header_of_another_column() {
        let headers = ["Score", "2nd", "properties.email", "E-mail", "Score Value", "Job Title"];
        let mut names = Names::new(headers);
        let named: Vec<String> = headers.iter().map(|header| names.property(header)).collect();
        assert_eq!(named, ["score_value_2", "column_2nd", "email_2", "e_mail", "score_value", "job_title"]);
    }

    #[test]
    fn options_keep_every_form_once() {
        let forms = |list: &[&[&str]]| options(list.iter().map(|f| f.iter().map(|&t| t.to_owned()).collect()));
        assert_eq!(forms(&[&["OPEN", "Working"], &["Lead"]]), "[working = \"OPEN\", lead]");
        assert_eq!(forms(&[&["50-100"], &["unknown"]]), "[\"50-100\", \"unknown\"]");
        assert_eq!(forms(&[&["Google"], &["google"], &["Goo gle"]]), "[google, goo_gle = \"Goo gle\"]");
        assert_eq!(forms(&[&["a b"], &["a-b"]]), "[a_b = \"a b\", \"a-b\"]");
    }
}
