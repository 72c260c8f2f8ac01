//! For each permission a token that lacks only it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::desk::{Desk, OF_ACCOUNT, OF_ZONES, findings};

/// A permission that is taken away, what is left of it, and what is said to be missing: by the
/// dashboard's name, with every command that needs it.
struct Case {
    /// `account` or `zones`.
    of: &'static str,
    group: &'static str,
    left: Option<&'static str>,
    says: &'static [&'static str],
}

const PLANS: &str = "plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import";

const CASES: [Case; 13] = [
    Case {
        of: "account",
        group: "Cloudflare Tunnel Write",
        left: None,
        says: &[
            "`Cloudflare Tunnel: Read (Account)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, doctor, explain --live, connectors list, for private_route, tunnel, tunnel_config, virtual_network",
            "`Cloudflare Tunnel: Edit (Account)` is missing, needed by apply, destroy, watch, gc, delete, rotate tunnel, connectors cleanup, token run, token management, for private_route, tunnel, tunnel_config, virtual_network",
        ],
    },
    Case {
        of: "account",
        group: "Cloudflare Tunnel Write",
        left: Some("Cloudflare Tunnel Read"),
        says: &[
            "`Cloudflare Tunnel: Edit (Account)` is missing, needed by apply, destroy, watch, gc, delete, rotate tunnel, connectors cleanup, token run, token management, for private_route, tunnel, tunnel_config, virtual_network",
        ],
    },
    Case {
        of: "account",
        group: "Cloudflare One Connector: WARP Write",
        left: None,
        says: &[
            "`Cloudflare One Connectors: Read (Account)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, for warp_connector",
            "`Cloudflare One Connectors: Edit (Account)` is missing, needed by apply, destroy, watch, gc, delete, for warp_connector",
        ],
    },
    Case {
        of: "account",
        group: "Cloudflare One Connector: WARP Write",
        left: Some("Cloudflare One Connector: WARP Read"),
        says: &[
            "`Cloudflare One Connectors: Edit (Account)` is missing, needed by apply, destroy, watch, gc, delete, for warp_connector",
        ],
    },
    Case {
        of: "zones",
        group: "DNS Write",
        left: None,
        says: &[
            "`DNS: Read (Zone example.com)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, doctor, explain --live, for dns_record",
            "`DNS: Edit (Zone example.com)` is missing, needed by apply, destroy, watch, gc, delete, doctor --fix, for dns_record",
        ],
    },
    Case {
        of: "zones",
        group: "DNS Write",
        left: Some("DNS Read"),
        says: &[
            "`DNS: Edit (Zone example.com)` is missing, needed by apply, destroy, watch, gc, delete, doctor --fix, for dns_record",
        ],
    },
    Case {
        of: "zones",
        group: "Zone Read",
        left: None,
        says: &[
            "`Zone: Read (Zone)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, doctor, explain --live, for api_token, dns_record, service_token",
        ],
    },
    Case {
        of: "account",
        group: "Access: Service Tokens Write",
        left: None,
        says: &[
            "`Access: Service Tokens: Read (Account)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, rotate service-token, for service_token",
            "`Access: Service Tokens: Edit (Account)` is missing, needed by apply, destroy, watch, rotate service-token, for service_token",
        ],
    },
    Case {
        of: "account",
        group: "Access: Service Tokens Write",
        left: Some("Access: Service Tokens Read"),
        says: &[
            "`Access: Service Tokens: Edit (Account)` is missing, needed by apply, destroy, watch, rotate service-token, for service_token",
        ],
    },
    Case {
        of: "zones",
        group: "Access: Service Tokens Write",
        left: None,
        says: &[
            "`Access: Service Tokens: Read (Zone example.com)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, rotate service-token, for service_token",
            "`Access: Service Tokens: Edit (Zone example.com)` is missing, needed by apply, destroy, watch, rotate service-token, for service_token",
        ],
    },
    Case {
        of: "zones",
        group: "Access: Service Tokens Write",
        left: Some("Access: Service Tokens Read"),
        says: &[
            "`Access: Service Tokens: Edit (Zone example.com)` is missing, needed by apply, destroy, watch, rotate service-token, for service_token",
        ],
    },
    Case {
        of: "account",
        group: "Account API Tokens Write",
        left: None,
        says: &[
            "`Account API Tokens: Read (Account)` is missing, needed by plan, drift, status, apply, destroy, watch, gc, delete, graph --live, import, rotate api-token, for api_token",
            "`Account API Tokens: Edit (Account)` is missing, needed by apply, destroy, watch, rotate api-token, for api_token",
        ],
    },
    Case {
        of: "account",
        group: "Account API Tokens Write",
        left: Some("Account API Tokens Read"),
        says: &[
            "`Account API Tokens: Edit (Account)` is missing, needed by apply, destroy, watch, rotate api-token, for api_token",
        ],
    },
];

