//! Writes the workload as files: `cargo bench --bench generate -- ROWS FOLDER`; with `csv` behind it contacts as CSV alone.
#![allow(clippy::print_stderr, reason = "a program for the command line")]

mod workload;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use workload::{files, models};

/// Rows made at a time.
const PIECE: i64 = 10_000;
/// Events a contact.
const EVENTS: i64 = 10;
/// Contacts a company.
const COLLEAGUES: i64 = 10;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (rows, folder, json) = match arguments.as_slice() {
        [rows, folder] => (rows, folder, true),
        [rows, folder, only] if only == "csv" => (rows, folder, false),
        _ => {
            eprintln!("usage: cargo bench --bench generate -- ROWS FOLDER [csv]");
            return Ok(());
        }
    };
    let rows: i64 = rows.parse().map_err(|_| io::Error::other("ROWS is a whole number"))?;
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    write(&folder.join("contacts.csv"), &files::csv_header(), rows, files::csv_rows)?;
    if json {
        write(&folder.join("contacts.jsonl"), "", rows, files::json_rows)?;
        write(&folder.join("events.csv"), files::EVENT_HEADER, rows * EVENTS, |from, to| files::event_rows(from, to, rows))?;
    }
    let companies = (rows / COLLEAGUES).max(1);
    write(&folder.join("named.csv"), files::NAMED_HEADER, rows, |from, to| files::named_rows(from, to, companies))?;
    write(&folder.join("companies.csv"), files::COMPANY_HEADER, companies, files::company_rows)?;
    for (name, text) in [
        ("contact.lsr", models::CONTACT.to_owned()),
        ("model40.lsr", models::MODEL_40.to_owned()),
        ("model400.lsr", models::model(400)),
        ("events.lsr", models::EVENTS.to_owned()),
        ("related.lsr", models::RELATED.to_owned()),
        ("model10000.lsr", models::model(10_000)),
        ("else3000.lsr", models::branches(3000)),
        ("or3000.lsr", models::alternatives(3000)),
    ] {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn write(path: &Path, header: &str, rows: i64, make: impl Fn(i64, i64) -> String) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(header.as_bytes())?;
    for from in (1..=rows).step_by(PIECE as usize) {
        out.write_all(make(from, (from + PIECE).min(rows + 1)).as_bytes())?;
    }
    out.flush()
}
