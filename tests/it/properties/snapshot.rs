//! What the emulator holds, read from its raw state and not through tunctl.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::STACK;

/// Where every tunnel's public name ends.
pub(super) const SUFFIX: &str = ".cfargotunnel.com";

/// Whose mark a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Ours,
    Other,
    None,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// The zone's name.
    pub(super) zone: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) content: String,
    pub(super) proxied: bool,
    pub(super) comment: String,
    pub(super) read_only: bool,
    pub(super) row: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tunnel {
    pub(super) name: String,
    pub(super) living: bool,
    pub(super) local: bool,
    pub(super) row: Value,
}

/// Objects by id; configurations by their tunnel's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Snapshot {
    pub(super) records: BTreeMap<String, Record>,
    pub(super) tunnels: BTreeMap<String, Tunnel>,
    pub(super) configurations: BTreeMap<String, Value>,
    /// The tunnel of each connector, and the connector.
    pub(super) connectors: BTreeMap<String, (String, Value)>,
    /// Zones by name.
    pub(super) zones: BTreeMap<String, String>,
    /// Tables that nothing here ever writes to.
    pub(super) rest: Vec<Value>,
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().unwrap_or_default().to_owned()
}

fn rows<T>(table: &Value, read: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
    let rows = table.as_object().into_iter().flatten();
    rows.map(|(id, row)| (id.clone(), read(row))).collect()
}

impl Snapshot {
    pub(super) fn of(state: &Value) -> Self {
        let tables = &state["tables"];
        let names = rows(&tables["zones"], |zone| text(zone, "name"));
        let record = |row: &Value| Record {
            zone: names[&text(row, "zone")].clone(),
            name: text(row, "name"),
            kind: text(row, "type"),
            content: text(row, "content"),
            proxied: row["proxied"] == true,
            comment: text(row, "comment"),
            read_only: row["meta"]["read_only"] == true,
            row: row.clone(),
        };
        let tunnel = |row: &Value| Tunnel {
            name: text(row, "name"),
            living: row["deleted_at"].is_null(),
            local: row["config_src"] == "local",
            row: row.clone(),
        };
        Self {
            records: rows(&tables["records"], record),
            tunnels: rows(&tables["tunnels"], tunnel),
            configurations: rows(&tables["configurations"], Value::clone),
            connectors: rows(&tables["connectors"], |row| {
                (text(row, "tunnel"), row.clone())
            }),
            zones: names
                .iter()
                .map(|(id, name)| (name.clone(), id.clone()))
                .collect(),
            rest: ["zones", "accounts", "tokens"]
                .map(|it| tables[it].clone())
                .to_vec(),
        }
    }

    /// The living tunnels.
    pub(super) fn living(&self) -> impl Iterator<Item = (&String, &Tunnel)> {
        self.tunnels.iter().filter(|(_, tunnel)| tunnel.living)
    }

    /// The id of the living tunnel with this name.
    pub(super) fn tunnel(&self, name: &str) -> Option<&String> {
        self.living()
            .find(|(_, it)| it.name == name)
            .map(|(id, _)| id)
    }

    /// The records with our mark that lead to a tunnel that is gone.
    pub(super) fn dangling(&self) -> impl Iterator<Item = (&String, &Record)> {
        let gone = |id: &str| self.tunnels.get(id).is_none_or(|tunnel| !tunnel.living);
        let records = self.records.iter();
        records.filter(move |(_, it)| it.mark() == Mark::Ours && it.tunnel().is_some_and(gone))
    }
}

impl Record {
    /// The first word of the comment says whose it is, whole.
    pub(super) fn mark(&self) -> Mark {
        let word = self.comment.split(' ').next().unwrap_or_default();
        match word.strip_prefix("tunctl:") {
            Some(STACK) => Mark::Ours,
            Some("") | None => Mark::None,
            Some(_) => Mark::Other,
        }
    }

    /// The id of the tunnel that it leads to.
    pub(super) fn tunnel(&self) -> Option<&str> {
        (self.kind == "CNAME")
            .then(|| self.content.strip_suffix(SUFFIX))
            .flatten()
    }

    /// Whether it and a CNAME exclude each other. A zone's own name servers stand beside a CNAME
    /// at its apex, which Cloudflare flattens.
    pub(super) fn occupies(&self) -> bool {
        match self.kind.as_str() {
            "A" | "AAAA" | "CNAME" => true,
            "NS" => self.name != self.zone,
            _ => false,
        }
    }

    /// Whether nobody may touch it.
    pub(super) fn locked(&self) -> bool {
        self.read_only || self.kind == "NS"
    }
}
