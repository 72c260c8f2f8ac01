//! What is valid and hardly wanted. In `tests/fixtures/lints` each lint has a directory with
//! manifests that it speaks about, `bad*.yaml`, one finding in each, and one about which no lint
//! does, `good.yaml`; the rendering stands beside.
//!
//! After a change of wording, `INSTA_UPDATE=always` writes the renderings anew; read the diff.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use insta::{Settings, assert_snapshot};
use serde_json::{Value, json};
use tunctl::address::RemoteId;
use tunctl::files;
use tunctl::lint::{LINTS, lint};
use tunctl::manifest::yaml::Budget;
use tunctl::problem::Problem;
use tunctl::scope::Zone;
use tunctl::source::Sources;

use crate::support::report::render;
use crate::support::tunctl::{Ran, Tunctl};

const GALLERY: &str = "tests/fixtures/lints";

/// Lints that are not asked one by one: the comments', and the one that is an error.
const OTHERS: [&str; 3] = ["unused_allow", "invalid_allow", "access_enforces_nothing"];

fn names(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Every lint's name with its manifests.
fn gallery() -> Vec<(String, Vec<PathBuf>)> {
    let yaml = |path: &PathBuf| path.extension().is_some_and(|it| it == "yaml");
    let lints = names(Path::new(GALLERY)).into_iter();
    let lints = lints.map(|lint| (name(&lint), names(&lint).into_iter().filter(yaml).collect()));
    lints.collect()
}

/// What is said about a manifest of an account with the zone `example.com`.
fn said(path: &Path) -> (Sources, Vec<Problem>) {
    let mut sources = Sources::default();
    let variables = BTreeMap::new();
    let loaded = files::load(path, &variables, &mut sources, &mut Budget::default());
    let zones = [Zone {
        id: RemoteId::new("023e105f4ecef8ad9ca31a8372d0c353"),
        name: "example.com".to_owned(),
    }];
    let problems = match loaded {
        Ok(manifest) => lint(&manifest, &sources, Some(&zones)),
        Err(problems) => problems,
    };
    (sources, problems)
}

#[test]
fn every_lint_says_one_thing_about_what_is_bad_and_nothing_about_what_is_good() {
    let mut wrong = Vec::new();
    for (lint, manifests) in gallery() {
        for path in manifests {
            let (_, problems) = said(&path);
            let codes: Vec<&str> = problems.iter().map(|it| it.code).collect();
            let expected = match name(&path).as_str() {
                "good" => vec![],
                _ => vec![format!("tunctl::{lint}")],
            };
            if codes != expected {
                wrong.push(format!("{}: {codes:?}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_lint_has_both_kinds_of_manifests() {
    let lints = LINTS.iter().map(|it| it.code.rsplit("::").next().unwrap());
    let lints: BTreeSet<String> = lints.chain(OTHERS).map(str::to_owned).collect();
    let shown = gallery().into_iter().filter(|(_, manifests)| {
        let names: Vec<String> = manifests.iter().map(|it| name(it)).collect();
        names.contains(&"good".to_owned()) && names.contains(&"bad".to_owned())
    });
    assert_eq!(shown.map(|it| it.0).collect::<BTreeSet<_>>(), lints);
}

#[test]
fn every_finding_is_shown_as_its_rendering_says() {
    for (lint, manifests) in gallery() {
        let mut settings = Settings::clone_current();
        settings.set_snapshot_path(format!("../fixtures/lints/{lint}"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            let bad = manifests.iter().filter(|it| name(it) != "good");
            for path in bad {
                let (sources, problems) = said(path);
                assert_snapshot!(name(path), render(&problems, &sources));
            }
        });
    }
}

#[test]
fn every_lint_has_a_section_in_the_documentation() {
    let page = fs::read_to_string("docs/lints.md").unwrap();
    let sections = page
        .lines()
        .filter_map(|it| it.strip_prefix("## `tunctl::"));
    let sections: Vec<&str> = sections.filter_map(|it| it.strip_suffix('`')).collect();
    let codes = LINTS.iter().map(|it| it.code.rsplit("::").next().unwrap());
    assert_eq!(
        sections,
        codes
            .chain(["access_enforces_nothing", "unused_allow", "invalid_allow"])
            .collect::<Vec<_>>()
    );
}

/// A manifest with one rule that has an unanchored path; texts stand before and in it.
fn manifest(above: &str, first: &str, inside: &str) -> String {
    format!(
        "\
version: 1
stack: edge
account: 0123456789abcdef0123456789abcdef
tunnels:
  edge-web:
    ingress:
{above}
      - hostname: app.example.com{first}
        path: /api/
{inside}
        service: http://api:8080
      - hostname: app.example.com
        service: http://web:3000
"
    )
}

fn validate(text: &str) -> Vec<Value> {
    let ran = Tunctl::with_manifest(text).run(&["validate", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.code(0).out).unwrap();
    report["lints"].as_array().unwrap().clone()
}

fn codes(text: &str) -> Vec<String> {
    let code = |lint: &Value| lint["code"].as_str().unwrap().to_owned();
    validate(text).iter().map(code).collect()
}

#[test]
fn a_comment_on_a_rule_or_right_above_it_silences_a_lint_for_that_rule() {
    const ALLOW: &str = "# tunctl: allow(unanchored_path) old clients";
    for silent in [
        manifest(&format!("      {ALLOW}"), "", ""),
        manifest(&format!("      {ALLOW}\n      # More."), "", ""),
        manifest("", &format!(" {ALLOW}"), ""),
        manifest("", "", &format!("        {ALLOW}")),
        manifest("", "", &format!("      {ALLOW}")),
        manifest("", " #tunctl: allow( tunctl::unanchored_path ) why", ""),
    ] {
        assert_eq!(codes(&silent), [""; 0], "{silent}");
    }
    for text in [
        // Not a comment.
        manifest(
            "",
            "",
            &format!("        originRequest: {{httpHostHeader: '{ALLOW}'}}"),
        ),
        manifest(
            "",
            "",
            "        originRequest:\n          httpHostHeader: |\n            # tunctl: allow(unanchored_path) x",
        ),
        // For people.
        manifest("      # allow(unanchored_path) old clients", "", ""),
    ] {
        assert_eq!(codes(&text), ["tunctl::unanchored_path"], "{text}");
    }
    // Of another rule, or of none.
    let before = manifest(
        &format!("      {ALLOW}\n      - {{hostname: x.example.com, service: 'http://x'}}"),
        "",
        "",
    );
    assert_eq!(
        codes(&before),
        ["tunctl::unused_allow", "tunctl::unanchored_path"]
    );
    let apart = manifest(&format!("      {ALLOW}\n\n"), "", "");
    assert_eq!(
        codes(&apart),
        ["tunctl::unused_allow", "tunctl::unanchored_path"]
    );
}

#[test]
fn one_comment_may_name_several_lints_and_each_must_find_something() {
    let several = manifest(
        "      # tunctl: allow(unanchored_path, zero_timeout) old clients",
        "",
        "        originRequest: {connectTimeout: 0s}",
    );
    assert_eq!(codes(&several), [""; 0]);
    let one = manifest(
        "      # tunctl: allow(unanchored_path, zero_timeout) old clients",
        "",
        "",
    );
    assert_eq!(codes(&one), ["tunctl::unused_allow"]);
}

#[test]
fn a_comment_outside_of_rules_is_about_its_line_or_the_next() {
    let text = |line: &str| {
        format!(
            "{}    {line}\n",
            manifest("", " # tunctl: allow(unanchored_path) x", "")
        )
    };
    for silent in [
        "originRequest: {tlsTimeout: 0s} # tunctl: allow(zero_timeout) it hangs",
        "# tunctl: allow(zero_timeout) it hangs\n    originRequest: {tlsTimeout: 0s}",
    ] {
        assert_eq!(codes(&text(silent)), [""; 0], "{silent}");
    }
}

#[test]
fn comments_count_in_included_files_too() {
    let tunctl = Tunctl::with_manifest(
        "version: 1\nstack: edge\naccount: 0123456789abcdef0123456789abcdef\ninclude: [parts/*.yaml]\n",
    );
    let part = |name: &str, comment: &str| {
        format!(
            "tunnels:\n  {name}:\n    ingress:\n      {comment}\n      - {{hostname: {name}.example.com, path: /x, service: 'http://x'}}\n"
        )
    };
    tunctl.write(
        "parts/a.yaml",
        &part("a", "# tunctl: allow(unanchored_path) x"),
    );
    tunctl.write("parts/b.yaml", &part("b", "# Plain."));
    let ran = tunctl.run(&["validate", "--format", "json"]).code(0);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let lint = &report["lints"][0];
    assert_eq!(
        [
            &lint["code"],
            &lint["file"],
            &lint["line"],
            &lint["column"],
            &lint["severity"]
        ],
        [
            &json!("tunctl::unanchored_path"),
            &json!("parts/b.yaml"),
            &json!(5),
            &json!(41),
            &json!("warning")
        ]
    );
    assert_eq!(lint["help"], json!("write `^/x`"));
    assert_eq!(report["lints"].as_array().unwrap().len(), 1);
}

/// A manifest that a lint without zones and one with zones speak about.
const TWO: &str = "\
version: 1
stack: edge
account: 0123456789abcdef0123456789abcdef
tunnels:
  edge-web:
    ingress:
      - {hostname: example.com, path: /api, service: 'http://api:8080'}
";

fn sandboxed(arguments: &[&str]) -> Ran {
    let tunctl = Tunctl::with_manifest(TWO);
    // A zone made for a hostname is its last two labels.
    tunctl.run(&[arguments, &["--sandbox"]].concat())
}

#[test]
fn warnings_are_shown_on_standard_error_and_change_nothing() {
    for arguments in [
        &["plan"][..],
        &["apply", "--auto-approve"],
        &["apply", "--auto-approve", "--format", "json"],
    ] {
        sandboxed(arguments)
            .code(0)
            .complains("\u{26a0} path is not anchored")
            .complains("hostname is a whole zone's own name");
    }
    let ran = sandboxed(&["plan", "--quiet"]).code(0);
    assert_eq!(ran.err, "");
    Tunctl::with_manifest(TWO)
        .run(&["validate"])
        .code(0)
        .says("is valid, 3 resources")
        .complains("path is not anchored");
}

#[test]
fn the_plan_for_programs_has_the_lints_with_their_places() {
    let ran = sandboxed(&["plan", "--format", "json"]).code(0);
    let plan: Value = serde_json::from_str(&ran.out).unwrap();
    let lints = plan["lints"].as_array().unwrap();
    let brief = |lint: &Value| json!([lint["code"], lint["file"], lint["line"], lint["column"]]);
    assert_eq!(
        lints.iter().map(brief).collect::<Vec<_>>(),
        [
            json!(["tunctl::apex_hostname", "tunctl.yaml", 7, 20]),
            json!(["tunctl::unanchored_path", "tunctl.yaml", 7, 39]),
        ]
    );
}

#[test]
fn denied_warnings_are_errors_and_nothing_is_planned() {
    let deny = ["--deny", "warnings"];
    for arguments in [&["plan"][..], &["apply", "--auto-approve"]] {
        let ran = sandboxed(&[arguments, &deny].concat())
            .code(1)
            .complains("\u{d7} path is not anchored");
        assert!(!ran.out.contains("will be created"), "{}", ran.out);
    }
    let ran =
        Tunctl::with_manifest(TWO).run(&["validate", "--deny", "warnings", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.code(1).out).unwrap();
    assert_eq!(report["errors"][0]["code"], "tunctl::unanchored_path");
    assert_eq!(report["errors"][0]["severity"], "error");
    // Silenced ones are none.
    let silent = TWO.replace(
        "      -",
        "      # tunctl: allow(unanchored_path, apex_hostname) the whole site\n      -",
    );
    let silent = Tunctl::with_manifest(&silent);
    silent.run(&["validate", "--deny", "warnings"]).code(0);
    silent
        .run(&["plan", "--deny", "warnings", "--sandbox"])
        .code(0);
}

#[test]
fn what_is_destroyed_is_not_judged() {
    let ran = sandboxed(&["destroy", "--auto-approve"]).code(0);
    assert!(!ran.err.contains("tunctl::"), "{}", ran.err);
}

#[test]
fn the_starter_of_init_needs_no_warning() {
    let tunctl = Tunctl::new().env("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");
    tunctl.run(&["init", "--stack", "edge"]).code(0);
    tunctl.run(&["validate", "--deny", "warnings"]).code(0);
}
