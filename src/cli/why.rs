//! `lsrc why RULES DATA KEY..`

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Report;

use super::data::DataArgs;
use super::{Failure, Status, Target, Terminal, account, rules};
use crate::column::Batch;
use crate::hir::Model;
use crate::invariant::SureAt as _;
use crate::program::{Also, RuleSet};
use crate::report::cells::shown;
use crate::report::summary::Style;
use crate::report::{as_test, why as write};
use crate::run::Reading;
use crate::schema::PropId;
use crate::source::FileId;
use crate::text::fold;
use crate::text::nearest;
use crate::value::Type;
use crate::why::Explanation;

/// Explain the scores of one record, to the last point
///
/// Shows the rules that counted and what would reach the next stage. With -v it shows every rule.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  lsrc why score.lsr contacts.csv 4711\n  lsrc why score.lsr contacts.csv --by email jane@example.com\n  \
                        lsrc why score.lsr contacts.csv 4711 --as-test >> tests.lsr\n  lsrc why score.lsr contacts.csv --rollup account acme.example"
)]
pub(super) struct Why {
    /// The rules
    rules: PathBuf,
    /// The records; - is standard input
    data: PathBuf,
    /// The keys of the records, or row numbers if the schema has no key
    #[arg(required_unless_present_any = ["by", "rollup"])]
    key: Vec<String>,
    /// Find the record by another property
    #[arg(long, num_args = 2, value_names = ["PROPERTY", "VALUE"], conflicts_with = "key")]
    by: Option<Vec<String>>,
    /// Explain an account of a rollup and the records that make it, as in `--rollup account acme.example`
    #[arg(long, num_args = 2, value_names = ["NAME", "KEY"], conflicts_with_all = ["key", "by", "as_test", "select"])]
    rollup: Option<Vec<String>>,
    /// Columns of the input to show with the record
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    select: Vec<String>,
    /// Print the record as a `test` item
    #[arg(long)]
    as_test: bool,
    /// text, json, md or html; with =FILE into a file; may be repeated [default: text]
    #[arg(long, value_name = "NAME[=FILE]", value_parser = Target::<Format>::parse)]
    format: Vec<Target<Format>>,
    #[command(flatten)]
    data_args: DataArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// One document for programs
    Json,
    /// Markdown
    Md,
    /// One page
    Html,
}

pub(super) fn run(args: &Why, terminal: &Terminal) -> Result<Status, Report> {
    let (program, model) = rules::right(&args.rules, &args.data_args.set, terminal)?;
    let rules = RuleSet::of(program.sources, model);
    let model = rules.model();
    let as_of = args.data_args.options().moment(model)?;
    if let Some([name, key]) = args.rollup.as_deref() {
        let data = std::slice::from_ref(&args.data);
        let accounts = account::explain(&rules, (name, key), (&args.data_args.options(), data), as_of)?;
        return show(args, &[accounts], terminal);
    }
    let search = Search::new(args, model)?;
    let also = Also { properties: search.property.into_iter().collect(), carried: args.select.clone(), ..Also::default() };
    let reading = Reading { also, keep_rejects: true, ..Reading::default() };
    let mut reader = args.data_args.options().open(std::slice::from_ref(&args.data), model, rules.sources(), as_of, &reading)?;
    let explainer = rules.explainer(as_of);
    let mut found: Vec<(usize, Explanation, Batch)> = Vec::new();
    while let Some(batch) = reader.next_batch().map_err(Report::new)? {
        let rejected = reader.rejected_rows();
        for (row, asked) in search.rows(model, &batch) {
            let record = batch.gather(&[row]);
            let name = search.names.sure_at(asked);
            let faults = rejected.iter().find(|bad| bad.row == Some(record.first_row)).map_or(&[][..], |bad| &bad.faults);
            let mut account = explainer.explain_read(&record, name, faults);
            account.selected = record.selected(&args.select, 0);
            found.push((asked, account, record));
        }
    }
    search.all_found(args, &rules, &found, as_of)?;
    if args.data_args.strict && reader.report().errors() > 0 {
        return Err(Failure::new("--strict: the data have errors").help("`lsrc run` shows them").into());
    }
    found.sort_by_key(|(asked, ..)| *asked);
    if args.as_test {
        let tests: Vec<String> = found.iter().map(|(_, it, record)| as_test::test(model, record, it, as_of)).collect();
        let text = tests.join("\n");
        terminal.print(&crate::format::format(&crate::syntax::parse(FileId(0), &text), &text))?;
        return Ok(Status::Fine);
    }
    let accounts: Vec<Explanation> = found.into_iter().map(|(_, it, _)| it).collect();
    show(args, &accounts, terminal)
}

fn show(args: &Why, accounts: &[Explanation], terminal: &Terminal) -> Result<Status, Report> {
    let standard = [Target::standard(Format::Text)];
    let targets = if args.format.is_empty() { &standard[..] } else { &args.format };
    for target in targets {
        let here = target.file.is_none();
        let style = Style {
            color: here && terminal.out_color,
            unicode: terminal.unicode,
            width: if here { terminal.width } else { 100 },
        };
        let text = match target.format {
            Format::Text => accounts.iter().map(|a| write::text(a, terminal.is_verbose(), style)).collect::<Vec<_>>().join("\n"),
            Format::Md => accounts.iter().map(write::md).collect::<Vec<_>>().join("\n"),
            Format::Html => write::html(accounts),
            Format::Json => json(accounts)?,
        };
        target.write(&text, terminal)?;
    }
    Ok(Status::Fine)
}

/// One account as an object, several as a list.
fn json(accounts: &[Explanation]) -> Result<String, Report> {
    let text = match accounts {
        [one] => serde_json::to_string_pretty(one),
        many => serde_json::to_string_pretty(many),
    };
    Ok(text.map_err(|e| Failure::new("the account cannot be written").because(e))? + "\n")
}

