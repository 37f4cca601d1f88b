//! `lsrc diff OLD NEW [DATA..]`

mod git;
mod records;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use miette::Report;

use super::data::{self, DataArgs};
use super::{Failure, Status, Target, Terminal, rules};
use crate::diff::same::{self, Models};
use crate::diff::unit::units;
use crate::diff::{Difference, Gate, Matching, Plan, range_changes};
use crate::program::{self, RuleSet};
use crate::report::diff as write;
use crate::report::summary::Style;
use crate::text::nearest;

/// Compare two versions of rules: what changes in the rules, in scores, and for people
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc diff old.lsr new.lsr contacts.csv\n  lsrc diff --git main score.lsr contacts.csv --format md\n  \
                        lsrc diff score.lsr --set-new sql_at=70 contacts.csv --fail-if-moved 5%"
)]
pub(super) struct Diff {
    /// OLD and NEW rules, then the records; with --git or --set-new the rules once
    #[arg(required = true, value_name = "RULES|DATA")]
    paths: Vec<PathBuf>,
    /// Take the old rules from this Git revision, branch or tag
    #[arg(long, value_name = "REV")]
    git: Option<String>,
    /// Set a param of the new rules, as in `--set-new sql_at=70`
    #[arg(long, value_name = "PARAM=VALUE", value_parser = data::pair)]
    set_new: Vec<(String, String)>,
    /// Exit with status 1 if more than N records, or more than P% of them, change stage
    #[arg(long, value_name = "N|P%", value_parser = Gate::moved, allow_hyphen_values = true)]
    fail_if_moved: Option<Gate>,
    /// Exit with status 1 if a stage grows or shrinks too much, as in `stage=sql>+20%`; may be repeated
    #[arg(long, value_name = "stage=NAME>+P%", value_parser = Gate::stage)]
    fail_if: Vec<Gate>,
    /// List at most N records that enter or leave a stage
    #[arg(long, value_name = "N", default_value_t = 10)]
    people: usize,
    /// Columns of the input to show with these records
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    select: Vec<String>,
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
    /// Markdown, as a comment of a pull request
    Md,
    /// One document for programs
    Json,
    /// One page
    Html,
}

/// The rules of one side, and what people call them.
struct Side {
    name: String,
    rules: RuleSet,
}

pub(super) fn run(args: &Diff, terminal: &Terminal) -> Result<Status, Report> {
    let (old_path, new_path, data) = args.sides()?;
    let gates: Vec<&Gate> = args.fail_if_moved.iter().chain(&args.fail_if).collect();
    if data.is_empty() && !gates.is_empty() {
        return Err(Failure::new("a gate counts records, and there are none").help("name the data behind the rules").into());
    }
    let old = args.old(old_path, terminal)?;
    let new = args.new_side(new_path, terminal)?;
    let side = |it: &Side| units(it.rules.model(), it.rules.sources());
    let matching = Matching::of(side(&old), side(&new));
    let (old_model, new_model) = (old.rules.model(), new.rules.model());
    let plan = Plan::new(old_model, new_model, &matching);
    stages_known(&gates, &plan)?;
    let (people, accounts) = match data {
        [] => (None, Vec::new()),
        data => {
            let (options, shown) = (args.data_args.options(), (args.people, args.select.as_slice()));
            let (people, accounts) = records::people(&options, data, [&old.rules, &new.rules], &plan, shown, terminal)?;
            (Some(people), accounts)
        }
    };
    let (before, after) = (program::ranges(old_model), program::ranges(new_model));
    let models =
        Models { old: old_model, new: new_model, one_schema: old.rules.has_schema_of(&new.rules), reaches: [&before, &after] };
    let equivalence = same::compare(&models, &matching, &plan).with(people.as_ref());
    let judged = people.as_ref().map(|people| gates.iter().map(|gate| gate.judge(people)).collect::<Vec<_>>());
    let difference = Difference {
        version: 1,
        old: old.name,
        new: new.name,
        changes: matching.changes(),
        equivalence,
        scores: range_changes(&program::all_ranges(old_model, before), &program::all_ranges(new_model, after)),
        people,
        accounts,
        gates: judged.into_iter().flatten().collect(),
    };
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let style =
            Style { color: terminal.out_color && target.file.is_none(), unicode: terminal.unicode, width: terminal.width };
        let text = match target.format {
            Format::Text => write::text(&difference, style),
            Format::Md => write::md(&difference),
            Format::Html => write::html(&difference),
            Format::Json => write::json(&difference).map_err(|e| Failure::new("the difference is not JSON").because(e))?,
        };
        target.write(&text, terminal)?;
    }
    Ok(if difference.gates.iter().all(|g| g.holds) { Status::Fine } else { Status::No })
}

