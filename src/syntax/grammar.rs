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
