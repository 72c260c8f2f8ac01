//! What is full, or nearly so.

use super::facts::{Fill, Served};
use super::{Check, Facts, Finding, Seen, Topic};
use crate::plan::forecast::Quota;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "quotas",
    topic: Topic::Cloudflare,
    look,
};

/// From this share on it is said, in percent.
const NEARLY: u64 = 80;

/// Connectors that a tunnel may have (cloudflare-api.md 10).
const CONNECTORS: u64 = 25;

fn look(facts: &Facts<'_>) -> Seen {
    let mut findings = Vec::new();
    match &facts.planned {
        Ok(planned) => findings.extend(planned.forecast.quotas.iter().filter_map(of_kind)),
        Err(_) => findings.push(Finding::unknown(
            "without a plan nobody can tell how many objects the account will have",
        )),
    }
    for fill in &facts.account.fills {
        match fill {
            Ok(fill) => findings.extend(of_zone(fill)),
            Err(why) => findings.push(Finding::unknown(format!("not looked at: {why}"))),
        }
    }
    findings.extend(facts.account.served.iter().filter_map(of_tunnel));
    Seen::new(
        format!("no quota is used for {NEARLY} percent or more"),
        findings,
    )
}

fn is_near(used: u64, limit: u64) -> bool {
    used.saturating_mul(100) >= limit.saturating_mul(NEARLY)
}

fn of_kind(quota: &Quota) -> Option<Finding> {
    let Quota { kind, after, limit } = quota;
    let text = format!(
        "after the next apply the account has {after} of {limit} possible `{kind}` objects"
    );
    if after > limit {
        let help = "delete some, or ask Cloudflare for more";
        return Some(Finding::error(text).help(help));
    }
    is_near(*after, *limit).then(|| Finding::warning(text))
}

fn of_zone(fill: &Fill) -> Option<Finding> {
    let Fill {
        zone,
        records,
        quota,
    } = fill;
    let quota = (*quota)?;
    is_near(*records, quota).then(|| {
        Finding::warning(format!(
            "zone `{zone}` has {records} of {quota} possible records"
        ))
    })
}

fn of_tunnel(served: &Served) -> Option<Finding> {
    let connectors = served.connectors.as_ref().ok()?;
    let number = connectors.iter().filter(|it| it.is_connected()).count() as u64;
    is_near(number, CONNECTORS).then(|| {
        let tunnel = &served.tunnel;
        Finding::warning(format!(
            "tunnel `{tunnel}` has {number} of {CONNECTORS} possible connectors"
        ))
    })
}
