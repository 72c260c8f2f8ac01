//! `completions` and `man`: what shells and `man` read.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use tunctl::cli::Cli;

use crate::support::tunctl::Tunctl;

/// Each shell, and what parses a script of its without running it. Elvish and PowerShell have no
/// such flag that everybody has.
const SHELLS: &[(&str, Option<&[&str]>)] = &[
    ("bash", Some(&["bash", "-n"])),
    ("zsh", Some(&["zsh", "-n"])),
    ("fish", Some(&["fish", "--no-execute"])),
    ("powershell", None),
    ("elvish", Some(&["elvish", "-compileonly"])),
];

/// Every command with those below it, but what is hidden.
fn commands() -> BTreeSet<String> {
    fn below(command: &clap::Command, name: &str, found: &mut BTreeSet<String>) {
        found.insert(name.to_owned());
        for inner in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            below(inner, &format!("{name}-{}", inner.get_name()), found);
        }
    }
    let mut found = BTreeSet::new();
    below(&Cli::command(), "tunctl", &mut found);
    found
}

/// Whether a program is installed here.
fn is_here(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    asked.status().is_ok()
}

#[test]
fn every_shell_gets_a_script_that_it_parses_and_that_knows_every_command() {
    let desk = Tunctl::new();
    let mut parsed = Vec::new();
    for (shell, parser) in SHELLS {
        let ran = desk.run(&["completions", shell]).code(0);
        assert_eq!(ran.err, "");
        for word in ["import", "snapshot", "cloudflared", "detailed-exitcode"] {
            assert!(ran.out.contains(word), "{shell}: no {word}");
        }
        let Some([program, arguments @ ..]) = parser else {
            continue;
        };
        if !is_here(program) {
            continue;
        }
        desk.write("script", &ran.out);
        let status = Command::new(program)
            .args(arguments.iter())
            .arg(desk.path("script"))
            .status();
        assert!(status.unwrap().success(), "{shell}");
        parsed.push(*shell);
    }
    assert!(cfg!(windows) || parsed.contains(&"bash"), "{parsed:?}");
    desk.run(&["completions", "tcsh"])
        .code(1)
        .complains("invalid value 'tcsh'");
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let desk = Tunctl::new();
    let pages = desk.path("share/man1");
    desk.run(&["man", "share/man1"]).code(0);
    let files = fs::read_dir(&pages).unwrap();
    let files = files.map(|it| it.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    let expected = commands().into_iter().map(|it| format!("{it}.1"));
    assert_eq!(files, expected.collect());
    for file in &files {
        let page = fs::read_to_string(pages.join(file)).unwrap();
        assert!(page.contains(".TH ") && page.contains(".SH NAME"), "{file}");
    }
    let main = desk.run(&["man"]).code(0);
    assert_eq!(
        main.out,
        fs::read_to_string(pages.join("tunctl.1")).unwrap()
    );
}
