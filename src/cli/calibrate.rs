//! `lsrc calibrate SCHEMA|RULES DATA.. --outcome C`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::Report;

use super::data::DataArgs;
use super::measured::{self, Change};
use super::study::{self, Folds, OutcomeArgs, Study, Taken};
use super::{Failure, Status, Target, Terminal, rules};
use crate::analysis::{self, Disk};
use crate::check::{self, Program};
use crate::diag::render::{self, Style, Summary, View};
use crate::diag::{Code, Diagnostic};
use crate::hir::{Arm, ArmId, Item, ItemKind, Model, words};
use crate::invariant::SureAt as _;
use crate::learn::binning::{Limits, Trend};
use crate::learn::calibrate::{self, Calibration, Column, Group, ONE, Table, ValueTest};
use crate::learn::coded::{Coded, Cutting};
use crate::learn::columns::Collector;
use crate::learn::level::{Level, Scale, two_proportions};
use crate::learn::math::discovery_rates;
use crate::program::{Also, RuleSet, Wanted};
use crate::report::calibrate as write;
use crate::source::{FileId, Sources};
use crate::syntax::Provenance;
use crate::value::Points;
use crate::vm::scores::Origin;

/// Measure what each value of the data, or each line of rules, says about conversion, and the points that follow.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc calibrate contact.lsr leads.csv --outcome converted\n  \
                        lsrc calibrate score.lsr leads.csv --outcome converted --write\n  \
                        lsrc calibrate score.lsr leads.csv --outcome converted --check --format github")]
pub(super) struct Calibrate {
    /// A schema, to survey its properties; or rules, to measure their lines
    rules: PathBuf,
    /// The records with what became of them; several files are one data set; - is standard input
    #[arg(required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    outcome: OutcomeArgs,
    /// Points that double the odds [default: 10; with --check as the rules have them]
    #[arg(long, value_name = "POINTS", value_parser = above_zero)]
    pdo: Option<f64>,
    /// Round points to multiples of this
    #[arg(long, value_name = "POINTS", default_value = "1", value_parser = above_zero)]
    step: f64,
    /// The shape that the rates of a number's bands must have
    #[arg(long, value_name = "SHAPE", value_enum, default_value = "none")]
    trend: Shape,
    /// Write the points into the rules where the data speak, each with where it comes from
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// With --write: the points of each line alone, not beside the others
    #[arg(long, requires = "write")]
    alone: bool,
    /// Report lines that these data contradict, and exit with status 1 if there are any
    #[arg(long)]
    check: bool,
    /// text, md or json; with --check text, short, plain, json, github, gitlab, sarif, junit or html; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
    #[command(flatten)]
    data_args: DataArgs,
}

/// The shapes of `--trend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    /// Any
    None,
    /// Never falling
    Up,
    /// Never rising
    Down,
    /// Rising, then falling
    Peak,
    /// Falling, then rising
    Valley,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// Markdown
    Md,
    /// One document for programs
    Json,
    /// One line each
    Short,
    /// Without any drawing, for screen readers
    Plain,
    /// Annotations for GitHub
    Github,
    /// A code quality report for GitLab
    Gitlab,
    /// For code scanning
    Sarif,
    /// A test report
    Junit,
    /// One page
    Html,
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    number.ok_or_else(|| format!("`{text}` is not a number above zero"))
}

/// Bands of a survey: at most so many, and of at least this share of the known records.
const BANDS: usize = 8;
const SMALLEST: f64 = 0.05;

pub(super) fn run(args: &Calibrate, terminal: &Terminal) -> Result<Status, Report> {
    args.formats()?;
    let (program, model) = loaded(args, terminal)?;
    let rules = RuleSet::of(program.sources.clone(), model);
    let has_rules = items(rules.model()).next().is_some();
    if !has_rules && (args.write || args.check) {
        return Err(Failure::new(format!("`{}` has no line of points to measure", args.rules.display()))
            .help("name rules, not a schema")
            .into());
    }
    let study = Study::new(&args.outcome, &args.data_args, rules)?;
    study.honest()?;
    if has_rules { lines(args, &program, &study, terminal) } else { survey(args, &study, terminal) }
}

