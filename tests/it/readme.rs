//! What the README and the examples say, done: blocks marked `sh` run as they are written, with
//! the binary of this build in the place of one that is built or installed first.

use std::fs;
use std::path::PathBuf;

use crate::support::tunctl::{Ran, Tunctl, root};

/// How a newcomer runs the binary from the repository's root.
const FROM_SOURCE: &str = "cargo run --release --locked -- ";

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The blocks of a language, without their fences.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let starts = text.split(fence.as_str()).skip(1);
    starts
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block)
        .collect()
}

fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("examples")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|it| it.extension().is_some_and(|it| it == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// An empty directory with the examples in it.
fn checkout() -> Tunctl {
    let tunctl = Tunctl::new();
    let included = fs::read_dir(root().join("examples/many-files")).unwrap();
    let included = included.map(|entry| entry.unwrap().path());
    for path in examples().into_iter().chain(included) {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        tunctl.write(name, &fs::read_to_string(&path).unwrap());
    }
    tunctl
}

#[test]
fn every_shell_block_of_the_readme_runs_as_written() {
    let text = readme();
    let mut ran = 0;
    let repository = checkout();
    for block in blocks(&text, "sh") {
        let empty = Tunctl::new();
        for line in block.lines() {
            let (place, words) =
                match (line.strip_prefix(FROM_SOURCE), line.strip_prefix("tunctl ")) {
                    (Some(words), _) => (&repository, words),
                    (None, Some(words)) => (&empty, words),
                    // Building, testing and measuring is what runs this test.
                    (None, None) => {
                        assert!(
                            line.contains("cargo test ") || line.contains("cargo bench "),
                            "{line}"
                        );
                        continue;
                    }
                };
            let arguments: Vec<&str> = words.split_whitespace().collect();
            place.run(&arguments).code(0);
            ran += 1;
        }
    }
    assert!(ran >= 6, "only {ran} commands were found");
}

#[test]
fn the_output_in_the_readme_is_the_real_one() {
    let text = readme();
    let shown = blocks(&text, "text")[0];
    let ran = checkout().run(&[
        "apply",
        "--sandbox",
        "--auto-approve",
        "examples/quickstart.yaml",
    ]);
    assert_eq!(ran.code(0).out, shown);
}

#[test]
fn the_manifest_in_the_readme_converges() {
    for block in blocks(&readme(), "yaml") {
        converges(&Tunctl::with_manifest(block), "tunctl.yaml");
    }
}

#[test]
fn every_example_converges() {
    let tunctl = checkout();
    for path in examples() {
        let name = path.file_name().unwrap().to_str().unwrap();
        converges(&tunctl, &format!("examples/{name}"));
    }
}

#[test]
fn ci_runs_what_the_readme_tells_a_newcomer() {
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    let text = readme();
    for command in [
        "cargo run --release --locked -- apply --sandbox --auto-approve examples/quickstart.yaml",
        "cargo test --locked",
        "cargo bench --locked --package budgets",
    ] {
        assert!(ci.contains(command) && text.contains(command), "{command}");
    }
}

fn converges(tunctl: &Tunctl, file: &str) {
    let run = |arguments: &[&str]| -> Ran { tunctl.run(&[arguments, &[file]].concat()) };
    run(&["apply", "--sandbox", "--auto-approve"]).code(0);
    let ran = run(&[
        "plan",
        "--sandbox",
        "--detailed-exitcode",
        "--deny",
        "warnings",
    ]);
    ran.code(0);
}
