//! Secrets are planted everywhere, every flow runs at its most talkative in every output that
//! exists, and nothing that is written anywhere but to a sink holds one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tunctl::address::{Address, Ids, RemoteId};
use tunctl::credential::Credential;
use tunctl::kind::{self, Terms, Write};
use tunctl::observed::Object;
use tunctl::scope::Scope;

use crate::support::tunctl::{Account, Ran, Tunctl};
use crate::support::world::edge;

/// Every output: what is added to the arguments of a flow. A new output is one line more.
const OUTPUTS: &[&[&str]] = &[
    &[],
    &["--format", "json"],
    // Only some commands have these; the others refuse them, which is an output too.
    &["--format", "junit"],
    &["--format", "markdown"],
    &["--format", "html"],
    &["--format", "github"],
];

/// The API token of the runs.
const TOKEN: &str = "planted-api-token-0123456789abcdef0123456789";

/// What the programs of a sink print.
const PRINTED: &str = "planted-output-of-a-sink";

/// Every flow in which a secret is near, one after the other.
const FLOWS: &[&[&str]] = &[
    &["validate"],
    &["test"],
    &["plan"],
    &["drift"],
    &["doctor"],
    &["apply", "--auto-approve"],
    &["plan", "--out", "saved.plan"],
    &["show", "saved.plan"],
    &["import", "--snapshot", "account.json"],
    &[
        "rotate",
        "tunnel",
        "edge-web",
        "--auto-approve",
        "--wait",
        "1s",
    ],
    &["rotate", "service-token", "edge-ci", "--auto-approve"],
    &["rotate", "service-token", "edge-zone", "--auto-approve"],
    &["rotate", "api-token", "edge-deploy", "--auto-approve"],
    &["connectors", "list", "edge-web"],
    &["connectors", "cleanup", "edge-web", "--auto-approve"],
    &["explain", "https://app.example.com/", "--live"],
    &["plan", "--token-file", "missing"],
    &["destroy", "--auto-approve"],
];

/// What goes wrong while all of them run once more: nothing, and everything that can.
fn faults() -> Vec<Value> {
    let echo = format!("<html>Bearer {TOKEN}</html>");
    vec![
        json!({"method": "POST", "effect": {"reset": "after"}}),
        json!({"method": "POST", "effect": {"answer": {"status": 500, "body": echo}}}),
        json!({"method": "POST", "effect": "denied"}),
    ]
}

/// Everything that was written, and everything that must not be in it.
#[derive(Default)]
struct Written {
    texts: Vec<(String, String)>,
    secrets: BTreeSet<String>,
}

impl Written {
    fn add(&mut self, what: String, text: String) {
        self.texts.push((what, text));
    }

    fn ran(&mut self, what: &str, ran: Ran) {
        self.add(format!("{what}, standard output"), ran.out);
        self.add(format!("{what}, standard error"), ran.err);
    }

    /// Files that a run left behind, but for sinks.
    fn files(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("store") {
                self.files(&path);
            } else if path.is_file() {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                self.add(path.display().to_string(), text);
            }
        }
    }

    /// Notes what sinks and the account hold by now.
    fn plant(&mut self, desk: &Tunctl, account: &Account) {
        for file in fs::read_dir(desk.path("store")).into_iter().flatten() {
            let text = fs::read(file.unwrap().path()).unwrap();
            let secret: Value = serde_json::from_slice(&text).unwrap_or_default();
            let fields = ["token", "client_secret", "value"];
            let found = fields.iter().filter_map(|field| secret[field].as_str());
            self.secrets.extend(found.map(str::to_owned));
        }
        let state = account.control("GET", "/state", &Value::Null);
        let tunnels = state["result"]["tables"]["tunnels"].as_object().unwrap();
        let secrets = tunnels.values().filter_map(|row| row["secret"].as_str());
        self.secrets.extend(secrets.map(str::to_owned));
    }

    fn leaks(&self) -> Vec<String> {
        let found = self.texts.iter().flat_map(|(what, text)| {
            let secrets = self.secrets.iter();
            let leaked = secrets.filter(move |secret| text.contains(secret.as_str()));
            leaked.map(move |secret| format!("{what}: {secret}"))
        });
        found.collect()
    }
}

