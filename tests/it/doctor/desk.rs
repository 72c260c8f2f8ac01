//! An account with one object of every kind, and tokens that may more or less.

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};
use crate::support::world::ACCOUNT;

/// Something of every row of the README's table of permissions.
pub(super) const ESTATE: &str = "version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns:
  tunnels: [\"edge-*\"]
  warpConnectors: [\"edge-*\"]
  virtualNetworks: [\"edge-*\"]
  serviceTokens: [\"edge-*\"]
  apiTokens: [\"edge-*\"]
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    privateRoutes: [10.20.0.0/16]
virtualNetworks: {edge-staging: {comment: staging}}
warpConnectors: {edge-office: {}}
serviceTokens:
  edge-ci: {duration: 8760h, sink: local}
  edge-zone: {zone: example.com, sink: local}
apiTokens:
  edge-deploy: {policies: [{permissions: [SSL and Certificates Read], resources: zones}], sink: local}
sinks: {local: {file: \"secrets/{kind}-{name}.json\"}}
";

/// Everything that commands need of the account.
pub(super) const OF_ACCOUNT: [&str; 4] = [
    "Cloudflare Tunnel Write",
    "Cloudflare One Connector: WARP Write",
    "Access: Service Tokens Write",
    "Account API Tokens Write",
];

/// Everything that commands need of zones.
pub(super) const OF_ZONES: [&str; 4] = [
    "DNS Write",
    "Zone Read",
    "Access: Service Tokens Write",
    "SSL and Certificates Read",
];

/// An account that is as a manifest says.
pub(super) struct Desk {
    pub(super) account: Account,
    pub(super) tunctl: Tunctl,
}

impl Desk {
    /// With [`ESTATE`].
    pub(super) fn new() -> Self {
        Self::with(ESTATE)
    }

    /// With another manifest.
    pub(super) fn with(manifest: &str) -> Self {
        let desk = Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(manifest),
        };
        desk.run(&["apply", "--auto-approve"]).code(0);
        desk
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        self.tunctl.run(&[arguments, &["--api-url", &url]].concat())
    }

    /// The same with another token than CI has.
    pub(super) fn run_with(&self, token: &str, arguments: &[&str]) -> Ran {
        self.tunctl.write("token", token);
        self.run(&[arguments, &["--token-file", "token"]].concat())
    }

    /// What doctor tells programs, however it ends.
    pub(super) fn doctor(&self, token: &str, arguments: &[&str]) -> (i32, Value) {
        let words = [&["doctor", "--format", "json"], arguments].concat();
        let ran = self.run_with(token, &words);
        let told = serde_json::from_str(&ran.out);
        (
            ran.code,
            told.unwrap_or_else(|_| panic!("{}\n{}", ran.out, ran.err)),
        )
    }

    pub(super) fn hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = path.replace("ACCOUNT", ACCOUNT);
        self.account.by_hand(method, &path, body)
    }

    pub(super) fn zone(&self) -> String {
        self.account.id_of("/zones", "name", "example.com")
    }

    pub(super) fn records(&self) -> String {
        format!("/zones/{}/dns_records", self.zone())
    }

    pub(super) fn tunnel(&self, name: &str) -> String {
        let list = format!("/accounts/{ACCOUNT}/cfd_tunnel");
        self.account.id_of(&list, "name", name)
    }

    /// An API token of the account with these groups; it may read its own policies if
    /// `Account API Tokens` is among them.
    pub(super) fn issue(&self, of_account: &[&str], of_zones: &[&str]) -> String {
        let groups = self.hand(
            "GET",
            "/accounts/ACCOUNT/tokens/permission_groups",
            &Value::Null,
        );
        let id = |name: &&str| {
            let mut groups = groups.as_array().unwrap().iter();
            json!({"id": groups.find(|it| it["name"] == **name).unwrap()["id"]})
        };
        let key = format!("com.cloudflare.api.account.{ACCOUNT}");
        let all = json!({"com.cloudflare.api.account.zone.*": "*"});
        let policy = |names: &[&str], resource: Value| {
            let groups: Vec<Value> = names.iter().map(id).collect();
            let resources = json!({ &key: resource });
            json!({"effect": "allow", "permission_groups": groups, "resources": resources})
        };
        let mut policies = vec![policy(of_account, json!("*"))];
        policies.extend((!of_zones.is_empty()).then(|| policy(of_zones, all)));
        let new = json!({"name": "run", "policies": policies});
        let made = self.hand("POST", "/accounts/ACCOUNT/tokens", &new);
        made["value"].as_str().unwrap().to_owned()
    }

    /// A token of a user with these groups, which cannot read its own policies.
    pub(super) fn lend(&self, of_account: &[&str], of_zones: &[&str]) -> String {
        let clause = |groups: &[&str], reach: &str| json!({"effect": "allow", "groups": groups, "reaches": [reach]});
        let policies = json!([clause(of_account, "account"), clause(of_zones, "zones")]);
        let grant = json!({"token": "a-users-own-token", "owner": "user", "policies": policies});
        self.account.control("PUT", "/tokens", &grant);
        "a-users-own-token".to_owned()
    }

    /// The requests that changed something since the log was cleared.
    pub(super) fn written(&self) -> Value {
        let log = self
            .account
            .control("GET", "/requests?wrote=true", &Value::Null);
        log["result"]["requests"].clone()
    }

    pub(super) fn forget_requests(&self) {
        self.account.control("DELETE", "/requests", &Value::Null);
    }
}

/// The findings of a check: level and message.
pub(super) fn findings(told: &Value, check: &str) -> Vec<(String, String)> {
    let mut checks = told["checks"].as_array().unwrap().iter();
    let check = checks.find(|it| it["check"] == check).unwrap();
    let findings = check["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings
        .map(|it| (text(&it["level"]), text(&it["message"])))
        .collect()
}
