//! Which key of a JSON object is which column: names are matched as headers are, and a dot goes into an object.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::flat::Written;
use crate::input::header::normal;
use crate::invariant::SureAt as _;

/// How well a key fits; the smallest fits best. The order of the names counts first, then a key of the record itself before one inside an
/// object, then an exact key before a loose one.
pub(crate) type Rank = u32;

/// The keys of one level of objects.
#[derive(Debug, Default)]
pub(crate) struct Level {
    candidates: Vec<Candidate>,
    entries: Vec<Entry>,
    places: FxHashMap<Arc<str>, usize>,
    /// By position in the object: what is known of the key that stood there last.
    expected: Vec<Expected>,
}

/// A key that is expected, and what its value is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) written: Written,
    /// Its entry.
    pub(super) place: usize,
    pub(super) claim: Claim,
}

/// The columns that a key fits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim {
    None,
    One(usize, Rank),
    /// More than one, or not known here: the entry has them.
    Several,
}

#[derive(Debug, Clone)]
struct Candidate {
    target: usize,
    rank: Rank,
    /// What is left of the name.
    rest: String,
    /// The same as it is compared loosely.
    normal: String,
    /// For each dot in it: what stands before it, plain and as it is compared loosely.
    heads: Vec<(String, String)>,
}

impl Candidate {
    fn new(target: usize, rank: Rank, rest: String) -> Self {
        let heads = rest.match_indices('.').filter_map(|(dot, _)| rest.get(..dot)).map(|head| (head.to_owned(), normal(head)));
        Self { target, rank, normal: normal(&rest), heads: heads.collect(), rest }
    }
}

/// A key that occurred.
#[derive(Debug)]
pub(crate) struct Entry {
    key: Arc<str>,
    written: Written,
    /// The columns that it fits.
    claims: Vec<(usize, Rank)>,
    /// The keys of its object, if a name goes into it.
    pub(crate) below: Option<Box<Level>>,
}

const LOOSE: Rank = 1;
const INSIDE: Rank = 4;
const NAME: Rank = 16;

impl Level {
    /// A level for these columns, each with its names in order.
    pub(crate) fn new<'a>(columns: impl Iterator<Item = (usize, Vec<&'a str>)>) -> Self {
        let candidates = columns
            .flat_map(|(target, names)| {
                (0..).zip(names).map(move |(order, name)| Candidate::new(target, order * NAME, name.to_owned()))
            })
            .collect();
        Self { candidates, ..Self::default() }
    }

    /// As [`new`](Self::new), but the names are also looked for inside the object `under`, as HubSpot's lists have them.
    pub(crate) fn also_under(mut self, under: &str) -> Self {
        let inside: Vec<Candidate> = self
            .candidates
            .iter()
            .map(|c| Candidate::new(c.target, c.rank + 2 * INSIDE, format!("{under}.{}", c.rest)))
            .collect();
        self.candidates.extend(inside);
        self
    }

    /// The place of a key's entry; `position` is where it stands in its object.
    pub(crate) fn place(&mut self, key: &str, position: usize) -> usize {
        if let Some(expected) = self.expected.get(position)
            && self.entries.get(expected.place).is_some_and(|e| &*e.key == key)
        {
            return expected.place;
        }
        let place = match self.places.get(key) {
            Some(&place) => place,
            None => self.add(key),
        };
        let Some(entry) = self.entries.get(place) else { return place };
        let claim = match *entry.claims.as_slice() {
            [] => Claim::None,
            [(target, rank)] => Claim::One(target, rank),
            _ => Claim::Several,
        };
        let expected = Expected { written: entry.written, place, claim };
        // Keys come one behind the other, so that none is left out.
        if position == self.expected.len() && position < 4096 {
            self.expected.push(expected);
        } else if let Some(known) = self.expected.get_mut(position) {
            *known = expected;
        }
        place
    }

    /// What stood at this position last.
    #[inline]
    pub(super) fn expected(&self, position: usize) -> Option<&Expected> {
        self.expected.get(position)
    }

    /// The columns that the key of an entry fits.
    #[inline]
    pub(crate) fn claims(&self, place: usize) -> &[(usize, Rank)] {
        self.entries.get(place).map_or(&[], |entry| &entry.claims)
    }

    /// The entry at a place.
    pub(crate) fn entry(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place)
    }

    /// The key of an entry.
    pub(crate) fn key(&self, place: usize) -> &str {
        &self.entries.sure_at(place).key
    }

    /// All keys that occurred.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|e| &*e.key)
    }

    fn add(&mut self, key: &str) -> usize {
        let loose = normal(key);
        let fit = |name: &str, normal: &str| if name == key { Some(0) } else { (normal == loose).then_some(LOOSE) };
        let mut claims: Vec<(usize, Rank)> = Vec::new();
        let mut below = Vec::new();
        for c in &self.candidates {
            if let Some(loss) = fit(&c.rest, &c.normal) {
                let rank = c.rank + loss;
                match claims.iter_mut().find(|(target, _)| *target == c.target) {
                    Some((_, known)) => *known = rank.min(*known),
                    None => claims.push((c.target, rank)),
                }
            }
            for (head, normal) in &c.heads {
                if let (Some(loss), Some(tail)) = (fit(head, normal), c.rest.get(head.len() + 1..)) {
                    below.push(Candidate::new(c.target, c.rank + INSIDE + loss, tail.to_owned()));
                }
            }
        }
        let below = (!below.is_empty()).then(|| Box::new(Self { candidates: below, ..Self::default() }));
        let place = self.entries.len();
        let key: Arc<str> = Arc::from(key);
        self.entries.push(Entry { key: key.clone(), written: Written::new(&key), claims, below });
        self.places.insert(key, place);
        place
    }
}
