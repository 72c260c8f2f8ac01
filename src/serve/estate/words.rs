//! What went wrong at Cloudflare, in the published words.

use crate::apply::{Failure, Outcome, Verdict};
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::kind::tunnel::Tunnel;
use crate::observe::ObserveError;
use crate::problem::Problem;
use crate::serve::refusal::Refusal;

use super::Left;

/// The published codes of an end that did not come about.
const ACTIVE: &str = "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS";
const DNS: &str = "TUNNEL_DNS_DELETION_FAILED";
pub(super) const REFUSED: &str = "TUNNEL_CLOUDFLARE_DELETION_FAILED";

/// Why an end did not come about, in the published words.
pub(super) fn unended(outcome: &Outcome) -> Refusal {
    for (change, verdict) in &outcome.verdicts {
        let code = match (verdict, change.address.kind == DnsRecord::NAME) {
            (Verdict::Pending { message, .. }, _) => {
                return Refusal::new(503, ACTIVE, message.clone());
            }
            (Verdict::Failed(_) | Verdict::Moved(_) | Verdict::Stopped, true) => DNS,
            (Verdict::Failed(_), false) => REFUSED,
            (Verdict::Done | Verdict::Kept(_) | Verdict::Skipped(_), _)
            | (Verdict::Moved(_) | Verdict::Stopped, false) => continue,
        };
        return refusal(code, failure(outcome));
    }
    refusal(REFUSED, failure(outcome))
}

/// What a create that failed may have left. A refusal with a status of 4xx is certain: nothing that
/// makes a tunnel is sent twice.
pub(super) fn left(outcome: &Outcome) -> Left {
    let mut tunnels = outcome.verdicts.iter();
    let tunnel = tunnels.find(|(change, _)| change.address.kind == Tunnel::NAME);
    match tunnel.map(|(_, verdict)| verdict) {
        Some(Verdict::Failed(failure)) => match failure.answer.status {
            Some(400..500) => Left::Nothing,
            Some(_) | None => Left::Something,
        },
        Some(
            Verdict::Done
            | Verdict::Moved(_)
            | Verdict::Skipped(_)
            | Verdict::Pending { .. }
            | Verdict::Kept(_)
            | Verdict::Stopped,
        )
        | None => Left::Something,
    }
}

/// The first thing that went wrong.
pub(super) fn failure(outcome: &Outcome) -> Option<&Failure> {
    let verdicts = outcome.verdicts.iter();
    let mut failures = verdicts.filter_map(|(_, verdict)| match verdict {
        Verdict::Failed(failure) => Some(failure),
        Verdict::Done
        | Verdict::Moved(_)
        | Verdict::Skipped(_)
        | Verdict::Pending { .. }
        | Verdict::Kept(_)
        | Verdict::Stopped => None,
    });
    failures.next().or(outcome.broken.as_ref())
}

pub(super) fn refusal(code: &'static str, failure: Option<&Failure>) -> Refusal {
    let message = failure.map_or("It did not come to its end.", |it| it.message.as_str());
    Refusal::new(502, code, scrubbed(message))
}

pub(super) fn unplanned(problems: &[Problem]) -> Refusal {
    let message = problems.first().map(|it| it.message.as_str());
    let message = scrubbed(message.unwrap_or("it cannot be planned"));
    Refusal::new(502, "CLOUDFLARE_ERROR", message)
}

pub(super) fn unread(error: &ObserveError) -> Refusal {
    Refusal::new(502, "CLOUDFLARE_ERROR", scrubbed(&error.to_string()))
}

/// Without ids of accounts and zones, which are no client's business: 32 hex digits.
fn scrubbed(text: &str) -> String {
    let words = text.split_inclusive(|letter: char| !letter.is_ascii_hexdigit());
    let scrub = |word: &str| {
        let hex = word.trim_end_matches(|letter: char| !letter.is_ascii_hexdigit());
        if hex.len() == 32 {
            word.replacen(hex, "…", 1)
        } else {
            word.to_owned()
        }
    };
    words.map(scrub).collect()
}
