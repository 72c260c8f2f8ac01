//! `rotate`, `connectors` and `token`, as an operator runs them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::tunctl::{Account, Ran, Tunctl};
use crate::support::world::{ACCOUNT, edge};

/// One of each that has a secret.
const SECTIONS: &str = "tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    runToken: local
  edge-plain: {}
serviceTokens:
  edge-ci: {duration: 8760h, grace: 24h, sink: local}
  edge-zone: {zone: example.com, sink: local}
apiTokens:
  edge-deploy: {policies: [{permissions: [DNS Read], resources: zones}], sink: local}
sinks: {local: {file: \"secrets/{kind}-{name}.json\"}}
";

/// An account, and a directory whose manifest it is as.
struct Desk {
    account: Account,
    tunctl: Tunctl,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            account: Account::new(&["example.com"]),
            tunctl: Tunctl::in_ci(&edge(SECTIONS)),
        };
        desk.run(&["apply", "--auto-approve"]).code(0);
        desk
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.account.url();
        self.tunctl.run(&[arguments, &["--api-url", &url]].concat())
    }

    fn secret(&self, file: &str) -> Value {
        let text = fs::read(self.tunctl.path(&format!("secrets/{file}.json"))).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    fn state(&self) -> Value {
        self.account.control("GET", "/state", &Value::Null)["result"].clone()
    }

    fn tunnel(&self, name: &str) -> String {
        let state = self.state();
        let tunnels = state["tables"]["tunnels"].as_object().unwrap();
        let found = tunnels.iter().find(|(_, row)| row["name"] == name);
        found.unwrap().0.clone()
    }

    fn connect(&self, tunnel: &str) -> String {
        let path = format!("/tunnels/{tunnel}/connectors");
        let made = self.account.control("POST", &path, &json!({}));
        made["result"]["id"].as_str().unwrap().to_owned()
    }

    fn connected(&self, tunnel: &str) -> BTreeSet<String> {
        let path = format!("/tunnels/{tunnel}/connectors");
        let found = self.account.control("GET", &path, &Value::Null);
        let found = found["result"].as_array().unwrap().iter();
        found
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The entries of the audit log about connections that were cut.
    fn cut(&self) -> Vec<Value> {
        let path = self.tunctl.path(&format!(".tunctl/{ACCOUNT}/audit.jsonl"));
        let text = fs::read_to_string(path).unwrap();
        let entries = text.lines().map(|it| serde_json::from_str(it).unwrap());
        let cut = |it: &Value| it["action"] == "connections.evicted";
        entries.filter(cut).collect()
    }

    fn opens(&self, secret: &Value) -> Value {
        let pair =
            json!({"client_id": secret["client_id"], "client_secret": secret["client_secret"]});
        self.account.control("POST", "/service_tokens/check", &pair)["result"]["secret"].clone()
    }
}

#[test]
fn a_service_token_gets_a_new_secret_and_the_old_one_has_its_grace() {
    let desk = Desk::new();
    let tokens = [
        ("edge-ci", "service_token-edge-ci"),
        ("edge-zone", "service_token-edge-zone@example.com"),
    ];
    let both = tokens.map(|(name, file)| {
        let old = desk.secret(file);
        assert_eq!(desk.opens(&old), "current");
        desk.run(&["rotate", "service-token", name, "--auto-approve"])
            .code(0)
            .says("(because somebody asked for it)");
        let new = desk.secret(file);
        assert_eq!(new["client_id"], old["client_id"]);
        assert_eq!(desk.opens(&new), "current");
        assert_eq!(desk.opens(&old), "previous");
        [old, new]
    });
    let later = json!({"advance": 90_000});
    desk.account.control("PUT", "/clock", &later);
    for [old, new] in both {
        assert_eq!(desk.opens(&old), Value::Null);
        assert_eq!(desk.opens(&new), "current");
    }
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn an_api_token_gives_way_to_its_next_generation() {
    let desk = Desk::new();
    let old = desk.secret("api_token-edge-deploy");
    desk.run(&["rotate", "api-token", "edge-deploy", "--auto-approve"])
        .code(0);
    let new = desk.secret("api_token-edge-deploy");
    assert_eq!(new["name"], "edge-deploy");
    assert_ne!(new["value"], old["value"]);
    let state = desk.state();
    let tokens = state["tables"]["account_tokens"].as_object().unwrap();
    let left: Vec<_> = tokens
        .iter()
        .map(|(id, it)| (id.as_str(), &it["name"]))
        .collect();
    assert_eq!(
        left,
        [(new["id"].as_str().unwrap(), &json!("edge-deploy~2"))]
    );
    desk.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn only_connectors_on_the_old_run_token_are_disconnected_and_they_are_named() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("edge-web");
    let old: Vec<String> = (0..4).map(|_| desk.connect(&tunnel)).collect();
    let token = desk.secret("tunnel-edge-web")["token"].clone();
    let url = desk.account.url();
    let run = desk
        .tunctl
        .command(&[
            "rotate",
            "tunnel",
            "edge-web",
            "--auto-approve",
            "--wait",
            "4s",
            "--api-url",
            &url,
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // An orchestrator sees the new token in the sink, and starts two of the four anew.
    while desk.secret_or_null("tunnel-edge-web")["token"] == token
        || desk.secret_or_null("tunnel-edge-web").is_null()
    {
        std::thread::yield_now();
    }
    for id in &old[..2] {
        desk.account
            .control("DELETE", &format!("/connectors/{id}"), &Value::Null);
    }
    let new: BTreeSet<String> = (0..2).map(|_| desk.connect(&tunnel)).collect();
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(desk.connected(&tunnel), new);
    let entries = desk.cut();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["reason"], "rotated");
    let cut = BTreeSet::from([&old[2], &old[3]]);
    assert_eq!(entries[0]["subject"]["connectors"], json!(cut));
    let (_, told) = said.split_once("Disconnected,").expect("it says who");
    for id in &old[2..] {
        assert!(told.contains(id.as_str()), "{told}");
    }
    for id in old[..2].iter().chain(&new) {
        assert!(!told.contains(id.as_str()), "{told}");
    }
    for word in ["2026.8.2", "linux_amd64", "192.0.2.1", "khh01,tpe01"] {
        assert_eq!(told.matches(word).count(), 2, "{word} in {told}");
    }
}

impl Desk {
    /// A secret, or null while it is not there.
    fn secret_or_null(&self, file: &str) -> Value {
        let text = fs::read(self.tunctl.path(&format!("secrets/{file}.json")));
        let text = text.unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or(Value::Null)
    }
}

#[test]
fn nothing_is_cut_while_no_connector_has_come_up_with_the_new_token() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("edge-web");
    let old = desk.connect(&tunnel);
    let arguments = [
        "rotate",
        "tunnel",
        "edge-web",
        "--auto-approve",
        "--wait",
        "1s",
    ];
    desk.run(&arguments)
        .code(5)
        .says("Nothing was disconnected")
        .says(&format!(
            "`tunctl connectors cleanup edge-web --connector {old}`"
        ));
    assert_eq!(desk.connected(&tunnel), BTreeSet::from([old.clone()]));
    let json = desk
        .run(&[&arguments[..], &["--format", "json"]].concat())
        .code(5);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["handover"]["waiting_for"][0]["id"], json!(old));
}

#[test]
fn what_cannot_be_rotated_says_why() {
    let desk = Desk::new();
    let rotate = |kind: &str, name: &str| desk.run(&["rotate", kind, name, "--auto-approve"]);
    rotate("tunnel", "edge-plain")
        .code(1)
        .complains("nothing says where the new secret of `tunnel.edge-plain` goes")
        .complains("runToken: SINK");
    rotate("service-token", "edge-cj")
        .code(1)
        .complains("no `service_token` of the manifest is called `edge-cj`")
        .complains("did you mean `edge-ci`?");
    desk.run(&["rotate", "service-token", "edge-ci"])
        .code(1)
        .complains("there is no terminal to ask for approval");
    let new = Tunctl::in_ci(&edge(SECTIONS));
    let empty = Account::new(&["example.com"]);
    let arguments = [
        "rotate",
        "api-token",
        "edge-deploy",
        "--auto-approve",
        "--api-url",
    ];
    new.run(&[&arguments[..], &[&empty.url()]].concat())
        .code(1)
        .complains("`api_token.edge-deploy` is not at Cloudflare");
}

/// Asserts one entry in the audit log for each of some connectors.
fn assert_told(desk: &Desk, tunnel: &str, cut: &[String]) {
    let entries = desk.cut();
    let ids: Vec<&Value> = entries
        .iter()
        .map(|it| &it["subject"]["connectors"])
        .collect();
    let cut: Vec<Value> = cut.iter().map(|id| json!([id])).collect();
    assert_eq!(ids, cut.iter().collect::<Vec<_>>());
    for entry in &entries {
        assert_eq!(entry["reason"], "user_requested");
        assert_eq!(entry["outcome"], "done");
        assert_eq!(entry["stack"], "edge");
        assert_eq!(entry["subject"]["tunnel_id"], json!(tunnel));
        assert!(entry["op_id"].is_string() && entry["actor"].is_object());
    }
}

#[test]
fn connectors_are_listed_and_disconnected() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("edge-web");
    desk.run(&["connectors", "list", "edge-web"])
        .code(0)
        .says("Nothing is connected to tunnel `edge-web`.");
    let [one, two, three] = [(); 3].map(|()| desk.connect(&tunnel));
    for reference in ["edge-web", "app.example.com", tunnel.as_str()] {
        desk.run(&["connectors", "list", reference])
            .code(0)
            .says(&format!(
                "{one}  2026.8.2  linux_amd64  192.0.2.1  khh01,tpe01"
            ));
    }
    let json = desk.run(&["connectors", "list", "edge-web", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.code(0).out).unwrap();
    assert_eq!(json["connectors"].as_array().map(Vec::len), Some(3));
    let cleanup = |more: &[&str]| {
        let arguments = ["connectors", "cleanup", "edge-web", "--auto-approve"];
        desk.run(&[&arguments[..], more].concat())
    };
    cleanup(&["--stale"])
        .code(0)
        .says("Nothing to disconnect from tunnel `edge-web`.");
    let gone = json!({"is_pending_reconnect": true});
    desk.account
        .control("PATCH", &format!("/connectors/{one}"), &gone);
    cleanup(&["--stale"]).code(0).says(&one).says("(gone)");
    assert_eq!(
        desk.connected(&tunnel),
        BTreeSet::from([two.clone(), three.clone()])
    );
    cleanup(&["--connector", &one])
        .code(1)
        .complains(&format!("the tunnel has no connector `{one}`"));
    cleanup(&["--connector", &two]).code(0).says(&two);
    assert_eq!(desk.connected(&tunnel), BTreeSet::from([three.clone()]));
    desk.run(&["connectors", "cleanup", "edge-web"])
        .code(1)
        .complains("there is no terminal to ask for approval");
    cleanup(&[]).code(0);
    assert_eq!(desk.connected(&tunnel), BTreeSet::new());
    assert_told(&desk, &tunnel, &[one, two, three]);
    desk.run(&["connectors", "list", "edge-wep"])
        .code(1)
        .complains("the account has no tunnel `edge-wep`");
}

#[test]
fn tokens_of_a_tunnel_are_printed_to_a_pipe() {
    let desk = Desk::new();
    let kept = desk.secret("tunnel-edge-web")["token"].clone();
    let run = desk.run(&["token", "run", "edge-web"]).code(0);
    assert_eq!(json!(run.out.trim_end()), kept);
    assert_eq!(run.err, "");
    let run = desk.run(&["token", "run", "app.example.com", "--format", "json"]);
    let run: Value = serde_json::from_str(&run.code(0).out).unwrap();
    assert_eq!(run["token"], kept);
    let logs = ["token", "management", "edge-web", "--resource", "logs"];
    let management = desk.run(&logs).code(0);
    assert_eq!(
        management.out.trim_end().split('.').count(),
        3,
        "{}",
        management.out
    );
}

#[test]
fn a_cleanup_that_fails_half_way_says_whom_it_has_cut() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("edge-web");
    let all: BTreeSet<String> = [(); 3].map(|()| desk.connect(&tunnel)).into();
    desk.account.fault(&json!({
        "method": "DELETE", "path": "/accounts/*/cfd_tunnel/*/connections", "after": 1,
        "effect": "denied",
    }));
    let cleanup = ["connectors", "cleanup", "edge-web", "--auto-approve"];
    desk.run(&cleanup).code(1);
    let left = desk.connected(&tunnel);
    let cut: Vec<&String> = all.difference(&left).collect();
    assert_eq!(cut.len(), 1);
    let entries = desk.cut();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["subject"]["connectors"], json!(cut));
    assert_eq!(entries[0]["outcome"], "failed");
}

#[test]
fn nobody_is_cut_off_whom_no_record_would_tell_of() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("edge-web");
    let one = desk.connect(&tunnel);
    desk.tunctl.write("file", "x");
    let cleanup = [
        "connectors",
        "cleanup",
        "edge-web",
        "--auto-approve",
        "--store",
        "file",
    ];
    desk.run(&cleanup).code(1).complains("in the store file");
    assert_eq!(desk.connected(&tunnel), BTreeSet::from([one]));
}