fn manifest() -> String {
    let store =
        format!("mkdir -p store && cat > store/$1; cat store/$1; cat store/$1 >&2; echo {PRINTED}");
    let look = format!("cat store/$1 >&2; echo {PRINTED}; test -f store/$1");
    let words = |script: &str| json!(["sh", "-c", script, "sh", "{kind}-{name}"]);
    let vault = json!({"write": words(&store), "check": words(&look)});
    edge(&format!(
        "tunnels:
  edge-web:
    ingress: [{{hostname: app.example.com, service: http://web:3000}}]
    runToken: vault
    tests: [{{url: https://app.example.com/, service: http://web:3000}}]
serviceTokens:
  edge-ci: {{duration: 8760h, sink: vault}}
  edge-zone: {{zone: example.com, sink: local}}
apiTokens:
  edge-deploy: {{policies: [{{permissions: [DNS Read], resources: zones}}], sink: vault}}
sinks: {{vault: {vault}, local: {{file: \"store/{{kind}}-{{name}}\"}}}}
"
    ))
}

/// All flows in one output, with one thing going wrong.
fn run(written: &mut Written, output: &[&str], fault: Option<&Value>) {
    let account = Account::new(&["example.com"]);
    let desk = Tunctl::in_ci(&manifest()).env("CLOUDFLARE_API_TOKEN", TOKEN);
    let url = account.url();
    for flow in FLOWS {
        if let Some(fault) = fault {
            account.fault(fault);
        }
        let more = ["-vv", "--api-url", &url];
        let ran = desk.run(&[flow, output, &more[..]].concat());
        account.mend();
        written.ran(&format!("{flow:?} {output:?} {fault:?}"), ran);
        written.plant(&desk, &account);
    }
    written.files(&desk.path(""));
    if fault.is_none() {
        // What prints a secret because somebody asks for it is found, so the search can find one.
        desk.run(&["apply", "--auto-approve", "--api-url", &url]);
        written.plant(&desk, &account);
        let Ran { code: _, out, err } =
            desk.run(&["token", "run", "edge-web", "-vv", "--api-url", &url]);
        assert!(written.secrets.contains(out.trim_end()), "{err}");
        written.add("token run, standard error".to_owned(), err);
    }
}

/// What a panic would show: `Debug` of everything that holds a secret on its way.
fn debugged(written: &mut Written) {
    let secret = "planted-secret-of-a-panic";
    let address = Address::new("service_token", "edge-ci");
    let id = RemoteId::new("1");
    let answer = json!({"client_secret": secret});
    let credential = Credential::of(&address, &id, &answer, "client_secret", &["client_secret"]);
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let terms = Terms {
        now,
        grace_until: now,
        spare: false,
        fresh: secret.to_owned().into(),
    };
    let (scope, ids) = (Scope::default(), Ids::default());
    let write = Write {
        scope: &scope,
        ids: &ids,
        name: "edge-web",
    };
    let tunnel = kind::find("tunnel").unwrap();
    let object = Object::new(id, json!({"configSrc": "cloudflare"}));
    let rotation = tunnel.rotate(&write, &object.spec, &object, &terms);
    let token = STANDARD.encode(json!({"a": "1", "t": "2", "s": secret}).to_string());
    let restored = tunnel.restore(&write, &object, &json!(token)).unwrap();
    written.secrets.extend([secret.to_owned(), token]);
    let text = format!(
        "{credential:?} {terms:?} {:?} {restored:?}",
        rotation.unwrap()
    );
    written.add("Debug".to_owned(), text);
}

#[test]
fn no_secret_is_written_anywhere_but_to_a_sink() {
    let mut written = Written::default();
    written.secrets.extend([TOKEN, PRINTED].map(str::to_owned));
    debugged(&mut written);
    for output in OUTPUTS {
        run(&mut written, output, None);
    }
    for fault in faults() {
        run(&mut written, &[], Some(&fault));
    }
    // The manifest says what the sink prints.
    let manifests = written
        .texts
        .extract_if(.., |(what, _)| what.ends_with("tunctl.yaml"));
    assert_eq!(manifests.count(), OUTPUTS.len() + faults().len());
    let (texts, secrets) = (written.texts.len(), written.secrets.len());
    assert!(
        texts > 150 && secrets > 30,
        "{texts} texts, {secrets} secrets"
    );
    assert_eq!(written.leaks(), [""; 0]);
}
