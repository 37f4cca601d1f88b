//! `lsrc run`, `compile` and `disasm`: cases under `tests/cases/run`, and what a folder of files cannot show.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::command::{cases, check_area, lsrc};

#[test]
fn every_case_prints_what_it_should() {
    check_area("run");
}

/// Rules and so many records in a folder of their own.
fn project(records: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(cases("run").join("basics/rules.lsr"), folder.path().join("rules.lsr")).unwrap();
    let mut data = String::from("Record ID,Email,Job Title,employees,industry,form,last_demo,amount,Lifecycle Stage\n");
    for id in 0..records {
        let title = ["VP Sales", "Intern", "", "Head of IT", "test"][id % 5];
        let industry = ["software", "farming", "Select", "Financial Services", "unheard of"][id % 5 * 3 % 5];
        let form = ["demo", "demo;guide", "", "webinar"][id % 4];
        let stage = ["Lead", "Customer", "", "Sales Qualified"][id / 3 % 4];
        let day = id % 28 + 1;
        writeln!(
            data,
            "{id},p{id}@x.example,{title},{},{industry},{form},2025-12-{day:02},{}.5,{stage}",
            id % 300,
            id * 7 % 2000
        )
        .unwrap();
    }
    fs::write(folder.path().join("contacts.csv"), data).unwrap();
    folder
}

fn output(folder: &Path, args: &[&str]) -> Vec<u8> {
    let output = lsrc(folder).args(["run", "rules.lsr", "contacts.csv", "--as-of", "2026-01-15"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn any_number_of_threads_gives_the_same_rows_and_the_same_summary() {
    let folder = project(30_000);
    let summary = |threads: &str| {
        let name = format!("summary-{threads}.json");
        let rows = output(folder.path(), &["--threads", threads, "--explain", "-q", "--summary", &name]);
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let mut summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        let fields = summary.as_object_mut().unwrap();
        assert!(fields.remove("seconds").is_some() && fields.remove("records_per_second").is_some());
        (rows, summary)
    };
    let one = summary("1");
    assert_eq!(one.0.iter().filter(|b| **b == b'\n').count(), 30_001);
    assert_eq!(one.1["records"]["read"], 30_000);
    for threads in ["2", "3", "7"] {
        assert!(one == summary(threads), "{threads} threads give something else");
    }
}

#[test]
fn parquet_and_arrow_hold_what_csv_holds() {
    let folder = project(500);
    output(folder.path(), &["-q", "-o", "scores.parquet", "--explain"]);
    output(folder.path(), &["-q", "-o", "scores.arrow"]);
    // The rules of another schema read both back, by the same names.
    let back = "lsr 1\nschema scored { key id: integer  lead: number  fit: number  grade: text  lifecycle_stage: text  was_excluded: text from \"excluded\" }\n\
                score again { if lead >= 40 then +1  if grade is \"A\" then +2  if lifecycle_stage is \"sql\" then +4  if was_excluded is known then +8  if fit < 0 then +16 }\n";
    fs::write(folder.path().join("back.lsr"), back).unwrap();
    fs::write(folder.path().join("scores.csv"), output(folder.path(), &["-q"])).unwrap();
    let read = |file: &str| {
        let output = lsrc(folder.path()).args(["run", "back.lsr", file, "-q"]).output().unwrap();
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let csv = read("scores.csv");
    assert!(csv.lines().filter(|l| l.ends_with(",7,")).count() > 10, "there are records of every kind");
    assert_eq!(csv, read("scores.parquet"));
    assert_eq!(csv, read("scores.arrow"));
}

#[test]
fn sorted_rows_are_the_same_in_every_format_and_top_is_their_beginning() {
    let folder = project(20_000);
    let all = String::from_utf8(output(folder.path(), &["-q", "--sort", "lead"])).unwrap();
    let top = String::from_utf8(output(folder.path(), &["-q", "--sort", "lead", "--top", "25", "--threads", "2"])).unwrap();
    assert_eq!(all.lines().take(26).collect::<Vec<_>>(), top.lines().collect::<Vec<_>>());
    output(folder.path(), &["-q", "--sort", "lead", "--top", "25", "-o", "top.parquet"]);
    let back = "lsr 1\nschema scored { key id: integer  lead: number }\nscore s { per lead then +1 }\n";
    fs::write(folder.path().join("back.lsr"), back).unwrap();
    let read = lsrc(folder.path()).args(["run", "back.lsr", "top.parquet", "-q"]).output().unwrap();
    let ids = |text: &str| text.lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&top), ids(&String::from_utf8(read.stdout).unwrap()));
}

#[test]
fn a_closed_pipe_is_no_failure_to_talk_about() {
    let folder = project(60_000);
    let mut child = lsrc(folder.path())
        .args(["run", "rules.lsr", "contacts.csv", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("id,fit"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_and_leaves_status_2() {
    let folder = project(20_000);
    let output = lsrc(folder.path())
        .args(["run", "rules.lsr", "contacts.csv", "-q", "-o", "/dev/full", "--output-format", "csv"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the disk is full"), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_run_that_fails_leaves_no_file_and_the_old_one_as_it_was() {
    let folder = project(10);
    fs::write(folder.path().join("scores.csv"), "old").unwrap();
    let output = lsrc(folder.path()).args(["run", "rules.lsr", "contacts.csv", "--strict", "-o", "scores.csv"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("scores.csv")).unwrap(), "old");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}
