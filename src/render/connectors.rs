//! Who is connected to a tunnel.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::text::{count, escaped};
use crate::cloudflare::connection::{Connection, Connector};

/// One line for each connector: id, version, architecture, addresses, data centres, and what is
/// left of its connections.
#[must_use]
pub fn lines(connectors: &[Connector]) -> String {
    connectors.iter().map(line).collect()
}

fn line(connector: &Connector) -> String {
    let Connector {
        id,
        features: _,
        version,
        arch,
        run_at,
        config_version,
        ha_status: _,
        conns,
    } = connector;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let loaded = config_version.map_or("-".to_owned(), |it| format!("v{it}"));
    let mut words = vec![
        id.to_string(),
        known(version),
        known(arch),
        each(conns, |it| it.origin_ip.as_deref()),
        each(conns, |it| it.colo_name.as_deref()),
        known(run_at),
        loaded,
        count(conns.len(), "connection"),
    ];
    if !connector.is_connected() {
        words.push("(gone)".to_owned());
    }
    let words: Vec<String> = words.iter().map(|word| escaped(word).to_string()).collect();
    format!("  {}\n", words.join("  "))
}

/// The different words of connections.
fn each<'a>(conns: &'a [Connection], word: impl Fn(&'a Connection) -> Option<&'a str>) -> String {
    let words: BTreeSet<&str> = conns.iter().filter_map(word).collect();
    if words.is_empty() {
        return "-".to_owned();
    }
    words.into_iter().collect::<Vec<_>>().join(",")
}

/// The same for programs.
#[must_use]
pub fn json(connectors: &[Connector]) -> Value {
    let one = |connector: &Connector| {
        let conns = &connector.conns;
        let origins: BTreeSet<_> = conns.iter().filter_map(|it| it.origin_ip.clone()).collect();
        let colos: BTreeSet<_> = conns.iter().filter_map(|it| it.colo_name.clone()).collect();
        json!({
            "id": connector.id,
            "version": connector.version,
            "arch": connector.arch,
            "run_at": connector.run_at,
            "config_version": connector.config_version,
            "origin_ips": origins,
            "colos": colos,
            "connections": conns.len(),
            "connected": connector.is_connected(),
        })
    };
    connectors.iter().map(one).collect()
}
