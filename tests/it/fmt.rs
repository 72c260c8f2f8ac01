//! `tunctl fmt`: the layout changes, the meaning and the comments never. `serde_yaml`, another
//! reader on another parser, judges the meaning.

mod random;

use std::fs;
use std::path::{Path, PathBuf};

use tunctl::manifest::yaml::{format, format_file};
use tunctl::source::Sources;

use crate::support::tunctl::{Tunctl, root};

fn formatted(text: &str) -> String {
    match format(0, text) {
        Ok(text) => text,
        Err(problems) => panic!("{problems:?}\n{text}"),
    }
}

fn meaning(text: &str) -> serde_yaml::Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    value.apply_merge().unwrap();
    value
}

/// What is left of a text without its layout.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Formats a text; asserts that nothing is lost and that there is nothing left to do.
fn check(text: &str) -> String {
    let after = formatted(text);
    assert_eq!(meaning(&after), meaning(text), "{text}\n---\n{after}");
    assert_eq!(words(&after), words(text));
    assert_eq!(formatted(&after), after, "{text}");
    after
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|it| it.extension().is_some_and(|it| it == "yaml"))
        .collect();
    paths.sort();
    paths
}

/// Each text of the gallery stands beside what becomes of it.
#[test]
fn the_gallery_is_laid_out_as_recorded() {
    let mut seen = 0;
    for path in yaml_files(&root().join("tests/fixtures/fmt")) {
        let text = fs::read_to_string(&path).unwrap();
        let wanted = path.with_extension("formatted");
        if path.ends_with("tabs.yaml") {
            let problems = format(0, &text).unwrap_err();
            assert_eq!(problems[0].code, "tunctl::tab_indentation");
            continue;
        }
        let wanted = fs::read_to_string(wanted).unwrap_or_default();
        assert_eq!(check(&text), wanted, "{}", path.display());
        assert_eq!(check(&wanted), wanted);
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn the_examples_are_laid_out_already() {
    let paths = yaml_files(&root().join("examples"));
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(check(&text), text, "{}", path.display());
        // Damaged, they come back to where they were.
        let damaged = text.replace("\n  ", "\n    ").replace('\n', "  \r\n");
        let mended = formatted(&damaged);
        assert_eq!(meaning(&mended), meaning(&text));
        assert_eq!(words(&mended), words(&text));
    }
    assert!(paths.len() >= 2);
}

#[test]
fn the_fixtures_of_refused_manifests_are_formatted_or_refused() {
    let mut formats = 0;
    for path in yaml_files(&root().join("tests/fixtures/invalid")) {
        let bytes = fs::read(&path).unwrap();
        if let Ok((_, after)) = format_file(&mut Sources::default(), "x", &bytes) {
            assert_eq!(formatted(&after), after, "{}", path.display());
            formats += 1;
        }
    }
    assert!(formats > 20, "{formats}");
}

#[test]
fn what_cannot_be_laid_out_safely_is_left_alone() {
    for text in ["? a\n: b\n", "a: 1\n? b\n: - c\n"] {
        let problems = format(0, text).unwrap_err();
        assert_eq!(problems[0].code, "tunctl::format_refused", "{text}");
    }
}

const UNTIDY: &str = "version: 1\nstack: edge\naccount: 0123456789abcdef0123456789abcdef\ntunnels:\n    edge-web: {} # c\n";
const TIDY: &str = "version: 1\nstack: edge\naccount: 0123456789abcdef0123456789abcdef\ntunnels:\n  edge-web: {} # c\n";

#[test]
fn a_manifest_and_what_it_includes_are_formatted_in_place() {
    let tunctl = Tunctl::with_manifest(&format!("{UNTIDY}include: [parts/*.yaml]\n"));
    let part = "tunnels:\n      edge-api: {}\n";
    tunctl.write("parts/api.yaml", part);
    let checked = tunctl.run(&["fmt", "--check"]).code(1);
    assert_eq!(checked.out, "tunctl.yaml\nparts/api.yaml\n");
    let read = |name: &str| fs::read_to_string(tunctl.path(name)).unwrap();
    assert_eq!(read("parts/api.yaml"), part);
    let ran = tunctl.run(&["fmt"]).code(0);
    assert_eq!(ran.out, "tunctl.yaml\nparts/api.yaml\n");
    assert_eq!(
        read("tunctl.yaml"),
        format!("{TIDY}include: [parts/*.yaml]\n")
    );
    assert_eq!(read("parts/api.yaml"), "tunnels:\n  edge-api: {}\n");
    assert_eq!(tunctl.run(&["fmt", "--check"]).code(0).out, "");
    let json = tunctl.run(&["fmt", "--format", "json"]).code(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json, serde_json::json!({"formatted": []}));
}

#[test]
fn one_broken_file_stops_the_run_before_anything_is_written() {
    let tunctl = Tunctl::with_manifest(UNTIDY);
    tunctl.write("broken.yaml", "version: [\n");
    let ran = tunctl.run(&["fmt", "tunctl.yaml", "broken.yaml"]).code(1);
    ran.complains("broken.yaml");
    let text = fs::read_to_string(tunctl.path("tunctl.yaml")).unwrap();
    assert_eq!(text, UNTIDY);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let tunctl = Tunctl::new();
    tunctl.write("real.yaml", UNTIDY);
    let real = tunctl.path("real.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.yaml", tunctl.path("tunctl.yaml")).unwrap();
    tunctl.run(&["fmt"]).code(0);
    assert_eq!(fs::read_to_string(&real).unwrap(), TIDY);
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(
        fs::symlink_metadata(tunctl.path("tunctl.yaml"))
            .unwrap()
            .is_symlink()
    );
    // No other file is left behind.
    assert_eq!(fs::read_dir(real.parent().unwrap()).unwrap().count(), 2);
}

#[test]
fn a_dash_formats_from_standard_input_to_standard_output() {
    use std::io::Write as _;
    use std::process::Stdio;
    let tunctl = Tunctl::new();
    let run = |arguments: &[&str]| {
        let mut command = tunctl.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(UNTIDY.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(run(&["fmt", "-"]), (Some(0), TIDY.to_owned()));
    assert_eq!(
        run(&["fmt", "--check", "-"]),
        (Some(1), "standard input\n".to_owned())
    );
}
