//! Whether the token works, and how long still.

use jiff::SignedDuration;

use super::facts::{Proof, TokenFacts, Whose};
use super::{Check, Facts, Finding, Seen, Topic};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "token",
    topic: Topic::Token,
    look,
};

/// How long before its end a token is warned of: a month, as for `rotateBefore` in the examples.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

fn look(facts: &Facts<'_>) -> Seen {
    match &facts.account.proof {
        Proof::Key => Seen::only(
            Finding::warning("the global API key may do everything that its user may").help(
                "make an API token with the permissions below, and put it into \
                 CLOUDFLARE_API_TOKEN",
            ),
        ),
        Proof::Refused => Seen::only(
            Finding::error(
                "Cloudflare does not know the token, neither as the account's nor as a user's",
            )
            .help("it was deleted, belongs to another account, or is not whole: make a new one"),
        ),
        Proof::Unread(why) => Seen::only(Finding::error(format!(
            "Cloudflare could not be asked about the token: {why}"
        ))),
        Proof::Token(token) => judge(token, facts),
    }
}

fn judge(token: &TokenFacts, facts: &Facts<'_>) -> Seen {
    let TokenFacts {
        whose,
        id,
        status,
        expires,
        begins,
    } = token;
    let whose = match whose {
        Whose::Account => "the account's",
        Whose::User => "a user's",
    };
    let ends = expires.map_or("never ends".to_owned(), |at| format!("ends on {at}"));
    let fine = format!("{whose} token {id} is {status} and {ends}");
    let mut findings = Vec::new();
    let now = facts.account.at;
    if begins.is_some_and(|at| at > now) {
        let at = begins.unwrap_or(now);
        findings.push(Finding::error(format!("the token works from {at} on")));
    }
    if status != "active" {
        findings.push(
            Finding::error(format!("the token is {status}"))
                .help("enable it in Cloudflare's dashboard, or make a new one"),
        );
    } else if let Some(end) = expires {
        let left = end.duration_since(now);
        if left <= SignedDuration::ZERO {
            findings.push(Finding::error(format!("the token ended on {end}")));
        } else if left < SOON {
            findings.push(
                Finding::warning(format!(
                    "the token ends in {} days, on {end}",
                    left.as_hours() / 24
                ))
                .help("make a new one before that, or move its end"),
            );
        }
    }
    Seen::new(fine, findings)
}
