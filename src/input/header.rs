//! Which column of a file is which property.

/// What a file has for one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match {
    /// The column with this place.
    One(usize),
    /// No column.
    None,
    /// Several columns that fit equally well.
    Several(Vec<usize>),
}

pub(crate) use crate::text::header as normal;

/// The headers of a file, ready to be matched.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers {
    /// As in the file.
    pub(crate) names: Vec<String>,
    normal: Vec<String>,
    /// Objects that columns are in; their places follow those of the columns.
    objects: Vec<String>,
}

impl Headers {
    /// Headers as in the file; a nameless column is none.
    pub(crate) fn new(names: Vec<String>) -> Self {
        let normal = names.iter().map(|n| normal(n)).collect();
        Self { names, normal, objects: Vec::new() }
    }

    /// With the objects that columns are in.
    pub(crate) fn with_objects(self, objects: Vec<String>) -> Self {
        Self { objects, ..self }
    }

    /// The first of `names` that a header fits, exactly before loosely.
    pub(crate) fn find<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Match {
        for name in names {
            let exact: Vec<usize> = places(&self.names, name);
            let fitting = if exact.is_empty() { places(&self.normal, &normal(name)) } else { exact };
            match fitting.as_slice() {
                [] => {}
                [one] => return Match::One(*one),
                _ => return Match::Several(fitting),
            }
        }
        Match::None
    }

    /// The place of the object of this name, exactly before loosely.
    pub(crate) fn object(&self, name: &str) -> Option<usize> {
        let exact = self.objects.iter().position(|own| own == name);
        let at = exact.or_else(|| self.objects.iter().position(|own| normal(own) == normal(name)))?;
        Some(self.names.len() + at)
    }

    /// Whether the column at a place has this name, as headers are compared.
    pub(crate) fn is_at(&self, name: &str, place: usize) -> bool {
        self.normal.get(place).is_some_and(|own| *own == normal(name))
    }

    /// At most three headers that come near to one of `names`, the best first.
    pub(crate) fn nearest<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let wanted: Vec<String> = names.into_iter().map(normal).collect();
        let mut rated: Vec<(f64, &String)> = self
            .names
            .iter()
            .zip(&self.normal)
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, own)| (wanted.iter().map(|w| nearness(w, own)).fold(0.0, f64::max), name))
            .filter(|(rate, _)| *rate >= 0.75)
            .collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        rated.into_iter().take(3).map(|(_, name)| name.clone()).collect()
    }
}

/// A header that holds the other as a whole is near, whatever stands around it.
fn nearness(wanted: &str, own: &str) -> f64 {
    let (short, long) = if wanted.len() <= own.len() { (wanted, own) } else { (own, wanted) };
    let held = if short.chars().count() >= 4 && long.contains(short) { 0.8 } else { 0.0 };
    strsim::jaro_winkler(wanted, own).max(held)
}

fn places(names: &[String], name: &str) -> Vec<usize> {
    if name.is_empty() {
        return Vec::new();
    }
    names.iter().enumerate().filter(|(_, n)| *n == name).map(|(at, _)| at).collect()
}
