//! The form of every answer: `{success, errors, messages, result, result_info?}`. Reading never
//! panics on any bytes, and nothing of a JSON body enters an error but the API's own errors:
//! the rest may hold a secret.

use std::fmt;

use serde_json::Value;

use crate::api::wire::Reply;
use crate::cloudflare::Misfit;

/// The most that an error shows of a body or a redirect, in characters.
const EXCERPT: usize = 200;

/// The most that an error shows of one message of the API's, in characters.
const MESSAGE: usize = 2_000;

/// A good answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Null when the answer has none.
    pub result: Value,
    /// What is said about the page, if the result is one.
    pub page: PageInfo,
}

/// `result_info`. Every figure may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageInfo {
    /// Objects a page, as the API sees it.
    pub per_page: Option<u64>,
    /// Objects in all pages together.
    pub total_count: Option<u64>,
}

/// One error of the API's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Cloudflare's number; missing when it is none.
    pub code: Option<u64>,
    /// Cloudflare's text, printable and in one line.
    pub message: String,
    /// `error_chain`: what led to it.
    pub chain: Vec<Fault>,
}

/// Why a reply is no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadReply {
    /// An envelope that says no.
    Refused(Vec<Fault>),
    /// No envelope.
    Unreadable(Unreadable),
}

/// What came instead of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing.
    Empty,
    /// Something that is not JSON.
    Text {
        /// As the server calls it; may be empty.
        content_type: String,
        /// The beginning, printable, at most 200 characters.
        excerpt: String,
    },
    /// JSON that breaks off or is malformed.
    Json {
        /// Where and how, without any of the text.
        trouble: String,
    },
    /// JSON of another form, so of another program.
    Foreign,
    /// A redirect, which is never followed: the credentials would go with it.
    Redirect {
        /// Where to, without query and fragment.
        location: String,
    },
    /// A result that should have been a list.
    NotAList,
    /// A list without an end.
    Endless,
    /// A list that changes whenever it is read, or is not as long as it says.
    Restless,
    /// A result that is not what it should be.
    Unexpected {
        /// What it should be.
        what: String,
        /// Where it is not.
        misfit: Misfit,
    },
}

impl Fault {
    /// Whether the code stands here or anywhere in the chain.
    #[must_use]
    pub fn has_code(&self, code: u64) -> bool {
        self.code == Some(code) || self.chain.iter().any(|fault| fault.has_code(code))
    }
}

/// Reads a reply; `clean` takes secrets out of what an error will show.
///
/// # Errors
/// Unless both the status and the envelope say that it went well.
pub fn read(reply: &Reply, clean: &dyn Fn(&str) -> String) -> Result<Answer, BadReply> {
    let good = (200..300).contains(&reply.status);
    if (300..400).contains(&reply.status) {
        return Err(BadReply::Unreadable(redirect(reply, clean)));
    }
    if reply.status == 204 && reply.body.is_empty() {
        return Ok(Answer::default());
    }
    let body = parse(reply, clean).map_err(BadReply::Unreadable)?;
    let Value::Object(mut body) = body else {
        return Err(BadReply::Unreadable(Unreadable::Foreign));
    };
    match body.get("success") {
        Some(Value::Bool(true)) if good => Ok(Answer {
            result: body.remove("result").unwrap_or_default(),
            page: page_info(body.get("result_info")),
        }),
        Some(Value::Bool(_)) => Err(BadReply::Refused(faults(body.get("errors"), clean))),
        _ => Err(BadReply::Unreadable(Unreadable::Foreign)),
    }
}

/// Text from elsewhere in one line, at most `most` characters long: what could move the cursor,
/// reorder or hide text is escaped.
#[must_use]
pub fn printable(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for letter in text.trim().chars() {
        let escaped = if is_treacherous(letter) {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        };
        length += escaped.chars().count();
        if length >= most {
            line.push('…');
            break;
        }
        line.push_str(&escaped);
    }
    line
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " ({code})")?;
        }
        for fault in &self.chain {
            write!(f, ": {fault}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty body"),
            Self::Text {
                content_type,
                excerpt,
            } if content_type.is_empty() => write!(f, "not JSON: {excerpt}"),
            Self::Text {
                content_type,
                excerpt,
            } => write!(f, "not JSON but {content_type}: {excerpt}"),
            Self::Json { trouble } => write!(f, "broken JSON: {trouble}"),
            Self::Foreign => f.write_str("JSON without `success`"),
            Self::Redirect { location } => write!(f, "a redirect to {location}"),
            Self::NotAList => f.write_str("`result` is not a list"),
            Self::Endless => f.write_str("a list that does not end"),
            Self::Restless => f.write_str("a list that changes each time it is read"),
            Self::Unexpected { what, misfit } => {
                write!(f, "a result that is not a `{what}`: {misfit}")
            }
        }
    }
}

fn parse(reply: &Reply, clean: &dyn Fn(&str) -> String) -> Result<Value, Unreadable> {
    let body = reply.body.trim_ascii();
    if body.is_empty() {
        return Err(Unreadable::Empty);
    }
    serde_json::from_slice(body).map_err(|error| {
        if matches!(body.first(), Some(b'{' | b'[' | b'"')) {
            return Unreadable::Json {
                trouble: error.to_string(),
            };
        }
        Unreadable::Text {
            content_type: printable(&clean(reply.header("content-type").unwrap_or("")), EXCERPT),
            excerpt: excerpt(body, clean),
        }
    })
}

/// The beginning of a body up to the first brace, behind which a secret may stand: a proxy may
/// have put text before the API's JSON.
fn excerpt(body: &[u8], clean: &dyn Fn(&str) -> String) -> String {
    let end = body
        .iter()
        .position(|byte| matches!(byte, b'{' | b'['))
        .unwrap_or(body.len());
    printable(&clean(&String::from_utf8_lossy(&body[..end])), EXCERPT)
}

fn redirect(reply: &Reply, clean: &dyn Fn(&str) -> String) -> Unreadable {
    let location = reply.header("location").unwrap_or("nowhere");
    let end = location.find(['?', '#']).unwrap_or(location.len());
    Unreadable::Redirect {
        location: printable(&clean(&location[..end]), EXCERPT),
    }
}

fn page_info(info: Option<&Value>) -> PageInfo {
    let figure = |name: &str| info?.get(name).and_then(number);
    PageInfo {
        per_page: figure("per_page"),
        total_count: figure("total_count"),
    }
}

fn faults(errors: Option<&Value>, clean: &dyn Fn(&str) -> String) -> Vec<Fault> {
    errors
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|error| Fault {
            code: error.get("code").and_then(number),
            message: printable(
                &clean(error.get("message").and_then(Value::as_str).unwrap_or("")),
                MESSAGE,
            ),
            chain: faults(error.get("error_chain"), clean),
        })
        .collect()
}

/// A number, or digits in a string: cloudflared expects both forms of a code.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn is_treacherous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
