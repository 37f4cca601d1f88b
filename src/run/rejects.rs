//! `--rejects FILE`: the rows with data errors as they are in the data, with what is wrong.

use std::io::Write;
use std::path::{Path, PathBuf};

use miette::Report;

use super::AtomicFile;
use crate::failure::Failure;
use crate::input::{Reader, RejectedRow};
use crate::report::cells;
use crate::report::csv::field;

/// The file being written.
pub(super) struct Rejects {
    file: AtomicFile,
    path: PathBuf,
    begun: bool,
}

impl Rejects {
    pub(super) fn create(path: &Path) -> Result<Self, Report> {
        let file = AtomicFile::create(path).map_err(|e| Failure::writing(path, e))?;
        Ok(Self { file, path: path.to_owned(), begun: false })
    }

    /// Writes the rows that the reader kept since the last time.
    pub(super) fn take(&mut self, reader: &mut Reader) -> Result<(), Report> {
        let rows = reader.rejected_rows();
        let mut out = Vec::new();
        if !self.begun && !reader.reject_headers().is_empty() {
            self.begun = true;
            out.extend_from_slice(b"row,problem");
            for header in reader.reject_headers() {
                out.push(b',');
                field(&mut out, header);
            }
            out.push(b'\n');
        }
        rows.iter().for_each(|row| line(&mut out, row));
        self.file.write_all(&out).map_err(|e| Failure::writing(&self.path, e).into())
    }

    pub(super) fn finish(self) -> Result<(), Report> {
        self.file.finish().map_err(|e| Failure::writing(&self.path, e).into())
    }
}

fn line(out: &mut Vec<u8>, row: &RejectedRow) {
    if let Some(number) = row.row {
        cells::unsigned(out, number);
    }
    out.push(b',');
    field(out, &row.reason);
    for cell in &row.cells {
        out.push(b',');
        field(out, cell);
    }
    out.push(b'\n');
}
