//! Who may ask for what: bearer tokens from a file, each with its scopes.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::failure::Failure;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Score and explain records.
    Score,
    /// Read rules, schema, metrics and what is stored; check and compare rules.
    Read,
    /// Store records and events.
    Write,
    /// Everything, and load rules again.
    Admin,
}

impl Scope {
    const ALL: [Self; 4] = [Self::Score, Self::Read, Self::Write, Self::Admin];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A token; the text itself is not kept.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) name: String,
    digest: [u8; 32],
    scopes: Vec<Scope>,
    bucket: Bucket,
}

impl Token {
    /// Whether it allows what needs this scope.
    pub(super) fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    pub(super) const fn bucket(&self) -> &Bucket {
        &self.bucket
    }
}

/// The tokens of a file.
#[derive(Debug, Default)]
pub(super) struct Tokens(Vec<Token>);

/// A token of fewer characters can be guessed.
const SHORTEST: usize = 20;

impl Tokens {
    /// Reads a file with a token a line: its name, its scopes, the token itself.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::reading(path, error))?;
        let shown = path.display();
        let mut tokens: Vec<Token> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| {
                Failure::new(format!("{shown}:{}: {what}", at + 1))
                    .help("write a name, its scopes (score, read, write, admin) and the token, as in `crm score,read TOKEN`")
            };
            let mut words = line.split_whitespace();
            let (Some(name), Some(scopes), Some(token), None) = (words.next(), words.next(), words.next(), words.next()) else {
                return Err(wrong("a line has three words"));
            };
            if token.chars().count() < SHORTEST {
                return Err(wrong(&format!("the token of `{name}` is shorter than {SHORTEST} characters")));
            }
            let scope = |word: &str| Scope::ALL.into_iter().find(|scope| scope.name() == word);
            let scopes: Option<Vec<Scope>> = scopes.split(',').map(scope).collect();
            let scopes = scopes.ok_or_else(|| wrong(&format!("`{name}` has a scope that does not exist")))?;
            let digest: [u8; 32] = Sha256::digest(token).into();
            if tokens.iter().any(|known| known.name == name || known.digest == digest) {
                return Err(wrong(&format!("the name or token of `{name}` is listed twice")));
            }
            tokens.push(Token { name: name.to_owned(), digest, scopes, bucket: Bucket::default() });
        }
        if tokens.is_empty() {
            return Err(Failure::new(format!("`{shown}` has no token")).help("add a line such as `crm score,read TOKEN`"));
        }
        Ok(Self(tokens))
    }

    /// The number of the token that was presented. Every token is compared, so that the time says nothing.
    pub(super) fn find(&self, presented: &str) -> Option<&Token> {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        let mut found = None;
        for token in &self.0 {
            let same: Choice = token.digest.as_slice().ct_eq(digest.as_slice());
            if bool::from(same) {
                found = Some(token);
            }
        }
        found
    }
}

/// How much of a rate has been used: a bucket that fills as time goes by, and holds a second's worth.
#[derive(Debug, Default)]
pub(super) struct Bucket(Mutex<Option<(Instant, f64)>>);

impl Bucket {
    /// Takes one request of so many a second; otherwise the seconds until there is one.
    pub(super) fn take(&self, rate: u32) -> Result<(), f64> {
        let (now, most) = (Instant::now(), f64::from(rate));
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = held.map_or(most, |(then, left)| (left + now.duration_since(then).as_secs_f64() * most).min(most));
        if left < 1.0 {
            *held = Some((now, left));
            return Err((1.0 - left) / most);
        }
        *held = Some((now, left - 1.0));
        Ok(())
    }
}
