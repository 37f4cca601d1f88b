//! `lsrc backtest RULES DATA.. --outcome C`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::data::DataArgs;
use super::measured::{self, Change};
use super::study::{self, OutcomeArgs, Study, Taken, duration_words};
use super::{Failure, Status, Target, Terminal, rules};
use crate::check::Program;
use crate::hir::{Model, ScoreId, thresholds};
use crate::learn::backtest::{self, Asked, Counts, Facts, Seen, Unit};
use crate::learn::gate::Gate;
use crate::learn::histogram::{Cut, Histogram};
use crate::learn::math::wilson;
use crate::learn::moment::Period;
use crate::program::{Also, RuleSet, Wanted};
use crate::report::backtest as write;
use crate::report::summary::Style;
use crate::schema::PropId;
use crate::source::Span;
use crate::syntax::{Provenance, ast};
use crate::text::nearest;
use crate::value::{Points, Value};
use crate::why::values::{instant, shown};

/// Measure scores, labels and stages against what became of the records.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc backtest score.lsr leads.csv --outcome converted\n  \
                        lsrc backtest score.lsr leads.csv --outcome converted --at created_at --within 90d --outcome-at won_at\n  \
                        lsrc backtest score.lsr leads.csv --outcome converted --capacity 200 --write sql_at\n  \
                        lsrc backtest score.lsr leads.csv --outcome converted --fail-if 'auc<0.75' --format html=backtest.html")]
pub(super) struct Backtest {
    /// The rules: a .lsr file, or a .lsrb file of `lsrc compile`
    rules: PathBuf,
    /// The records with what became of them; several files are one data set; - is standard input
    #[arg(required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    outcome: OutcomeArgs,
    /// By `month` or `quarter` of --at, or by the values of a property; may be repeated
    #[arg(long, value_name = "month|quarter|PROPERTY")]
    by: Vec<String>,
    /// Cut-offs to look at, in place of those of stages and labels
    #[arg(long, value_name = "POINTS,..", value_delimiter = ',', value_parser = points, allow_hyphen_values = true)]
    threshold: Vec<Points>,
    /// How many records can be worked on, in all or a week: 200, 40/week; may be repeated
    #[arg(long, value_name = "N[/week]", value_parser = capacity)]
    capacity: Vec<(f64, Unit)>,
    /// Which share of the records can be worked on: 10%; may be repeated
    #[arg(long, value_name = "P%", value_parser = share)]
    share: Vec<f64>,
    /// What a conversion is worth
    #[arg(long, value_name = "AMOUNT", requires = "cost")]
    value: Option<f64>,
    /// What it costs to work on a record
    #[arg(long, value_name = "AMOUNT", requires = "value")]
    cost: Option<f64>,
    /// Write the cut-off that the first of --capacity, --share or --value asks for into this param of the rules
    #[arg(long, value_name = "PARAM")]
    write: Option<String>,
    /// Other rules to compare with, over the same records
    #[arg(long, value_name = "RULES")]
    against: Option<PathBuf>,
    /// Exit with status 1 if this is so: auc<0.75, 'rate(grade=A)<30%'; may be repeated
    #[arg(long, value_name = "FIGURE<LIMIT", value_parser = Gate::parse)]
    fail_if: Vec<Gate>,
    /// text, md, json or html; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
    #[command(flatten)]
    data_args: DataArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Markdown
    Md,
    /// One document for programs
    Json,
    /// One page
    Html,
}

fn points(text: &str) -> Result<Points, String> {
    let wrong = || format!("`{text}` is not a number of points with at most two decimals");
    let number: f64 = text.trim().parse().map_err(|_| wrong())?;
    let hundredths = (number * 100.0).round();
    if !number.is_finite() || (hundredths - number * 100.0).abs() > 1e-6 || hundredths.abs() > 1e11 {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 10^11")]
    Ok(Points(hundredths as i64))
}

fn capacity(text: &str) -> Result<(f64, Unit), String> {
    let wrong = || format!("`{text}` is not a capacity: write a number of records such as 200, or 40/week");
    let (number, unit) = match text.split_once('/') {
        None => (text, Unit::Records),
        Some((number, "week")) => (number, Unit::Week),
        Some(_) => return Err(wrong()),
    };
    number.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0).map(|n| (n, unit)).ok_or_else(wrong)
}

fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a share: write one such as 10%");
    let number: f64 = text.strip_suffix('%').ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?;
    if number > 0.0 && number <= 100.0 { Ok(number / 100.0) } else { Err(wrong()) }
}

/// What records are grouped by.
struct Groups {
    period: Option<Period>,
    segment: Option<(PropId, String)>,
}