/// The program; to be written into, as it is laid out.
fn loaded(args: &Calibrate, terminal: &Terminal) -> Result<(Program, Model), Report> {
    let (program, model) = rules::right(&args.rules, &args.data_args.set, terminal)?;
    if !args.write {
        return Ok((program, model));
    }
    if args.rules.extension().is_some_and(|ending| ending == "lsrb") || args.rules.as_os_str() == "-" {
        return Err(Failure::new("--write needs the rules as a .lsr file").help("name the file with the source").into());
    }
    let disk = Disk::default();
    for (_, file) in program.sources.iter() {
        let Some(path) = file.path().filter(|p| p.extension().is_some_and(|e| e == "lsr")) else { continue };
        let parsed = crate::syntax::parse(FileId(0), file.text());
        disk.put(path, crate::format::format(&parsed, file.text()).into_bytes());
    }
    let program = analysis::load(&disk, &args.rules, terminal.global.allow_outside);
    rules::judged(program, &args.data_args.set, &args.rules, terminal)
}

/// Every item with points, with the score that it is in.
fn items(model: &Model) -> impl Iterator<Item = &Item> {
    let mut all: Vec<&Item> = Vec::new();
    for score in &model.scores {
        Model::items_of(score, &mut |item, _| all.push(item));
    }
    all.into_iter().filter(|item| !matches!(item.kind, ItemKind::Group { .. }))
}

fn survey(args: &Calibrate, study: &Study, terminal: &Terminal) -> Result<Status, Report> {
    let schema = &study.rules.model().schema;
    let reserved = study.reserved();
    let mut collector = Collector::new(schema, &reserved);
    let wanted = Wanted::default();
    let taken = study.run(&args.data_args, &args.data, &wanted, study.everything(), terminal, |seen| {
        for &(row, weight, converted) in seen.rows {
            let fold = study.fold(Folds::Key, &seen, row);
            collector.add(seen.batch, row, seen.as_of, (weight, converted, fold));
        }
    })?;
    taken.enough(&args.outcome.outcome)?;
    let (attributes, records) = collector.finish();
    let cutting = Cutting { bands: 20, least: 1, levels: 200 };
    let coded: Vec<Coded> = attributes.into_iter().map(|a| Coded::of(a, records.len(), cutting)).collect();
    let limits = Limits { trend: args.trend.trend(), most: BANDS, least: SMALLEST };
    let (groups, table) = calibrate::survey(&coded, &records, study.unit(), limits, study.at.is_some());
    let scale = Scale { pdo: args.pdo.unwrap_or(10.0), step: args.step };
    let mut it = calibrate::calibrate(&groups, &table, study.unit(), scale, &args.outcome.outcome);
    it.notes = taken.notes(study);
    args.show(&it, terminal)?;
    Ok(Status::Fine)
}

/// The lines of the rules, by column.
struct Lines<'m> {
    groups: Vec<Group>,
    arms: Vec<&'m Arm>,
    table: Table,
    taken: Taken,
}

fn lines(args: &Calibrate, program: &Program, study: &Study, terminal: &Terminal) -> Result<Status, Report> {
    let measured = measure(args, study, terminal)?;
    let Lines { groups, arms, table, taken } = &measured;
    let present = if args.check { calibrate::present_scale(groups, table, study.unit()) } else { None };
    let scale = Scale { pdo: args.pdo.or(present).unwrap_or(10.0), step: args.step };
    let mut it = calibrate::calibrate(groups, table, study.unit(), scale, &args.outcome.outcome);
    it.notes = taken.notes(study);
    it.quality = Some(calibrate::quality(groups, table, study.unit()));
    let values: Vec<&ValueTest> = it.attributes.iter().flat_map(|a| &a.values).collect();
    if args.check {
        return judge(args, program, &values, arms, scale, terminal);
    }
    args.show(&it, terminal)?;
    if args.write {
        put(args, program, &it, &values, arms, study, terminal)?;
    }
    Ok(Status::Fine)
}