impl Case {
    /// The groups that are left for the account and for the zones.
    fn groups(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let without = |groups: &[&'static str], of: &str| -> Vec<&'static str> {
            let kept = groups.iter().filter_map(|it| {
                if *it == self.group && of == self.of {
                    self.left
                } else {
                    Some(*it)
                }
            });
            kept.collect()
        };
        (without(&OF_ACCOUNT, "account"), without(&OF_ZONES, "zones"))
    }
}

/// What is said to be missing, and how it is known.
fn missing(told: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut checks = told["checks"].as_array().unwrap().iter();
    let check = checks.find(|it| it["check"] == "permissions").unwrap();
    let findings = check["findings"].as_array().unwrap().iter();
    let errors = findings.filter(|it| it["level"] == "error");
    errors
        .map(|it| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&it["message"]), text(&it["certainty"]))
        })
        .unzip()
}

#[test]
fn the_table_is_the_one_of_the_readme() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    for permission in tunctl::doctor::permission::PERMISSIONS {
        assert!(readme.contains(permission.name), "{}", permission.name);
        assert!(!permission.reads.is_empty());
        let page = std::fs::read_to_string("docs/doctor.md").unwrap();
        for command in permission.reads.iter().chain(permission.writes) {
            assert!(page.contains(&format!("`{command}`")), "{command}");
        }
    }
    for kind in tunctl::kind::KINDS {
        let mut all = tunctl::doctor::permission::PERMISSIONS.iter();
        assert!(
            all.any(|it| it.kinds.contains(&kind.name())),
            "{}",
            kind.name()
        );
    }
    assert!(CASES.iter().any(|it| it.says[0].contains(PLANS)));
}

#[test]
fn a_token_that_may_everything_lacks_nothing_by_its_policies_and_by_trial() {
    let desk = Desk::new();
    let (code, told) = desk.doctor(&desk.issue(&OF_ACCOUNT, &OF_ZONES), &[]);
    assert_eq!(findings(&told, "permissions"), [], "{told:#}");
    assert_eq!(findings(&told, "token"), []);
    assert_eq!(code, 0);
    desk.forget_requests();
    let (code, told) = desk.doctor(&desk.lend(&OF_ACCOUNT, &OF_ZONES), &[]);
    // What an API token is to be given cannot be tried out.
    let unclear = findings(&told, "permissions");
    assert_eq!(unclear.len(), 1, "{unclear:#?}");
    assert_eq!(unclear[0].0, "unknown");
    assert!(
        unclear[0]
            .1
            .contains("`SSL and Certificates: Read (all zones)`")
    );
    assert_eq!(code, 0);
    assert_eq!(desk.written(), json!([]));
}

#[test]
fn each_missing_permission_is_named_by_a_token_that_reads_its_policies() {
    let desk = Desk::new();
    for case in CASES {
        let (of_account, of_zones) = case.groups();
        let (code, told) = desk.doctor(&desk.issue(&of_account, &of_zones), &[]);
        let (said, certainty) = missing(&told);
        let expected: BTreeSet<String> = case.says.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(said, expected);
        let reads_itself = of_account.iter().any(|it| it.starts_with("Account API"));
        let known = if reads_itself { "certain" } else { "probable" };
        assert_eq!(certainty, BTreeSet::from([known.to_owned()]));
        assert_eq!(code, 1);
    }
}

