//! Whether this machine's clock agrees with Cloudflare's.

use super::{Check, Facts, Finding, Seen, Topic};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "clock",
    topic: Topic::Machine,
    look,
};

/// Seconds that two clocks may differ: what the lock of a stack allows for.
const TOLERATED: u64 = 5;

fn look(facts: &Facts<'_>) -> Seen {
    let ahead = match &facts.account.ahead {
        Ok(ahead) => *ahead,
        Err(why) => {
            return Seen::only(Finding::unknown(format!(
                "the clocks cannot be compared: {why}"
            )));
        }
    };
    let seconds = ahead.unsigned_abs();
    let mut findings = Vec::new();
    if seconds > TOLERATED {
        let way = if ahead > 0 { "behind" } else { "ahead of" };
        let message = format!("this machine's clock is {seconds} s {way} Cloudflare's");
        findings.push(Finding::warning(message).help(
            "set it by NTP: what expires, and who holds the lock of a stack, is judged by it",
        ));
    }
    Seen::new(
        format!("this machine's clock is within {TOLERATED} s of Cloudflare's"),
        findings,
    )
}