/// Counts which lines fire together.
fn measure<'m>(args: &Calibrate, study: &'m Study, terminal: &Terminal) -> Result<Lines<'m>, Report> {
    let (model, sources) = (study.rules.model(), study.rules.sources());
    let mut groups = Vec::new();
    let mut arms: Vec<&Arm> = Vec::new();
    let mut columns = BTreeMap::new();
    for item in items(model) {
        let own = words::arms(item);
        let column = |arm: &&Arm| Column {
            value: Some(words::arm(sources, arm)),
            line: Some((sources.place(arm.points_span).line, crate::learn::math::number(arm.points))),
        };
        let partition = matches!(item.kind, ItemKind::If { .. } | ItemKind::Band { .. } | ItemKind::Match { .. });
        let name = words::head(sources, item);
        groups.push(Group { name, columns: own.iter().map(column).collect(), partition, notes: Vec::new() });
        for arm in own {
            columns.insert(arm.id, (crate::invariant::number(arms.len()), arm.points.0));
            arms.push(arm);
        }
    }
    let mut table = Table::new();
    let wanted = Wanted { reasons: true, ..Wanted::default() };
    let taken = study.run(&args.data_args, &args.data, &wanted, Also::default(), terminal, |seen| {
        let Some(reasons) = &seen.scores.reasons else { return };
        for &(row, weight, converted) in seen.rows {
            let from = reasons.offsets.get(row).map_or(0, |&at| at as usize);
            let to = reasons.offsets.get(row + 1).map_or(from, |&at| at as usize);
            let mut cells: BTreeMap<u32, i64> = BTreeMap::new();
            for entry in reasons.entries.sure_at(from..to) {
                let Origin::Arm(arm) = entry.origin else { continue };
                let Some((column, points)) = columns.get(&arm) else { continue };
                // How often the line counts: its points over those of one hit; what gives nothing counts once.
                let units = if *points == 0 { ONE } else { entry.points.saturating_mul(ONE) / points };
                *cells.entry(*column).or_default() += units;
            }
            let fold = usize::from(study.fold(Folds::Key, &seen, row));
            let cells: Vec<(u32, i64)> = cells.into_iter().filter(|(_, units)| *units != 0).collect();
            if let Some(tally) = table.entry(cells).or_default().get_mut(fold) {
                tally.add(weight, converted);
            }
        }
    })?;
    taken.enough(&args.outcome.outcome)?;
    Ok(Lines { groups, arms, table, taken })
}

/// Lines of fewer records say nothing, and neither do differences that chance gives so often.
const SPEAKS: f64 = 0.05;

fn put(
    args: &Calibrate,
    program: &Program,
    it: &Calibration,
    values: &[&ValueTest],
    arms: &[&Arm],
    study: &Study,
    terminal: &Terminal,
) -> Result<(), Report> {
    let (data, hash) = study::fingerprint(&args.data)?;
    let date = crate::time::civil(study.as_of.day).map_or_else(String::new, |d| d.to_string());
    let blocks: BTreeSet<ArmId> = items(study.rules.model())
        .filter(|item| matches!(item.kind, ItemKind::Band { .. } | ItemKind::Match { .. } | ItemKind::MatchEach { .. }))
        .flat_map(words::arms)
        .map(|arm| arm.id)
        .collect();
    let mut changes = Vec::new();
    for (value, arm) in values.iter().zip(arms) {
        let points = if args.alone { value.points.map(|_| value.points_alone) } else { value.points };
        let (Some(points), Some(rate), Some(low), Some(high)) = (points, value.rate, value.low, value.high) else { continue };
        if value.q.is_none_or(|q| q > SPEAKS) || is_param(program, arm) {
            continue;
        }
        #[expect(clippy::cast_possible_truncation, reason = "points stay far below 10^9")]
        let points = Points((points * 100.0).round() as i64);
        let provenance = Provenance {
            converted: value.converted,
            records: value.rows,
            rate: rate * 100.0,
            low: low * 100.0,
            high: high * 100.0,
            overall: it.rate * 100.0,
            data: data.clone(),
            hash: hash.clone(),
            date: date.clone(),
        };
        let line = blocks.contains(&arm.id).then_some(arm.span);
        changes.push(Change { span: arm.points_span, line, text: points.signed(), provenance });
    }
    let texts = measured::written(&program.sources, &changes);
    valid(&args.rules, &program.sources, &texts, args, terminal)?;
    let names = measured::write(&program.sources, &texts)?;
    let kept = arms.len() - changes.len();
    terminal.say(&format!(
        "wrote {}{}; {} as before: too few records, no clear difference, or a param",
        crate::report::plain::of(changes.len() as u64, "line", "lines"),
        names.first().map_or_else(String::new, |_| format!(" in {}", names.join(", "))),
        crate::report::plain::of(kept as u64, "line stays", "lines stay")
    ));
    Ok(())
}

