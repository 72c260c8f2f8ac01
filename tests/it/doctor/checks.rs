//! Every check against a real account, tripped and not.

use serde_json::{Value, json};

use super::desk::{Desk, findings};
use crate::support::tunctl::Tunctl;
use crate::support::world::{ACCOUNT, WEB, edge};

/// The messages of a check.
fn said(told: &Value, check: &str) -> Vec<String> {
    let findings = findings(told, check).into_iter();
    findings
        .map(|(level, text)| format!("{level}: {text}"))
        .collect()
}

fn doctor(desk: &Desk) -> Value {
    desk.doctor("test", &[]).1
}

/// A record of `old.example.com` that leads to a tunnel with this id.
fn point(desk: &Desk, tunnel: &str, comment: &str) -> String {
    let record = json!({
        "type": "CNAME", "name": "old.example.com", "proxied": true, "comment": comment,
        "content": format!("{tunnel}.cfargotunnel.com"),
    });
    let made = desk.hand("POST", &desk.records(), &record);
    made["id"].as_str().unwrap().to_owned()
}

/// The id of a tunnel that was deleted.
fn dead_tunnel(desk: &Desk) -> String {
    let new = json!({"name": "gone", "config_src": "cloudflare"});
    let made = desk.hand("POST", "/accounts/ACCOUNT/cfd_tunnel", &new);
    let id = made["id"].as_str().unwrap().to_owned();
    desk.hand(
        "DELETE",
        &format!("/accounts/ACCOUNT/cfd_tunnel/{id}"),
        &Value::Null,
    );
    id
}

