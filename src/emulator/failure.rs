//! Everything that Cloudflare can refuse with: a status, and errors with published codes.

use serde_json::{Value, json};

/// One refusal. Always carries at least one error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    /// The HTTP status.
    pub(super) status: u16,
    /// The envelope's `errors`, in order.
    pub(super) errors: Vec<Value>,
    /// `Retry-After` in whole seconds.
    pub(super) retry_after: Option<u64>,
}

impl Failure {
    /// A refusal with one error.
    pub(super) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            errors: vec![json!({"code": code, "message": message.into()})],
            retry_after: None,
        }
    }

    /// Adds a further error behind the first.
    pub(super) fn and(mut self, code: u32, message: &str) -> Self {
        self.errors.push(json!({"code": code, "message": message}));
        self
    }

    /// Says what is behind the first error, in its `error_chain`.
    pub(super) fn because(mut self, code: u32, message: impl Into<String>) -> Self {
        if let Some(Value::Object(first)) = self.errors.first_mut() {
            let cause = json!([{"code": code, "message": message.into()}]);
            first.insert("error_chain".to_owned(), cause);
        }
        self
    }

    /// An id that is malformed, or an object that does not exist where the path says.
    pub(super) fn unroutable(path: &str) -> Self {
        let message =
            format!("Could not route to {path}, perhaps your object identifier is invalid?");
        Self::new(404, 7003, message)
    }

    /// A path or method that the API does not have.
    pub(super) fn no_route(path: &str) -> Self {
        Self::unroutable(path).and(7000, "No route for that URI")
    }

    /// No credentials at all.
    pub(super) fn anonymous() -> Self {
        let message = "Missing X-Auth-Key, X-Auth-Email or Authorization headers";
        Self::new(400, 9106, message)
    }

    /// An `Authorization` header that is not `Bearer TOKEN`.
    pub(super) fn bad_authorization() -> Self {
        Self::new(400, 6003, "Invalid request headers")
            .because(6111, "Invalid format for Authorization header")
    }

    /// A body that is said to be no JSON.
    pub(super) fn bad_content_type() -> Self {
        let message =
            "Invalid Content-Type header, valid values are application/json,multipart/form-data";
        Self::new(400, 6003, "Invalid request headers").because(6105, message)
    }

    /// A token that is unknown, disabled or lacks the permission.
    pub(super) fn denied() -> Self {
        Self::new(403, 10000, "Authentication error")
    }

    /// A token that is not for this account or zone.
    pub(super) fn out_of_scope() -> Self {
        Self::new(403, 9109, "Unauthorized to access requested resource")
    }

    /// Too many requests. The code is the one that users quote.
    pub(super) fn rate_limited(seconds: u64) -> Self {
        let message = "Please wait and consider throttling your request speed";
        Self {
            retry_after: Some(seconds),
            ..Self::new(429, 971, message)
        }
    }

    /// A body that is not JSON.
    pub(super) fn malformed() -> Self {
        Self::new(400, 6007, "Malformed JSON in request body")
    }

    /// A parameter or field that cannot be what it is.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, 1001, message)
    }
}
