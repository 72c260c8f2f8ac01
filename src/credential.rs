//! A secret on its way from Cloudflare to a sink. It can be written there and nowhere else: it is
//! not serialised, not compared, and its `Debug` says nothing.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::address::{Address, RemoteId};

/// One credential with everything that its user needs, as one JSON object.
#[derive(Debug, Clone)]
pub struct Credential(SecretString);

impl Credential {
    /// The credential of an object, with these fields of Cloudflare's answer, in this order.
    /// `None` if the answer lacks the field that is the secret; others may be absent.
    #[must_use]
    pub fn of(
        address: &Address,
        id: &RemoteId,
        answer: &Value,
        secret: &str,
        fields: &[&str],
    ) -> Option<Self> {
        answer.get(secret)?.as_str().filter(|it| !it.is_empty())?;
        let mut object = Map::new();
        object.insert("kind".to_owned(), Value::from(address.kind.as_str()));
        object.insert("name".to_owned(), Value::from(address.name.as_str()));
        object.insert("id".to_owned(), Value::from(id.as_str()));
        for field in fields {
            if let Some(value) = answer.get(*field).filter(|value| !value.is_null()) {
                object.insert((*field).to_owned(), value.clone());
            }
        }
        Some(Self(SecretString::from(Value::Object(object).to_string())))
    }

    /// The run token of a tunnel or a WARP connector: the answer is the token alone
    /// (cloudflare-api.md 3.5).
    #[must_use]
    pub fn of_run_token(address: &Address, id: &RemoteId, answer: &Value) -> Option<Self> {
        answer.is_string().then_some(())?;
        let answer = json!({ "token": answer });
        Self::of(address, id, &answer, "token", &["token"])
    }

    /// The text for the sink. Everything else must not ask.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_credential_holds_what_was_asked_for_and_shows_nothing() {
        let address = Address::new("service_token", "ci");
        let id = RemoteId::new("1");
        let answer =
            json!({"client_id": "a.access", "client_secret": "hush", "expires_at": null, "x": 1});
        let fields = ["client_id", "client_secret", "expires_at"];
        let of = |answer: &Value| Credential::of(&address, &id, answer, "client_secret", &fields);
        let credential = of(&answer).expect("a secret");
        assert_eq!(
            credential.expose(),
            r#"{"kind":"service_token","name":"ci","id":"1","client_id":"a.access","client_secret":"hush"}"#
        );
        assert!(!format!("{credential:?}").contains("hush"));
        assert!(of(&json!({"client_id": "a", "client_secret": ""})).is_none());
    }
}
