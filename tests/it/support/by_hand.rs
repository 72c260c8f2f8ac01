//! What people do to an account past tunctl, and what is seen of it afterwards.

use serde_json::{Value, json};
use tunctl::problem::Problem;

use super::world::{ACCOUNT, World, understand};

/// One tunnel of stack `edge` that serves `app.example.com`.
pub(crate) const WEB: &str = "tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
";

/// The manifest of stack `edge`, which owns tunnels `edge-*`, with the given sections.
pub(crate) fn edge(sections: &str) -> String {
    let account = "account: ${CLOUDFLARE_ACCOUNT_ID}";
    format!("version: 1\nstack: edge\n{account}\nowns: {{tunnels: [\"edge-*\"]}}\n{sections}")
}

/// The manifest of stack `edge` with the given sections, which owns everything that is called
/// `edge-*`.
pub(crate) fn mesh(sections: &str) -> String {
    let owns = "tunnels: [edge-*], warpConnectors: [edge-*], virtualNetworks: [edge-*]";
    edge(sections).replace("tunnels: [\"edge-*\"]", owns)
}

/// The same with service tokens and API tokens, whose secrets go to files.
pub(crate) fn keeping(sections: &str) -> String {
    let owns = "tunnels: [edge-*], serviceTokens: [edge-*], apiTokens: [edge-*]";
    let sink = "sinks: {local: {file: \"{kind}-{name}.json\"}}\n";
    edge(sections).replace("tunnels: [\"edge-*\"]", owns) + sink
}

impl World {
    /// Another manifest whose secrets go to files.
    pub(crate) fn declare_tokens(&mut self, sections: &str) {
        self.declare(&keeping(sections));
    }

    /// Replaces an object of the account by hand.
    pub(crate) fn replace(&self, path: &str, object: &Value) {
        self.by_hand("PUT", &format!("/accounts/{ACCOUNT}/{path}"), object);
    }

    /// The id of a permission group.
    pub(crate) fn group(&self, name: &str) -> String {
        let groups = self.live(&format!("/accounts/{ACCOUNT}/tokens/permission_groups"));
        let mut found = groups.iter().filter(|group| group["name"] == name);
        let id = found.next().and_then(|group| group["id"].as_str());
        id.expect("a permission group").to_owned()
    }

    /// The same for a stack that owns all that is called `edge-*`.
    pub(crate) fn mesh(sections: &str) -> Self {
        Self::converged(&mesh(sections), &["example.com"])
    }

    /// An account with zone `example.com` that is as stack `edge` with these sections says.
    pub(crate) fn edge(sections: &str) -> Self {
        Self::converged(&edge(sections), &["example.com"])
    }

