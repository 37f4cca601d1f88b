//! The items of scores.

use super::checker::{Checker, Place, Scope, type_words};
use super::env::to_u32;
use super::points::because;
use super::range::Ranges;
use crate::diag::{Code, Diagnostic};
use crate::hir::{
    Arm, BandLine, Bounds, Branch, Decay, Duration, Each, Exclusion, Expr, Item, ItemId, ItemKind, Model, Times, TimesPer, words,
};
use crate::schema::EventId;
use crate::source::Span;
use crate::syntax::ast::{
    self, BandHead, BandItem, EachClause, EachItem, ExcludeRule, GroupItem, IfItem, Outcome, PerItem, ScoreItem, ScoreItemKind,
};
use crate::value::Type;

/// Conditions in scores and exclusions see the record.
pub(super) const RECORD: Scope = Scope::at(Place::Record);

/// `else` and `unknown` of a band or match: they stand last, each once.
#[derive(Default)]
pub(super) struct Ends {
    otherwise: Option<(Span, Option<Arm>)>,
    unknown: Option<(Span, Option<Arm>)>,
}

/// Which of the two a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Else,
    Unknown,
}

impl Ends {
    /// The arms, if both are sound.
    pub(super) fn arms(self) -> Option<(Option<Arm>, Option<Arm>)> {
        let one = |end: Option<(Span, Option<Arm>)>| end.map_or(Some(None), |(_, arm)| arm.map(Some));
        one(self.otherwise).zip(one(self.unknown))
    }
}

