//! The layers of the source (design, section 11), as a check over paths and texts, so that the
//! check itself can be tested.
//!
//! The length of functions is clippy's: `too-many-lines-threshold` in `clippy.toml`.

mod edges;
mod text;

use std::fs;
use std::path::Path;

use edges::uses;
use text::{code, words};

/// The modules from the ground up. A module may use what stands before it, and nothing else;
/// so there are no circles either.
const LAYERS: &[(&str, &[&str])] = &[
    (
        "data",
        &[
            "suggest",
            "source",
            "address",
            "problem",
            "request",
            "cloudflare",
            "sink",
            "credential",
            "scope",
            "limits",
            "diff",
            "exit",
            "desired",
            "observed",
            "ownership",
            "teardown",
            "claim",
            "shard",
        ],
    ),
    (
        "pure",
        &[
            "ingress",
            "lifetime",
            "routing",
            "kind",
            "manifest",
            "lint",
            "cloudflared",
            "plan",
            "graph",
            "doctor",
            "export",
            "terraform",
        ],
    ),
    ("ports", &["api", "store", "secret", "git", "files"]),
    (
        "engine",
        &["observe", "snapshot", "examine", "apply", "watch", "serve"],
    ),
    ("views", &["render"]),
    ("shell", &["cli", "command", "main"]),
];

/// A server of its own: what it may use, and the layer that may use it.
const BESIDE: (&str, &[&str], &str) = ("emulator", &["ingress"], "shell");

/// The layers that know no time, no environment, no file and no network.
const PURE: [&str; 2] = ["data", "pure"];

/// What they would know them by.
const IMPURE: [&str; 14] = [
    "async",
    "await",
    "futures",
    "tokio",
    "reqwest",
    "std::fs",
    "std::env",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "std::thread",
    "std::io::stdin",
    "Instant",
    "SystemTime",
];

/// What is not finished.
const UNFINISHED: [&str; 6] = ["TODO", "FIXME", "XXX", "dbg!", "todo!", "unimplemented!"];

/// The longest file.
const LINES: usize = 400;

/// Everything that is wrong with some files, given as path below `src` and text.
fn findings(files: &[(String, String)]) -> Vec<String> {
    let each = files.iter().flat_map(|(path, text)| {
        let found = [
            length(text),
            unfinished(text),
            impure(path, text),
            upward(path, text),
        ];
        let found = found.into_iter().flatten();
        found.map(|it| format!("{path}: {it}")).collect::<Vec<_>>()
    });
    each.collect()
}

fn length(text: &str) -> Vec<String> {
    let lines = text.lines().count();
    (lines > LINES)
        .then(|| format!("{lines} lines; at most {LINES}"))
        .into_iter()
        .collect()
}

fn unfinished(text: &str) -> Vec<String> {
    let found = UNFINISHED
        .iter()
        .filter(|word| words(text).any(|it| it.ends_with(**word)));
    found.map(|word| format!("`{word}`")).collect()
}

fn impure(path: &str, text: &str) -> Vec<String> {
    if !layer(module(path)).is_some_and(|(layer, _)| PURE.contains(&layer)) {
        return Vec::new();
    }
    let code = code(text);
    let knows = |what: &&&str| {
        let mut words = words(&code);
        words.any(|it| {
            it == **what
                || it.starts_with(&format!("{what}::"))
                || it.ends_with(&format!("::{what}"))
        })
    };
    IMPURE
        .iter()
        .filter(knows)
        .map(|what| format!("`{what}` in a pure module"))
        .collect()
}

fn upward(path: &str, text: &str) -> Vec<String> {
    let own = module(path);
    if own != BESIDE.0 && own != "lib" && layer(own).is_none() {
        return vec![format!("module `{own}` stands in no layer")];
    }
    let used = uses(path, &code(text)).into_iter();
    used.filter(|used| own != "lib" && used != own && !may_use(own, used))
        .map(|used| format!("`{own}` uses `{used}`"))
        .collect()
}

/// The module at the top that a file belongs to.
fn module(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or_default();
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The layer of a module, and the module's place among all.
fn layer(module: &str) -> Option<(&'static str, usize)> {
    let all = LAYERS
        .iter()
        .flat_map(|(layer, modules)| modules.iter().map(move |it| (*layer, *it)));
    let mut all = all.enumerate();
    all.find(|(_, (_, it))| *it == module)
        .map(|(place, (layer, _))| (layer, place))
}

fn may_use(own: &str, used: &str) -> bool {
    let (beside, its, users) = BESIDE;
    if own == beside {
        return its.contains(&used);
    }
    match (layer(own), layer(used)) {
        (Some((layer, _)), None) => used == beside && layer == users,
        (Some((_, own)), Some((_, used))) => used < own,
        (None, _) => false,
    }
}

fn sources(folder: &Path, root: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, root, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let below = path.strip_prefix(root).expect("below").to_string_lossy();
            let below = below.replace('\\', "/");
            files.push((below, fs::read_to_string(&path).expect("text")));
        }
    }
}

#[test]
fn arrows_only_go_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &root, &mut files);
    assert!(files.len() > 50, "{}", files.len());
    let found = findings(&files);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The findings of one file.
