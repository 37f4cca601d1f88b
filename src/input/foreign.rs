//! Files that are not data, by name: what an export, a portal or a mail often gives under the name of a table.

use std::path::Path;

use super::error::{InputError, shown};

/// Refuses a file whose first bytes say that it is something else.
pub(crate) fn refuse(head: &[u8], path: &Path) -> Result<(), InputError> {
    let text = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head).trim_ascii_start();
    let starts = |start: &str| text.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start.as_bytes()));
    let is_markup = text.first() == Some(&b'<');
    let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    let (what, help) = if ["<!doctype html", "<html", "<table", "<head", "<meta", "<body"].iter().any(|start| starts(start)) {
        (
            "an HTML page",
            "open it in a spreadsheet and save it as .xlsx or CSV; if it is a page that asks to log in, export it again",
        )
    } else if is_markup && holds(b"urn:schemas-microsoft-com:office:spreadsheet") {
        ("an XML spreadsheet of 2003", "open it in a spreadsheet and save it as .xlsx or CSV")
    } else if is_markup && starts("<?xml") {
        ("an XML document", "export the data as CSV, JSON or .xlsx")
    } else if head.starts_with(b"%PDF-") {
        ("a PDF document", "export the data as CSV or .xlsx")
    } else if head.starts_with(b"{\\rtf") {
        ("a text document (RTF)", "export the data as CSV or .xlsx")
    } else if head.starts_with(b"SQLite format 3\0") {
        ("an SQLite database", "name a table of it: sqlite:FILE?table=NAME")
    } else if head.starts_with(b"Rar!") || head.starts_with(b"7z\xbc\xaf\x27\x1c") {
        ("an archive", "unpack it, and name the file in it")
    } else {
        return Ok(());
    };
    Err(InputError::new(format!("{} is {what}, not a table of records", shown(path))).help(help))
}

#[cfg(feature = "data")]
/// What a file is that looks like a workbook and cannot be read as one: an archive of other files, or a workbook with a password.
pub(crate) fn not_a_workbook(bytes: &[u8], path: &Path) -> Option<InputError> {
    // The name of a stream in a compound file.
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if memchr::memmem::find(bytes, &encrypted).is_some() {
        return Some(
            InputError::new(format!("{} is protected with a password", shown(path)))
                .help("open it, remove the password, and save it again"),
        );
    }
    if !bytes.starts_with(b"PK") {
        return None;
    }
    let parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let names: Vec<String> = parts.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    // Some programs write the name in lower case.
    if names.iter().any(|name| name.eq_ignore_ascii_case("[Content_Types].xml") || name == "mimetype") {
        return None;
    }
    let held: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.ends_with('/')).take(3).collect();
    Some(
        InputError::new(format!("{} is a ZIP archive of {}, not a workbook", shown(path), held.join(", ")))
            .help("unpack it, and name the file in it"),
    )
}
