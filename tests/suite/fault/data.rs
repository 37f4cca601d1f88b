//! Data and where results go.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use super::{RULES, folder, lsrc, noise, refuses, run, survives};

fn contacts(count: usize) -> String {
    let mut csv = String::from("id,n,t\n");
    for id in 0..count {
        let _ = writeln!(csv, "{id},{},\"chief {id}\"", id % 7);
    }
    csv
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let folder = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", contacts(100_000).as_bytes())]);
    let mut child =
        lsrc(folder.path(), &["run", "r.lsr", "d.csv", "-q"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first.trim_end(), "id,s,excluded");
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{:?}", output.status);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", contacts(2000).as_bytes())]);
    refuses(folder.path(), &["run", "r.lsr", "d.csv", "-q", "-o", "/dev/full"], "the disk is full");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = lsrc(folder.path(), &["run", "r.lsr", "d.csv", "-q"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the disk is full"));
}

#[test]
fn a_failed_run_leaves_the_old_output_and_nothing_beside_it() {
    let zip = gzipped(contacts(20_000).as_bytes());
    let folder = folder(&[
        ("r.lsr", RULES.as_bytes()),
        ("cut.csv.gz", &zip[..zip.len() / 2]),
        ("o.csv", b"yesterday\n"),
        ("parts/none", b""),
    ]);
    refuses(folder.path(), &["run", "r.lsr", "cut.csv.gz", "-q", "-o", "o.csv"], "cut off");
    assert_eq!(std::fs::read(folder.path().join("o.csv")).unwrap(), b"yesterday\n");
    refuses(folder.path(), &["run", "r.lsr", "cut.csv.gz", "-q", "-o", "parts/o.csv"], "cut off");
    assert_eq!(std::fs::read_dir(folder.path().join("parts")).unwrap().count(), 1, "a part stays");
}

#[test]
fn files_cut_off_anywhere_are_refused_or_read() {
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", contacts(300).as_bytes())]);
    for name in ["o.parquet", "o.arrow", "o.jsonl"] {
        let made = run(dir.path(), &["run", "r.lsr", "d.csv", "-q", "--select", "n,t", "-o", name]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        for part in 0..24 {
            let cut = format!("cut-{name}");
            std::fs::write(dir.path().join(&cut), &bytes[..bytes.len() * part / 24]).unwrap();
            survives(dir.path(), &["run", "r.lsr", &cut, "-q"]);
        }
        for seed in 0..24 {
            let mut broken = bytes.clone();
            for (at, byte) in noise(seed, 8).chunks(2).map(|two| (usize::from(two[0]) * 251 + usize::from(two[1]), two[1])) {
                let len = broken.len();
                broken[at % len] = byte;
            }
            let name = format!("broken-{name}");
            std::fs::write(dir.path().join(&name), broken).unwrap();
            survives(dir.path(), &["run", "r.lsr", &name, "-q"]);
        }
    }
}

#[test]
fn bytes_that_are_nothing_are_refused_in_every_format() {
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("noise", &noise(7, 200_000))]);
    for format in ["csv", "json", "jsonl", "parquet", "arrow", "xlsx"] {
        let output = survives(dir.path(), &["run", "r.lsr", "noise", "-q", "--input-format", format]);
        assert_eq!(output.status.code(), Some(2), "{format}");
    }
    refuses(dir.path(), &["run", "r.lsr", "noise", "-q", "--input-format", "parquet"], "not a readable Parquet file");
    refuses(dir.path(), &["run", "r.lsr", "nowhere.csv"], "there is no file nowhere.csv");
    refuses(dir.path(), &["run", "r.lsr", "."], "is a folder");
}

#[test]
fn an_open_quote_is_told_where_it_opens() {
    let mut csv = String::from("id,n,t\n1,2,\"never closed\n");
    csv.push_str(&contacts(20_000).replace('"', ""));
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("open.csv", csv.as_bytes())]);
    refuses(dir.path(), &["run", "r.lsr", "open.csv", "-q"], "open.csv:2:5: a quote opens here and is never closed");
}

#[test]
fn ten_thousand_columns_and_a_cell_of_five_million_characters_are_read() {
    let columns: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
    let values = vec!["v"; 10_000].join(",");
    let wide = format!("id,n,{},t\n1,1,{values},chief\n2,4,{values},\n", columns.join(","));
    let long = format!("id,n,t\n1,1,\"{} chief\"\n2,4,\n", "x".repeat(5_000_000));
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("wide.csv", wide.as_bytes()), ("long.csv", long.as_bytes())]);
    for file in ["wide.csv", "long.csv"] {
        let output = run(dir.path(), &["run", "r.lsr", file, "-q"]);
        assert_eq!(String::from_utf8_lossy(&output.stdout).replace('\r', ""), "id,s,excluded\n1,3,\n2,4,\n", "{file}");
    }
}