    /// The writes of the emulator's request log, with names instead of ids: `PUT /path 200`, or
    /// `reset` instead of the status.
    pub(crate) fn writes(&self) -> String {
        let requests = self.requests();
        let writes = requests.iter().filter(|it| it["method"] != "GET");
        let lines = writes.map(|it| {
            let status = it["status"]
                .as_u64()
                .map_or("reset".to_owned(), |it| it.to_string());
            let method = it["method"].as_str().unwrap();
            format!("{method} {} {status}", it["path"].as_str().unwrap())
        });
        self.named(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// A text with names instead of ids.
    pub(crate) fn named(&self, text: &str) -> String {
        let state = self.state();
        let mut text = text.replace(ACCOUNT, "ACCOUNT");
        for (table, name) in [
            ("tunnels", "name"),
            ("zones", "name"),
            ("records", "name"),
            ("networks", "name"),
            ("routes", "network"),
        ] {
            for (id, row) in state["tables"][table].as_object().into_iter().flatten() {
                text = text.replace(id.as_str(), row[name].as_str().unwrap());
            }
        }
        text
    }

    /// The id of a living WARP connector.
    pub(crate) fn warp_connector(&self, name: &str) -> String {
        self.one(&format!("warp_connector?is_deleted=false&name={name}"))
    }

    /// The id of a living virtual network.
    pub(crate) fn virtual_network(&self, name: &str) -> String {
        self.one(&format!(
            "teamnet/virtual_networks?is_deleted=false&name={name}"
        ))
    }

    /// The id of the living route of a network in a virtual network.
    pub(crate) fn route(&self, network: &str, virtual_network: &str) -> String {
        let within = self.virtual_network(virtual_network);
        let network = network.replace('/', "%2F");
        let exactly = format!("network_subset={network}&network_superset={network}");
        self.one(&format!(
            "teamnet/routes?is_deleted=false&{exactly}&virtual_network_id={within}"
        ))
    }

    /// The id of the first object of a list of the account.
    fn one(&self, path: &str) -> String {
        let found = self.live(&format!("/accounts/{ACCOUNT}/{path}"));
        let first = found.first().unwrap_or_else(|| panic!("nothing at {path}"));
        first["id"].as_str().unwrap().to_owned()
    }

    /// Makes an object of the account by hand, such as a route, and returns its id.
    pub(crate) fn add(&self, path: &str, object: &Value) -> String {
        let made = self.by_hand("POST", &format!("/accounts/{ACCOUNT}/{path}"), object);
        made["result"]["id"].as_str().unwrap().to_owned()
    }

    /// Changes an object of the account by hand.
    pub(crate) fn edit(&self, path: &str, fields: &Value) {
        self.by_hand("PATCH", &format!("/accounts/{ACCOUNT}/{path}"), fields);
    }

    /// Changes one row of the emulator's state, past Cloudflare's own rules; null removes it.
    pub(crate) fn force(&self, table: &str, id: &str, row: &Value) {
        let change = json!({"tables": {table: {id: row}}});
        self.by_hand("PATCH", "/_emulator/state", &change);
    }

    /// Lets calls go wrong: a fault of the emulator's control API.
    pub(crate) fn fault(&self, rule: &Value) {
        self.by_hand("POST", "/_emulator/faults", rule);
    }

    /// Lets calls go right again.
    pub(crate) fn lift_faults(&self) {
        self.by_hand("DELETE", "/_emulator/faults", &Value::Null);
    }

    /// The id of a living tunnel; of the first one, if there are several.
    pub(crate) fn tunnel(&self, name: &str) -> String {
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel?is_deleted=false&name={name}");
        let found = self.live(&path);
        let first = found.first().unwrap_or_else(|| panic!("no tunnel {name}"));
        first["id"].as_str().unwrap().to_owned()
    }

    /// The content of a record that leads to a living tunnel.
    pub(crate) fn target(&self, tunnel: &str) -> String {
        format!("{}.cfargotunnel.com", self.tunnel(tunnel))
    }

    /// Makes a tunnel by hand.
    pub(crate) fn add_tunnel(&self, name: &str, config_src: &str) {
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel");
        self.by_hand(
            "POST",
            &path,
            &json!({"name": name, "config_src": config_src}),
        );
    }

    /// Deletes a tunnel by hand.
    pub(crate) fn delete_tunnel(&self, name: &str) {
        let path = format!("/accounts/{ACCOUNT}/cfd_tunnel/{}", self.tunnel(name));
        self.by_hand("DELETE", &path, &Value::Null);
    }

    /// Where a tunnel's configuration is.
    pub(crate) fn configuration(&self, tunnel: &str) -> String {
        let tunnel = self.tunnel(tunnel);
        format!("/accounts/{ACCOUNT}/cfd_tunnel/{tunnel}/configurations")
    }

    /// A tunnel's configuration, with its version.
    pub(crate) fn configured(&self, tunnel: &str) -> Value {
        self.by_hand("GET", &self.configuration(tunnel), &Value::Null)["result"].clone()
    }

    /// Replaces a tunnel's configuration by hand.
    pub(crate) fn configure(&self, tunnel: &str, config: &Value) {
        let path = self.configuration(tunnel);
        self.by_hand("PUT", &path, &json!({ "config": config }));
    }

    /// Starts a connector of a tunnel.
    pub(crate) fn connect(&self, tunnel: &str) {
        let path = format!("/_emulator/tunnels/{}/connectors", self.tunnel(tunnel));
        self.by_hand("POST", &path, &json!({}));
    }

    /// Stops all connectors of a tunnel.
    pub(crate) fn disconnect(&self, tunnel: &str) {
        let path = format!("/_emulator/tunnels/{}/connectors", self.tunnel(tunnel));
        self.by_hand("DELETE", &path, &Value::Null);
    }

    /// Makes a record by hand.
    pub(crate) fn add_record(&self, zone: &str, record: &Value) {
        let path = format!("/zones/{}/dns_records", self.zone(zone));
        self.by_hand("POST", &path, record);
    }

    /// The records of a name in a zone.
    pub(crate) fn records(&self, zone: &str, name: &str) -> Vec<Value> {
        let path = format!("/zones/{}/dns_records?name={name}", self.zone(zone));
        self.live(&path)
    }

    /// The only record of a name in a zone.
    pub(crate) fn record(&self, zone: &str, name: &str) -> Value {
        let mut records = self.records(zone, name);
        assert_eq!(records.len(), 1, "{records:#?}");
        records.remove(0)
    }

    /// Changes the only record of a name by hand.
    pub(crate) fn edit_record(&self, zone: &str, name: &str, fields: &Value) {
        let id = self.record(zone, name)["id"].as_str().unwrap().to_owned();
        let path = format!("/zones/{}/dns_records/{id}", self.zone(zone));
        self.by_hand("PATCH", &path, fields);
    }

    /// Deletes the only record of a name by hand.
    pub(crate) fn delete_record(&self, zone: &str, name: &str) {
        let id = self.record(zone, name)["id"].as_str().unwrap().to_owned();
        let path = format!("/zones/{}/dns_records/{id}", self.zone(zone));
        self.by_hand("DELETE", &path, &Value::Null);
    }

    /// Makes a second living tunnel of the same name, which Cloudflare itself does not allow, and
    /// returns its id.
    pub(crate) fn twin_of(&self, tunnel: &str) -> String {
        let state = self.by_hand("GET", "/_emulator/state", &Value::Null);
        let row = &state["result"]["tables"]["tunnels"][self.tunnel(tunnel)];
        let twin = "ffffffff-0000-4000-8000-000000000000";
        self.force("tunnels", twin, row);
        twin.to_owned()
    }

    /// Changes the stored form of the only record of a name, past Cloudflare's own rules.
    pub(crate) fn force_record(&self, zone: &str, name: &str, fields: &Value) {
        let id = self.record(zone, name)["id"].as_str().unwrap().to_owned();
        self.by_hand("PATCH", &format!("/_emulator/records/{id}"), fields);
    }

    /// Why the manifest cannot be understood, in the form of [`World::refused`].
    pub(crate) fn unreadable(&self) -> String {
        self.shown(&understand(&self.files).expect_err("it can be"))
    }

    /// Why there is no plan, as lines: code, message, each place with what is written there, help.
    pub(crate) fn refused(&self) -> String {
        self.shown(&self.refusal())
    }

    fn shown(&self, problems: &[Problem]) -> String {
        let texts = problems.iter().map(|problem| {
            let labels = problem.labels.iter().map(|(span, label)| {
                let written = &self.files[span.source][span.start..span.end];
                format!("  at `{}`: {label}\n", written.trim_end())
            });
            let help = problem.help.as_deref().unwrap_or("none");
            let head = format!("{}: {}\n", problem.code, problem.message);
            format!("{head}{}  help: {help}", labels.collect::<String>())
        });
        scrubbed(&texts.collect::<Vec<_>>().join("\n"))
    }
}

/// A text without the ids that Cloudflare makes up: of objects, and of answers.
pub(crate) fn scrubbed(text: &str) -> String {
    let id = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}";
    let ray = r" \[cf-ray [0-9a-f]{16}-[A-Z]{3}\]";
    replaced(&replaced(text, ray, ""), id, "[id]")
}

fn replaced(text: &str, pattern: &str, by: &str) -> String {
    let pattern = regex_automata::meta::Regex::new(pattern).unwrap();
    let mut rest = 0;
    let mut done = String::new();
    for found in pattern.find_iter(text) {
        done.push_str(&text[rest..found.start()]);
        done.push_str(by);
        rest = found.end();
    }
    done + &text[rest..]
}
