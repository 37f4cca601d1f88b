//! Gates of a backtest: `auc<0.75`, `auc(lead)<0.75`, `rate(grade=A)<30%`.

use crate::invariant::SureAt as _;

use super::backtest::{Backtest, Class, GateResult};

/// A limit that a backtest must keep; it says what must not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// As it was written.
    text: String,
    figure: Figure,
    above: bool,
    limit: f64,
}

/// What a gate looks at.
#[derive(Debug, Clone, PartialEq)]
enum Figure {
    /// A figure of a score: its name and the score; the main one without.
    Score(ScoreFigure, Option<String>),
    /// The rate, lift or share of conversions of a label or stage: the name and the value.
    Class(ClassFigure, String, String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ScoreFigure {
    Auc,
    Gini,
    Ks,
    LogLoss,
    Brier,
    Slope,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ClassFigure {
    Rate,
    Lift,
    Captured,
}

impl Gate {
    /// Reads a gate.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a gate: write one such as auc<0.75, auc(SCORE)<0.75, log_loss>0.5 or 'rate(grade=A)<30%'")
        };
        let at = text.rfind(['<', '>']).ok_or_else(wrong)?;
        let (figure, limit) = text.split_at(at);
        let above = limit.starts_with('>');
        let limit = limit.sure_at(1..).trim();
        let (number, part) = limit.strip_suffix('%').map_or((limit, 1.0), |n| (n, 100.0));
        let limit: f64 = number.trim().parse().map_err(|_| wrong())?;
        if !limit.is_finite() {
            return Err(wrong());
        }
        let figure = Figure::parse(figure.trim()).ok_or_else(wrong)?;
        Ok(Self { text: text.trim().to_owned(), figure, above, limit: limit / part })
    }

    /// Whether it holds; `None` where the rules have nothing of that name.
    #[must_use]
    pub fn judge(&self, it: &Backtest) -> Option<GateResult> {
        let (value, found) = match &self.figure {
            Figure::Score(figure, name) => {
                let score = match name {
                    Some(name) => it.scores.iter().find(|s| s.name == *name)?,
                    None => it.scores.iter().find(|s| s.name == it.main)?,
                };
                let (value, word) = match figure {
                    ScoreFigure::Auc => (score.auc, "AUC"),
                    ScoreFigure::Gini => (score.gini, "Gini"),
                    ScoreFigure::Ks => (score.ks, "KS"),
                    ScoreFigure::LogLoss => (score.log_loss, "log loss"),
                    ScoreFigure::Brier => (score.brier, "Brier score"),
                    ScoreFigure::Slope => (score.slope, "slope"),
                };
                let shown = value.map_or_else(|| "unknown".to_owned(), |v| format!("{v:.4}"));
                (value, format!("the {word} of {} is {shown}", score.name))
            }
            Figure::Class(figure, name, value) => {
                let is = |c: &&Class| c.name == *name && c.value.as_deref() == Some(value.as_str());
                let class = it.labels.iter().chain(&it.stages).find(is)?;
                let (number, word) = match figure {
                    ClassFigure::Rate => (class.rate, "rate"),
                    ClassFigure::Lift => (class.lift, "lift"),
                    ClassFigure::Captured => (class.captured, "share of conversions"),
                };
                let shown = match (number, figure) {
                    (None, _) => "unknown, for it has no record".to_owned(),
                    (Some(n), ClassFigure::Lift) => format!("{n:.2}"),
                    (Some(n), ClassFigure::Rate | ClassFigure::Captured) => format!("{:.1} %", n * 100.0),
                };
                (number, format!("the {word} of {name} {value} is {shown}"))
            }
        };
        // What cannot be measured does not pass.
        let holds = value.is_some_and(|v| if self.above { v <= self.limit } else { v >= self.limit });
        Some(GateResult { gate: self.text.clone(), holds, found })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Figure {
    fn parse(text: &str) -> Option<Self> {
        let (name, inside) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), Some(rest.trim().strip_suffix(')')?.trim())),
            None => (text, None),
        };
        let class = match name {
            "rate" => Some(ClassFigure::Rate),
            "lift" => Some(ClassFigure::Lift),
            "captured" => Some(ClassFigure::Captured),
            _ => None,
        };
        if let Some(class) = class {
            let (label, value) = inside?.split_once('=')?;
            return Some(Self::Class(class, label.trim().to_owned(), value.trim().to_owned()));
        }
        let score = match name {
            "auc" => ScoreFigure::Auc,
            "gini" => ScoreFigure::Gini,
            "ks" => ScoreFigure::Ks,
            "log_loss" => ScoreFigure::LogLoss,
            "brier" => ScoreFigure::Brier,
            "slope" => ScoreFigure::Slope,
            _ => return None,
        };
        Some(Self::Score(score, inside.map(str::to_owned)))
    }
}
