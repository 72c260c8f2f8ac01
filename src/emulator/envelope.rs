//! The envelope around every JSON answer of the API.

use serde_json::{Value, json};

use super::call::Reply;
use super::failure::Failure;

const JSON: &str = "application/json";

/// A success.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// The envelope's `result`.
    pub(super) result: Value,
    /// The envelope's `result_info`; absent unless the result is a page.
    pub(super) info: Option<Value>,
    /// The envelope's `messages`. cloudflared reads them as strings, so nearly always empty.
    pub(super) messages: Vec<Value>,
}

impl Answer {
    /// An answer that is no page.
    pub(super) fn of(result: Value) -> Self {
        Self {
            result,
            info: None,
            messages: Vec::new(),
        }
    }
}

/// Wraps an outcome. A success is 200, a create too.
pub(super) fn seal(outcome: Result<Answer, Failure>) -> Reply {
    match outcome {
        Ok(answer) => opened(answer),
        Err(failure) => refused(failure),
    }
}

fn opened(answer: Answer) -> Reply {
    let Answer {
        result,
        info,
        messages,
    } = answer;
    let mut body = json!({"success": true, "errors": [], "messages": messages, "result": result});
    if let Some(info) = info {
        body["result_info"] = info;
    }
    Reply::new(200, JSON, body.to_string().into_bytes())
}

fn refused(failure: Failure) -> Reply {
    let Failure {
        status,
        errors,
        retry_after,
    } = failure;
    let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
    let reply = Reply::new(status, JSON, body.to_string().into_bytes());
    match retry_after {
        Some(seconds) => reply.with("Retry-After", seconds.to_string()),
        None => reply,
    }
}
