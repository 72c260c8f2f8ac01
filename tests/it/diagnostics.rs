//! Manifests that are wrong, as their authors see it: one mistake in each file of
//! `tests/fixtures/invalid`, named after its code, with the rendering beside it.
//!
//! After a change of wording, `INSTA_UPDATE=always` writes the renderings anew; read the diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use insta::{Settings, assert_snapshot};
use tunctl::files;
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
