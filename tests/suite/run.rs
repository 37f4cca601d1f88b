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

/// Contacts with everything that a reader can stumble over: quoted line ends and quotes at every place of a block, cells that their type
/// cannot read, options that the schema does not list, rows that are too short or too long, empty lines, keys that come again or are missing.
fn troubled(rows: usize) -> (String, String) {
    let mut csv = String::from("Record ID,Email,Job Title,employees,industry,form,last_demo,amount,Lifecycle Stage,note\n");
    let mut json = String::new();
    let mut seed = 11_u64;
    for id in 0..rows {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let r = (seed >> 33) as usize;
        let key = match r % 97 {
            0 => String::new(),
            1 => (id / 2).to_string(),
            _ => id.to_string(),
        };
        let note = ["", "\"one\ntwo\"", "\"she said \"\"yes\"\"\n\n\"", "5\" pipe"][r % 4].to_owned() + &"x".repeat(r / 7 % 90);
        let note = if note.starts_with('"') && !note.ends_with('"') { format!("\"{}\"", note.replace('"', "")) } else { note };
        let employees = ["10", "", "many", "300", "4 000"][r / 3 % 5];
        let industry = ["software", "farming", "Select", &format!("unheard of {}", id % 1500)][r / 5 % 4].to_owned();
        let title = ["VP Sales", "Intern", "", "Head of IT"][r / 11 % 4];
        let demo = ["2025-12-11", "31/12/2025", ""][r / 13 % 3];
        let stage = ["Lead", "Customer", "", "Sales Qualified"][r / 17 % 4];
        let form = ["demo", "demo;guide", "", "webinar;none such"][r / 19 % 4];
        let cells = format!("{key},p{id}@x.example,{title},{employees},{industry},{form},{demo},1.5,{stage},{note}");
        writeln!(csv, "{}", if r.is_multiple_of(89) { "1,2,3" } else { &cells }).unwrap();
        if r.is_multiple_of(61) {
            csv.push_str("\r\n\n");
            json.push_str("\n{\"broken\": \n");
        }
        let fields =
            ["Record ID", "Email", "Job Title", "employees", "industry", "form", "last_demo", "amount", "Lifecycle Stage"];
        let email = format!("p{id}@x.example");
        let cells = [key.as_str(), &email, title, employees, &industry, form, demo, "1.5", stage];
        let pairs = fields.iter().zip(cells).map(|(name, cell)| format!("\"{name}\": \"{cell}\""));
        writeln!(json, "{{{}}}", pairs.collect::<Vec<_>>().join(", ")).unwrap();
    }
    (csv, json)
}

#[test]
fn any_number_of_threads_says_the_same_of_troubled_data() {
    let folder = project(1);
    let folder = folder.path();
    let (csv, json) = troubled(10_000);
    fs::write(folder.join("troubled.csv"), csv).unwrap();
    fs::write(folder.join("troubled.jsonl"), json).unwrap();
    let run = |data: &[&str], threads: &str, flags: &[&str]| {
        let outputs = ["--moves", "moves.csv", "--summary", "summary.json", "--as-of", "2026-01-15"];
        let output = lsrc(folder)
            .args(["run", "rules.lsr"])
            .args(data)
            .args(outputs)
            .args(flags)
            .args(["--threads", threads])
            .output()
            .unwrap();
        let mut summary: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
        let fields = summary.as_object_mut().unwrap();
        assert!(fields.remove("seconds").is_some() && fields.remove("records_per_second").is_some());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rejects = fs::read(folder.join("rejects.csv")).unwrap_or_default();
        (output.stdout, fs::read(folder.join("moves.csv")).unwrap(), rejects, summary)
    };
    let both = ["troubled.csv", "troubled.jsonl", "contacts.csv"];
    let ways: [(&[&str], &[&str]); 5] = [
        (&["troubled.csv"], &["--explain"]),
        (&["troubled.jsonl"], &["--sort", "lead", "--top", "5000"]),
        (&["troubled.jsonl"], &["--rejects", "rejects.csv"]),
        (&both, &["--where", "fit > 0"]),
        (&both, &["--rejects", "rejects.csv", "--sort", "fit"]),
    ];
    for (data, flags) in ways {
        let one = run(data, "1", flags);
        assert!(one.0.len() > 50_000 && one.3["errors"]["bad_rows"].as_u64() > Some(1000), "{}", one.3);
        for threads in ["2", "3", "8"] {
            assert!(one == run(data, threads, flags), "{data:?} {flags:?}: {threads} threads give something else");
        }
    }
}

