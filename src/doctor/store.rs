//! Whether the store does what runs rely on.

use super::{Check, Facts, Finding, Seen, Topic};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "store",
    topic: Topic::Machine,
    look,
};

fn look(facts: &Facts<'_>) -> Seen {
    let store = facts.store;
    let place = &store.place;
    let mut findings = Vec::new();
    if let Err(why) = &store.read {
        findings.push(Finding::error(why).help(
            "every run reads it first: mend it (docs/store.md), or name another with `--store`",
        ));
    }
    match &store.written {
        Some(Err(why)) => findings.push(Finding::error(why).help(
            "nothing is sent to Cloudflare before it is on record there: mend it, or name another \
             store with `--store`",
        )),
        Some(Ok(false)) => {
            let message = format!("the store {place} overwrites what is there already");
            findings.push(Finding::error(message).help(
                "two runs could both hold the lock: use a store with conditional writes \
                 (docs/store.md)",
            ));
        }
        Some(Ok(true)) | None => {}
    }
    if let Err(why) = &store.holder {
        let message = format!("the account's lock in the store {place} is none: {why}");
        findings.push(Finding::error(message).help("`tunctl unlock` removes it after asking"));
    }
    if store.is_private {
        let message = format!("the store {place} is a directory of this machine, and this is CI");
        findings.push(Finding::warning(message).help(
            "jobs on other machines do not see its lock: share one with `--store s3://BUCKET/PREFIX`, \
             `gs://…` or `az://…`",
        ));
    }
    let able = match store.written {
        Some(_) => "read and written",
        None => "read",
    };
    let holder = match &store.holder {
        Ok(Some(holder)) => format!("the account is locked by {holder}"),
        Ok(None) | Err(_) => "nobody holds the account's lock".to_owned(),
    };
    Seen::new(
        format!("the store {place} can be {able}, and {holder}"),
        findings,
    )
}
