//! What policies allow, in every form in which Cloudflare has resources.

use serde_json::{Value, json};
use tunctl::address::RemoteId;
use tunctl::cloudflare::account_token::{PermissionGroup, Policy};
use tunctl::doctor::facts::Verdict;
use tunctl::doctor::need::{Need, Target};
use tunctl::doctor::permission::Access;
use tunctl::doctor::verdict;

const ACCOUNT: &str = "00000000000000000000000000000001";
const ZONE: &str = "00000000000000000000000000000002";
const OTHER: &str = "00000000000000000000000000000003";
const GROUP: &str = "00000000000000000000000000000004";

fn need(target: Target) -> Need {
    Need {
        name: "DNS".to_owned(),
        access: Access::Read,
        target,
        groups: vec!["DNS Read".to_owned(), "DNS Write".to_owned()],
        commands: Vec::new(),
        kinds: std::collections::BTreeSet::new(),
        optional: false,
        probe: None,
    }
}

fn zone(id: &str) -> Target {
    Target::Zone {
        name: "example.com".to_owned(),
        id: RemoteId::new(id),
    }
}

fn policy(effect: &str, group: &Value, resources: &Value) -> Policy {
    serde_json::from_value(json!({
        "effect": effect, "permission_groups": [group], "resources": resources,
    }))
    .unwrap()
}

fn held(policies: &[Policy], target: Target) -> bool {
    verdict(policies, &[], ACCOUNT, &need(target)) == Verdict::Held
}

fn by_name(name: &str) -> Value {
    json!({"id": GROUP, "name": name})
}

#[test]
fn resources_are_the_account_its_zones_or_one_of_them() {
    let account = format!("com.cloudflare.api.account.{ACCOUNT}");
    let one = format!("com.cloudflare.api.account.zone.{ZONE}");
    let all = "com.cloudflare.api.account.zone.*";
    let rows: [(Value, [bool; 5]); 8] = [
        // The account, the zone, another zone, all zones, some zone.
        (json!({ &account: "*" }), [true, false, false, false, false]),
        (
            json!({"com.cloudflare.api.account.*": "*"}),
            [true, false, false, false, false],
        ),
        (json!({ &one: "*" }), [false, true, false, false, true]),
        (json!({ all: "*" }), [false, true, true, true, true]),
        (
            json!({ &account: {all: "*"} }),
            [false, true, true, true, true],
        ),
        (
            json!({ &account: {&one: "*"} }),
            [false, true, false, false, true],
        ),
        (
            json!({ format!("com.cloudflare.api.account.{OTHER}"): {all: "*"} }),
            [false; 5],
        ),
        (
            json!({ format!("com.cloudflare.api.account.{OTHER}"): "*" }),
            [false; 5],
        ),
    ];
    for (resources, expected) in rows {
        let policies = [policy("allow", &by_name("DNS Read"), &resources)];
        let targets = [
            Target::Account,
            zone(ZONE),
            zone(OTHER),
            Target::Zones,
            Target::SomeZone,
        ];
        assert_eq!(
            targets.map(|it| held(&policies, it)),
            expected,
            "{resources}"
        );
    }
}

#[test]
fn who_may_write_may_read_and_other_groups_do_not_do() {
    let all = json!({"com.cloudflare.api.account.zone.*": "*"});
    let with = |name: &str| held(&[policy("allow", &by_name(name), &all)], zone(ZONE));
    assert!(with("DNS Write") && with("DNS Read"));
    assert!(!with("DNS Firewall Read") && !with("Zone Read") && !with("DNS"));
}

#[test]
fn what_is_denied_is_denied_for_that_and_nothing_else() {
    let all = json!({"com.cloudflare.api.account.zone.*": "*"});
    let one = json!({ format!("com.cloudflare.api.account.zone.{ZONE}"): "*" });
    let policies = [
        policy("allow", &by_name("DNS Read"), &all),
        policy("deny", &by_name("DNS Read"), &one),
    ];
    assert!(!held(&policies, zone(ZONE)));
    assert!(held(&policies, zone(OTHER)));
    assert!(held(&policies, Target::SomeZone));
}

#[test]
fn groups_are_known_by_id_where_policies_do_not_name_them() {
    let all = json!({"com.cloudflare.api.account.zone.*": "*"});
    let policies = [policy("allow", &json!({"id": GROUP}), &all)];
    assert!(!held(&policies, zone(ZONE)));
    let groups = [PermissionGroup {
        id: RemoteId::new(GROUP),
        name: "DNS Read".to_owned(),
        category: None,
        scopes: Vec::new(),
    }];
    let verdict = verdict(&policies, &groups, ACCOUNT, &need(zone(ZONE)));
    assert_eq!(verdict, Verdict::Held);
}
