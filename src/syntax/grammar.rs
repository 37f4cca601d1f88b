//! The one place where pest runs: the generated parser, its process-wide switches, and its answer in our terms.

use std::sync::{Mutex, Once, PoisonError};

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

pub(super) use generated::Rule;

/// The parser that pest derives from the grammar.
mod generated {
    /// The derived parser.
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/lsr.pest"]
    pub(crate) struct Lsr;
}

/// Pairs each keyword's rule with its word: the rule's name without `k_`.
macro_rules! keywords {
    ($($rule:ident)*) => {
        /// The keywords, reserved or special in their place, with their rules.
        pub(super) const KEYWORDS: &[(Rule, &str)] = &[$((Rule::$rule, stringify!($rule).split_at(2).1),)*];
    };
}

keywords! {
    k_lsr k_use k_list k_param k_define k_exclude k_if k_because k_schema k_unknown k_values k_time k_zone k_ignore k_accents
    k_numbers k_like k_serial k_epoch k_seconds k_dates k_events k_related k_by k_to k_key k_one k_of k_set k_text k_required k_default
    k_from k_column k_split k_score k_min k_max k_then k_else k_band k_match k_each k_within k_where k_times k_per k_day k_week k_month k_best k_group k_since k_losing k_all k_over k_every
    k_its k_points k_what k_is k_left k_label k_lifecycle k_rollup k_hold k_when k_stage k_excluded k_otherwise k_forward k_only k_test
    k_as k_given k_ago k_expect k_not k_fired k_unless k_or k_and k_true k_false k_until k_domain k_length k_words k_size
    k_at k_least k_latest k_earliest k_highest k_lowest k_first k_known k_empty k_in k_contains k_does k_contain k_word k_starts k_start k_with k_ends k_end k_matches k_next k_more k_than
    k_before k_after
}

/// Where and why a text does not parse: the furthest place that the parser got to, and the rules that would have gone on there.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// Byte offset in the text that was parsed.
    pub(super) at: usize,
    /// What could have stood there.
    pub(super) expected: Vec<Rule>,
}

static SWITCHES: Mutex<()> = Mutex::new(());
static ONCE: Once = Once::new();

/// Parses all of `text` by `rule`.
///
/// # Errors
/// Says where the text stops being what the rule describes.
pub(super) fn parse(rule: Rule, text: &str) -> Result<Pair<'_, Rule>, Refusal> {
    ONCE.call_once(|| {
        // pest's switches are process-wide. The expected rules come without the detailed trace, which costs half of the speed; the grammar
        // is linear and its depth is limited before it runs, so no call limit is needed.
        let _held = SWITCHES.lock().unwrap_or_else(PoisonError::into_inner);
        pest::set_error_detail(false);
        pest::set_call_limit(None);
    });
    match generated::Lsr::parse(rule, text) {
        Ok(mut pairs) => pairs.next().ok_or_else(|| Refusal { at: 0, expected: vec![rule] }),
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &Error<Rule>) -> Refusal {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Refusal { at, expected }
}
