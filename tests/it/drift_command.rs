//! `tunctl drift`: each kind, the exit codes, every format.

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};
use crate::support::world::ACCOUNT;

/// One object of every kind.
const ESTATE: &str = "version: 1
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
serviceTokens: {edge-ci: {duration: 8760h, sink: local}}
apiTokens:
  edge-deploy: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}
sinks: {local: {file: \"secrets/{kind}-{name}.json\"}}
";

struct Desk {
    account: Account,
    tunctl: Tunctl,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(ESTATE),
        };
        desk.run(&["apply", "--auto-approve"]).code(0);
        desk
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        self.tunctl.run(&[arguments, &["--api-url", &url]].concat())
    }

    fn hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = path.replace("ACCOUNT", ACCOUNT);
        self.account.by_hand(method, &path, body)
    }

    fn id(&self, list: &str, field: &str, value: &str) -> String {
        let list = list.replace("ACCOUNT", ACCOUNT);
        let id = self.account.id_of(&list, field, value);
        format!("{}/{id}", list.split('?').next().unwrap())
    }

    fn zone(&self) -> String {
        self.account.id_of("/zones", "name", "example.com")
    }

    /// The path of the record of `app.example.com`.
    fn record(&self) -> String {
        let list = format!("/zones/{}/dns_records", self.zone());
        self.id(&list, "name", "app.example.com")
    }
}

/// A kind, what somebody does to it by hand, and what drift says of it.
type Case = (&'static str, fn(&Desk), &'static str);

fn tunnel(desk: &Desk) {
    let tunnel = desk.id("/accounts/ACCOUNT/cfd_tunnel", "name", "edge-web");
    desk.hand("PATCH", &tunnel, &json!({"name": "edge-else"}));
}

fn tunnel_config(desk: &Desk) {
    let tunnel = desk.id("/accounts/ACCOUNT/cfd_tunnel", "name", "edge-web");
    let rules = json!([{"service": "http_status:503"}]);
    let config = json!({"config": {"ingress": rules}});
    desk.hand("PUT", &format!("{tunnel}/configurations"), &config);
}

fn dns_record(desk: &Desk) {
    desk.hand("PATCH", &desk.record(), &json!({"proxied": false}));
}

fn virtual_network(desk: &Desk) {
    let list = "/accounts/ACCOUNT/teamnet/virtual_networks?is_deleted=false";
    let network = desk.id(list, "name", "edge-staging");
    desk.hand("PATCH", &network, &json!({"comment": "by hand"}));
}

fn gone(desk: &Desk) {
    let tunnel = desk.id("/accounts/ACCOUNT/cfd_tunnel", "name", "edge-web");
    private_route(desk);
    desk.hand("DELETE", &tunnel, &Value::Null);
}

fn private_route(desk: &Desk) {
    let list = "/accounts/ACCOUNT/teamnet/routes?is_deleted=false";
    let route = desk.id(list, "network", "10.20.0.0/16");
    desk.hand("DELETE", &route, &Value::Null);
}

fn warp_connector(desk: &Desk) {
    let connector = desk.id("/accounts/ACCOUNT/warp_connector", "name", "edge-office");
    desk.hand("DELETE", &connector, &Value::Null);
}

fn service_token(desk: &Desk) {
    let list = "/accounts/ACCOUNT/access/service_tokens";
    let token = desk.id(list, "name", "edge-ci");
    desk.hand("PUT", &token, &json!({"duration": "17520h"}));
}

fn api_token(desk: &Desk) {
    let token = desk.id("/accounts/ACCOUNT/tokens", "name", "edge-deploy");
    let live = desk.hand("GET", &token, &Value::Null);
    let other = json!({"name": "edge-deploy", "status": "disabled", "policies": live["policies"]});
    desk.hand("PUT", &token, &other);
}

fn undeclared(desk: &Desk) {
    let new = json!({"name": "edge-extra", "config_src": "cloudflare"});
    desk.hand("POST", "/accounts/ACCOUNT/cfd_tunnel", &new);
}

const CASES: [Case; 11] = [
    (
        "tunnel",
        gone,
        "Warning: `tunnel.edge-web` was deleted at Cloudflare on ",
    ),
    (
        "warp_connector",
        warp_connector,
        "Warning: `warp_connector.edge-office` was deleted at Cloudflare on ",
    ),
    ("tunnel", tunnel, "# tunnel.edge-web will be created"),
    (
        "tunnel_config",
        tunnel_config,
        "# tunnel_config.edge-web will be updated in-place",
    ),
    (
        "dns_record",
        dns_record,
        "# dns_record.app.example.com will be updated in-place",
    ),
    (
        "virtual_network",
        virtual_network,
        "# virtual_network.edge-staging will be updated in-place",
    ),
    (
        "private_route",
        private_route,
        "# private_route.10.20.0.0/16 will be created",
    ),
    (
        "warp_connector",
        warp_connector,
        "# warp_connector.edge-office will be created",
    ),
    (
        "service_token",
        service_token,
        "# service_token.edge-ci will be updated in-place",
    ),
    ("api_token", api_token, "`api_token.edge-deploy`"),
    (
        "undeclared",
        undeclared,
        "# tunnel.edge-extra will be destroyed",
    ),
];

