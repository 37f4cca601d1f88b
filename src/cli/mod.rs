//! The `lsrc` command: one file a subcommand, and the only place that speaks to a terminal.
//!
//! A command takes its arguments and the [`Terminal`], writes its result to standard output, what it has to say about it to
//! standard error, and answers with a [`Status`] or a failure.

mod account;
mod backtest;
mod calibrate;
mod check;
mod compile;
mod completions;
mod data;
mod diff;
mod disasm;
mod edit;
mod explain;
mod export;
mod failure;
mod files;
mod fmt;
mod history;
mod import;
mod init;
mod learn;
#[cfg(feature = "lsp")]
mod lsp;
mod man;
mod measured;
#[cfg(feature = "hubspot")]
mod portal;
mod progress;
#[cfg(feature = "hubspot")]
mod pull;
#[cfg(feature = "hubspot")]
mod push;
mod rules;
mod run;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod sql;
mod study;
mod target;
mod terminal;
mod test;
mod watch;
mod why;

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use miette::Report;

pub use failure::Failure;
pub use target::Target;
pub use terminal::{ColorChoice, Terminal};

use crate::run::AtomicFile;

/// What a command that could be done answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Exit status 0.
    Fine,
    /// Exit status 1: the answer is no.
    No,
}

/// Lead scoring rules in text files: check, test, explain and run them.
#[derive(Debug, Parser)]
#[command(
    name = "lsrc",
    version,
    about,
    propagate_version = false,
    arg_required_else_help = true,
    after_help = "Start with:\n  lsrc init my-model\n  lsrc check my-model\n\nExit status: 0 success, 1 the check failed (findings, a failed test), 2 an error."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The flags that mean the same with every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Use colors; `auto`, the default, follows NO_COLOR and CLICOLOR_FORCE
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "auto|always|never",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Everywhere"
    )]
    pub color: ColorChoice,
    /// Print only results and errors
    #[arg(short, long, global = true, help_heading = "Everywhere", conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    pub verbose: bool,
    /// The configuration file [default: the nearest lsrc.toml in this folder or above]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub config: Option<std::path::PathBuf>,
    /// What messages call standard input (`-`)
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    pub stdin_filename: Option<String>,
    /// Let `use` and `list from` read files outside the project folder
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub allow_outside: bool,
}

/// The commands; each has a file of its own with its arguments and a function `run`.
#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Fmt(fmt::Fmt),
    Explain(explain::Explain),
    Init(init::Init),
    Show(show::Show),
    Compile(compile::Compile),
    Disasm(disasm::Disasm),
    Test(test::Test),
    Run(Box<run::Run>),
    History(history::History),
    Why(Box<why::Why>),
    Diff(Box<diff::Diff>),
    Backtest(Box<backtest::Backtest>),
    Calibrate(Box<calibrate::Calibrate>),
    Learn(Box<learn::Learn>),
    Schema(schema::Schema),
    Import(import::Import),
    Export(export::Export),
    #[cfg(feature = "hubspot")]
    Pull(pull::Pull),
    #[cfg(feature = "hubspot")]
    Push(push::Push),
    Sql(Box<sql::Sql>),
    #[cfg(feature = "serve")]
    Serve(Box<serve::Serve>),
    #[cfg(feature = "lsp")]
    Lsp(lsp::Lsp),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Whether it listens to signals, and so ends in its own way.
    const fn ends_by_itself(&self) -> bool {
        #[cfg(feature = "serve")]
        if let Self::Serve(_) = self {
            return true;
        }
        false
    }

    fn run(&self, terminal: &Terminal) -> Result<Status, Report> {
        match self {
            Self::Check(args) => check::run(args, terminal),
            Self::Fmt(args) => fmt::run(args, terminal),
            Self::Explain(args) => explain::run(args, terminal),
            Self::Init(args) => init::run(args, terminal),
            Self::Show(args) => show::run(args, terminal),
            Self::Compile(args) => compile::run(args, terminal),
            Self::Disasm(args) => disasm::run(args, terminal),
            Self::Test(args) => test::run(args, terminal),
            Self::Run(args) => run::run(args, terminal),
            Self::History(args) => history::run(args, terminal),
            Self::Why(args) => why::run(args, terminal),
            Self::Diff(args) => diff::run(args, terminal),
            Self::Backtest(args) => backtest::run(args, terminal),
            Self::Calibrate(args) => calibrate::run(args, terminal),
            Self::Learn(args) => learn::run(args, terminal),
            Self::Schema(args) => schema::run(args, terminal),
            Self::Import(args) => import::run(args, terminal),
            Self::Export(args) => export::run(args, terminal),
            #[cfg(feature = "hubspot")]
            Self::Pull(args) => pull::run(args, terminal),
            #[cfg(feature = "hubspot")]
            Self::Push(args) => push::run(args, terminal),
            Self::Sql(args) => sql::run(args, terminal),
            #[cfg(feature = "serve")]
            Self::Serve(args) => serve::run(args, terminal),
            #[cfg(feature = "lsp")]
            Self::Lsp(args) => lsp::run(args, terminal),
            Self::Completions(args) => completions::run(args, terminal),
            Self::Man(args) => man::run(args, terminal),
        }
    }
}

/// The whole command line, for completions and the manual.
#[must_use]
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Enough for 200 levels of nesting in every stage, debug builds included.
const STACK_BYTES: usize = 256 << 20;

/// Reads the arguments, runs the command and gives the exit status.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(status(std::env::args_os()))
}

/// Runs the command with these arguments, its own name first, and gives the exit status; for programs in which it is a part.
#[must_use]
pub fn status(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // A closed pipe is no reason to say anything.
            let _closed = usage.print();
            return u8::try_from(usage.exit_code()).unwrap_or(2);
        }
    };
    let terminal = Terminal::new(cli.global);
    let command = cli.command;
    if !command.ends_by_itself() {
        // Only one handler can be set, and only here. The status is the one that shells expect of an interrupt.
        let _set = ctrlc::set_handler(|| {
            crate::run::remove_unfinished();
            std::process::exit(130);
        });
    }
    let work = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
        let answer = command.run(&terminal);
        conclude(answer, &terminal)
    });
    let done = work.ok().and_then(|thread| thread.join().ok());
    if let (None, Some(broken)) = (done, crate::invariant::first()) {
        terminal::say(&format!("error: {broken}; this is a defect of lsrc: please report it with the rules and the command"));
    }
    done.unwrap_or(2)
}

/// Turns the answer of a command into the exit status; a failure is told, a closed pipe is not.
fn conclude(answer: Result<Status, Report>, terminal: &Terminal) -> u8 {
    match answer {
        Ok(Status::Fine) => 0,
        Ok(Status::No) => 1,
        Err(report) if failure::is_closed_pipe(&report) => 0,
        Err(report) => {
            if !failure::is_told(&report) {
                terminal.fail(&report);
            }
            2
        }
    }
}