pub(super) fn run(args: &Backtest, terminal: &Terminal) -> Result<Status, Report> {
    let (program, model) = rules::right(&args.rules, &args.data_args.set, terminal)?;
    let rules = RuleSet::of(program.sources.clone(), model);
    if rules.model().scores.is_empty() {
        return Err(Failure::new(format!("`{}` has no score to measure", args.rules.display()))
            .help("name rules with a score")
            .into());
    }
    let groups = args.groups(rules.model())?;
    let param = args.write.as_deref().map(|name| Param::find(&program, rules.model(), name)).transpose()?;
    args.writes()?;
    let old = match &args.against {
        None => None,
        Some(path) => {
            let (program, model) = rules::right(path, &args.data_args.set, terminal)?;
            Some(RuleSet::of(program.sources, model))
        }
    };
    let places: Vec<Option<usize>> = rules
        .model()
        .scores
        .iter()
        .map(|s| old.as_ref().and_then(|old| old.model().scores.iter().position(|o| o.name == s.name)))
        .collect();
    let study = Study::new(&args.outcome, &args.data_args, rules)?.against(old);
    study.honest()?;
    let model = study.rules.model();
    let mut counts = Counts::new(model, study.unit());
    let also = Also { properties: groups.segment.iter().map(|(id, _)| *id).collect(), ..Also::default() };
    let taken = study.run(&args.data_args, &args.data, &Wanted::default(), also, terminal, |seen| {
        for &(row, weight, converted) in seen.rows {
            let period = groups.period.map(|p| p.name(seen.as_of.day));
            let segment = groups.segment.as_ref().and_then(|(id, _)| {
                let ty = model.schema.property(*id).map(|p| &p.ty)?;
                let column = seen.batch.columns.get(id.0 as usize)?.as_ref()?;
                let value = crate::why::values::value_at(column, row)?;
                if let Value::Text(text) = &value {
                    return Some(crate::text::fold(text, model.schema.ignore_accents).into_owned());
                }
                Some(shown(Some(&value), ty, &model.schema.zone))
            });
            let it = Seen { row, weight, converted, period, segment };
            counts.add(seen.scores, &it, seen.old.map(|old| (old, places.as_slice())), groups.segment.is_some());
        }
    })?;
    taken.enough(&args.outcome.outcome)?;
    let asked = args.asked(&taken, &groups, counts.total_records())?;
    let facts = Facts {
        rules: args.rules.display().to_string(),
        outcome: args.outcome.outcome.clone(),
        as_of: instant(study.as_of.micros, &model.schema.zone),
        at: args.outcome.at.clone(),
        within: args.outcome.within.map(duration_words),
        notes: taken.notes(&study),
    };
    let mut it = backtest::build(model, &counts, taken.intake.clone(), &asked, facts);
    for gate in &args.fail_if {
        it.gates.push(gate.judge(&it).ok_or_else(|| {
            Failure::new(format!("--fail-if {}: the rules have nothing of that name", gate.text()))
                .help("name a score, label or lifecycle of the rules, and a value that it has")
        })?);
    }
    for target in args.targets() {
        let style =
            Style { color: terminal.out_color && target.file.is_none(), unicode: terminal.unicode, width: terminal.width };
        let text = match target.format {
            Format::Text => write::text(&it, style),
            Format::Md => write::md(&it),
            Format::Html => write::html(&it),
            Format::Json => write::json(&it).map_err(|e| Failure::new("the backtest is not JSON").because(e))?,
        };
        target.write(&text, terminal)?;
    }
    if let Some(param) = param {
        args.put(&param, &program, &counts, &it, &study, terminal)?;
    }
    Ok(if it.gates.iter().all(|g| g.holds) { Status::Fine } else { Status::No })
}

impl Backtest {
    fn targets(&self) -> Vec<Target<Format>> {
        if self.format.is_empty() { vec![Target::standard(Format::Text)] } else { self.format.clone() }
    }

    fn groups(&self, model: &Model) -> Result<Groups, Report> {
        let mut groups = Groups { period: None, segment: None };
        for by in &self.by {
            let period = match by.as_str() {
                "month" => Some(Period::Month),
                "quarter" => Some(Period::Quarter),
                _ => None,
            };
            if period.is_some() && self.outcome.at.is_none() {
                return Err(Failure::new(format!("--by {by} needs the date of each record"))
                    .help("say with --at which property it is")
                    .into());
            }
            match period {
                Some(period) if groups.period.is_none() => groups.period = Some(period),
                None if groups.segment.is_none() => {
                    groups.segment = Some((study::property("--by", model, by)?, by.clone()));
                }
                Some(_) | None => {
                    return Err(Failure::new(format!("--by {by}: records are grouped by one period and one property"))
                        .help("run the command once for each")
                        .into());
                }
            }
        }
        // Without a window the cohorts are what one has to look at first.
        if groups.period.is_none() && self.outcome.at.is_some() && self.outcome.within.is_none() {
            groups.period = Some(Period::Month);
        }
        Ok(groups)
    }

    /// Refuses `--write` without anything that would choose a cut-off.
    fn writes(&self) -> Result<(), Report> {
        let chooses = !self.capacity.is_empty() || !self.share.is_empty() || self.value.is_some() || self.threshold.len() == 1;
        if self.write.is_some() && !chooses {
            return Err(Failure::new("--write: nothing says which cut-off to write")
                .help("add --capacity, --share, --value and --cost, or one --threshold")
                .into());
        }
        Ok(())
    }