impl Checker<'_> {
    /// Adds an `else` or `unknown` line.
    pub(super) fn end_line(&mut self, ends: &mut Ends, end: End, head: Span, outcome: &Outcome) {
        let arm = self.arm(&outcome.points, outcome.because.as_ref(), outcome.span);
        let (slot, word) = match end {
            End::Else => (&mut ends.otherwise, "else"),
            End::Unknown => (&mut ends.unknown, "unknown"),
        };
        if let Some((first, _)) = slot {
            let problem = Diagnostic::new(Code::Syntax, head, format!("`{word}` is written twice"))
                .also(*first, "it is written here already")
                .help("keep one of them");
            self.push(problem);
            return;
        }
        *slot = Some((head, arm));
    }

    /// Tells that a line stands behind `else` or `unknown`.
    pub(super) fn line_behind(&mut self, ends: &mut Ends, line: Span) {
        let ahead =
            [("else", &ends.otherwise), ("unknown", &ends.unknown)].into_iter().find_map(|(w, e)| e.as_ref().map(|e| (w, e.0)));
        if let Some((word, first)) = ahead {
            let problem = Diagnostic::new(Code::Syntax, line, format!("this line comes after `{word}`"))
                .also(first, "`else` and `unknown` come last")
                .help(format!("move the `{word}` line to the end"));
            self.push_once(first, problem);
        }
    }

    /// The items of a score (`exclusions` given) or of a group, in order; `None` if one of them has an error.
    pub(super) fn items(&mut self, items: &[ScoreItem], mut exclusions: Option<&mut Vec<Exclusion>>) -> Option<Vec<Item>> {
        let mut built = Vec::with_capacity(items.len());
        let mut whole = true;
        for item in items {
            if let ScoreItemKind::Exclude(rule) = &item.kind {
                match &mut exclusions {
                    Some(list) => match self.exclusion(rule, item.docs.clone(), item.span) {
                        Some(exclusion) => list.push(exclusion),
                        None => whole = false,
                    },
                    None => {
                        whole = false;
                        self.exclusion(rule, Vec::new(), item.span);
                        let help = "move it out of the group: it takes the record out of the whole score";
                        self.error(Code::Syntax, item.span, "`exclude` belongs in a score, not in a group", help);
                    }
                }
                continue;
            }
            match self.item(item) {
                Some(item) => built.push(item),
                None => whole = false,
            }
        }
        whole.then_some(built)
    }

    /// `exclude if C [because T]`
    pub(super) fn exclusion(&mut self, rule: &ExcludeRule, docs: Vec<String>, span: Span) -> Option<Exclusion> {
        let item = self.item_id();
        let condition = self.condition(&rule.condition, RECORD)?;
        Some(Exclusion { item, condition, because: because(rule.because.as_ref()), docs, span })
    }

    fn item(&mut self, item: &ScoreItem) -> Option<Item> {
        let id: ItemId = self.item_id();
        let kind = match &item.kind {
            ScoreItemKind::If(rule) => self.if_item(rule),
            ScoreItemKind::Band(band) => self.band(band),
            ScoreItemKind::Match(rule) => self.match_item(rule),
            ScoreItemKind::Each(each) => self.each(each, item.span),
            ScoreItemKind::Per(per) => self.per(per, item.span),
            ScoreItemKind::Group(group) => self.group(group),
            ScoreItemKind::Exclude(_) => None,
        };
        Some(Item { id, kind: kind?, docs: item.docs.clone(), span: item.span })
    }

    fn if_item(&mut self, rule: &IfItem) -> Option<ItemKind> {
        let branches: Vec<Option<Branch>> = rule.branches.iter().map(|b| self.branch(b)).collect();
        let mut end = |outcome: &Option<Outcome>| match outcome {
            None => Some(None),
            Some(o) => self.arm(&o.points, o.because.as_ref(), o.span).map(Some),
        };
        let otherwise = end(&rule.otherwise);
        let unknown = end(&rule.unknown);
        let branches = branches.into_iter().collect::<Option<_>>()?;
        Some(ItemKind::If { branches, otherwise: otherwise?, unknown: unknown? })
    }

    fn branch(&mut self, branch: &ast::Branch) -> Option<Branch> {
        let condition = self.condition(&branch.condition, RECORD);
        let arm = self.arm(&branch.points, branch.because.as_ref(), branch.span);
        let decay = match &branch.decay {
            None => Some(None),
            Some(clause) => self.aging(clause).map(Some),
        };
        Some(Branch { condition: condition?, arm: arm?, decay: decay? })
    }

    /// The decay of an `if`, which names the date that its age is counted from.
    fn aging(&mut self, clause: &ast::DecayClause) -> Option<(Decay, Expr)> {
        let decay = self.decay(clause);
        let Some(since) = &clause.since else {
            let help = "name the date at the end, as in `losing all over 90 days since last_demo`";
            self.error(Code::BadDecay, clause.span, "since when do these points fade?", help);
            return None;
        };
        let date = self.value(since, RECORD)?;
        if !matches!(date.ty, Type::Date | Type::DateTime) {
            let message = format!("{}, and points fade since a date", self.is_what(&date));
            self.error(Code::TypeMismatch, date.span, message, "name a property that is a `date` or `datetime`");
            return None;
        }
        decay.map(|d| (d, date))
    }

    fn band(&mut self, band: &BandItem) -> Option<ItemKind> {
        let value = self.value(&band.value, RECORD);
        let ranges: Vec<&ast::RangeLit> = band
            .lines
            .iter()
            .filter_map(|l| match &l.head {
                BandHead::Range(range) => Some(range),
                BandHead::Else(_) | BandHead::Unknown(_) => None,
            })
            .collect();
        let ranged = value.and_then(|v| self.ranged(v, &ranges, "band"));
        let mut lines = Vec::with_capacity(band.lines.len());
        let (mut ends, mut seen, mut whole) = (Ends::default(), Ranges::default(), true);
        for line in &band.lines {
            let range = match &line.head {
                BandHead::Else(head) => {
                    self.end_line(&mut ends, End::Else, *head, &line.outcome);
                    continue;
                }
                BandHead::Unknown(head) => {
                    self.end_line(&mut ends, End::Unknown, *head, &line.outcome);
                    continue;
                }
                BandHead::Range(range) => range,
            };
            self.line_behind(&mut ends, range.span);
            let checked = ranged.as_ref().and_then(|(_, kind)| {
                let checked = self.range(range, *kind)?;
                if let Some(first) = seen.add(&checked, *kind) {
                    self.overlap(&checked, &first);
                }
                Some(checked)
            });
            let arm = self.arm(&line.outcome.points, line.outcome.because.as_ref(), line.outcome.span);
            match checked.zip(arm) {
                Some((range, arm)) => lines.push(BandLine { range, arm }),
                None => whole = false,
            }
        }
        let (otherwise, unknown) = ends.arms()?;
        let (value, _) = ranged?;
        whole.then_some(ItemKind::Band { value, lines, otherwise, unknown })
    }

    fn each(&mut self, each: &EachItem, span: Span) -> Option<ItemKind> {
        let event = self.event(&each.event, RECORD);
        // Without the event nobody knows the fields.
        let which = event.map(|event| self.which_events(event, each.within.as_deref(), each.filter.as_ref(), Place::Record));
        let parts = self.each_parts(&each.points, each.because.as_ref(), &each.tail, (event, span));
        let (within, filter) = which??;
        Some(ItemKind::Each(parts?.each(event?, within, filter)))
    }

    /// The points of an `each` and what limits them.
    pub(super) fn each_parts(
        &mut self,
        points: &ast::PointsLit,
        because: Option<&ast::Because>,
        tail: &[EachClause],
        (event, span): (Option<EventId>, Span),
    ) -> Option<EachParts> {
        let arm = self.arm(points, because, span);
        let bounds = self.bounds(
            tail.iter().filter_map(|c| match c {
                EachClause::Bound(bound) => Some(bound),
                EachClause::Times { .. } | EachClause::Decay(_) => None,
            }),
            Some("each"),
        );
        let (mut times, mut decay) = (None, None);
        let mut whole = true;
        for clause in tail {
            match clause {
                EachClause::Bound(_) => {}
                EachClause::Times { count, per, span } => {
                    let new = self.times(count, per.as_ref(), event, *span);
                    whole &= new.is_some() && self.once(times.replace((new, *span)), "max .. times", *span, Code::BadBounds);
                }
                EachClause::Decay(clause) => {
                    let new = self.decay(clause);
                    whole &= new.is_some() && self.once(decay.replace((new, clause.span)), "losing", clause.span, Code::BadDecay);
                }
            }
        }
        let parts = EachParts { arm: arm?, decay: decay.and_then(|d| d.0), times: times.and_then(|t| t.0), bounds: bounds? };
        whole.then_some(parts)
    }

    /// Whether a clause stands for the first time.
    fn once<T>(&mut self, before: Option<(T, Span)>, word: &str, span: Span, code: Code) -> bool {
        let Some((_, first)) = before else { return true };
        let problem = Diagnostic::new(code, span, format!("`{word}` is written twice"))
            .also(first, "it is written here already")
            .help("keep one of them");
        self.push(problem);
        false
    }

    fn times(
        &mut self,
        count: &ast::NumberLit,
        per: Option<&ast::TimesPer>,
        event: Option<EventId>,
        span: Span,
    ) -> Option<Times> {
        let per = per.map_or(Some(None), |per| self.times_per(per, event).map(Some));
        match count.value.as_integer().filter(|n| *n > 0).and_then(|n| u32::try_from(n).ok()) {
            Some(count) => Some(Times { count, per: per?, span }),
            None => {
                let message = format!("`max {} times`: the number of times is a whole number above zero", count.text);
                self.error(Code::BadBounds, count.span, message, "write a whole number, as in `max 3 times`");
                None
            }
        }
    }

    /// The events that `max N times` counts together.
    fn times_per(&mut self, per: &ast::TimesPer, event: Option<EventId>) -> Option<TimesPer> {
        let name = match per {
            ast::TimesPer::Day => return Some(TimesPer::Day),
            ast::TimesPer::Week => return Some(TimesPer::Week),
            ast::TimesPer::Month => return Some(TimesPer::Month),
            ast::TimesPer::Field(name) => name,
        };
        let (field, ty, span) = self.event_field(event?, name)?;
        if matches!(ty, Type::Text | Type::Integer | Type::Boolean | Type::OneOf(_)) {
            let values = if ty == Type::Boolean { Some(2) } else { ty.options().map(|options| to_u32(options.len())) };
            return Some(TimesPer::Field(field, values));
        }
        let message = format!("`{}` is {}, which events cannot be counted by", name.name, type_words(&ty));
        let help =
            "write `per day`, `per week` or `per month`, or name a field that is a text, a whole number, a boolean or a `one of`";
        self.error(Code::TypeMismatch, span, message, help);
        None
    }

    fn per(&mut self, per: &PerItem, span: Span) -> Option<ItemKind> {
        let step = match &per.step {
            None => Some(1),
            Some(number) => match number.value.as_integer().filter(|n| *n > 0) {
                Some(step) => Some(step),
                None => {
                    let message = format!("`per {}`: the step is a whole number above zero", number.text);
                    self.error(Code::BadPoints, number.span, message, "write a whole number, as in `per 100 visits`");
                    None
                }
            },
        };
        let value = self.value(&per.value, RECORD);
        let value = value.and_then(|value| {
            if matches!(value.ty, Type::Integer | Type::Number) {
                return Some(value);
            }
            let message = format!("{}, and `per` needs a number", self.is_what(&value));
            let words = self.words(value.span);
            let help = match &value.ty {
                Type::SetOf(_) | Type::SetOfText => {
                    format!("for each member write `per size of {words}` or `match each {words}`")
                }
                Type::Text
                | Type::Integer
                | Type::Number
                | Type::Boolean
                | Type::Date
                | Type::DateTime
                | Type::OneOf(_)
                | Type::Score
                | Type::Label => "name a property that is an integer or a number".to_owned(),
            };
            self.mismatch(value.span, message, help)
        });
        let arm = self.arm(&per.points, per.because.as_ref(), span);
        let bounds = self.bounds(&per.bounds, Some("per"));
        Some(ItemKind::Per { step: step?, value: value?, arm: arm?, bounds: bounds? })
    }

    fn group(&mut self, group: &GroupItem) -> Option<ItemKind> {
        let bounds = self.bounds(&group.bounds, None);
        let best = self.best(&group.best);
        let when = group.when.as_ref().map_or(Some(None), |when| self.condition(when, RECORD).map(Some));
        let items = self.items(&group.items, None);
        let items = items.filter(|items| group.best.is_empty() || self.none_below_zero(items, group.title.span));
        Some(ItemKind::Group { title: group.title.value.clone(), best: best?, when: when?, bounds: bounds?, items: items? })
    }

    fn best(&mut self, written: &[ast::NumberLit]) -> Option<Option<u32>> {
        let [first, rest @ ..] = written else { return Some(None) };
        if let Some(second) = rest.first() {
            let problem = Diagnostic::new(Code::BadBounds, second.span, "`best` is listed twice")
                .also(first.span, "listed here first")
                .help("keep one of them");
            self.push(problem);
            return None;
        }
        let count = first.value.as_integer().filter(|n| *n > 0).and_then(|n| u32::try_from(n).ok());
        if count.is_none() {
            let message = format!("`best {}`: the number of items is a whole number above zero", first.text);
            self.error(Code::BadBounds, first.span, message, "write a whole number, as in `best 2`");
        }
        count.map(Some)
    }

    /// Whether no item of a group with `best` can give less than 0; else the first place that can is reported.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only groups have bounds that can be below zero")]
    fn none_below_zero(&mut self, items: &[Item], group: Span) -> bool {
        let mut below = None;
        for item in items {
            Model::each_item(item, &mut |item| {
                let arms = words::arms(item);
                let arm = arms.iter().find(|arm| arm.points.0 < 0).map(|arm| (arm.points.signed(), arm.points_span));
                let group = match &item.kind {
                    ItemKind::Group { bounds: Bounds { max: Some((max, span)), .. }, .. } if max.0 < 0 => {
                        Some((format!("max {max}"), *span))
                    }
                    _ => None,
                };
                below = below.take().or(arm).or(group);
            });
        }
        let Some((what, span)) = below else { return true };
        let problem =
            Diagnostic::new(Code::BadPoints, span, format!("`{what}` is below zero, in a group that counts its best items"))
                .also(group, "this group")
                .help("move what takes points away out of the group");
        self.push(problem);
        false
    }
}

/// The points of an `each` and what limits them, without its events.
pub(super) struct EachParts {
    pub(super) arm: Arm,
    decay: Option<Decay>,
    times: Option<Times>,
    bounds: Bounds,
}

impl EachParts {
    pub(super) fn each(self, event: EventId, within: Option<Duration>, filter: Option<Expr>) -> Each {
        let Self { arm, decay, times, bounds } = self;
        Each { event, within, filter, arm, decay, times, bounds }
    }
}
