//! The names of months, long and short, in the six languages whose words for true and false are read.

use crate::text::fold;

/// By month, without case, accents and a point behind: English, French, German, Spanish, Italian and Portuguese. No name means two
/// different months.
const NAMES: [&[&str]; 12] = [
    &["january", "jan", "janvier", "janv", "januar", "janner", "enero", "ene", "gennaio", "gen", "janeiro"],
    &["february", "feb", "fevrier", "fevr", "fev", "februar", "febrero", "febbraio", "fevereiro"],
    &["march", "mar", "mars", "marz", "mrz", "maerz", "marzo", "marco"],
    &["april", "apr", "avril", "avr", "abril", "abr", "aprile"],
    &["may", "mai", "mayo", "maggio", "mag", "maio"],
    &["june", "jun", "juin", "juni", "junio", "giugno", "giu", "junho"],
    &["july", "jul", "juillet", "juil", "juli", "julio", "luglio", "lug", "julho"],
    &["august", "aug", "aout", "agosto", "ago"],
    &["september", "sep", "sept", "septembre", "septiembre", "setiembre", "settembre", "set", "setembro"],
    &["october", "oct", "octobre", "oktober", "okt", "octubre", "ottobre", "ott", "outubro", "out"],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &["december", "dec", "decembre", "dezember", "dez", "diciembre", "dic", "dicembre", "dezembro"],
];

/// The month from 1 to 12 that a word names, perhaps with a point behind it.
pub(crate) fn month(word: &str) -> Option<u8> {
    let bare = word.strip_suffix('.').unwrap_or(word);
    if !(3..=12).contains(&bare.chars().count()) {
        return None;
    }
    let folded = fold(bare, true);
    (1..).zip(NAMES).find(|(_, names)| names.contains(&&*folded)).map(|(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, month};

    #[test]
    fn no_name_means_two_months() {
        let all: Vec<&str> = NAMES.into_iter().flatten().copied().collect();
        for (at, name) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|n| n == name), Some(at), "{name}");
        }
        for (word, number) in [("Févr.", 2), ("MÄRZ", 3), ("août", 8), ("Dez", 12), ("sept.", 9), ("Março", 3), ("Jänner", 1)]
        {
            assert_eq!(month(word), Some(number), "{word}");
        }
        assert_eq!((month("ma"), month("Monday"), month("")), (None, None, None));
    }
}
