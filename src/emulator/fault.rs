//! What goes wrong on purpose: rules over method and path, counted per rule.

use std::collections::BTreeMap;
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use super::call::Reply;
use super::envelope::seal;
use super::failure::Failure;

/// Which calls a fault strikes, and how. Without `nth`, `every` and `after` it strikes all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Only this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Only paths below the API's base that begin with this, or, with a `*` in it, that it
    /// matches as a glob (`*` stays within a segment, `**` does not).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Only the matching call with this number, from 1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    /// Only every so many matching calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<u64>,
    /// Only after so many matching calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// At most so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// What happens.
    effect: Effect,
}

/// What a fault does to a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Effect {
    /// The answer is late by so many milliseconds; what the call does is done at once.
    Latency(u64),
    /// 429 with this `Retry-After`, and nothing done.
    RateLimited(u64),
    /// 403/10000, and nothing done.
    Denied,
    /// The connection is closed without an answer.
    Reset(Moment),
    /// This answer instead of the API's.
    Answer(Canned),
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Moment {
    /// Nothing has been done.
    Before,
    /// What the call does has been done.
    After,
}

/// An answer from outside the API, as a proxy gives it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canned {
    /// The HTTP status.
    status: u16,
    /// The body, sent as it is.
    #[serde(default)]
    body: String,
    /// Its content type; `text/html` if absent.
    #[serde(default = "html")]
    content_type: String,
    /// Further headers.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Whether what the call does is done all the same.
    #[serde(default)]
    commit: bool,
}

fn html() -> String {
    "text/html; charset=UTF-8".to_owned()
}

/// A rule at work.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fault {
    id: u64,
    #[serde(flatten)]
    rule: Rule,
    /// Calls that matched.
    seen: u64,
    /// Calls that were struck.
    struck: u64,
    #[serde(skip)]
    matcher: Option<GlobMatcher>,
}

/// All that strikes one call.
#[derive(Debug, Clone, Default)]
pub(super) struct Strike {
    /// How late the answer is.
    pub(super) delay: Duration,
    /// The first effect that is more than lateness, with its rule's id.
    pub(super) effect: Option<(u64, Effect)>,
}

/// The faults of a world, in the order in which they were made.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    made: u64,
    all: Vec<Fault>,
}

impl Faults {
    /// Adds a rule. The error says what is wrong with it.
    pub(super) fn add(&mut self, rule: Rule) -> Result<&Fault, String> {
        if let Effect::Answer(canned) = &rule.effect
            && !(200..=599).contains(&canned.status)
        {
            return Err("status must be between 200 and 599".to_owned());
        }
        let matcher = rule.matcher()?;
        self.made += 1;
        self.all.push(Fault {
            id: self.made,
            rule,
            seen: 0,
            struck: 0,
            matcher,
        });
        Ok(self.all.last().expect("one has just been added"))
    }

    /// Lifts one fault; whether there was one.
    pub(super) fn lift(&mut self, id: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|fault| fault.id.to_string() != id);
        self.all.len() < before
    }

    /// Lifts all.
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// All faults with their counts.
    pub(super) fn all(&self) -> &[Fault] {
        &self.all
    }

    /// Counts a call and says what strikes it.
    pub(super) fn strike(&mut self, method: &str, path: &str) -> Strike {
        let mut strike = Strike::default();
        for fault in &mut self.all {
            if !fault.strikes(method, path) {
                continue;
            }
            match &fault.rule.effect {
                Effect::Latency(milliseconds) => {
                    let late = Duration::from_millis(*milliseconds);
                    strike.delay = strike.delay.saturating_add(late);
                }
                effect @ (Effect::RateLimited(_)
                | Effect::Denied
                | Effect::Reset(_)
                | Effect::Answer(_)) => {
                    let first = || (fault.id, effect.clone());
                    strike.effect.get_or_insert_with(first);
                }
            }
        }
        strike
    }
}

impl Fault {
    fn strikes(&mut self, method: &str, path: &str) -> bool {
        if !self.matches(method, path) {
            return false;
        }
        self.seen += 1;
        let struck = self.rule.is_due(self.seen, self.struck);
        self.struck += u64::from(struck);
        struck
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let Rule {
            method: own_method,
            path: own_path,
            ..
        } = &self.rule;
        let by_path = match (&self.matcher, own_path) {
            (Some(matcher), _) => matcher.is_match(path),
            (None, Some(prefix)) => path.starts_with(prefix.as_str()),
            (None, None) => true,
        };
        let own_method = own_method.as_ref();
        by_path && own_method.is_none_or(|own| own.eq_ignore_ascii_case(method))
    }
}

impl Rule {
    fn is_due(&self, seen: u64, struck: u64) -> bool {
        self.nth.is_none_or(|nth| seen == nth)
            && self
                .every
                .is_none_or(|every| every > 0 && seen.is_multiple_of(every))
            && self.after.is_none_or(|after| seen > after)
            && self.count.is_none_or(|count| struck < count)
    }

    fn matcher(&self) -> Result<Option<GlobMatcher>, String> {
        let Some(glob) = self.path.as_ref().filter(|path| path.contains('*')) else {
            return Ok(None);
        };
        let built = GlobBuilder::new(glob).literal_separator(true).build();
        let glob = built.map_err(|error| format!("path: {error}"))?;
        Ok(Some(glob.compile_matcher()))
    }
}

impl Effect {
    /// Whether what the call does is done all the same.
    pub(super) fn commits(&self) -> bool {
        match self {
            Self::Reset(moment) => *moment == Moment::After,
            Self::Answer(canned) => canned.commit,
            Self::Latency(_) | Self::RateLimited(_) | Self::Denied => false,
        }
    }

    /// What is answered instead.
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Reset(_) | Self::Latency(_) => Reply {
                reset: true,
                ..Reply::new(502, "text/plain", Vec::new())
            },
            Self::RateLimited(seconds) => seal(Err(Failure::rate_limited(seconds))),
            Self::Denied => seal(Err(Failure::denied())),
            Self::Answer(canned) => canned.reply(),
        }
    }
}

impl Canned {
    fn reply(self) -> Reply {
        let Self {
            status,
            body,
            content_type,
            headers,
            commit: _,
        } = self;
        let reply = Reply::new(status, &content_type, body.into_bytes());
        let headers = headers.iter();
        headers.fold(reply, |reply, (name, value)| reply.with(name, value))
    }
}
