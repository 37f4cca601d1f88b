//! One linear pass over a text for its tokens, without the grammar: where comments are, how deep brackets nest, and where a broken
//! file can be cut.

use crate::invariant::SureAt as _;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word.
    Word,
    /// A name in backticks.
    Backticked,
    /// A closed text.
    Text,
    /// A text that its line ends before it does.
    OpenText,
    /// A number or a date.
    Number,
    /// A pattern.
    Pattern,
    /// `{`, `[` or `(`
    Open,
    /// `}`, `]` or `)`
    Close,
    /// Any other sign.
    Sign,
}

/// A token: its kind and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// First byte.
    pub(crate) start: usize,
    /// One past its last byte.
    pub(crate) end: usize,
    /// Whether it is the first of its line.
    pub(crate) first: bool,
}

impl Token {
    /// The token as written.
    pub(crate) fn text(self, text: &str) -> &str {
        text.sure_at(self.start..self.end)
    }
}

/// The tokens and comments of a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scan {
    /// All tokens in order.
    pub(crate) tokens: Vec<Token>,
    /// First byte and end of every comment, in order.
    pub(crate) comments: Vec<(usize, usize)>,
}

/// Reads all of `text`.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    let mut first = true;
    let mut after_match = false;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if c == '\n' || c == '\r' {
            first = true;
            at += 1;
            continue;
        }
        if c.is_whitespace() || c == '\u{FEFF}' {
            at += c.len_utf8();
            continue;
        }
        if c == '#' {
            let end = at + line_rest(text, at);
            scan.comments.push((at, end));
            at = end;
            continue;
        }
        let (kind, length) = token(text, at, c, after_match);
        let end = at + length.max(c.len_utf8());
        after_match = kind == Kind::Word && matches!(text.get(at..end), Some("matches" | "match"));
        scan.tokens.push(Token { kind, start: at, end, first });
        first = false;
        at = end;
    }
    scan
}

/// Bytes from `at` to the end of its line.
fn line_rest(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().sure_at(at..);
    memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
}

fn token(text: &str, at: usize, c: char, after_match: bool) -> (Kind, usize) {
    let rest = text.sure_at(at..);
    match c {
        '"' => quoted(rest, '"').map_or_else(|| (Kind::OpenText, line_rest(text, at)), |length| (Kind::Text, length)),
        '`' => quoted(rest, '`').map_or((Kind::Sign, 1), |length| (Kind::Backticked, length)),
        '/' if after_match => quoted(rest, '/').map_or((Kind::Sign, 1), |length| (Kind::Pattern, length)),
        '{' | '[' | '(' => (Kind::Open, 1),
        '}' | ']' | ')' => (Kind::Close, 1),
        c if c.is_ascii_digit() => (Kind::Number, number(rest)),
        c if is_word(c) => (Kind::Word, rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
        _ => (Kind::Sign, sign(rest)),
    }
}

/// Length of a text from its opening to its closing mark, on one line; in backticks a backslash means nothing.
fn quoted(rest: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '\n' || c == '\r' {
            return None;
        }
        if escaped {
            escaped = false;
        } else if c == '\\' && mark != '`' {
            escaped = true;
        } else if c == mark {
            return Some(at + 1);
        }
    }
    None
}

/// Length of a number with its suffix, a date or a date-time; `1..5` is a number and two dots.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize, count: usize| (from..from + count).all(|at| bytes.get(at).is_some_and(u8::is_ascii_digit));
    let is = |at: usize, sign: u8| bytes.get(at) == Some(&sign);
    let dated = digits(0, 4) && is(4, b'-') && digits(5, 2) && is(7, b'-') && digits(8, 2);
    let timed = dated && is(10, b'T');
    let mut end = if dated { 10 } else { 0 };
    while let Some(&b) = bytes.get(end) {
        let goes_on = b.is_ascii_alphanumeric()
            || b == b'_'
            || (b == b'.' && digits(end + 1, 1))
            || (timed && matches!(b, b':' | b'+' | b'-') && digits(end + 1, 2));
        if !goes_on {
            break;
        }
        end += 1;
    }
    if is(end, b'%') { end + 1 } else { end }
}

/// Length of a sign: the longest one of several characters that people write, else one character.
fn sign(rest: &str) -> usize {
    const SIGNS: [&str; 13] = ["..<", "..", "<=", ">=", "!=", "==", "=>", "<>", "&&", "||", "=<", "->", ":="];
    SIGNS.iter().find(|sign| rest.starts_with(**sign)).map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), |s| s.len())
}

/// Whether a character continues a word.
pub(super) fn is_word(c: char) -> bool {
    c == '_' || crate::text::is_word(c)
}

/// How deep the language nests.
pub(super) const MAX_DEPTH: usize = 200;

/// How deep a text nests.
pub(super) struct Depth {
    /// The most levels at any token.
    pub(super) deepest: usize,
    /// The tokens at which nesting goes beyond [`MAX_DEPTH`].
    pub(super) too_deep: Vec<usize>,
}

/// Measures nesting: brackets, and signs and words that take a value on their right and so nest without brackets (`not not x`,
/// `- - x`, `length of domain of x`).
pub(super) fn depth(text: &str, tokens: &[Token]) -> Depth {
    let mut outer = Vec::new();
    let mut run = 0_usize;
    let mut total = 0_usize;
    let mut depth = Depth { deepest: 0, too_deep: Vec::new() };
    for (at, token) in tokens.iter().enumerate() {
        let before = total + run;
        match token.kind {
            Kind::Open => {
                outer.push(run);
                total += run + 1;
                run = 0;
            }
            Kind::Close => {
                let inside = outer.pop();
                total -= inside.map_or(0, |run| run + 1);
                run = 0;
            }
            Kind::Sign if token.text(text) == "-" => run += 1,
            Kind::Word if takes_value(token.text(text)) => run += 1,
            Kind::Word | Kind::Backticked | Kind::Text | Kind::OpenText | Kind::Number | Kind::Pattern | Kind::Sign => run = 0,
        }
        depth.deepest = depth.deepest.max(total + run);
        if before <= MAX_DEPTH && total + run > MAX_DEPTH {
            depth.too_deep.push(at);
        }
    }
    depth
}

fn takes_value(word: &str) -> bool {
    matches!(word.strip_suffix('s').unwrap_or(word), "hour" | "day" | "week" | "month" | "year" | "word")
        || matches!(word, "not" | "domain" | "length" | "size" | "of" | "since" | "until")
}