#[test]
fn drift_of_every_kind_is_shown_and_nothing_is_written() {
    let kinds: Vec<&str> = tunctl::kind::KINDS.iter().map(|it| it.name()).collect();
    for kind in kinds {
        assert!(CASES.iter().any(|(name, ..)| *name == kind), "{kind}");
    }
    for (name, by_hand, says) in CASES {
        let desk = Desk::new();
        by_hand(&desk);
        desk.account.control("DELETE", "/requests", &Value::Null);
        let ran = desk.run(&["drift"]).code(2).says(says);
        assert!(!ran.out.contains("No changes."), "{name}\n{}", ran.out);
        let log = desk
            .account
            .control("GET", "/requests?wrote=true", &Value::Null);
        assert_eq!(log["result"]["requests"], json!([]), "{name}");
    }
}

#[test]
fn without_drift_the_end_is_0_and_with_an_error_it_is_1() {
    let desk = Desk::new();
    desk.run(&["drift"])
        .code(0)
        .says("No drift. Cloudflare matches the configuration.");
    desk.run(&["drift", "--target", "tunnel.nothing"]).code(1);
    desk.account.control(
        "PUT",
        "/tokens",
        &json!({"token": "test", "status": "invalid"}),
    );
    desk.run(&["drift"]).code(1);
}

#[test]
fn a_failing_test_of_the_manifest_is_no_drift() {
    let failing = "\n    tests: [{url: https://app.example.com/, service: \"http://else:1\"}]";
    let routes = "    privateRoutes: [10.20.0.0/16]";
    let manifest = ESTATE.replace(routes, &format!("{routes}{failing}"));
    let desk = Desk::new();
    desk.tunctl.write("tunctl.yaml", &manifest);
    desk.run(&["plan"]).code(1);
    desk.run(&["drift"]).code(0);
}

#[test]
fn it_says_when_something_was_changed_and_a_plan_does_not() {
    let desk = Desk::new();
    dns_record(&desk);
    tunnel_config(&desk);
    let at = desk.hand("GET", &desk.record(), &Value::Null)["modified_on"].clone();
    let told: Value =
        serde_json::from_str(&desk.run(&["drift", "--format", "json"]).code(2).out).unwrap();
    let changes = told["resource_changes"].as_array().unwrap();
    let seconds = |text: &Value| text.as_str().unwrap()[..19].to_owned();
    let of = |address: &str| {
        let found = changes.iter().find(|it| it["address"] == address);
        found.unwrap().clone()
    };
    let record = of("dns_record.app.example.com");
    assert_eq!(seconds(&record["changed_at"]), seconds(&at));
    desk.run(&["drift"])
        .code(2)
        .says("Drifted at Cloudflare; to bring it back, tunctl apply would do this:")
        .says("# (last changed at Cloudflare on ")
        .says(", version 2)")
        .says("Drift: 0 missing, 2 changed, 0 not declared.");
    let plan = desk.run(&["plan"]).code(0);
    assert!(!plan.out.contains("last changed"), "{}", plan.out);
    let plan: Value = serde_json::from_str(&desk.run(&["plan", "--format", "json"]).out).unwrap();
    assert_eq!(plan["fingerprint"], told["fingerprint"]);
    assert_eq!(plan["resource_changes"][0]["changed_at"], Value::Null);
}

#[test]
fn what_could_not_be_looked_at_does_not_replace_the_comment_of_a_plan() {
    let desk = Desk::new();
    let elsewhere = ESTATE.replace("app.example.com", "app.example.org");
    desk.tunctl.write("tunctl.yaml", &elsewhere);
    desk.run(&["drift", "--format", "markdown"])
        .code(1)
        .says("<!-- tunctl:drift:edge -->\n## No plan");
}

#[test]
fn it_speaks_every_format_of_plans() {
    let desk = Desk::new();
    dns_record(&desk);
    desk.run(&["drift", "--format", "markdown"])
        .code(2)
        .says("<!-- tunctl:drift:edge -->")
        .says("## Drift of `edge`");
    desk.run(&["drift", "--format", "html"])
        .code(2)
        .says("<h1>Drift of <code>edge</code></h1>");
    desk.run(&["drift", "--format", "github"])
        .code(2)
        .says("::notice file=tunctl.yaml,line=");
    desk.run(&["drift", "--format", "junit"]).code(1);
}
