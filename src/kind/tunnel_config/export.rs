//! Live rules as the fields `ingress` and `originRequest` of their tunnel.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::Spec;
use super::surface::LAST_RESORT;
use crate::address::Address;
use crate::ingress::{self, OriginRequest, Rule};
use crate::kind::export::{Export, Place, Seen, place};

/// Why a configuration stays ignored at first.
const WOULD_LOSE: &str = "What Cloudflare has there cannot all be said here, see the notes: \
                          without this line the next apply would drop it.";

/// The longest value of an unknown key that is shown, in characters.
const SHOWN: usize = 60;

pub(super) fn export(live: &Seen<'_>, export: &mut Export) {
    for (address, object) in export.single(live) {
        match Spec::deserialize(&object.spec) {
            Ok(spec) => one(address, spec, export),
            Err(error) => export.leave(address, format!("it is no configuration: {error}")),
        }
    }
}

fn one(address: &Address, spec: Spec, export: &mut Export) {
    let name = &address.name;
    let Some(entry) = export.entry("tunnels", name) else {
        return export.leave(address, "its tunnel is not here");
    };
    let pushed = entry.get("configSrc").is_none();
    let Spec {
        ingress,
        origin_request,
        unknown_keys,
    } = spec;
    let settings = OriginRequest {
        access: None,
        ..origin_request.clone()
    };
    let faults = ingress::validate_all(&completed(&ingress), &settings);
    if let Some(fault) = faults.first() {
        let why = format!("cloudflared refuses its rules, so they stay as they are: {fault}");
        return export.leave(address, why);
    }
    let at = |field: &str| place(&["tunnels", name, field]);
    export.set("tunnels", name, "ingress", json!(shortened(ingress)));
    if settings != OriginRequest::default() {
        export.set("tunnels", name, "originRequest", json!(settings));
    }
    export.stands(address, at("ingress"));
    if origin_request.access.is_some() {
        let words = "`access` stands beside the rules at Cloudflare, where it guards nothing.";
        export.note(at("ingress"), words);
    }
    for (key, value) in &unknown_keys {
        export.note(rule(name, key), lost(key, value));
    }
    if pushed && (origin_request.access.is_some() || !unknown_keys.is_empty()) {
        export.ignore(address, WOULD_LOSE);
    }
}

/// The rules as they will be lowered.
fn completed(rules: &[Rule]) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    if !rules.is_empty() && !rules.last().is_some_and(Rule::is_catch_all) {
        rules.push(last_resort());
    }
    rules
}

/// The rules without the one that is added anyway.
fn shortened(mut rules: Vec<Rule>) -> Vec<Rule> {
    if rules.len() > 1 && rules.last() == Some(&last_resort()) {
        rules.pop();
    }
    rules
}

fn last_resort() -> Rule {
    Rule {
        service: LAST_RESORT.to_owned(),
        ..Rule::default()
    }
}

/// The rule that a key of Cloudflare's, such as `ingress[2].colour`, is in.
fn rule(tunnel: &str, key: &str) -> Place {
    let index = key.strip_prefix("ingress[");
    let index = index.and_then(|rest| rest.split_once(']'));
    match index {
        Some((index, _)) => place(&["tunnels", tunnel, "ingress", index]),
        None => place(&["tunnels", tunnel, "ingress"]),
    }
}

fn lost(key: &str, value: &Value) -> String {
    let text = value.to_string();
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown == text { "" } else { "\u{2026}" };
    format!("At Cloudflare there is also `{key}: {shown}{more}`, which cloudflared does not know.")
}