#[test]
fn each_missing_permission_is_named_by_trial_and_nothing_is_written() {
    let desk = Desk::new();
    for case in CASES {
        let (of_account, of_zones) = case.groups();
        let token = desk.lend(&of_account, &of_zones);
        desk.forget_requests();
        let (code, told) = desk.doctor(&token, &[]);
        let (said, certainty) = missing(&told);
        let expected: BTreeSet<String> = case.says.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(said, expected);
        assert_eq!(certainty, BTreeSet::from(["probable".to_owned()]));
        assert_eq!(code, 1);
        assert_eq!(desk.written(), json!([]));
    }
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn what_an_api_token_is_to_be_given_must_be_held_too() {
    let desk = Desk::new();
    let token = desk.issue(&OF_ACCOUNT, &OF_ZONES[..3]);
    let (code, told) = desk.doctor(&token, &[]);
    let (said, _) = missing(&told);
    let says = "`SSL and Certificates: Read (all zones)` is missing, needed by apply, watch, rotate api-token, for api_token";
    assert_eq!(said, BTreeSet::from([says.to_owned()]));
    assert_eq!(code, 1);
}

#[test]
fn a_token_that_only_reads_is_enough_where_nothing_is_applied() {
    let desk = Desk::new();
    let read = |groups: &[&str]| -> Vec<String> {
        let groups = groups.iter();
        groups.map(|it| it.replace(" Write", " Read")).collect()
    };
    let (of_account, of_zones) = (read(&OF_ACCOUNT), read(&OF_ZONES));
    let of_account: Vec<&str> = of_account.iter().map(String::as_str).collect();
    let of_zones: Vec<&str> = of_zones.iter().map(String::as_str).collect();
    let token = desk.issue(&of_account, &of_zones);
    let (code, told) = desk.doctor(&token, &[]);
    assert_eq!((code, missing(&told).0.len()), (1, 6), "{told:#}");
    let (code, told) = desk.doctor(&token, &["--for", "plan"]);
    assert_eq!((code, missing(&told).0.len()), (0, 0), "{told:#}");
}

#[test]
fn nothing_is_tried_out_if_that_is_not_wanted() {
    let desk = Desk::new();
    let token = desk.lend(&OF_ACCOUNT, &[]);
    desk.forget_requests();
    let (_, told) = desk.doctor(&token, &["--no-probe"]);
    let log = desk.account.control("GET", "/requests", &Value::Null);
    let log = log["result"]["requests"].as_array().unwrap().clone();
    assert!(log.iter().all(|it| it["method"] == "GET"), "{log:#?}");
    assert_eq!(missing(&told).0.len(), 0);
}

/// The token that doctor prints, made as it prints it.
fn made_as_printed(desk: &Desk, arguments: &[&str]) -> String {
    let (_, told) = desk.doctor("test", arguments);
    assert_eq!(told["token"]["notes"], json!([]));
    let body = &told["token"]["body"];
    let made = desk.hand("POST", "/accounts/ACCOUNT/tokens", body);
    made["value"].as_str().unwrap().to_owned()
}

#[test]
fn the_least_token_can_be_made_as_it_is_printed_and_lacks_nothing() {
    let desk = Desk::new();
    let token = made_as_printed(&desk, &[]);
    let (code, told) = desk.doctor(&token, &[]);
    assert_eq!(findings(&told, "permissions"), [], "{told:#}");
    assert_eq!(code, 0);
    desk.run_with(&token, &["destroy", "--auto-approve"])
        .code(0);
    desk.run_with(&token, &["apply", "--auto-approve"]).code(0);
    let reader = made_as_printed(&desk, &["--for", "plan"]);
    desk.run_with(&reader, &["plan", "--detailed-exitcode"])
        .code(0);
    desk.run_with(&reader, &["destroy", "--auto-approve"])
        .code(1);
    let (code, _) = desk.doctor(&reader, &["--for", "plan"]);
    assert_eq!(code, 0);
}

#[test]
fn where_ids_cannot_be_read_the_least_token_has_names() {
    let desk = Desk::new();
    let (_, told) = desk.doctor(&desk.lend(&OF_ACCOUNT[..3], &OF_ZONES), &[]);
    let notes = told["token"]["notes"].to_string();
    assert!(notes.contains("permission_groups"), "{notes}");
    let body = told["token"]["body"].to_string();
    assert!(body.contains(r#"{"name":"DNS Write"}"#), "{body}");
}