#[test]
fn any_number_of_threads_stops_at_the_same_place() {
    let folder = project(1);
    let folder = folder.path();
    let (csv, json) = troubled(10_000);
    let place = |text: &str| text.match_indices('\n').nth(8_000).unwrap().0;
    let broken = |text: &str, bytes: &[u8]| {
        let (before, after) = text.as_bytes().split_at(place(text));
        [before, bytes, after].concat()
    };
    fs::write(folder.join("latin.csv"), broken(&csv, b"caf\xe9")).unwrap();
    fs::write(folder.join("open.csv"), [csv.as_bytes(), b"1,\"never closed"].concat()).unwrap();
    fs::write(folder.join("latin.jsonl"), broken(&json, b"\n{\"Email\": \"caf\xe9\"}")).unwrap();
    fs::write(folder.join("twice.jsonl"), broken(&json, b"\n{\"Record ID\": 1, \"E-mail\": \"b\", \"e_mail\": \"c\"}")).unwrap();
    for data in ["latin.csv", "open.csv", "latin.jsonl", "twice.jsonl"] {
        let run = |threads: &str| {
            let args = ["run", "rules.lsr", data, "--as-of", "2026-01-15", "--threads", threads];
            let output = lsrc(folder).args(args).output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap(), output.stdout)
        };
        let one = run("1");
        assert!(one.0 == Some(2) && one.1.contains(data), "{data}: {}", one.1);
        for threads in ["2", "3", "8"] {
            assert!(one == run(threads), "{data}: {threads} threads stop elsewhere");
        }
    }
}

#[test]
fn no_output_takes_the_place_of_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rules = "lsr 1\nlist free from \"free.txt\"\nschema contact { key id: integer  email: text  events v by \"rid\" { at: date } }\n\
                 score s { if domain of email in free then +1  each v then +1 }\n";
    let files = [
        ("rules.lsr", rules),
        ("free.txt", "x.example\n"),
        ("data.csv", "id,email\n1,a@x.example\n"),
        ("v.csv", "rid,at\n1,2026-01-01\n"),
    ];
    for (name, text) in files {
        fs::write(at(name), text).unwrap();
    }
    fs::hard_link(at("data.csv"), at("hard.csv")).unwrap();
    std::os::unix::fs::symlink(at("data.csv"), at("soft.csv")).unwrap();
    for flag in ["-o", "--moves", "--rejects", "--summary", "--report"] {
        for output in ["data.csv", "./data.csv", "hard.csv", "soft.csv", "rules.lsr", "free.txt", "v.csv"] {
            let output_format = ["--output-format", "csv"];
            let args = ["run", "rules.lsr", "data.csv", "--events", "v=v.csv", "--as-of", "2026-01-15", flag, output];
            let ran = lsrc(folder.path()).args(args).args(output_format).output().unwrap();
            let told = String::from_utf8_lossy(&ran.stderr).into_owned();
            assert_eq!(ran.status.code(), Some(2), "{flag} {output}: {told}");
            assert!(told.contains("is a file that this run reads"), "{flag} {output}: {told}");
        }
    }
    for (name, text) in files {
        assert_eq!(fs::read_to_string(at(name)).unwrap(), text, "{name} is as it was");
    }
    let fine = ["run", "rules.lsr", "data.csv", "--events", "v=v.csv", "--as-of", "2026-01-15", "-q", "-o", "out.csv"];
    assert!(lsrc(folder.path()).args(fine).status().unwrap().success());
    assert!(lsrc(folder.path()).args(fine).status().unwrap().success(), "an earlier output is written over");
}
