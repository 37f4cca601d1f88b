//! What is known about the terminal, decided once: colours, width, characters, how much to say.

use std::io::{self, BufWriter, IsTerminal, Write};

use miette::Report;

use super::{Global, failure};
use crate::diag::render::harmless;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set; everywhere if CLICOLOR_FORCE is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The terminal and the flags that mean the same everywhere.
#[derive(Debug, Clone)]
pub struct Terminal {
    /// The flags.
    pub global: Global,
    /// Whether standard output is coloured.
    pub out_color: bool,
    /// Whether standard error is coloured.
    pub err_color: bool,
    /// Whether characters beyond ASCII can be drawn.
    pub unicode: bool,
    /// Columns of the terminal; 100 where there is none.
    pub width: usize,
}

impl Terminal {
    pub(super) fn new(global: Global) -> Self {
        let out_color = colored(global.color, io::stdout().is_terminal());
        let err_color = colored(global.color, io::stderr().is_terminal());
        Self { global, out_color, err_color, unicode: speaks_unicode(), width: width() }
    }

    /// Standard output, buffered; flush it before the command ends.
    #[must_use]
    pub fn out(&self) -> BufWriter<io::StdoutLock<'static>> {
        BufWriter::with_capacity(1 << 16, io::stdout().lock())
    }

    /// Writes a result to standard output.
    ///
    /// # Errors
    /// That it cannot be written; a closed pipe is none.
    pub fn print(&self, text: &str) -> Result<(), Report> {
        let mut out = self.out();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(failure::Failure::writing("standard output".as_ref(), error).into())
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes to standard output what quotes sources or data: their control characters are drawn, not obeyed.
    ///
    /// # Errors
    /// That it cannot be written; a closed pipe is none.
    pub fn show(&self, text: &str) -> Result<(), Report> {
        self.print(&harmless(text))
    }

    /// Whether `-q` asks for silence.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// Whether `-v` asks for more.
    #[must_use]
    pub const fn is_verbose(&self) -> bool {
        self.global.verbose
    }

    /// Says something about the result on standard error, unless `-q` asks for silence.
    pub fn say(&self, text: &str) {
        if !self.is_quiet() {
            say(text);
        }
    }

    /// Says something on standard error that `-q` does not silence.
    pub fn insist(&self, text: &str) {
        say(text);
    }

    /// Says more on standard error if `-v` asks for it.
    pub fn say_more(&self, text: &str) {
        if self.global.verbose {
            say(text);
        }
    }

    /// Tells a failure on standard error.
    pub(super) fn fail(&self, report: &Report) {
        say(failure::describe_report(report, self.err_color, self.unicode, self.width).trim_end());
    }

    /// Whether standard error is a terminal, so that progress can be shown.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        !self.global.quiet && io::stderr().is_terminal()
    }
}

/// One line, or several, on standard error; if that is closed there is nobody to tell.
pub(super) fn say(text: &str) {
    let mut err = io::stderr().lock();
    let _closed = writeln!(err, "{}", harmless(text));
}

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn colored(choice: ColorChoice, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0");
            let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
            !set("NO_COLOR") && (forced || (terminal && !dumb))
        }
    }
}

/// By the locale's encoding, as C programs do: `LC_ALL`, then `LC_CTYPE`, then `LANG`. Without any of them UTF-8 is likely enough.
fn speaks_unicode() -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .map(|locale| locale.to_ascii_lowercase());
    named.is_none_or(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}

/// `COLUMNS`, else the width of the terminal on standard output or error, else 100.
fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok()).filter(|&n| n > 0);
    let seen = || terminal_size::terminal_size().map(|(w, _)| usize::from(w.0)).filter(|&n| n > 0);
    told.or_else(seen).unwrap_or(100).clamp(20, 400)
}
