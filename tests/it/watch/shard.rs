//! Parts of many stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use serde_json::{Value, json};
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::shard::Shard;

use super::running::Watching;
use crate::support::tunctl::{Account, Tunctl};

const STACKS: usize = 40;

fn stack(n: usize) -> String {
    format!(
        "version: 1\nstack: s{n:02}\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\nowns: {{tunnels: [s{n:02}-*]}}\n\
         tunnels:\n  s{n:02}-web:\n    ingress: [{{hostname: s{n:02}.example.com, service: 'http://web:3000'}}]\n"
    )
}

/// A directory with forty stacks.
fn forty() -> Tunctl {
    let tunctl = Tunctl::new()
        .env("CLOUDFLARE_API_TOKEN", "test")
        .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT);
    for n in 0..STACKS {
        tunctl.write(&format!("stacks/s{n:02}.yaml"), &stack(n));
    }
    tunctl
}

fn names() -> BTreeSet<String> {
    (0..STACKS).map(|n| format!("s{n:02}")).collect()
}

/// The stacks that a run speaks of.
fn spoken(out: &str) -> Vec<String> {
    let told: Value = serde_json::from_str(out).unwrap();
    let stacks = told["stacks"].as_array().unwrap().iter();
    stacks
        .map(|it| it["stack"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_stack_is_in_exactly_one_part_and_stays_there() {
    for count in 1..=9 {
        let shards = (0..count).map(|index| format!("{index}/{count}").parse::<Shard>().unwrap());
        let shards: Vec<Shard> = shards.collect();
        for name in names() {
            let takers = shards.iter().filter(|it| it.takes(DEFAULT_ACCOUNT, &name));
            assert_eq!(takers.count(), 1, "{name} of {count}");
        }
    }
    // Another account's stack of the same name is another stack.
    let half: Shard = "0/2".parse().unwrap();
    let differs = names()
        .into_iter()
        .any(|it| half.takes("a", &it) != half.takes("b", &it));
    assert!(differs);
    // The parts are for ever: processes of different versions divide alike.
    let fourth: Shard = "0/4".parse().unwrap();
    let own = names()
        .into_iter()
        .filter(|it| fourth.takes(DEFAULT_ACCOUNT, it));
    insta::assert_snapshot!(own.collect::<Vec<_>>().join(" "), @"s03 s04 s06 s07 s09 s16 s24 s28 s29 s37 s39");
}

#[test]
fn parts_that_do_not_exist_are_refused() {
    for text in [
        "4/4", "1", "0/0", "-1/4", "+0/4", "a/b", "0/", "/4", "0/4/2", " 0/4",
    ] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
    let tunctl = forty();
    let ran = tunctl
        .run(&["validate", "--shard", "4/4", "stacks"])
        .code(1);
    ran.complains("4 parts are counted from 0 to 3");
    let ran = tunctl.run(&["status", "--shard", "0/4", "stacks"]).code(1);
    ran.complains("tunctl::not_sharded");
}

#[test]
fn a_part_without_stacks_is_done_at_once() {
    let tunctl = forty();
    let account = Account::new(&["example.com"]);
    let url = account.url();
    let empty = (0..64).find(|index| {
        let shard: Shard = format!("{index}/64").parse().unwrap();
        !shard.takes(DEFAULT_ACCOUNT, "s00")
    });
    let shard = format!("{}/64", empty.unwrap());
    for command in [&["plan"][..], &["apply", "--auto-approve"], &["validate"]] {
        let words = [
            command,
            &["--shard", &shard, "--api-url", &url, "stacks/s00.yaml"],
        ]
        .concat();
        tunctl
            .run(&words)
            .code(0)
            .complains(&format!("No stack is in shard {shard}."));
        let ran = tunctl
            .run(&[&words[..], &["--format", "json"]].concat())
            .code(0);
        assert_eq!(spoken(&ran.out), [""; 0]);
    }
}

#[test]
fn four_processes_at_once_do_forty_stacks_each_exactly_once() {
    let (account, tunctl) = (Account::new(&["example.com"]), forty());
    let url = account.url();
    let children = (0..4).map(|index| {
        let shard = format!("{index}/4");
        let words = [
            "apply",
            "--auto-approve",
            "--format",
            "json",
            "--lock-timeout",
            "10m",
        ];
        let place = ["--shard", &shard, "--api-url", &url, "stacks"];
        let mut command = tunctl.command(&[&words[..], &place].concat());
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    let children: Vec<_> = children.collect();
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let mut sizes = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{err}");
        let stacks = spoken(std::str::from_utf8(&output.stdout).unwrap());
        sizes.push(stacks.len());
        for stack in stacks {
            *done.entry(stack).or_default() += 1;
        }
    }
    assert!(sizes.iter().all(|size| *size > 1), "{sizes:?}");
    assert_eq!(done.keys().cloned().collect::<BTreeSet<_>>(), names());
    assert!(done.values().all(|times| *times == 1), "{done:?}");
    assert_eq!(created(&account), STACKS);
    // Together they have left nothing to do.
    let whole = ["plan", "--detailed-exitcode", "--api-url", &url, "stacks"];
    tunctl.run(&whole).code(0);
}

/// The tunnels that somebody made, however often.
fn created(account: &Account) -> usize {
    let log = account.control("GET", "/requests?wrote=true", &Value::Null);
    let requests = log["result"]["requests"].as_array().unwrap().iter();
    let made = |it: &&Value| {
        it["method"] == "POST" && it["path"].as_str().unwrap().ends_with("/cfd_tunnel")
    };
    requests.filter(made).count()
}

#[test]
fn forty_stacks_are_watched_side_by_side() {
    let (account, tunctl) = (Account::new(&["example.com"]), forty());
    let mut watching = Watching::start(&account, &tunctl, &["--apply", "stacks"]);
    let first = watching.cycle();
    assert_eq!(first["result"], json!("applied"));
    let stacks = first["stacks"].as_array().unwrap();
    let applied = stacks.iter().filter(|it| it["result"] == "applied");
    assert_eq!((stacks.len(), applied.count()), (STACKS, STACKS));
    assert_eq!(created(&account), STACKS);
    // One broken plan keeps the others from nothing.
    let broken = stack(7).replace("s07.example.com", "s07.example.org");
    tunctl.write("stacks/s07.yaml", &broken);
    tunctl.write("stacks/s08.yaml", &stack(8).replace("web:3000", "web:3001"));
    let cycle = loop {
        let cycle = watching.cycle();
        if cycle["result"] == "failed" {
            break cycle;
        }
    };
    let of = |name: &str| {
        let mut stacks = cycle["stacks"].as_array().unwrap().iter();
        stacks.find(|it| it["stack"] == name).unwrap()["result"].clone()
    };
    assert_eq!((of("s07"), of("s08")), (json!("failed"), json!("applied")));
    assert_eq!(of("s09"), json!("converged"));
}
