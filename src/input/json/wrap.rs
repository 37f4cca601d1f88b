//! Whether an object of a document is a record or has the list of records in it, as the answers of most interfaces do.

use super::keys::Level;
use super::places::Places;
use super::split::{Member, key, member, skip_space, value_end};
use crate::invariant::SureAt as _;

use super::visit::visit;

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A record, which ends before this byte.
    Record(usize),
    /// The list that starts here is the records; it is within so many objects.
    List { at: usize, depth: usize },
    /// The bytes end before that is known.
    More,
    /// It is not JSON at this byte.
    Broken(usize),
}

/// What lists of records are usually called, the most usual first: HubSpot; Salesforce, Zoho; OData; Marketo; others.
const USUAL: [&str; 16] = [
    "results",
    "records",
    "data",
    "value",
    "result",
    "contacts",
    "items",
    "leads",
    "people",
    "prospects",
    "members",
    "rows",
    "users",
    "entries",
    "objects",
    "docs",
];

/// Lists are looked for so deep.
const DEEP: usize = 3;

/// Judges objects by the columns that are wanted.
#[derive(Default)]
pub(crate) struct Judge {
    /// The keys of the objects themselves, and of elements of lists.
    outer: Level,
    inner: Level,
    places: Places,
    wanted: usize,
    /// The list that was taken, as a path.
    pub(crate) taken: Option<String>,
}

/// A list of an object.
struct Candidate {
    path: String,
    at: usize,
    depth: usize,
    /// How many of the wanted columns its first element has; `None` for an empty list.
    fits: Option<usize>,
    /// Its place among the usual names; beyond them for another name.
    name: usize,
}

impl Judge {
    /// For so many wanted columns.
    pub(crate) fn new(outer: Level, inner: Level, wanted: usize) -> Self {
        Self { outer, inner, places: Places::new(wanted), wanted, taken: None }
    }

    /// What the object at `at` is.
    pub(crate) fn verdict(&mut self, text: &str, at: usize) -> Verdict {
        let mut found = Vec::new();
        let mut own = Vec::new();
        let end = match self.look(text, at, "", 1, &mut found, &mut own) {
            Ok(end) => Some(end),
            Err(Member::Broken(place)) => return Verdict::Broken(place),
            Err(Member::More | Member::Found { .. }) => None,
        };
        // A list has the records where its first one has more of what is wanted than the object around it; without anything wanted its
        // name has to say so.
        let better = |list: &Candidate| match list.fits {
            Some(fits) if self.wanted > 0 => fits > own.len(),
            Some(_) | None => list.name < USUAL.len() && own.is_empty(),
        };
        // What comes after a list that goes on beyond the bytes is not known: only a usual name is enough then.
        let sure = |list: &Candidate| end.is_some() || list.name < USUAL.len();
        let best = found
            .iter()
            .filter(|list| better(list) && sure(list))
            .min_by_key(|list| (std::cmp::Reverse(list.fits.unwrap_or_default()), list.name, list.at));
        match (best, end) {
            (Some(list), _) => {
                self.taken = Some(list.path.clone());
                Verdict::List { at: list.at, depth: list.depth }
            }
            (None, Some(end)) => Verdict::Record(end),
            (None, None) => Verdict::More,
        }
    }

    /// Looks through the keys of an object: its lists of objects, and which wanted columns its keys fit. Gives one byte after it.
    fn look(
        &mut self,
        text: &str,
        at: usize,
        path: &str,
        depth: usize,
        found: &mut Vec<Candidate>,
        own: &mut Vec<usize>,
    ) -> Result<usize, Member> {
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, at + 1);
        for position in 0.. {
            match bytes.get(at) {
                None => return Err(Member::More),
                Some(b'}') => return Ok(at + 1),
                Some(b',') if position > 0 => at = skip_space(bytes, at + 1),
                Some(_) if position > 0 => return Err(Member::Broken(at)),
                Some(_) => {}
            }
            let (name, start) = key(bytes, at)?;
            let name = text.sure_at(name.start + 1..name.end - 1);
            if depth == 1 {
                let place = self.outer.place(name, position);
                own.extend(self.outer.claims(place).iter().map(|&(target, _)| target));
                own.sort_unstable();
                own.dedup();
            }
            let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match bytes.get(start) {
                Some(b'[') => {
                    let first = skip_space(bytes, start + 1);
                    let fits = match bytes.get(first) {
                        Some(b'{') => match value_end(bytes, first) {
                            Some(end) => Some(Some(self.fits(text, first..end))),
                            None => return Err(Member::More),
                        },
                        Some(b']') => Some(None),
                        Some(_) => None,
                        None => return Err(Member::More),
                    };
                    if let Some(fits) = fits {
                        let usual = USUAL.iter().position(|usual| name.eq_ignore_ascii_case(usual)).unwrap_or(USUAL.len());
                        found.push(Candidate { path: full, at: start, depth, fits, name: usual });
                    }
                }
                Some(b'{') if depth < DEEP => {
                    self.look(text, start, &full, depth + 1, found, own)?;
                }
                Some(_) | None => {}
            }
            match member(bytes, at) {
                Member::Found { value, .. } => at = skip_space(bytes, value.end),
                other @ (Member::More | Member::Broken(_)) => return Err(other),
            }
        }
        Ok(at)
    }

    /// How many of the wanted columns a record has.
    fn fits(&mut self, text: &str, record: std::ops::Range<usize>) -> usize {
        let fits = match visit(&mut self.inner, text, record, &mut self.places) {
            Ok(()) => self.places.last().iter().filter(|slot| slot.found()).count(),
            Err(_) => 0,
        };
        self.places.clear();
        fits
    }
}