    fn asked(&self, taken: &Taken, groups: &Groups, records: f64) -> Result<Asked, Report> {
        let weeks = taken.weeks();
        let mut capacities = Vec::new();
        for &(amount, unit) in &self.capacity {
            let all = match (unit, weeks) {
                (Unit::Week, None) => {
                    return Err(Failure::new("--capacity a week needs the date of each record")
                        .help("say with --at which property it is")
                        .into());
                }
                (Unit::Week, Some(weeks)) => amount * weeks,
                (Unit::Records | Unit::Share, _) => amount,
            };
            capacities.push((amount, unit, all));
        }
        capacities.extend(self.share.iter().map(|share| (*share, Unit::Share, share * records)));
        Ok(Asked {
            thresholds: self.threshold.clone(),
            capacities,
            worth: self.value.zip(self.cost),
            weeks,
            segment: groups.segment.as_ref().map(|(_, name)| name.clone()),
            against: self.against.as_ref().map(|path| path.display().to_string()),
        })
    }

    /// Writes the cut-off that was asked for into a param.
    fn put(
        &self,
        param: &Param,
        program: &Program,
        counts: &Counts,
        it: &backtest::Backtest,
        study: &Study,
        terminal: &Terminal,
    ) -> Result<(), Report> {
        let (Some(test), Some(histogram)) = (it.scores.get(param.score), counts.histogram(param.score)) else { return Ok(()) };
        let by_capacity = test.capacity.first().map(|c| c.threshold);
        let by_worth = || Some(self.value.zip(self.cost).map(|(value, cost)| best(histogram, value, cost)));
        let by_hand = || self.threshold.first().map(|at| Some(crate::learn::math::number(*at)));
        let at = match (by_capacity, self.value) {
            (Some(at), _) => at,
            (None, Some(_)) => by_worth().flatten(),
            (None, None) => by_hand().flatten(),
        };
        let Some(at) = at else {
            return Err(Failure::new("--write: no cut-off is high enough for this capacity; the rules are as they were")
                .help("allow more records")
                .into());
        };
        #[expect(clippy::cast_possible_truncation, reason = "points stay below 10^9")]
        let cut = histogram.cut(Points((at * 100.0).round() as i64));
        let provenance = provenance(&cut, it, &self.data, study)?;
        #[expect(clippy::cast_possible_truncation, reason = "points stay below 10^9")]
        let text = Points((at * 100.0).round() as i64).to_string();
        let change = Change { span: param.span, line: None, text: text.clone(), provenance };
        let texts = measured::written(&program.sources, &[change]);
        let names = measured::write(&program.sources, &texts)?;
        let place = names.first().map_or_else(String::new, |name| format!(" in {name}"));
        terminal.say(&format!("wrote {} = {text}{place}", param.name));
        Ok(())
    }
}

/// The cut-off with the greatest net benefit; of equal ones the highest.
fn best(histogram: &Histogram, value: f64, cost: f64) -> f64 {
    let mut best = (f64::NEG_INFINITY, 0.0);
    for (score, _, _) in histogram.cells().rev() {
        let cut = histogram.cut(score);
        let net = value * cut.converted - cost * cut.rows;
        if net > best.0 {
            best = (net, cut.at);
        }
    }
    best.1
}

fn provenance(cut: &Cut, it: &backtest::Backtest, data: &[PathBuf], study: &Study) -> Result<Provenance, Report> {
    let (data, hash) = study::fingerprint(data)?;
    let (low, high) = wilson(cut.converted, cut.rows);
    Ok(Provenance {
        converted: cut.converted,
        records: cut.rows,
        rate: cut.precision.map_or(0.0, |precision| precision * 100.0),
        low: low * 100.0,
        high: high * 100.0,
        overall: it.rate.map_or(0.0, |rate| rate * 100.0),
        data,
        hash,
        date: crate::time::civil(study.as_of.day).map_or_else(String::new, |d| d.to_string()),
    })
}

/// A param that a stage or label begins at.
struct Param {
    name: String,
    /// Where its value is written.
    span: Span,
    /// The score that it is compared with.
    score: usize,
}

impl Param {
    fn find(program: &Program, model: &Model, name: &str) -> Result<Self, Report> {
        let params = || program.items().filter_map(|i| if let ast::ItemKind::Param(p) = &i.kind { Some(p) } else { None });
        let Some(decl) = params().find(|p| &*p.name.name == name) else {
            let failure = Failure::new(format!("--write: the rules have no param `{name}`"));
            return Err(match nearest(name, params().map(|p| &*p.name.name)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                None => failure.help("declare it, as in `param sql_at = 65`, and compare a score with it in a stage").into(),
            });
        };
        let is = |span: Span| {
            let text = program.sources.text(span);
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
        };
        let ids = (0..).map(ScoreId).take(model.scores.len());
        let used = ids.filter(|id| thresholds(model, *id).iter().any(|t| is(t.span))).last();
        match used {
            Some(score) => Ok(Self { name: name.to_owned(), span: decl.value.span, score: score.index() }),
            None => Err(Failure::new(format!("--write: no stage or label begins at `{name}`"))
                .help(format!("use it in a stage, as in `stage sql when SCORE >= {name}`"))
                .into()),
        }
    }
}
