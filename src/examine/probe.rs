//! What the token may do: by its policies if it may read them, else tried out. A deletion that is
//! tried is one of the nil id, which nothing has: if it is allowed, there is nothing to delete.

use futures::future::join_all;

use super::{Examination, Trial};
use crate::api::error::COULD_NOT_ROUTE;
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::cloudflare::account_token::{self, PermissionGroup, Policy};
use crate::doctor::facts::{Right, TokenFacts, Verdict, Whose};
use crate::doctor::need::Need;
use crate::doctor::{Certainty, verdict};
use crate::request::Request;

/// What is said of everything if nothing is tried.
const REFRAINED: &str = "it may not read its own policies, and nothing is tried out";

/// Judges every need.
pub(super) async fn rights<W: Wire>(
    it: &Examination<'_, W>,
    token: &TokenFacts,
    groups: &[PermissionGroup],
    needs: Vec<Need>,
) -> Vec<Right> {
    if let Some(policies) = policies(it, token, groups).await {
        let account = it.manifest.account.as_str();
        let judged = needs.into_iter().map(|need| Right {
            verdict: verdict(&policies, groups, account, &need),
            certainty: Certainty::Certain,
            need,
        });
        return judged.collect();
    }
    let tried = needs.into_iter().map(|need| async {
        let verdict = match (&need.probe, it.trial) {
            (_, Trial::Refrain) => Verdict::Unclear(REFRAINED.to_owned()),
            (None, Trial::Probe) => Verdict::Unclear("it cannot be tried out".to_owned()),
            (Some(probe), Trial::Probe) => tried(it, probe).await,
        };
        Right {
            need,
            verdict,
            certainty: Certainty::Probable,
        }
    });
    join_all(tried).await
}

/// Needs of which nothing is known.
pub(super) fn unasked(needs: Vec<Need>) -> Vec<Right> {
    let rights = needs.into_iter().map(|need| Right {
        need,
        verdict: Verdict::Unclear("nobody was asked".to_owned()),
        certainty: Certainty::Probable,
    });
    rights.collect()
}

/// The policies, if they can be read. One group without a name that is known would make a
/// judgement of them wrong.
async fn policies<W: Wire>(
    it: &Examination<'_, W>,
    token: &TokenFacts,
    groups: &[PermissionGroup],
) -> Option<Vec<Policy>> {
    if token.whose == Whose::User {
        return None;
    }
    let read = account_token::get(&it.manifest.account, &token.id);
    let policies = it.client.run(&read).await.ok()?.policies;
    let granted = policies.iter().flat_map(|it| &it.permission_groups);
    let mut granted =
        granted.map(|own| own.name.is_some() || groups.iter().any(|it| it.id == own.id));
    granted.all(|known| known).then_some(policies)
}

async fn tried<W: Wire>(it: &Examination<'_, W>, probe: &Request) -> Verdict {
    match it.client.send(probe).await {
        Ok(_) => Verdict::Held,
        Err(error) => refused(probe, &error),
    }
}

/// What the refusal of a request means that should be refused for want of an object, or not at
/// all. Permissions come first, as everywhere at Cloudflare; that is not documented, so it is
/// only probable.
fn refused(probe: &Request, error: &ApiError) -> Verdict {
    match error.meaning() {
        Meaning::Forbidden => Verdict::Missing,
        Meaning::NotFound if probe.writes() => Verdict::Held,
        // A path that leads nowhere is answered before anybody asks who may go there.
        Meaning::Rejected if error.has_code(COULD_NOT_ROUTE) => Verdict::Unclear(error.to_string()),
        Meaning::NotFound
        | Meaning::Conflict
        | Meaning::Unauthorized
        | Meaning::RateLimited
        | Meaning::Rejected
        | Meaning::Unavailable
        | Meaning::Fenced
        | Meaning::Unreachable
        | Meaning::Unanswered
        | Meaning::Unreadable => Verdict::Unclear(error.to_string()),
    }
}