/// Whether the points of a line are those of a param.
fn is_param(program: &Program, arm: &Arm) -> bool {
    let text = program.sources.text(arm.points_span);
    !text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
}

/// Refuses to write what would not check.
fn valid(
    path: &Path,
    sources: &Sources,
    texts: &BTreeMap<FileId, String>,
    args: &Calibrate,
    terminal: &Terminal,
) -> Result<(), Report> {
    let disk = Disk::default();
    for (id, text) in texts {
        if let Some(path) = sources.get(*id).and_then(|file| file.path()) {
            disk.put(path, text.clone().into_bytes());
        }
    }
    let program = analysis::load(&disk, path, terminal.global.allow_outside);
    let checked = check::check(&program, &args.data_args.set);
    match checked.diagnostics.iter().find(|d| d.severity == crate::diag::Severity::Error) {
        None => Ok(()),
        Some(error) => Err(Failure::new(format!("with the measured points the rules would have an error: {}", error.message))
            .help("the rules are as they were")
            .into()),
    }
}

/// Lines that the data contradict.
fn judge(
    args: &Calibrate,
    program: &Program,
    values: &[&ValueTest],
    arms: &[&Arm],
    scale: Scale,
    terminal: &Terminal,
) -> Result<Status, Report> {
    let told = told(program);
    let mut tested: Vec<(usize, f64, &Provenance)> = Vec::new();
    let mut first = BTreeSet::new();
    for (at, (value, arm)) in values.iter().zip(arms).enumerate() {
        let line = program.sources.place(arm.points_span).line;
        // A comment tells of the first number below it.
        if let Some(provenance) = told.get(&(arm.points_span.file, line))
            && first.insert((arm.points_span.file, line))
            && value.rows >= crate::learn::level::PRIOR
        {
            let then = Level { n: provenance.records, events: provenance.converted };
            let now = Level { n: value.rows, events: value.converted };
            tested.push((at, two_proportions(then, now), provenance));
        }
    }
    let q = discovery_rates(&tested.iter().map(|(_, p, _)| *p).collect::<Vec<_>>());
    let mut findings = Vec::new();
    for (at, (value, arm)) in values.iter().zip(arms).enumerate() {
        let rate = value.rate.map_or(0.0, |rate| rate * 100.0);
        let seen = format!("{} of {} converted, {rate:.1} %", value.converted, value.rows);
        let moved = tested.iter().zip(&q).find(|((place, ..), q)| *place == at && **q <= SPEAKS);
        let now = crate::learn::math::number(arm.points);
        let off = value
            .points
            .zip(value.q)
            .filter(|(points, q)| *q <= SPEAKS && value.now_beside.is_some_and(|now| (points - now).abs() > scale.pdo / 2.0));
        let message = match (moved, off) {
            (Some(((_, _, then), _)), _) => {
                format!("this line was measured at {:.1} % of {}, and now {seen}", then.rate, then.records)
            }
            (None, Some((points, _))) => {
                let signed = crate::report::plain::signed;
                format!("these data give this line {} points, not {}: {seen}", signed(points), signed(now))
            }
            (None, None) => continue,
        };
        let finding = Diagnostic::new(Code::StalePoints, arm.points_span, message);
        findings.push(finding.help("measure again with `lsrc calibrate --write`, or say why the line stays"));
    }
    findings.sort_by_key(|d| (d.span.file, d.span.start));
    let files: Vec<FileId> = program.sources.iter().map(|(id, _)| id).collect();
    let paths: Vec<String> = program.sources.iter().map(|(_, file)| super::files::repository_path(file)).collect();
    let summary = Summary { errors: 0, warnings: findings.len(), files: files.len() };
    let view = View { sources: &program.sources, findings: &findings, summary, scores: &[], files: &files, paths: &paths };
    for target in args.targets() {
        let style = Style {
            color: target.file.is_none() && terminal.out_color,
            unicode: terminal.unicode || target.file.is_some(),
            width: if target.file.is_none() { terminal.width } else { 100 },
        };
        let mut text = Vec::new();
        let Some(format) = target.format.finding() else { continue };
        render::write(&mut text, format, &view, style).map_err(|e| Failure::new("the findings cannot be written").because(e))?;
        target.write(&String::from_utf8_lossy(&text), terminal)?;
    }
    let tested = tested.len();
    if findings.is_empty() {
        terminal.say(&format!(
            "no line is contradicted; {} with a measure were compared",
            crate::report::plain::of(tested as u64, "line", "lines")
        ));
        return Ok(Status::Fine);
    }
    terminal.say(&format!("{} contradicted", crate::report::plain::of(findings.len() as u64, "line is", "lines are")));
    Ok(Status::No)
}

