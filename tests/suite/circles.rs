//! Files of one room that name each other in a circle can only be read together. A folder's `mod.rs` may hold what its files share: that
//! they name it is no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Module = Vec<String>;
type Graph = BTreeMap<Module, BTreeSet<Module>>;

/// The code of every file of `src/` by its path of modules, without comments and unit tests.
fn modules() -> BTreeMap<Module, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&root).into_iter().map(|entry| entry.unwrap().into_path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            (module, code)
        })
        .collect()
}

/// The paths of an import, groups taken apart: `a::{b::{self, c}, d}` is `a::b::self`, `a::b::c` and `a::d`.
fn paths(tree: &str, before: &[String], out: &mut Vec<Module>) {
    let mut depth = 0;
    let parts = tree.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (head, group) = part.split_once('{').map_or((part, None), |(head, rest)| (head, rest.rsplit_once('}')));
        let words = head.split(" as ").next().unwrap().split("::").map(str::trim).filter(|word| !word.is_empty());
        let path: Vec<String> = before.iter().cloned().chain(words.map(str::to_owned)).collect();
        match group {
            Some((inner, _)) => paths(inner, &path, out),
            None => out.push(path),
        }
    }
}

/// The file that a path in `from` leads to.
fn target(path: &[String], from: &Module, all: &BTreeMap<Module, String>) -> Option<Module> {
    let mut at = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => from.clone(),
        child => {
            let inside: Module = from.iter().cloned().chain([child.to_owned()]).collect();
            return all.contains_key(&inside).then_some(inside);
        }
    };
    for word in path.iter().filter(|word| *word != "crate" && *word != "self") {
        if word == "super" {
            at.pop();
            continue;
        }
        at.push(word.clone());
        if !all.contains_key(&at) {
            at.pop();
            break;
        }
    }
    all.contains_key(&at).then_some(at)
}

/// Which files of its room each file names.
fn graph() -> Graph {
    let all = modules();
    let import = regex::Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+([\w:{}, \n*]+);").unwrap();
    let path = regex::Regex::new(r"\b((?:crate|super|self)(?:::\w+)+|[a-z_]\w*::)").unwrap();
    let named = |module: &Module, code: &str| {
        let mut named = Vec::new();
        import.captures_iter(code).for_each(|found| paths(&found[1], &[], &mut named));
        let inline = path.find_iter(code).filter(|found| !code[..found.start()].ends_with(':'));
        named.extend(inline.map(|found| found.as_str().split("::").filter(|word| !word.is_empty()).map(str::to_owned).collect()));
        let files = named.iter().filter_map(|path| target(path, module, &all));
        files.filter(|to| to.first() == module.first() && !module.starts_with(to)).collect()
    };
    all.iter().map(|(module, code)| (module.clone(), named(module, code))).collect()
}

fn reached(graph: &Graph, from: &Module) -> BTreeSet<Module> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&Module> = graph[from].iter().collect();
    while let Some(module) = next.pop() {
        if seen.insert(module.clone()) {
            next.extend(&graph[module]);
        }
    }
    seen
}

/// The circles, each as the files in it.
fn circles(graph: &Graph) -> BTreeSet<BTreeSet<Module>> {
    let reach: BTreeMap<&Module, BTreeSet<Module>> = graph.keys().map(|module| (module, reached(graph, module))).collect();
    let in_circle = graph.keys().filter(|module| reach[module].contains(*module));
    in_circle.map(|module| reach[module].iter().filter(|other| reach[other].contains(module)).cloned().collect()).collect()
}

#[test]
fn circles_are_found() {
    let module = |name: &str| vec!["room".to_owned(), name.to_owned()];
    let edges = |names: &[&str]| names.iter().map(|name| module(name)).collect();
    let graph: Graph = [("a", edges(&["b"])), ("b", edges(&["c"])), ("c", edges(&["a", "d"])), ("d", edges(&[]))]
        .map(|(n, e)| (module(n), e))
        .into();
    assert_eq!(circles(&graph), BTreeSet::from([["a", "b", "c"].iter().map(|name| module(name)).collect()]));
    let mut found = Vec::new();
    paths("super::{a::{self, B}, c}", &[], &mut found);
    assert_eq!(found, [vec!["super", "a", "self"], vec!["super", "a", "B"], vec!["super", "c"]]);
}

/// What is left: the terms and tables of ranges in `bounds`, the methods of the checker by subject in `check`, and in `input` sources of
/// data that hand on their pieces.
#[test]
fn few_files_of_a_room_form_a_circle() {
    let circles = circles(&graph());
    assert!(circles.len() <= 3, "move what files share into one that all of them name: {circles:?}");
}