/// Whether a path names rules rather than records.
fn is_rules(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lsr" || ending == "lsrb")
}

impl Diff {
    /// The old rules, the new rules, the data.
    fn sides(&self) -> Result<(&Path, &Path, &[PathBuf]), Report> {
        let Some((old, rest)) = self.paths.split_first() else {
            return Err(Failure::new("there are no rules to compare").help("write lsrc diff OLD NEW [DATA..]").into());
        };
        match rest.split_first() {
            Some((new, _)) if self.git.is_some() && is_rules(new) => {
                Err(Failure::new(format!("with --git the rules are named once, and `{}` is a second file of rules", new.display()))
                    .help("leave --git out to compare two files")
                    .into())
            }
            Some((new, data)) if is_rules(new) => Ok((old, new, data)),
            Some(_) | None if self.git.is_some() || !self.set_new.is_empty() => Ok((old, old, rest)),
            Some((other, _)) => Err(Failure::new(format!("`{}` is not a rule file to compare `{}` with", other.display(), old.display()))
                .help("name the old and the new .lsr file, or compare with a revision by --git REV or with other params by --set-new PARAM=VALUE")
                .into()),
            None => Err(Failure::new(format!("there is nothing to compare `{}` with", old.display()))
                .help("name the new rules too, or compare with a revision by --git REV or with other params by --set-new PARAM=VALUE")
                .into()),
        }
    }

    fn old(&self, path: &Path, terminal: &Terminal) -> Result<Side, Report> {
        let set = &self.data_args.set;
        let (name, (program, model)) = match &self.git {
            None => (path.display().to_string(), rules::right(path, set, terminal)?),
            Some(rev) => {
                let program = git::load(rev, path, terminal)?;
                let name = format!("{}@{rev}", path.display());
                (name.clone(), rules::judged(program, set, Path::new(&name), terminal)?)
            }
        };
        Ok(Side { name, rules: RuleSet::of(program.sources, model) })
    }

    fn new_side(&self, path: &Path, terminal: &Terminal) -> Result<Side, Report> {
        // What is set for the new rules alone comes later, and holds.
        let kept = self.data_args.set.iter().filter(|(name, _)| !self.set_new.iter().any(|(n, _)| n == name));
        let set: Vec<(String, String)> = kept.chain(&self.set_new).cloned().collect();
        let (program, model) = rules::right(path, &set, terminal)?;
        let with: Vec<String> = self.set_new.iter().map(|(name, value)| format!(" with {name}={value}")).collect();
        let name = format!("{}{}", path.display(), with.join(""));
        Ok(Side { name, rules: RuleSet::of(program.sources, model) })
    }
}

/// Refuses gates over stages that no lifecycle of both sides has.
fn stages_known(gates: &[&Gate], plan: &Plan) -> Result<(), Report> {
    let stages = || plan.stages.iter().flat_map(|l| &l.stages).map(|s| &**s);
    if plan.stages.is_empty() && !gates.is_empty() {
        return Err(Failure::new("the rules have no lifecycle in common, so no record moves")
            .help("leave the gates out, or add a lifecycle to the rules")
            .into());
    }
    for gate in gates {
        let Gate::Stage { stage, .. } = gate else { continue };
        if !stages().any(|s| s == stage) {
            let failure = Failure::new(format!("--fail-if: there is no stage `{stage}`"));
            return Err(match nearest(stage, stages()) {
                Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                None => failure.help(format!("the stages are {}", stages().collect::<Vec<_>>().join(", "))).into(),
            });
        }
    }
    Ok(())
}
