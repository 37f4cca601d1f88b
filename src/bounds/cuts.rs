//! Where the conditions of a model cut the values of one subject.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::pattern::Meaning;
use crate::hir::walk::shape;
use crate::hir::{Each, Expr, TextTest, Texts};

/// Plain tests that a text passes, each with its constant.
pub type Facts = Vec<(TextTest, Arc<str>)>;

/// A test of a text property that a cell has to decide.
#[derive(Debug, Clone)]
pub struct TextLeaf {
    /// Whether it looks at the domain.
    pub domain: bool,
    /// Which test; `None` for a pattern that is no plain test, and where [`TextLeaf::asks_known`].
    pub test: Option<TextTest>,
    /// The constants.
    pub texts: Arc<Texts>,
    /// What passing the pattern means, if it is one.
    pub pattern: Option<Meaning>,
    /// Whether it asks if there is a domain.
    pub asks_known: bool,
    /// Whether it asks for the number of characters or words.
    pub counts: bool,
    /// The expression, to evaluate it.
    pub expr: Expr,
    pub(super) means: OnceCell<Vec<Facts>>,
}

impl TextLeaf {
    /// A plain test that is never passed without this one, with its constants.
    #[must_use]
    pub fn passed_by(&self) -> Option<(TextTest, &[Arc<str>])> {
        let pattern = self.pattern.as_ref().and_then(|p| p.passed_by.as_ref());
        self.test.map(|test| (test, &*self.texts.items)).or(pattern.map(|(test, items)| (*test, &**items)))
    }

    /// For every way to pass the test, plain tests that are passed then; empty where nothing is known of them.
    #[must_use]
    pub fn means(&self) -> &[Facts] {
        self.means.get_or_init(|| match (&self.pattern, self.test) {
            (Some(pattern), _) => pattern.ways.clone(),
            (None, Some(test)) => self.texts.items.iter().map(|t| vec![(test, t.clone())]).collect(),
            (None, None) => Vec::new(),
        })
    }
}

/// Where the conditions of a model cut the values of one subject.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    /// Numbers, on the scale of the subject.
    pub numbers: BTreeSet<OrdF64>,
    /// Whole numbers next to a number that the subject itself is held against.
    pub integers: BTreeSet<i64>,
    /// Whether something is computed from the number.
    pub computed: bool,
    /// Absolute days.
    pub days: BTreeSet<i32>,
    /// Absolute moments.
    pub moments: BTreeSet<i64>,
    /// Ages in days at which something changes; negative ahead.
    pub ages: BTreeSet<i64>,
    /// Ages in months.
    pub months: BTreeSet<i64>,
    /// Ages in hours.
    pub hours: BTreeSet<i64>,
    /// Tests of the text, each once.
    pub texts: Vec<TextLeaf>,
    /// The places of the tests by their words.
    pub(super) places: HashMap<String, usize>,
    /// Numbers of characters, words or members.
    pub counts: BTreeSet<i64>,
    /// The option codes that a condition or line names together.
    pub option_groups: Vec<BTreeSet<u32>>,
    /// The texts that a condition on a set of texts names.
    pub set_texts: BTreeSet<Arc<str>>,
    /// For events: the items that give points for each.
    pub items: Vec<Each>,
    /// The ages in days at which points that fade since the date have changed, for every rule that has such.
    pub fading: Vec<Vec<i64>>,
    /// The rules that give points for so many units, each with the numbers at which its points change; `None` where there are too many.
    pub units: Vec<Option<Vec<i64>>>,
    /// Whether the rules that give points in steps are taken one by one: together they have more steps than are looked at.
    pub apart: bool,
}

/// How many steps of points are looked at where several rules give points in steps by one subject.
const MOST_STEPS: usize = 300;

impl Cuts {
    /// The place of a test among [`Cuts::texts`].
    #[must_use]
    pub fn place(&self, expr: &Expr) -> Option<usize> {
        if self.texts.is_empty() { None } else { self.places.get(&shape(expr)).copied() }
    }

    /// Whether points fade since the date.
    #[must_use]
    pub fn fades(&self) -> bool {
        !self.fading.is_empty() && !self.apart
    }

    /// The same, the rules that give points in steps being taken one by one.
    #[must_use]
    pub(super) fn taken_apart(self) -> Self {
        Self { apart: true, ..self }
    }

    /// What one rule gives in steps has its ends where other tests turn. Of several, one may give while another takes: the sum has its
    /// ends anywhere, so that every step is looked at, or the rules are taken one by one.
    pub(super) fn settle(&mut self) {
        if self.fading.len() + self.units.len() < 2 {
            return;
        }
        let all: Option<Vec<&[i64]>> = self.units.iter().map(|steps| steps.as_deref()).collect();
        let steps = all.iter().flatten().map(|s| s.len()).chain(self.fading.iter().map(Vec::len)).sum::<usize>();
        match all {
            Some(all) if steps <= MOST_STEPS => {
                #[expect(clippy::cast_precision_loss, reason = "a cut; its neighbours are candidates too")]
                self.numbers.extend(all.iter().copied().flatten().map(|n| OrdF64(*n as f64)));
                self.ages.extend(self.fading.iter().flatten());
            }
            _ => self.apart = true,
        }
    }
}

/// A float with a total order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrdF64(pub f64);

impl Eq for OrdF64 {}

impl PartialOrd for OrdF64 {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrdF64 {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
