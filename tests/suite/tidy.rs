//! The rules of the house, read from the sources: levels, fences, sizes, pages and cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lsrc::diag::Code;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `dir` with this ending, in a stable order, as paths from the root of the repository.
fn files(dir: &str, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = walkdir::WalkDir::new(root().join(dir))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending))
        .map(|path| path.strip_prefix(root()).unwrap().to_path_buf())
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The code of a Rust file without its comments and without the unit tests at its end.
fn code(path: &Path) -> String {
    let text = read(path);
    let body = text.split("#[cfg(test)]").next().unwrap_or("");
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The room that a source file belongs to: `src/vm/scores.rs` and `src/vm.rs` are of `vm`.
fn room(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms and their levels, as the table of `docs/dev/architecture.md` gives them.
fn levels() -> BTreeMap<String, u32> {
    read(Path::new("docs/dev/architecture.md"))
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let level = cells.next()?.parse().ok()?;
            Some((cells.next()?.trim_matches('`').to_owned(), level))
        })
        .collect()
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// The first names of the paths that start at the crate's root: `crate::a::b` and `crate::{a::b, c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        if code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + start.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest).to_owned());
            continue;
        };
        let mut depth = 0;
        let mut expects_name = true;
        for (offset, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => expects_name = true,
                c if expects_name && c.is_alphabetic() => {
                    names.insert(word(&group[offset..]).to_owned());
                    expects_name = false;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn imports_are_read_from_plain_and_grouped_paths() {
    let code =
        "use crate::vm::{Scores, Trace};\nuse crate::{column::{Batch, Mask}, source::Span};\nlet x = crate::text::fold(y);";
    assert_eq!(imports(code), ["column", "source", "text", "vm"].map(str::to_owned).into());
}

#[test]
fn every_room_stands_in_the_table_of_levels() {
    let levels = levels();
    let rooms: BTreeSet<_> = files("src", ".rs").iter().map(|path| room(path)).filter(|r| r != "lib" && r != "main").collect();
    let listed: BTreeSet<_> = levels.keys().cloned().collect();
    assert_eq!(rooms, listed, "docs/dev/architecture.md and src/ name different rooms");
}

#[test]
fn no_import_climbs() {
    let levels = levels();
    let mut climbs = Vec::new();
    for path in files("src", ".rs") {
        let from = room(&path);
        let Some(level) = levels.get(&from) else { continue };
        for to in imports(&code(&path)) {
            // What may fail anywhere stands below everything, and imports nothing itself.
            let lower = to == "invariant" && from != to || levels.get(&to).is_none_or(|other| other < level);
            if to != from && !lower {
                climbs.push(format!("{}: `{from}` (level {level}) imports `{to}` (level {})", path.display(), levels[&to]));
            }
        }
    }
    assert!(climbs.is_empty(), "a room imports only from lower levels:\n{}", climbs.join("\n"));
    assert!(imports(&code(Path::new("src/invariant.rs"))).is_empty(), "`invariant` stands below all rooms");
}

#[test]
fn no_import_leaves_its_room_by_super() {
    let mut leaves = Vec::new();
    for path in files("src", ".rs") {
        let inside = path.components().count() - 1;
        let depth = inside - usize::from(path.file_name().is_some_and(|name| name == "mod.rs"));
        if inside > 0 && code(&path).contains(&"super::".repeat(depth)) && room(&path) != "lib" && room(&path) != "main" {
            leaves.push(path.display().to_string());
        }
    }
    assert!(leaves.is_empty(), "say `crate::room` instead of `super` in:\n{}", leaves.join("\n"));
}

/// Crates that only some rooms may name.
const FENCES: &[(&str, &[&str])] = &[
    ("pest", &["syntax"]),
    ("pest_derive", &["syntax"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
    ("notify", &["cli", "serve"]),
    ("axum", &["serve"]),
    ("hyper", &["serve"]),
    ("hyper_util", &["serve"]),
    ("prometheus_client", &["serve"]),
    ("tokio", &["serve"]),
    ("tokio_rustls", &["serve"]),
    ("tracing", &["serve"]),
    ("tracing_subscriber", &["serve"]),
    ("utoipa", &["serve"]),
    ("arrow_array", &["input", "report"]),
    ("arrow_buffer", &["input"]),
    ("arrow_cast", &["input"]),
    ("arrow_ipc", &["input", "report"]),
    ("arrow_schema", &["input", "report"]),
    ("arrow_select", &["input", "report"]),
    ("parquet", &["input", "report"]),
    ("calamine", &["input"]),
    ("simd_csv", &["input"]),
    ("rusqlite", &["warehouse"]),
    ("tokio_postgres_rustls", &["warehouse"]),
    ("rustls", &["warehouse", "portal", "store", "serve"]),
    ("ureq", &["portal", "store"]),
    ("hmac", &["store", "serve"]),
    ("base64", &["store", "serve"]),
    ("lsp_server", &["lsp"]),
    ("lsp_types", &["lsp"]),
];

/// What of the standard library only some rooms may name: files, the environment, the clock, threads.
const STD_FENCES: &[(&str, &[&str])] = &[
    ("std::fs", &["analysis", "input", "run", "warehouse", "portal", "serve", "cli"]),
    ("std::env", &["analysis", "cli"]),
    ("std::process", &["cli", "main"]),
    ("Timestamp::now", &["time"]),
    ("AsOf::now", &["engine", "run"]),
    ("Instant::now", &["run", "serve", "cli"]),
    ("SystemTime", &[]),
    ("std::thread", &["syntax", "learn", "run", "serve", "cli"]),
];

#[test]
fn files_environment_clock_and_threads_stay_within_their_fences() {
    let mut outside = Vec::new();
    for path in files("src", ".rs") {
        let code = code(&path);
        let room = room(&path);
        for (name, rooms) in STD_FENCES {
            let ends = |at: usize| code[at + name.len()..].starts_with(|c: char| !(c.is_alphanumeric() || c == '_'));
            let named = code.match_indices(name).any(|(at, _)| ends(at));
            if named && !rooms.contains(&room.as_str()) {
                outside.push(format!("{}: names `{name}`, which belongs to {rooms:?}", path.display()));
            }
        }
    }
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

#[test]
fn without_features_nothing_of_files_databases_or_terminals_is_built() {
    let tree = |features: &[&str]| {
        let arguments = ["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--no-default-features"];
        let output = Command::new(env!("CARGO")).args(arguments).args(features).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let heavy = [
        "arrow-array",
        "parquet",
        "zip",
        "zstd",
        "calamine",
        "flate2",
        "clap",
        "indicatif",
        "notify",
        "rusqlite",
        "postgres",
        "tempfile",
        "ureq",
        "tokio",
        "axum",
    ];
    let built = |tree: &str, name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let bare = tree(&[]);
    let found: Vec<_> = heavy.iter().filter(|name| built(&bare, name)).collect();
    assert!(found.is_empty(), "built without any feature: {found:?}");
    // The names are those that the tree uses.
    let full = tree(&["--features", "cli,hubspot,sqlite,postgres,serve"]);
    let absent: Vec<_> = heavy.iter().filter(|name| !built(&full, name)).collect();
    assert!(absent.is_empty(), "not built with all features: {absent:?}");
}

#[test]
fn crates_stay_within_their_fences() {
    let mut outside = Vec::new();
    for path in files("src", ".rs") {
        let code = code(&path);
        let room = room(&path);
        for (name, rooms) in FENCES {
            let path_in_use = format!("{name}::");
            let named = code
                .match_indices(&path_in_use)
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !rooms.contains(&room.as_str()) {
                outside.push(format!("{}: names `{name}`, which belongs to {rooms:?}", path.display()));
            }
        }
    }
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}

#[test]
fn the_machine_sees_no_model_and_check_no_data() {
    let absent = [("vm", "hir"), ("vm", "syntax"), ("check", "column"), ("kernel", "source")];
    let seen: Vec<_> = files("src", ".rs")
        .iter()
        .flat_map(|path| imports(&code(path)).into_iter().map(move |to| (path.clone(), room(path), to)))
        .filter(|(_, from, to)| absent.contains(&(from.as_str(), to.as_str())))
        .map(|(path, _, to)| format!("{}: sees `{to}`", path.display()))
        .collect();
    assert!(seen.is_empty(), "{}", seen.join("\n"));
}

const MAX_LINES: usize = 600;

#[test]
fn files_are_short_enough_to_hold_in_mind() {
    let long: BTreeMap<_, _> = files("src", ".rs")
        .into_iter()
        .map(|path| (path.to_string_lossy().into_owned(), read(&path).lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines; find their second idea: {long:?}");
}

#[test]
fn every_code_has_a_page() {
    for code in Code::ALL {
        let page = code.page();
        assert!(page.lines().count() > 5, "docs/codes/{}.md says too little", code.name());
        assert!(page.contains("```lsr"), "docs/codes/{}.md shows no example", code.name());
    }
}

#[test]
fn every_page_has_a_code() {
    for path in files("docs/codes", ".md").into_iter().filter(|path| !path.ends_with("README.md")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(Code::find(&name).is_some(), "{} belongs to no code", path.display());
    }
}

/// A case says which finding it expects: `# error: bad-points 4:9` above the rules, `#~ band-gap` on the line, or `4 bad-points` in a
/// conformance case.
#[test]
fn every_code_has_a_case() {
    let expectation = regex::Regex::new(r"(?m)(?:^(?:# (?:error|warning): |\d+ )|#~ )([a-z-]+)\b").unwrap();
    let expected: BTreeSet<_> = files("tests/cases", "")
        .into_iter()
        .chain(files("tests/conformance", ""))
        .flat_map(|path| {
            let text = String::from_utf8_lossy(&fs::read(root().join(path)).unwrap()).into_owned();
            expectation.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let without: Vec<_> = Code::ALL.iter().map(|code| code.name()).filter(|name| !expected.contains(*name)).collect();
    assert!(without.is_empty(), "codes that no case expects: {without:?}");
}

#[test]
fn no_tracked_file_names_a_machine() {
    let Ok(listing) = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output() else {
        eprintln!("git is not here: what is tracked cannot be listed");
        return;
    };
    let homes = [
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/wo", "rk/"].concat(),
        ["/tm", "p/wt"].concat(),
        ["/Us", "ers/"].concat(),
    ];
    let mut found = Vec::new();
    for name in String::from_utf8_lossy(&listing.stdout).split('\0').filter(|name| !name.is_empty()) {
        let Ok(bytes) = fs::read(root().join(name)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        for (number, line) in text.lines().enumerate() {
            if homes.iter().any(|home| line.contains(home.as_str())) {
                found.push(format!("{name}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "paths of one machine stand in:\n{}", found.join("\n"));
}

/// The code of all of `src/` with this word in it.
fn naming(word: &str) -> BTreeSet<String> {
    let pattern = regex::Regex::new(&format!(r"\b{word}\b")).unwrap();
    let named = files("src", ".rs").into_iter().filter(|path| pattern.is_match(&code(path)));
    named.map(|path| path.to_string_lossy().into_owned()).collect()
}

#[test]
fn an_operator_is_named_in_few_files() {
    let multiplication = naming("Multiply");
    assert!(multiplication.len() <= 12, "multiplication is named in {} files: {multiplication:?}", multiplication.len());
}

/// A new kind of item is met where it means something of its own; what only walks over items asks `hir::visit`.
#[test]
fn a_kind_of_item_is_named_in_few_files() {
    let per = naming("ItemKind::Per");
    assert!(per.len() <= 12, "`ItemKind::Per` is named in {} files: {per:?}", per.len());
}

/// Defaults that are meant, by file: how many, and what they stand for. Everything else that is not there is an `invariant`.
const MEANT_DEFAULTS: &[(&str, usize, &str)] = &[
    ("src/bounds/tally.rs", 1, "a number beyond an option's code is any option"),
    ("src/bounds/texts.rs", 1, "a text without @ has no domain"),
    ("src/check/build.rs", 3, "what has errors goes on without bounds and values"),
    ("src/check/expr/mod.rs", 1, "behind the last operand there is none"),
    ("src/check/expr/text.rs", 1, "an empty pattern begins where it stands"),
    ("src/check/formula.rs", 1, "a score that has errors has no bounds"),
    ("src/check/named.rs", 1, "without a schema nothing is declared"),
    ("src/check/rollup.rs", 1, "a score that has errors has no bounds"),
    ("src/cli/account.rs", 1, "an account without a title is shown without one"),
    ("src/cli/check.rs", 1, "where nothing is checked, the folder's configuration holds"),
    ("src/cli/diff/git.rs", 1, "a folder that git cannot list has no names to suggest"),
    ("src/cli/import.rs", 1, "no lists were given"),
    ("src/cli/learn/mod.rs", 1, "learning from data alone has no rules"),
    ("src/cli/lsp.rs", 2, "a row without reasons has none"),
    ("src/cli/pull.rs", 1, "a file name without an ending"),
    ("src/cli/push.rs", 1, "what HubSpot leaves out is empty"),
    ("src/cli/schema.rs", 1, "events that are not of the schema's lists are not counted"),
    ("src/column/mod.rs", 2, "a row without a value holds any"),
    ("src/diag/render/mod.rs", 1, "a finding outside of all files has no path"),
    ("src/diff/accounts.rs", 1, "an account without a value"),
    ("src/diff/proof/domain.rs", 2, "a property that nothing compares has no cuts"),
    ("src/diff/unit.rs", 1, "a rollup without a filter"),
    ("src/engine/error.rs", 1, "a finding outside of all files shows no text"),
    ("src/engine/explain.rs", 1, "a score beyond those of the model was not given"),
    ("src/engine/load.rs", 1, "the first text begins the list of them"),
    ("src/format/spacing.rs", 1, "no token, no word"),
    ("src/hubspot/export/events.rs", 1, "a range that is open below begins with 0"),
    ("src/hubspot/export/items.rs", 2, "rules without a test have no property"),
    ("src/hubspot/export/values.rs", 1, "a range that is open below sorts first"),
    ("src/ide/annotate.rs", 1, "a day outside of the calendar is not shown"),
    ("src/ide/complete/mod.rs", 7, "text that is being written, and what is not known of it"),
    ("src/ide/complete/place.rs", 2, "no word before the place"),
    ("src/ide/mod.rs", 1, "a place outside of the text"),
    ("src/ide/names.rs", 3, "a name that is not mentioned; names for a message"),
    ("src/ide/outline.rs", 2, "a place outside of the text"),
    ("src/ide/structure.rs", 1, "a place outside of the text"),
    ("src/input/blocks.rs", 1, "the first buffer is a new one"),
    ("src/input/bytes.rs", 1, "no limit was set"),
    ("src/input/csv/index.rs", 1, "a row that ends before it begins is empty"),
    ("src/input/files.rs", 1, "no rows are left in any file"),
    ("src/input/json/mod.rs", 1, "records are not kept"),
    ("src/input/json/places.rs", 1, "an object without the key has no events"),
    ("src/input/json/wrap.rs", 1, "a list of which nothing is known fits least"),
    ("src/input/mod.rs", 1, "no files, or a pattern that names none"),
    ("src/input/reader.rs", 1, "a record without a key is shown without one"),
    ("src/input/related.rs", 2, "no sample, no value; rows that no file gave"),
    ("src/kernel/events.rs", 2, "a row without a value holds any"),
    ("src/kernel/masks.rs", 1, "a set has no members beyond its words"),
    ("src/kernel/texts.rs", 2, "an unknown text folds to nothing; no bytes, no bits"),
    ("src/learn/columns.rs", 1, "an unknown number is no number"),
    ("src/learn/first.rs", 1, "an example without points"),
    ("src/lint/rules/inactive_spares_unknown.rs", 1, "behind the last date there is none"),
    ("src/lsp/actions.rs", 1, "texts that are alike have no difference"),
    ("src/lsp/capabilities.rs", 1, "what an editor does not mention it cannot do"),
    ("src/lsp/diagnostics.rs", 2, "a file of which nothing was published"),
    ("src/lsp/navigate.rs", 1, "what cannot be analysed has no places"),
    ("src/lsp/project.rs", 3, "a text without a project; what cannot be analysed"),
    ("src/lsp/show.rs", 3, "requests without arguments, files without a program"),
    ("src/lsp/sync.rs", 1, "a path without a file name"),
    ("src/portal/api.rs", 5, "what HubSpot leaves out is empty"),
    ("src/portal/client.rs", 2, "what HubSpot leaves out is empty"),
    ("src/portal/mapping.rs", 2, "a property without options"),
    ("src/portal/plan.rs", 1, "a property that had no value"),
    ("src/portal/pull.rs", 2, "a property without a header; a cell without a value"),
    ("src/portal/settings.rs", 1, "an address without a host"),
    ("src/portal/store.rs", 1, "a journal that ends before its first line"),
    ("src/program/ranges.rs", 1, "a score without an interval has no bounds"),
    ("src/report/hits.rs", 1, "a rule outside of all files has no path"),
    ("src/report/page/records.rs", 1, "without a score, reasons stand behind the key"),
    ("src/report/plain.rs", 1, "a control character takes no room"),
    ("src/report/sheet/mod.rs", 1, "a list without the field is shown without it"),
    ("src/rollup/kept.rs", 2, "an unknown score adds nothing to a sum"),
    ("src/run/database.rs", 4, "an address without a table; names for a message"),
    ("src/run/missing.rs", 2, "what no rule reads"),
    ("src/run/mod.rs", 1, "rules outside of a project are named as they are"),
    ("src/schema/forms.rs", 1, "more digits than a number has are no date"),
    ("src/since/columns.rs", 1, "a change that was not split has no parts"),
    ("src/source.rs", 3, "a place that is not of the files has no text, as documented"),
    ("src/sql/query.rs", 1, "a list of which nothing was read"),
    ("src/sql/related.rs", 1, "a related record without a key column"),
    ("src/sql/rollup.rs", 1, "a score that is not the model's has no bounds"),
    ("src/syntax/cursor.rs", 4, "text that is being written"),
    ("src/syntax/recover.rs", 1, "no token, no word"),
    ("src/syntax/words/mod.rs", 2, "no token, no word"),
    ("src/syntax/words/phrases.rs", 5, "text that is broken off"),
    ("src/vm/machine.rs", 1, "more texts than memory holds"),
    ("src/vm/region.rs", 1, "ends that are too far apart have no table"),
    ("src/warehouse/address.rs", 1, "an address without options"),
    ("src/warehouse/tables.rs", 1, "an address without a table"),
    ("src/why/events.rs", 1, "an event without a time is the oldest"),
];

#[test]
fn what_cannot_happen_is_an_invariant_and_no_default() {
    let silent = r#"unwrap_or_default\(\)|unwrap_or\((?:0|0\.0|""|false|&?\[\]|[\w:]*\b(?:MAX|MIN|NAN))\)|map_or\("","#;
    let silent = regex::Regex::new(silent).unwrap();
    let counted = |path: PathBuf| (path.to_string_lossy().into_owned(), silent.find_iter(&code(&path)).count());
    let found: BTreeMap<String, usize> = files("src", ".rs").into_iter().map(counted).filter(|(_, n)| *n > 0).collect();
    let meant: BTreeMap<String, usize> = MEANT_DEFAULTS.iter().map(|(path, n, _)| ((*path).to_owned(), *n)).collect();
    assert_eq!(found, meant, "say `sure`, `sure_at` or `fits` of crate::invariant, or why the default is meant");
    assert!(meant.values().sum::<usize>() <= 136);
}

/// What draws belongs to `report`, what computes further down; commands that study outcomes have their figures in the command.
#[test]
fn the_command_is_thin() {
    let studies = ["backtest.rs", "calibrate.rs", "learn", "measured.rs", "study"];
    let is_study =
        |path: &PathBuf| path.components().nth(2).is_some_and(|part| studies.iter().any(|study| part.as_os_str() == *study));
    let lines: usize = files("src/cli", ".rs").iter().filter(|path| !is_study(path)).map(|path| read(path).lines().count()).sum();
    assert!(lines <= 4784, "`cli` has {lines} lines without the commands that study outcomes");
}

/// The paths that a list of `CONTRIBUTING.md` names, and the word of its example in the code.
fn lists_of_places() -> Vec<(String, String, BTreeSet<String>)> {
    let text = read(Path::new("CONTRIBUTING.md"));
    let sections = text.split("\n### ").skip(1);
    let example = regex::Regex::new(r"Follow [^`]*`([^`]+)`").unwrap();
    let path = regex::Regex::new(r"`([a-z_]+/[^`]+)`").unwrap();
    sections
        .map(|section| {
            let section = section.split("\n## ").next().unwrap();
            let title = section.lines().next().unwrap().to_owned();
            let word = example.captures(section).unwrap()[1].to_owned();
            let items = section.lines().filter(|line| line.starts_with("* "));
            let places = items.flat_map(|line| path.captures_iter(line.split(':').next().unwrap()).map(|c| c[1].to_owned()));
            (title, word, places.collect())
        })
        .collect()
}

#[test]
fn the_lists_of_what_to_change_follow_their_examples() {
    let lists = lists_of_places();
    assert_eq!(lists.len(), 4);
    for (title, word, places) in lists {
        for place in &places {
            assert!(root().join(place).is_file(), "{title}: `{place}` is not there");
        }
        // A finding is called by its name, its variant and its file.
        let camel = |word: &str| word.split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect::<String>();
        let words = [camel(&word), word.replace('-', "_")];
        let named: BTreeSet<String> = words.iter().flat_map(|word| naming(word)).collect();
        assert!(!named.is_empty(), "{title}: nothing is called `{word}`");
        let listed: BTreeSet<String> = places.iter().filter(|place| place.starts_with("src/")).cloned().collect();
        let lacking: Vec<_> = named.difference(&listed).collect();
        assert!(lacking.is_empty(), "{title}: the list lacks {lacking:?}");
        for place in places.iter().filter(|place| !named.contains(*place)) {
            let text = read(Path::new(place)).to_lowercase();
            let hint = [word.to_lowercase(), word.replace('-', "_"), "times_sign".to_owned()];
            assert!(hint.iter().any(|hint| text.contains(hint)), "{title}: `{place}` does not name `{word}`");
        }
    }
}
