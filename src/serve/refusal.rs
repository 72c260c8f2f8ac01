//! What a client is told when it does not get what it asked for: the published codes.

use serde_json::{Value, json};

/// A refusal with its status of HTTP. Nothing in it is a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The published code.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// More for programs.
    pub details: Option<Box<Value>>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal without details.
    #[must_use]
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: None,
            retry_after: None,
        }
    }

    /// The same with more for programs.
    #[must_use]
    pub fn with(self, details: Value) -> Self {
        Self {
            details: Some(Box::new(details)),
            ..self
        }
    }

    /// A body that is not what it should be; `field` is to blame.
    #[must_use]
    pub fn input(field: Option<&str>, why: &str) -> Self {
        let details = match field {
            None => json!({"formErrors": [why], "fieldErrors": {}}),
            Some(field) => json!({"formErrors": [], "fieldErrors": {field: [why]}}),
        };
        Self::new(400, "INVALID_INPUT", "Invalid tunnel creation payload.").with(details)
    }

    /// A slug that cannot be one.
    #[must_use]
    pub fn slug(why: &str) -> Self {
        Self::new(400, "INVALID_SLUG", why)
    }

    /// No tunnel of this caller by that name.
    #[must_use]
    pub fn unknown() -> Self {
        Self::new(
            404,
            "TUNNEL_NOT_FOUND",
            "Tunnel was not found for this user.",
        )
    }

    /// A text that names no tunnel whatever there is.
    #[must_use]
    pub fn identifier(why: &str) -> Self {
        Self::new(400, "INVALID_TUNNEL_ID", why)
    }

    /// More than the owner may ask for.
    #[must_use]
    pub fn throttled(seconds: u64) -> Self {
        let message = format!("Too many requests; try again in {seconds} s.");
        Self {
            retry_after: Some(seconds),
            ..Self::new(429, "RATE_LIMITED", message)
        }
    }

    /// The service is ending, or another one has taken over.
    #[must_use]
    pub fn unavailable(why: &str) -> Self {
        Self {
            retry_after: Some(5),
            ..Self::new(503, "SERVICE_UNAVAILABLE", why)
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(details) = &self.details {
            body["details"] = Value::clone(details);
        }
        body
    }
}