/// Which records are looked for.
struct Search {
    /// The property that is compared; `None` for the row number.
    property: Option<PropId>,
    names: Vec<String>,
    folded: Vec<String>,
    /// Whether texts are compared as text, not exactly.
    loosely: bool,
    ignore_accents: bool,
}

impl Search {
    fn new(args: &Why, model: &Model) -> Result<Self, Report> {
        let schema = &model.schema;
        let (property, names, loosely) = match args.by.as_deref() {
            Some([property, value]) => {
                let names = schema.properties.iter().map(|p| &*p.name);
                let Some((id, _)) = schema.find(property) else {
                    let failure = Failure::new(format!("--by: the schema has no property `{property}`"));
                    return Err(match nearest(property, names) {
                        Some(near) => failure.help(format!("did you mean `{near}`?")).into(),
                        None => failure.help("`lsrc show` lists what the schema has").into(),
                    });
                };
                (Some(id), vec![value.clone()], schema.key != Some(id))
            }
            Some(_) | None => (schema.key, args.key.clone(), false),
        };
        // A record that is asked for twice is told once.
        let mut asked = BTreeSet::new();
        let names: Vec<String> = names.iter().map(|n| n.trim().to_owned()).filter(|name| asked.insert(name.clone())).collect();
        let folded = names.iter().map(|n| fold(n, schema.ignore_accents).into_owned()).collect();
        Ok(Self { property, names, folded, loosely, ignore_accents: schema.ignore_accents })
    }

    /// The rows of a batch that are looked for, with the place of what was asked.
    fn rows(&self, model: &Model, batch: &Batch) -> Vec<(usize, usize)> {
        let Some(id) = self.property else {
            let rows = self.names.iter().enumerate().filter_map(|(asked, name)| {
                let row = name.parse::<u64>().ok()?.checked_sub(batch.first_row)?;
                Some((usize::try_from(row).ok().filter(|&r| r < batch.rows)?, asked))
            });
            return rows.collect();
        };
        let ty = model.schema.property(id).map(|p| &p.ty);
        let Some(Some(column)) = batch.columns.get(id.0 as usize) else { return Vec::new() };
        let fits = |row: usize| {
            let shown = shown(column, ty, row)?;
            self.names.iter().position(|name| self.same(&shown, name, ty)).map(|asked| (row, asked))
        };
        (0..batch.rows).filter_map(fits).collect()
    }

    fn same(&self, shown: &str, name: &str, ty: Option<&Type>) -> bool {
        if shown == name {
            return true;
        }
        let exact = matches!(ty, Some(Type::Text)) && !self.loosely;
        if exact {
            return false;
        }
        let number = |text: &str| text.parse::<f64>().ok();
        match ty {
            Some(Type::Integer | Type::Number) => number(shown).is_some_and(|n| number(name) == Some(n)),
            Some(_) | None => {
                let shown = fold(shown, self.ignore_accents);
                self.folded.iter().zip(&self.names).any(|(folded, n)| n == name && *folded == shown)
            }
        }
    }

    /// A failure for what was not found, with what comes near it.
    fn all_found(
        &self,
        args: &Why,
        rules: &RuleSet,
        found: &[(usize, Explanation, Batch)],
        as_of: crate::hir::AsOf,
    ) -> Result<(), Report> {
        let missing: Vec<&String> = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, _)| !found.iter().any(|(asked, ..)| asked == at))
            .map(|(_, name)| name)
            .collect();
        let Some(first) = missing.first() else { return Ok(()) };
        let what = match self.property.and_then(|id| rules.model().schema.property(id)) {
            Some(property) => format!("{} `{first}`", property.name),
            None => format!("row {first}"),
        };
        let failure = Failure::new(format!("no record of {} has the {what}", args.data.display()));
        let near = self.near(args, rules, first, as_of)?;
        Err(match near.as_slice() {
            [] => failure.help("check the key, or find the record by another property with --by PROPERTY VALUE").into(),
            [one] => failure.help(format!("the nearest is {one}")).into(),
            many => failure.help(format!("the nearest are {}", many.join(", "))).into(),
        })
    }

    /// The values in the data nearest to one that is not there; nothing from standard input, which is read already.
    fn near(&self, args: &Why, rules: &RuleSet, name: &str, as_of: crate::hir::AsOf) -> Result<Vec<String>, Report> {
        let Some(id) = self.property.filter(|_| args.data.as_os_str() != "-") else { return Ok(Vec::new()) };
        let ty = rules.model().schema.property(id).map(|p| p.ty.clone());
        let also = Also { properties: [id].into(), ..Also::default() };
        let reading = Reading { also, ..Reading::default() };
        let mut reader =
            args.data_args.options().open(std::slice::from_ref(&args.data), rules.model(), rules.sources(), as_of, &reading)?;
        let mut best: Vec<(usize, String)> = Vec::new();
        let length = name.chars().count();
        while let Some(batch) = reader.next_batch().map_err(Report::new)? {
            let Some(Some(column)) = batch.columns.get(id.0 as usize) else { continue };
            for row in 0..batch.rows {
                let Some(shown) = shown(column, ty.as_ref(), row) else { continue };
                if shown.chars().count().abs_diff(length) > 3 || best.iter().any(|(_, b)| *b == shown) {
                    continue;
                }
                let distance = strsim::damerau_levenshtein(&shown.to_lowercase(), &name.to_lowercase());
                if distance <= 3.max(length / 3) {
                    best.push((distance, shown));
                    best.sort();
                    best.truncate(3);
                }
            }
        }
        Ok(best.into_iter().map(|(_, name)| name).collect())
    }
}
