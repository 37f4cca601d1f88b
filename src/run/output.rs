//! Where rows go: standard output, a file that is whole or absent, or a place of its own until a gate is passed.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use miette::Report;

use super::AtomicFile;
use crate::failure::Failure;
use crate::report::order::Limit;
use crate::report::ranking::{Ranked, Ranking};
use crate::report::{Encoded, Encoder, WriteError, Writer};

/// Where an output goes.
pub(super) enum Destination {
    /// Standard output, as it comes.
    Standard,
    /// Standard output, all of it at the end.
    HeldBack,
    /// A file.
    File(PathBuf),
    /// Nowhere: the rows are kept in memory.
    Memory,
}

/// The rows of a batch, ready to be written.
pub(super) enum Piece {
    /// In the order of the input, with how many they are.
    Rows(Encoded, u64),
    /// To be put in order first.
    Ranked(Ranked),
}

/// An output being written.
pub(super) struct Output {
    rows: Rows,
    name: PathBuf,
    ranking: Option<Ranking>,
    written: u64,
}

/// What became of an output.
#[derive(Default)]
pub(super) struct Finished {
    /// How many records it has.
    pub(super) written: u64,
    /// The rows, where they are kept in memory.
    pub(super) kept: Vec<Encoded>,
}

enum Rows {
    Written(Writer<Sink>),
    Kept(Vec<Encoded>),
}

impl Rows {
    fn take(&mut self, rows: Encoded) -> Result<(), WriteError> {
        match self {
            Self::Written(writer) => writer.write(&rows),
            Self::Kept(kept) => {
                kept.push(rows);
                Ok(())
            }
        }
    }
}

enum Sink {
    Standard(BufWriter<io::Stdout>),
    HeldBack(BufWriter<File>),
    File(AtomicFile),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::HeldBack(file) => file.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::HeldBack(file) => file.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// That rows could not be encoded.
pub(super) fn failed(error: WriteError) -> Report {
    told(Path::new("the output"), error)
}

fn told(name: &Path, error: WriteError) -> Report {
    match error {
        WriteError::Io(error) => Failure::writing(name, error).into(),
        WriteError::Columns(message) => Failure::new(format!("cannot write `{}`: {message}", name.display())).into(),
    }
}

impl Output {
    /// Begins an output; with `ranked` its rows are put in order, and cut to so many if a number is given.
    pub(super) fn create(place: Destination, encoder: &Encoder, ranked: Option<Option<Limit>>) -> Result<Self, Report> {
        let name = match &place {
            Destination::Standard | Destination::HeldBack => PathBuf::from("standard output"),
            Destination::File(path) => path.clone(),
            Destination::Memory => PathBuf::from("the result"),
        };
        let output = |rows, name| Self { rows, name, ranking: ranked.map(Ranking::new), written: 0 };
        let sink = match place {
            Destination::Standard => Ok(Sink::Standard(BufWriter::with_capacity(1 << 16, io::stdout()))),
            Destination::HeldBack => tempfile::tempfile().map(|file| Sink::HeldBack(BufWriter::with_capacity(1 << 16, file))),
            Destination::File(path) => AtomicFile::create(&path).map(Sink::File),
            Destination::Memory => return Ok(output(Rows::Kept(Vec::new()), name)),
        };
        let sink = sink.map_err(|e| Failure::writing(&name, e))?;
        let writer = Writer::start(encoder, sink).map_err(|e| told(&name, e))?;
        Ok(output(Rows::Written(writer), name))
    }

    /// Writes the rows of a batch, or puts them in order.
    pub(super) fn write(&mut self, piece: Piece) -> Result<(), Report> {
        match (piece, &mut self.ranking) {
            (Piece::Rows(rows, count), _) => {
                self.written += count;
                self.rows.take(rows).map_err(|e| told(&self.name, e))
            }
            (Piece::Ranked(rows), Some(ranking)) => ranking.add(rows).map_err(|e| told(&self.name, e)),
            (Piece::Ranked(_), None) => Ok(()),
        }
    }

    /// Finishes the output.
    pub(super) fn finish(mut self) -> Result<Finished, Report> {
        let name = self.name;
        let mut end = || -> Result<u64, WriteError> {
            if let Some(ranking) = self.ranking.take() {
                let (pieces, count) = ranking.finish()?;
                pieces.into_iter().try_for_each(|piece| self.rows.take(piece))?;
                self.written += count;
            }
            Ok(self.written)
        };
        let written = end().map_err(|e| told(&name, e))?;
        let writer = match self.rows {
            Rows::Written(writer) => writer,
            Rows::Kept(kept) => return Ok(Finished { written, kept }),
        };
        let done = match writer.finish().map_err(|e| told(&name, e))? {
            Sink::Standard(mut out) => out.flush(),
            Sink::File(file) => file.finish(),
            Sink::HeldBack(file) => file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|mut file| {
                file.rewind()?;
                io::copy(&mut file, &mut io::stdout().lock()).and_then(|_| io::stdout().flush())
            }),
        };
        done.map_err(|e| Failure::writing(&name, e))?;
        Ok(Finished { written, kept: Vec::new() })
    }
}
