//! Manifests that are wrong, as their authors see it: one mistake in each file of
//! `tests/fixtures/invalid`, named after its code, with the rendering beside it.
//!
//! After a change of wording, `INSTA_UPDATE=always` writes the renderings anew; read the diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use insta::{Settings, assert_snapshot};
use tunctl::files;
use tunctl::manifest;
use tunctl::manifest::yaml::Budget;
use tunctl::problem::Problem;
use tunctl::source::Sources;

use crate::support::report::render;

const GALLERY: &str = "tests/fixtures/invalid";

/// Small, so that a file can be over it.
fn budget() -> Budget {
    Budget {
        bytes: 4_000,
        ..Budget::default()
    }
}

fn gallery() -> Vec<PathBuf> {
    let entries = fs::read_dir(GALLERY).expect("tests run in the package's directory");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .collect();
    files.sort();
    files
}

fn stem(path: &Path) -> &str {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.expect("fixtures have plain names")
}

fn refused(path: &Path) -> (Sources, Vec<Problem>) {
    let mut sources = Sources::default();
    let variables = BTreeMap::from([("TUNCTL_DOMAIN".to_owned(), "example.com".to_owned())]);
    let problems = files::load(path, &variables, &mut sources, &mut budget());
    let problems = problems.expect_err("every file of the gallery is wrong");
    (sources, problems)
}

#[test]
fn every_mistake_is_shown_as_its_rendering_says() {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(Path::new("../fixtures/invalid"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in gallery() {
            let (sources, problems) = refused(&path);
            assert_snapshot!(stem(&path), render(&problems, &sources));
        }
    });
}

#[test]
fn one_mistake_is_one_problem_with_the_code_that_names_the_file() {
    let wrong: Vec<String> = gallery()
        .iter()
        .filter_map(|path| {
            let code = stem(path).split("--").next().unwrap_or_default();
            let (_, problems) = refused(path);
            let found: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
            (found != [format!("tunctl::{code}")]).then(|| format!("{}: {found:?}", stem(path)))
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn no_rendering_has_lost_its_file() {
    let entries = fs::read_dir(GALLERY).expect("tests run in the package's directory");
    let snapshots: BTreeSet<PathBuf> = entries
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|it| it == "snap"))
        .map(|path| path.with_extension("yaml"))
        .collect();
    assert_eq!(snapshots, gallery().into_iter().collect());
}

/// All codes that a part of `src` can report: `"tunctl::x"` in problems, `code(tunctl::x)` in
/// attributes; what stands behind `#[cfg(test)]` does not count.
fn codes_in(path: &Path, codes: &mut BTreeSet<String>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("tests run in the package's directory");
        for entry in entries {
            codes_in(&entry.expect("the directory can be read").path(), codes);
        }
        return;
    }
    let text = fs::read_to_string(path).expect("sources are text");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for opening in ["\"tunctl::", "code(tunctl::"] {
        codes.extend(code.split(opening).skip(1).filter_map(|rest| {
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
            matches!(&rest[end..=end], "\"" | ")").then(|| rest[..end].to_owned())
        }));
    }
}

fn codes(paths: &[&str]) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in paths {
        codes_in(Path::new(path), &mut codes);
    }
    codes
}

#[test]
fn every_code_is_documented_and_no_other() {
    let page = fs::read_to_string("docs/errors.md").expect("the page is there");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `tunctl::"));
    let listed: Vec<String> = rows
        .filter_map(|row| Some(row.split_once('`')?.0.to_owned()))
        .collect();
    let documented: BTreeSet<String> = listed.iter().cloned().collect();
    // Those of lints have a page of their own.
    let lints = &codes(&["src/lint.rs", "src/lint"]);
    assert_eq!(documented, &codes(&["src"]) - lints);
    assert!(listed.is_sorted(), "{listed:?}");
    assert_eq!(listed.len(), documented.len(), "a code stands there twice");
}

/// Codes without a file in the gallery, and why.
const ELSEWHERE: [&str; 10] = [
    // A million of them: `manifest_files`.
    "node_budget",
    // No field has such a limit yet; `manifest_shape` judges the rule.
    "count",
    "duplicate_item",
    "length",
    // Takes more files than a gallery should have: `manifest_files`.
    "too_many_files",
    // Not about a manifest as it is, but about a change of one: `manifest_edit`.
    "edit_refused",
    // About the layout, which `validate` does not look at: `fmt`.
    "format_refused",
    // Takes a directory without a manifest, below.
    "no_manifest",
    // Would be a mistake of ours: `manifest_files` looks for it in damaged examples.
    "unexpected_shape",
    // Takes an account: the plan finds it.
    "zone_not_visible",
];

#[test]
fn every_code_of_manifests_has_a_file_in_the_gallery() {
    let manifest = codes(&[
        "src/manifest.rs",
        "src/manifest",
        "src/files.rs",
        "src/files",
        "src/kind",
    ]);
    let shown: BTreeSet<String> = gallery()
        .iter()
        .filter_map(|path| Some(stem(path).split("--").next()?.to_owned()))
        .chain(ELSEWHERE.map(str::to_owned))
        .collect();
    assert_eq!(shown, manifest);
}

#[test]
fn a_directory_without_a_manifest_says_what_one_is() {
    let parts = Path::new("tests/fixtures/invalid/parts");
    let problem = files::stacks(parts).expect_err("parts are no manifests");
    assert_snapshot!(render(&[problem], &Sources::default()), @r#"
    tunctl::no_manifest

      × no manifest in `tests/fixtures/invalid/parts`
      help: a manifest has `version` and `stack`; `tunctl init` writes a starter
    "#);
}

#[test]
fn what_a_variable_stands_for_is_judged_at_its_place() {
    let text = "\
version: 1
stack: edge-${STAGE}
account: ${ACCOUNT}
owns: {tunnels: [\"${PREFIX}*\"]}
";
    let values = [("STAGE", "Test"), ("ACCOUNT", "${0f"), ("PREFIX", "${")];
    let variables = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut sources = Sources::default();
    let document = manifest::open(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &variables.into(),
        &mut budget(),
    );
    let problems = manifest::load(vec![document]).expect_err("none of the values is right");
    let labels: Vec<&str> = problems
        .iter()
        .map(|problem| problem.labels[0].1.as_str())
        .collect();
    assert_eq!(
        labels,
        [
            "`edge-Test` is not allowed here",
            "`${0f` is not allowed here",
            "`${*` is not allowed here",
        ]
    );
    let places: Vec<&str> = problems
        .iter()
        .map(|problem| sources.text(problem.labels[0].0))
        .collect();
    assert_eq!(places, ["edge-${STAGE}", "${ACCOUNT}", "\"${PREFIX}*\""]);
}

#[test]
fn an_excerpt_does_nothing_to_a_terminal_and_underlines_the_right_place() {
    let text = "version: 1 # \rFAKE \u{202e}LINE\u{85}\nstack: [\n";
    let mut sources = Sources::default();
    let document = manifest::open(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &BTreeMap::new(),
        &mut budget(),
    );
    let problems = manifest::load(vec![document]).expect_err("it is not closed");
    let shown = render(&problems, &sources);
    assert!(shown.contains("version: 1 # ?FAKE ?  LINE?"), "{shown}");
    assert!(!shown.contains(['\r', '\u{202e}', '\u{85}']), "{shown}");
}
