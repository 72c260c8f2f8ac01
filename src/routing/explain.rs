//! Why a URL is answered by what answers it: the way through DNS and past every earlier rule.

use serde_json::{Map, Value};

use super::{Answer, Routes, Routing};
use crate::ingress::{Fault, Matcher, OriginRequest, Rule, Target, canonical};
use crate::source::Span;

/// The way of one request.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The host as it is asked for.
    pub host: String,
    /// The decoded path.
    pub path: String,
    /// The name of the record that leads to the tunnel. Without one of ours, DNS is unknown.
    pub record: Option<&'a str>,
    /// The tunnel whose rules are asked.
    pub tunnel: &'a str,
    /// Every rule up to the one that answers, which is the last.
    pub steps: Vec<Step<'a>>,
    /// What answers.
    pub answer: Answer,
    /// How the connector talks to the service: what differs from cloudflared's defaults.
    pub settings: OriginRequest,
}

/// One rule on the way.
#[derive(Debug)]
pub struct Step<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Where it is written, if it is in a manifest.
    pub at: Option<Span>,
    /// What becomes of the request.
    pub why: Why,
}

/// What a rule says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Another hostname.
    OtherHost,
    /// The hostname matches, the path does not.
    OtherPath,
    /// It answers, because it matches.
    Matches,
    /// It answers although it does not match, because no rule does and it is the last.
    LastResort,
}

/// Why nothing answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nowhere {
    /// Nothing leads there.
    #[error("no record leads `{0}` to a tunnel of this stack, and no rule names it")]
    Unserved(String),
    /// The tunnel's rules are not known.
    #[error("DNS leads `{host}` to tunnel `{tunnel}`, whose rules are not known here")]
    NoRules {
        /// The host.
        host: String,
        /// The tunnel.
        tunnel: String,
    },
    /// A path that cannot be searched for.
    #[error(transparent)]
    Unsearchable(#[from] Fault),
}

/// Follows a request.
///
/// # Errors
/// If nothing that is known here answers it.
pub fn explain<'a>(target: &Target, routing: &Routing<'a>) -> Result<Explanation<'a>, Nowhere> {
    let host = String::from_utf8_lossy(&target.host).into_owned();
    let (record, tunnel) = match routing.record_of(&host) {
        Some((record, tunnel)) => (Some(record), tunnel),
        None => match routing.named_by(target) {
            Some(tunnel) => (None, tunnel),
            None => return Err(Nowhere::Unserved(host)),
        },
    };
    let no_rules = |host: String| Nowhere::NoRules {
        host,
        tunnel: tunnel.to_owned(),
    };
    let Some(routes) = routing.tunnels.get(tunnel) else {
        return Err(no_rules(host));
    };
    let Some(answer) = routes.answer(target)? else {
        return Err(no_rules(host));
    };
    Ok(Explanation {
        host,
        path: String::from_utf8_lossy(&target.path).into_owned(),
        record,
        tunnel,
        steps: routes.steps(target, &answer)?,
        settings: routes.settings_of(answer.rule),
        answer,
    })
}

impl<'a> Routing<'a> {
    /// The first tunnel with a rule whose hostname is written out and matches.
    fn named_by(&self, target: &Target) -> Option<&'a str> {
        let names = |routes: &Routes| {
            let matcher = Matcher::new(&routes.rules).ok()?;
            let mut rules = routes.rules.iter().zip(matcher.rules());
            rules
                .any(|(rule, it)| !matches!(rule.host(), "" | "*") && it.host.matches(&target.host))
                .then_some(())
        };
        let mut tunnels = self.tunnels.iter();
        tunnels.find_map(|(name, routes)| names(routes).map(|()| *name))
    }
}

impl Routes {
    fn steps(&self, target: &Target, answer: &Answer) -> Result<Vec<Step<'_>>, Fault> {
        let matcher = Matcher::new(&self.rules)?;
        let rules = self.rules.iter().zip(matcher.rules()).enumerate();
        let step = |(index, (rule, it)): (usize, (_, &crate::ingress::route::RuleMatcher))| {
            let host = it.host.matches(&target.host);
            let path = it.serves_path(&target.path);
            let why = match (host, path) {
                (true, true) => Why::Matches,
                _ if index == answer.rule => Why::LastResort,
                (true, false) => Why::OtherPath,
                (false, _) => Why::OtherHost,
            };
            Step {
                rule,
                at: self.places.get(index).copied(),
                why,
            }
        };
        Ok(rules.take(answer.rule + 1).map(step).collect())
    }

    /// The rule's own settings over the tunnel's, without what is cloudflared's default. The
    /// tunnel's `access` is left out, because it enforces nothing.
    fn settings_of(&self, position: usize) -> OriginRequest {
        let fields = |settings: &OriginRequest| match serde_json::to_value(settings) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let mut merged = fields(&self.origin_request);
        merged.remove("access");
        let own = self.rules[position].origin_request.as_ref().map(fields);
        for (key, value) in own.into_iter().flatten() {
            let clears_nothing = value.as_array().is_some_and(Vec::is_empty);
            if !clears_nothing {
                merged.insert(key, value);
            }
        }
        let merged = serde_json::from_value(Value::Object(merged)).unwrap_or_default();
        canonical(&[], &merged).1
    }
}