#[test]
fn an_account_that_is_in_order_is_said_to_be() {
    let desk = Desk::with(&edge(WEB));
    let tunnel = desk.tunnel("edge-web");
    let path = format!("/tunnels/{tunnel}/connectors");
    desk.account.control("POST", &path, &json!({}));
    let ran = desk.run(&["doctor"]).code(0);
    let text = ran.out.replace(ACCOUNT, "ACCOUNT");
    let glance = text.split("\nThe least token").next().unwrap().to_owned();
    let id = glance.split("the account's token ").nth(1).unwrap();
    let token = id[..32].to_owned();
    insta::assert_snapshot!(glance.replace(&token, "TOKEN"), @r"
    Token
      ✓ the account's token TOKEN is active and never ends
      ✓ it holds every permission that the manifest needs, 5 of them, tried out, because the token may not read its own policies
      ✓ no name of the manifest is without a zone; the token sees 1

    Manifest
      ✓ nothing differs from the manifest
      ✓ `removed` names nothing that is gone already

    Cloudflare
      ✓ everything that is this stack's is declared
      ✓ no record leads to a tunnel that is gone; 1 looked at
      ✓ no declared tunnel is without connectors; 1 looked at
      ✓ no connector is outdated; 1 looked at, the newest runs cloudflared 2026.8.2, and 2026.8.0 was out when this tunctl was made
      ✓ no quota is used for 80 percent or more

    This machine
      ✓ the store .tunctl can be read and written, and nobody holds the account's lock
      ✓ this machine's clock is within 5 s of Cloudflare's

    All is well.
    ");
    desk.run(&["doctor", "--quiet"])
        .code(0)
        .says("All is well.");
    assert!(!desk.run(&["doctor", "--quiet"]).out.contains("least token"));
}

#[test]
fn tokens_that_do_not_work_are_errors() {
    let desk = Desk::with(&edge(WEB));
    let cases = [
        (
            json!({"status": "disabled"}),
            "error: the token is disabled",
        ),
        (
            json!({"expires_on": "2020-01-01T00:00:00Z"}),
            "error: the token is expired",
        ),
        (
            json!({"status": "invalid"}),
            "error: Cloudflare does not know the token, neither as the account's nor as a user's",
        ),
    ];
    for (grant, expected) in cases {
        let mut grant = grant;
        grant["token"] = json!("broken-token");
        desk.account.control("PUT", "/tokens", &grant);
        let (code, told) = desk.doctor("broken-token", &[]);
        assert_eq!(said(&told, "token"), [expected]);
        assert_eq!(code, 1);
    }
    let later = json!({"token": "broken-token", "expires_on": "2099-01-01T00:00:00Z"});
    desk.account.control("PUT", "/tokens", &later);
    let (code, told) = desk.doctor("broken-token", &[]);
    assert_eq!((code, said(&told, "token").len()), (0, 0));
}

#[test]
fn the_global_key_is_warned_of() {
    let account = crate::support::tunctl::Account::new(&["example.com"]);
    let tunctl = Tunctl::with_manifest(&edge(WEB))
        .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
        .env("CLOUDFLARE_EMAIL", "ops@example.com")
        .env(
            "CLOUDFLARE_API_KEY",
            "0123456789abcdef0123456789abcdef01234",
        );
    tunctl
        .run(&["doctor", "--api-url", &account.url()])
        .code(0)
        .says("! the global API key may do everything that its user may");
}

#[test]
fn a_hostname_without_a_zone_is_an_error() {
    let desk = Desk::with(&edge(WEB));
    assert_eq!(said(&doctor(&desk), "zones"), [""; 0]);
    let other = WEB.replace("app.example.com", "app.example.org");
    desk.tunctl.write("tunctl.yaml", &edge(&other));
    let (code, told) = desk.doctor("test", &[]);
    let zones = said(&told, "zones");
    assert!(
        zones[0].starts_with("error: `dns_record.app.example.org` has no zone"),
        "{zones:?}"
    );
    assert!(said(&told, "plan")[0].contains("there is no plan"));
    assert_eq!(code, 1);
}

#[test]
fn what_a_guard_refuses_is_said() {
    let desk = Desk::with(&edge(WEB));
    assert_eq!(said(&doctor(&desk), "plan"), [""; 0]);
    let path = format!("/tunnels/{}/connectors", desk.tunnel("edge-web"));
    desk.account.control("POST", &path, &json!({}));
    desk.tunctl
        .write("tunctl.yaml", &edge("tunnels: {edge-api: {}}"));
    let told = doctor(&desk);
    assert!(
        said(&told, "plan")[0].starts_with("warning: apply is refused:"),
        "{told:#}"
    );
}

#[test]
fn an_entry_of_removed_that_names_nothing_is_said_by_doctor_and_plan() {
    let removed = "removed: [tunnel.by-hand]\n";
    let desk = Desk::with(&edge(WEB));
    let new = json!({"name": "by-hand", "config_src": "cloudflare"});
    desk.hand("POST", "/accounts/ACCOUNT/cfd_tunnel", &new);
    desk.tunctl
        .write("tunctl.yaml", &edge(&format!("{WEB}{removed}")));
    assert_eq!(said(&doctor(&desk), "removed"), [""; 0]);
    desk.run(&["apply", "--auto-approve"]).code(0);
    let expected = "`removed` names `tunnel.by-hand`, which is not there any more";
    assert_eq!(
        said(&doctor(&desk), "removed"),
        [format!("warning: {expected}")]
    );
    desk.run(&["plan", "--detailed-exitcode"])
        .code(0)
        .says(expected);
}

#[test]
fn what_is_ours_and_not_declared_is_said() {
    let desk = Desk::with(&edge(WEB));
    assert_eq!(said(&doctor(&desk), "undeclared"), [""; 0]);
    let new = json!({"name": "edge-extra", "config_src": "cloudflare"});
    desk.hand("POST", "/accounts/ACCOUNT/cfd_tunnel", &new);
    assert_eq!(
        said(&doctor(&desk), "undeclared"),
        ["warning: `tunnel.edge-extra` is this stack's, and nothing declares it"]
    );
}

#[test]
fn records_that_lead_nowhere_are_said_and_whose_they_are() {
    let desk = Desk::with(&edge(WEB));
    assert_eq!(said(&doctor(&desk), "dangling"), [""; 0]);
    let dead = dead_tunnel(&desk);
    let stranger = "12345678-1234-4234-8234-123456789012";
    let cases = [
        (
            dead.as_str(),
            "tunctl:edge",
            "this stack's",
            "which was deleted on ",
        ),
        (
            dead.as_str(),
            "tunctl:other",
            "stack `other`'s",
            "which was deleted on ",
        ),
        (
            dead.as_str(),
            "",
            "nobody's (it carries no mark)",
            "which was deleted on ",
        ),
        (
            stranger,
            "tunctl:edge",
            "this stack's",
            "which this account does not have",
        ),
    ];
    for (tunnel, comment, whose, fate) in cases {
        let id = point(&desk, tunnel, comment);
        let found = said(&doctor(&desk), "dangling");
        assert_eq!(found.len(), 1, "{found:?}");
        let begin = format!(
            "warning: the record `old.example.com` in zone `example.com`, {whose}, leads to the tunnel {tunnel}, {fate}"
        );
        assert!(found[0].starts_with(&begin), "{found:?}");
        desk.hand("DELETE", &format!("{}/{id}", desk.records()), &Value::Null);
    }
}

#[test]
fn only_what_carries_our_mark_and_leads_to_a_deleted_tunnel_is_mended() {
    let desk = Desk::with(&edge(WEB));
    let dead = dead_tunnel(&desk);
    let stranger = "12345678-1234-4234-8234-123456789012";
    for (tunnel, comment) in [
        (dead.as_str(), "tunctl:other"),
        (dead.as_str(), ""),
        (dead.as_str(), "tunctl:edge-eu"),
        (stranger, "tunctl:edge"),
    ] {
        let id = point(&desk, tunnel, comment);
        desk.forget_requests();
        desk.run(&["doctor", "--fix", "--auto-approve"])
            .code(0)
            .complains("Nothing to mend");
        assert_eq!(desk.written(), json!([]), "{comment}");
        desk.hand("DELETE", &format!("{}/{id}", desk.records()), &Value::Null);
    }
    let id = point(&desk, &dead, "tunctl:edge");
    // Nobody to ask, so nothing is done.
    desk.forget_requests();
    desk.run(&["doctor", "--fix"])
        .code(1)
        .complains("there is no terminal");
    assert_eq!(desk.written(), json!([]));
    desk.run(&["doctor", "--fix", "--auto-approve"])
        .code(0)
        .says("# dns_record.old.example.com will be destroyed")
        .says("Apply complete! Resources: 0 added, 0 changed, 1 destroyed.");
    let written = desk.written();
    assert_eq!(written.as_array().unwrap().len(), 1, "{written:#}");
    let left = desk.hand("GET", &desk.records(), &Value::Null);
    assert!(!left.to_string().contains(&id), "{left:#}");
    assert_eq!(said(&doctor(&desk), "dangling"), [""; 0]);
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn what_differs_besides_is_not_touched_by_mending() {
    let desk = Desk::with(&edge(WEB));
    let dead = dead_tunnel(&desk);
    point(&desk, &dead, "tunctl:edge");
    let new = json!({"name": "edge-extra", "config_src": "cloudflare"});
    desk.hand("POST", "/accounts/ACCOUNT/cfd_tunnel", &new);
    let (code, told) = desk.doctor("test", &["--fix", "--auto-approve"]);
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(told["fixed"]["summary"]["destroy"], 1, "{told:#}");
    desk.tunnel("edge-extra");
    assert_eq!(
        said(&doctor(&desk), "undeclared"),
        ["warning: `tunnel.edge-extra` is this stack's, and nothing declares it"]
    );
}

#[test]
fn a_declared_record_that_dangles_is_left_to_apply() {
    let desk = Desk::with(&edge(WEB));
    let tunnel = desk.tunnel("edge-web");
    desk.hand(
        "DELETE",
        &format!("/accounts/ACCOUNT/cfd_tunnel/{tunnel}"),
        &Value::Null,
    );
    let found = said(&doctor(&desk), "dangling");
    assert!(
        found[0].contains("the record `app.example.com`"),
        "{found:?}"
    );
    desk.forget_requests();
    desk.run(&["doctor", "--fix", "--auto-approve"])
        .code(0)
        .complains("`tunctl apply` mends those that are");
    assert_eq!(desk.written(), json!([]));
}

#[test]
fn tunnels_without_connectors_and_old_connectors_are_said() {
    let two = "tunnels: {edge-a: {}, edge-b: {}}";
    let desk = Desk::with(&edge(two));
    assert_eq!(
        said(&doctor(&desk), "idle"),
        [
            "warning: tunnel `edge-a` never had a connector",
            "warning: tunnel `edge-b` never had a connector",
        ]
    );
    let connect = |tunnel: &str, version: &str| {
        let path = format!("/tunnels/{}/connectors", desk.tunnel(tunnel));
        desk.account
            .control("POST", &path, &json!({"version": version}));
    };
    connect("edge-a", "2026.8.2");
    connect("edge-b", "2026.8.2");
    let told = doctor(&desk);
    assert_eq!(said(&told, "idle"), [""; 0]);
    assert_eq!(said(&told, "outdated"), [""; 0]);
    connect("edge-b", "2026.8.1");
    connect("edge-b", "2025.2.0");
    let old = said(&doctor(&desk), "outdated");
    assert_eq!(old.len(), 2, "{old:?}");
    assert!(
        old.iter()
            .any(|it| it.ends_with("runs cloudflared 2026.8.1; the newest of yours is 2026.8.2"))
    );
    assert!(
        old.iter()
            .any(|it| it.contains("2025.2.0, which is more than a year old"))
    );
}

#[test]
fn quotas_that_are_nearly_used_are_said() {
    let connectors = |number: usize| {
        let names = (0..number).map(|it| format!("edge-{it}: {{}}"));
        let names: Vec<String> = names.collect();
        let owns = "tunnels: [\"edge-*\"], warpConnectors: [\"edge-*\"]";
        edge(&format!("warpConnectors: {{{}}}", names.join(", ")))
            .replace("tunnels: [\"edge-*\"]", owns)
    };
    let desk = Desk::with(&connectors(7));
    assert_eq!(said(&doctor(&desk), "quotas"), [""; 0]);
    desk.tunctl.write("tunctl.yaml", &connectors(8));
    assert_eq!(
        said(&doctor(&desk), "quotas"),
        ["warning: after the next apply the account has 8 of 10 possible `warp_connector` objects"]
    );
    desk.tunctl.write("tunctl.yaml", &connectors(11));
    let (code, told) = desk.doctor("test", &[]);
    assert!(said(&told, "quotas")[0].starts_with("error: after the next apply"));
    assert_eq!(code, 1);
}

#[test]
fn a_full_zone_is_said() {
    let desk = Desk::with(&edge(WEB));
    let zone = desk.zone();
    desk.account.control(
        "PATCH",
        &format!("/zones/{zone}"),
        &json!({"record_quota": 1}),
    );
    assert_eq!(
        said(&doctor(&desk), "quotas"),
        ["warning: zone `example.com` has 1 of 1 possible records"]
    );
}

#[test]
fn doctor_without_fix_writes_nothing_whatever_is_wrong() {
    let desk = Desk::new();
    let dead = dead_tunnel(&desk);
    point(&desk, &dead, "tunctl:edge");
    desk.forget_requests();
    desk.run(&["doctor"])
        .code(0)
        .says("0 errors, 2 warnings, 1 not looked at.");
    assert_eq!(desk.written(), json!([]));
}

#[test]
fn a_clock_that_is_wrong_is_seen_by_the_date_of_an_answer() {
    let desk = Desk::with(&edge(WEB));
    assert_eq!(said(&doctor(&desk), "clock"), [""; 0]);
    let verified = json!({"success": true, "errors": [], "messages": [], "result": {
        "id": "0123456789abcdef0123456789abcdef", "status": "active"}});
    desk.account.fault(&json!({
        "path": "/accounts/*/tokens/verify",
        "effect": {"answer": {
            "status": 200, "body": verified.to_string(), "content_type": "application/json",
            "headers": {"date": "Mon, 01 Jan 2018 00:00:00 GMT"},
        }},
    }));
    let found = said(&doctor(&desk), "clock");
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with(" s ahead of Cloudflare's"), "{found:?}");
}

#[test]
fn several_stacks_are_looked_at_one_by_one_and_the_worst_counts() {
    let desk = Desk::with(&edge(WEB));
    let lost =
        "tunnels: {other-web: {ingress: [{hostname: app.example.org, service: http://x:1}]}}";
    let other = edge(lost)
        .replace("stack: edge", "stack: other")
        .replace("edge-*", "other-*");
    desk.tunctl.write("other.yaml", &other);
    let both = ["doctor", "tunctl.yaml", "other.yaml"];
    desk.run(&both)
        .code(1)
        .says("Stack `edge` (tunctl.yaml)")
        .says("Stack `other` (other.yaml)");
    let (_, told) = desk.doctor("test", &both[1..]);
    assert_eq!(told["stacks"].as_array().unwrap().len(), 2);
    desk.run(&both[..2]).code(0);
}

#[test]
fn it_works_in_the_sandbox() {
    let tunctl = Tunctl::with_manifest(&edge(WEB));
    tunctl
        .run(&["apply", "--sandbox", "--auto-approve"])
        .code(0);
    tunctl.run(&["doctor", "--sandbox"]).code(0);
    tunctl
        .run(&["drift", "--sandbox"])
        .code(0)
        .says("No drift.");
}

#[test]
fn what_is_hostile_in_names_does_not_reach_the_terminal() {
    let desk = Desk::with(&edge(WEB));
    let dead = dead_tunnel(&desk);
    point(&desk, &dead, "tunctl:\u{1b}[31mred");
    let ran = desk.run(&["doctor"]).code(0);
    assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
    assert!(ran.out.contains("stack `\\u{1b}[31mred`'s"), "{}", ran.out);
}

#[test]
fn a_store_that_cannot_be_used_is_an_error_before_an_apply_finds_out() {
    let desk = Desk::with(&edge(WEB));
    let with =
        |store: &str, more: &[&str]| desk.doctor("test", &[&["--store", store], more].concat());
    let (code, told) = with(".tunctl", &[]);
    assert_eq!((code, said(&told, "store")), (0, Vec::new()));
    let left = std::fs::read_dir(desk.tunctl.path(&format!(".tunctl/{ACCOUNT}"))).unwrap();
    let left = left.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(
        left.into_iter().all(|it| !it.contains("doctor")),
        "it tidies up"
    );
    desk.tunctl.write("file", "x");
    let (code, told) = with("file", &[]);
    assert_eq!(code, 1);
    assert!(
        said(&told, "store")[0].starts_with("error: cannot list"),
        "{told:#}"
    );
    // Not even root opens a directory to write.
    std::fs::create_dir_all(desk.tunctl.path(&format!("blocked/{ACCOUNT}/.guard"))).unwrap();
    let (code, told) = with("blocked", &[]);
    assert_eq!(code, 1);
    assert!(
        said(&told, "store")[0].starts_with("error: cannot write"),
        "{told:#}"
    );
    for refrains in [["--for", "plan"].as_slice(), &["--no-probe"]] {
        assert_eq!(
            said(&with("blocked", refrains).1, "store"),
            [""; 0],
            "nothing was tried"
        );
    }
}

#[test]
fn a_lock_that_is_held_is_told_of_and_left_alone() {
    let desk = Desk::with(&edge(WEB));
    let lock = format!(".tunctl/{ACCOUNT}/lock.json");
    let path = desk.tunctl.path(&lock);
    let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    record["holder"] = json!({
        "host": "ci-7", "boot": null, "space": null, "pid": 42, "started": null, "run": null,
        "owner": "somebody",
    });
    record["lease_seconds"] = json!(60.0);
    desk.tunctl.write(&lock, &record.to_string());
    let ran = desk.run(&["doctor"]);
    ran.says("✓ the store .tunctl can be read and written, and the account is locked by process 42 on ci-7 since ");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), record.to_string());
    desk.tunctl.write(&lock, "{");
    let ran = desk.run(&["doctor"]).code(1);
    ran.says("✗ the account's lock in the store .tunctl is none: ")
        .says("`tunctl unlock` removes it");
}

#[test]
fn a_directory_as_the_store_of_ci_is_warned_of() {
    let account = crate::support::tunctl::Account::new(&["example.com"]);
    let tunctl = Tunctl::in_ci(&edge(WEB)).env("CI", "true");
    let url = account.url();
    let ran = tunctl.run(&["doctor", "--api-url", &url]);
    ran.says("! the store .tunctl is a directory of this machine, and this is CI");
}