/// What the comments say, by file and the line that they are about.
fn told(program: &Program) -> BTreeMap<(FileId, usize), Provenance> {
    let mut out = BTreeMap::new();
    for parsed in &program.files {
        for measured in parsed.trivia.measured() {
            if let (Some(Ok(provenance)), Some(line)) = (Provenance::parse(&measured.text), measured.line) {
                out.insert((parsed.file.id, line + 1), provenance);
            }
        }
    }
    out
}

impl Calibrate {
    fn targets(&self) -> Vec<Target<Format>> {
        if self.format.is_empty() { vec![Target::standard(Format::Text)] } else { self.format.clone() }
    }

    /// Refuses formats that the mode does not have.
    fn formats(&self) -> Result<(), Report> {
        for target in &self.format {
            let fits = if self.check {
                target.format.finding().is_some()
            } else {
                matches!(target.format, Format::Text | Format::Md | Format::Json)
            };
            if !fits {
                let help = if self.check {
                    "with --check the formats are those of `lsrc check`"
                } else {
                    "the formats are text, md and json; with --check those of `lsrc check`"
                };
                return Err(Failure::new("--format: there is no such format here").help(help).into());
            }
        }
        Ok(())
    }

    fn show(&self, it: &Calibration, terminal: &Terminal) -> Result<(), Report> {
        for target in self.targets() {
            let style = crate::report::summary::Style {
                color: terminal.out_color && target.file.is_none(),
                unicode: terminal.unicode,
                width: terminal.width,
            };
            let text = match target.format {
                Format::Md => write::md(it),
                Format::Json => write::json(it).map_err(|e| Failure::new("the figures are not JSON").because(e))?,
                Format::Text
                | Format::Short
                | Format::Plain
                | Format::Github
                | Format::Gitlab
                | Format::Sarif
                | Format::Junit
                | Format::Html => write::text(it, style),
            };
            target.write(&text, terminal)?;
        }
        Ok(())
    }
}

impl Format {
    const fn finding(self) -> Option<render::Format> {
        Some(match self {
            Self::Md => return None,
            Self::Text => render::Format::Text,
            Self::Short => render::Format::Short,
            Self::Plain => render::Format::Plain,
            Self::Json => render::Format::Json,
            Self::Github => render::Format::Github,
            Self::Gitlab => render::Format::Gitlab,
            Self::Sarif => render::Format::Sarif,
            Self::Junit => render::Format::Junit,
            Self::Html => render::Format::Html,
        })
    }
}

impl Shape {
    const fn trend(self) -> Trend {
        match self {
            Self::None => Trend::None,
            Self::Up => Trend::Up,
            Self::Down => Trend::Down,
            Self::Peak => Trend::Peak,
            Self::Valley => Trend::Valley,
        }
    }
}
