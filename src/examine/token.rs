//! What the token says of itself, and what time it is at Cloudflare.

use jiff::{SignedDuration, Timestamp};

use super::Examination;
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::cloudflare::account_token::{self, Verified};
use crate::cloudflare::user_token;
use crate::doctor::facts::{Proof, Read, TokenFacts, Whose};

/// An answer that took longer says nothing about clocks.
const SLOW: SignedDuration = SignedDuration::from_secs(4);

/// Asks about the token, and for the time on the way.
pub(super) async fn prove<W: Wire>(it: &Examination<'_, W>) -> (Proof, Read<i64>) {
    let account = account_token::verify(&it.manifest.account);
    let before = (it.now)();
    let verified = it.client.run(&account).await;
    let ahead = ahead(it.client.date(), before, (it.now)());
    if it.client.has_key() {
        return (Proof::Key, ahead);
    }
    let proof = match verified {
        Ok(verified) => Proof::Token(facts(Whose::Account, verified)),
        Err(error) if is_unknown(&error) => match it.client.run(&user_token::verify()).await {
            Ok(verified) => Proof::Token(facts(Whose::User, verified)),
            Err(error) if is_unknown(&error) => Proof::Refused,
            Err(error) => Proof::Unread(error.to_string()),
        },
        Err(error) => Proof::Unread(error.to_string()),
    };
    (proof, ahead)
}

/// Whether the answer says that there is no such token here, or that it is for another account.
fn is_unknown(error: &ApiError) -> bool {
    matches!(
        error.meaning(),
        Meaning::Unauthorized | Meaning::Forbidden | Meaning::NotFound
    )
}

fn facts(whose: Whose, verified: Verified) -> TokenFacts {
    let Verified {
        id,
        status,
        expires_on,
        not_before,
    } = verified;
    let time = |text: Option<String>| text?.parse::<Timestamp>().ok();
    TokenFacts {
        whose,
        id,
        status,
        expires: time(expires_on),
        begins: time(not_before),
    }
}

/// By how many seconds Cloudflare's clock is ahead of ours, which read `before` and `after`.
fn ahead(date: Option<Timestamp>, before: Timestamp, after: Timestamp) -> Read<i64> {
    let date = date.ok_or_else(|| "no answer says what time it is".to_owned())?;
    let took = after.duration_since(before);
    if took > SLOW {
        return Err(format!("the answer took {} s", took.as_secs()));
    }
    let ours = before + took / 2;
    // The header counts whole seconds: on average it is half a second behind.
    let theirs = date + SignedDuration::from_millis(500);
    Ok(theirs.duration_since(ours).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_in_the_middle_of_the_exchange() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).expect("in range");
        assert_eq!(ahead(Some(at(60)), at(0), at(2)), Ok(59));
        assert_eq!(ahead(Some(at(-60)), at(0), at(0)), Ok(-59));
        assert_eq!(ahead(Some(at(0)), at(0), at(1)), Ok(0));
        assert!(ahead(None, at(0), at(0)).is_err());
        assert!(ahead(Some(at(0)), at(0), at(9)).is_err());
    }
}