fn of(path: &str, text: &str) -> Vec<String> {
    findings(&[(path.to_owned(), text.to_owned())])
}

#[test]
fn a_pure_module_that_imports_an_impure_one_is_found() {
    let found = of(
        "plan/guard.rs",
        "use crate::address::Address;\nuse crate::api::Client;\n",
    );
    assert_eq!(found, ["plan/guard.rs: `plan` uses `api`"]);
}

#[test]
fn imports_are_found_in_groups_in_paths_and_through_super() {
    let group = "use crate::{address::{Address, Ids}, api, observe::{self, Survey}};";
    assert_eq!(
        of("kind.rs", group),
        [
            "kind.rs: `kind` uses `api`",
            "kind.rs: `kind` uses `observe`"
        ]
    );
    assert_eq!(
        of("kind/x.rs", "fn f() { crate::api::go() }"),
        ["kind/x.rs: `kind` uses `api`"]
    );
    assert_eq!(
        of("kind/x.rs", "use super::super::api::Client;"),
        ["kind/x.rs: `kind` uses `api`"]
    );
    assert_eq!(
        of("kind.rs", "use super::{api, address};"),
        ["kind.rs: `kind` uses `api`"]
    );
    assert_eq!(of("kind/x/y.rs", "use super::super::api;"), [""; 0]);
    let tests = "#[cfg(test)]\nmod tests {\n    use super::super::api;\n}\n";
    assert_eq!(of("kind/x.rs", tests), [""; 0]);
    let tests = "#[cfg(test)]\nmod tests {\n    use super::super::super::api;\n}\n";
    assert_eq!(of("kind/x.rs", tests), ["kind/x.rs: `kind` uses `api`"]);
}

#[test]
fn a_module_may_use_what_stands_before_it_and_not_what_comes_after() {
    assert_eq!(
        of("plan.rs", "use crate::manifest;\nuse crate::kind;"),
        [""; 0]
    );
    assert_eq!(
        of("kind.rs", "use crate::plan;"),
        ["kind.rs: `kind` uses `plan`"]
    );
}

#[test]
fn the_emulator_shares_nothing_but_the_rules_of_ingress() {
    assert_eq!(
        of("emulator/x.rs", "use crate::ingress;\nuse super::world;"),
        [""; 0]
    );
    assert_eq!(
        of("emulator/x.rs", "use crate::request;"),
        ["emulator/x.rs: `emulator` uses `request`"]
    );
    assert_eq!(of("command/x.rs", "use crate::emulator;"), [""; 0]);
    assert_eq!(
        of("apply.rs", "use crate::emulator;"),
        ["apply.rs: `apply` uses `emulator`"]
    );
}

#[test]
fn words_in_comments_and_texts_are_no_imports() {
    let text = "//! Not [`crate::api`].\n/* use crate::api; /* nested */ */\nconst X: &str = \"crate::api\";\nconst Y: &str = r#\"\"crate::api\"#;\nconst Z: char = '\"';\nfn f<'a>() {}\n";
    assert_eq!(of("plan.rs", text), [""; 0]);
    let hidden = "const Z: char = '\"'; use crate::api; const W: char = '\"';";
    assert_eq!(of("plan.rs", hidden), ["plan.rs: `plan` uses `api`"]);
}

#[test]
fn time_files_environment_and_waiting_are_found_in_pure_modules_only() {
    let texts = [
        ("async fn f() {}", "async"),
        ("fn f() { std::fs::read(x); }", "std::fs"),
        ("use std::env;", "std::env"),
        ("use std::time::Instant;", "Instant"),
        ("use std::time::SystemTime;", "SystemTime"),
        ("use tokio::time;", "tokio"),
        ("use reqwest::Client;", "reqwest"),
    ];
    for (text, what) in texts {
        assert_eq!(
            of("plan.rs", text),
            [format!("plan.rs: `{what}` in a pure module")]
        );
        assert_eq!(of("diff.rs", text).len(), 1, "{text}");
        assert_eq!(of("apply.rs", text), [""; 0], "{text}");
    }
    assert_eq!(
        of(
            "plan.rs",
            "// async, std::fs\nuse std::time::Duration;\nfn asynchronous() {}"
        ),
        [""; 0]
    );
}

#[test]
fn long_files_and_unfinished_work_are_found() {
    assert_eq!(of("plan.rs", &"\n".repeat(400)), [""; 0]);
    assert_eq!(
        of("plan.rs", &"\n".repeat(401)),
        ["plan.rs: 401 lines; at most 400"]
    );
    assert_eq!(of("plan.rs", "// TODO: more"), ["plan.rs: `TODO`"]);
    assert_eq!(
        of("plan.rs", "fn f() { unimplemented!() }"),
        ["plan.rs: `unimplemented!`"]
    );
    assert_eq!(
        of("plan.rs", "fn f() { std::dbg!(1) }"),
        ["plan.rs: `dbg!`"]
    );
}

#[test]
fn a_module_without_a_layer_is_found() {
    assert_eq!(
        of("utils.rs", ""),
        ["utils.rs: module `utils` stands in no layer"]
    );
}
