//! Live API tokens as entries that nobody touches until their values are put away.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::policy::{Condition, Policy};
use super::{Spec, generation};
use crate::kind::export::{Export, NOT_KEPT, SINK, Seen};

pub(super) fn export(live: &Seen<'_>, export: &mut Export) {
    for (address, object) in live.iter().filter(|(it, _)| it.kind == "api_token") {
        let Ok(spec) = Spec::deserialize(&object.spec) else {
            continue;
        };
        let name = &address.name;
        if generation::parts(name).1 > 1 {
            export.leave(address, "its name ends like a generation");
            continue;
        }
        let policies: Option<Vec<Value>> = spec.policies.iter().map(Policy::written).collect();
        let policies = policies.filter(|it| !it.is_empty());
        let Some(policies) = policies else {
            export.leave(address, "a manifest has no words for what it may do");
            continue;
        };
        // Several tokens may have one name; the first stands for all, and none is touched.
        let Some(entry) = export.enter("apiTokens", name, address) else {
            export.left.remove(*address);
            continue;
        };
        entry.insert("policies".to_owned(), policies.into());
        if let Some(condition) = spec.condition.as_ref().and_then(Condition::written) {
            entry.insert("condition".to_owned(), condition);
        }
        for (field, time) in [
            ("notBefore", spec.not_before),
            ("expiresOn", spec.expires_on),
        ] {
            if let Some(time) = time {
                entry.insert(field.to_owned(), json!(time));
            }
        }
        entry.insert("sink".to_owned(), SINK.into());
        export.ignore(address, NOT_KEPT);
    }
}
