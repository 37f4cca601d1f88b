//! Truth values in words.

/// The words for true, in simple lower case: English with first letters and digits, then French, German, Spanish, Italian, Portuguese.
///
/// Only English words are known by their first letters: in the other languages these would be new letters for no gain.
const TRUE: [&str; 14] =
    ["true", "yes", "t", "y", "1", "vrai", "oui", "wahr", "ja", "verdadero", "sí", "vero", "sì", "verdadeiro"];
const TRUE_PLAIN: [&str; 2] = ["si", "sim"];
const FALSE: [&str; 9] = ["false", "no", "f", "n", "0", "faux", "non", "falsch", "nein"];
const FALSE_PLAIN: [&str; 3] = ["falso", "não", "nao"];

/// Reads a trimmed text as a truth value.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "TRUE" | "True" | "Yes" => return Some(true),
        "false" | "0" | "FALSE" | "False" | "No" => return Some(false),
        _ => {}
    }
    // The longest word has eleven bytes.
    if text.len() > 11 {
        return None;
    }
    let folded = crate::text::fold(text, false);
    let any = |words: &[&str]| words.contains(&&*folded);
    if any(&TRUE) || any(&TRUE_PLAIN) {
        Some(true)
    } else if any(&FALSE) || any(&FALSE_PLAIN) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::boolean;

    #[test]
    fn six_languages() {
        for yes in [
            "TRUE",
            "Yes",
            "y",
            "T",
            "1",
            "Oui",
            "VRAI",
            "Ja",
            "wahr",
            "Sí",
            "SI",
            "verdadero",
            "Vero",
            "sì",
            "Sim",
            "Verdadeiro",
        ] {
            assert_eq!(boolean(yes), Some(true), "{yes}");
        }
        for no in ["FALSE", "No", "n", "F", "0", "Non", "FAUX", "Nein", "falsch", "falso", "Não", "nao", "NÃO"] {
            assert_eq!(boolean(no), Some(false), "{no}");
        }
        for neither in ["", "2", "maybe", "o", "v", "verdadeiramente"] {
            assert_eq!(boolean(neither), None, "{neither}");
        }
    }
}