#[test]
fn a_compressed_flood_is_stopped() {
    let mut flood = b"id,n,t\n1,1,".to_vec();
    flood.resize(80_000_000, b'a');
    let dir = folder(&[
        ("r.lsr", RULES.as_bytes()),
        ("bomb.csv.gz", &gzipped(&flood)),
        ("d.csv.gz", &gzipped(contacts(9000).as_bytes())),
    ]);
    refuses(dir.path(), &["run", "r.lsr", "bomb.csv.gz", "-q"], "longer than 64 MiB");
    refuses(dir.path(), &["run", "r.lsr", "d.csv.gz", "-q", "--max-decoded", "10000"], "d.csv.gz");
}

#[test]
fn an_events_file_that_cannot_be_read_stops_the_run() {
    let rules = RULES.replace("  per n then +1\n", "  per n then +1\n  each view then +1\n");
    let dir = folder(&[("r.lsr", rules.as_bytes()), ("d.csv", contacts(9).as_bytes()), ("noise.csv", &noise(3, 5000))]);
    refuses(dir.path(), &["run", "r.lsr", "d.csv", "--events", "view=nowhere.csv", "-q"], "nowhere.csv");
    refuses(dir.path(), &["run", "r.lsr", "d.csv", "--events", "view=noise.csv", "-q"], "noise.csv");
    refuses(dir.path(), &["run", "r.lsr", "d.csv", "--events", "views=d.csv", "-q"], "views");
}

/// The run waits for its reader while somebody cuts the data off.
#[test]
fn a_file_that_shrinks_while_it_is_read_is_told() {
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("d.csv", contacts(1_500_000).as_bytes())]);
    let mut child =
        lsrc(dir.path(), &["run", "r.lsr", "d.csv", "-q"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    std::fs::File::options().write(true).open(dir.path().join("d.csv")).unwrap().set_len(100).unwrap();
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: d.csv became shorter while it was read"), "{said}");
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_and_circles_end() {
    use std::os::unix::fs::symlink;
    let dir = folder(&[("p/r.lsr", RULES.as_bytes()), ("d.csv", b"id,n,t\n1,2,\n"), ("out/real.csv", b"yesterday\n")]);
    let at = |name: &str| dir.path().join(name);
    symlink("out/real.csv", at("o.csv")).unwrap();
    symlink("out/new.csv", at("n.csv")).unwrap();
    symlink("y.csv", at("x.csv")).unwrap();
    symlink("x.csv", at("y.csv")).unwrap();
    symlink("..", at("p/up")).unwrap();
    for (link, real) in [("o.csv", "out/real.csv"), ("n.csv", "out/new.csv")] {
        let output = run(dir.path(), &["run", "p/r.lsr", "d.csv", "-q", "--allow-missing", "all", "-o", link]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(std::fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
        assert_eq!(std::fs::read_to_string(at(real)).unwrap().replace('\r', ""), "id,s,excluded\n1,2,\n");
    }
    refuses(dir.path(), &["run", "p/r.lsr", "d.csv", "-q", "-o", "x.csv"], "x.csv");
    refuses(dir.path(), &["run", "p/r.lsr", "x.csv", "-q"], "x.csv");
    let output = run(dir.path(), &["check", "p", "--format", "short"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A workbook of two cells at the corners of a sheet, which as a rectangle would be seventeen billion.
#[test]
fn a_workbook_that_claims_a_giant_table_is_refused() {
    let part = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let parts = [
        part(
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
        ),
        part(
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        part(
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        part(
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        part(
            "xl/worksheets/sheet1.xml",
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>"#,
        ),
    ];
    let dir = folder(&[("r.lsr", RULES.as_bytes()), ("far.xlsx", &stored_zip(&parts))]);
    refuses(dir.path(), &["run", "r.lsr", "far.xlsx", "-q"], "the sheet `S` of far.xlsx spans 1048576 rows and 16384 columns");
}

/// A zip file whose parts are stored as they are.
fn stored_zip(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let begin = u32::try_from(out.len()).unwrap();
        let mut common = Vec::new();
        common.extend_from_slice(&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        common.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
        for size in [bytes.len(), bytes.len()] {
            common.extend_from_slice(&u32::try_from(size).unwrap().to_le_bytes());
        }
        common.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&begin.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (begin, length) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&[count, count].concat());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&begin.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}
