//! The tests of a manifest: what should answer a URL, and what does.

use std::collections::BTreeMap;

use super::{Answer, Routes, Routing};
use crate::ingress::Target;
use crate::ingress::service::Service;
use crate::problem::Problem;
use crate::source::Span;

/// What a manifest expects of one URL.
#[derive(Debug, Clone)]
pub struct Test {
    /// The tunnel that should answer.
    pub tunnel: String,
    /// The URL as it is written.
    pub url: String,
    /// The URL as a request.
    pub target: Target,
    /// The service that should answer.
    pub service: String,
    /// The rule that should answer, from 0.
    pub rule: Option<usize>,
    /// Whether the connector should demand a token of Access.
    pub access: Option<bool>,
    /// Where it is written.
    pub at: Places,
}

/// Where the parts of a test are written; for a part that is not, the test itself.
#[derive(Debug, Clone)]
pub struct Places {
    /// `url`.
    pub url: Span,
    /// `service`.
    pub service: Span,
    /// `rule`.
    pub rule: Span,
    /// `access`.
    pub access: Span,
    /// `tunnel`.
    pub tunnel: Span,
}

/// One run of a test.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The test.
    pub test: &'a Test,
    /// The tunnel whose rules were asked.
    pub tunnel: &'a str,
    /// What answers there; absent if nothing could be asked.
    pub answer: Option<Answer>,
    /// Why the test fails; absent if it passes.
    pub fault: Option<Problem>,
}

/// Runs tests, in their order.
#[must_use]
pub fn run<'a>(tests: &'a [Test], routing: &Routing<'a>) -> Vec<Trial<'a>> {
    tests.iter().map(|test| test.run(routing)).collect()
}

impl Test {
    fn run<'a>(&'a self, routing: &Routing<'a>) -> Trial<'a> {
        let host = String::from_utf8_lossy(&self.target.host);
        // Without a record of ours, DNS is somebody else's: the rules are all there is to test.
        let record = routing.record_of(&host);
        let tunnel = record.map_or(self.tunnel.as_str(), |(_, tunnel)| tunnel);
        let asked = ask(tunnel, &self.target, &routing.tunnels);
        let fault = match &asked {
            _ if tunnel != self.tunnel => Some(failed().at(
                self.at.tunnel,
                format!("DNS leads this hostname to tunnel `{tunnel}`"),
            )),
            Ok((routes, answer)) => self.judge(routes, answer),
            Err(why) => Some(failed().at(self.at.url, why)),
        };
        Trial {
            test: self,
            tunnel,
            answer: asked.ok().map(|(_, answer)| answer),
            fault,
        }
    }

    /// What is different about the answer, all at once, and the rule that gives it.
    fn judge(&self, routes: &Routes, answer: &Answer) -> Option<Problem> {
        let mut fault = failed();
        if !self.names(routes, answer) {
            let text = format!("`{}` answers, by rule {}", answer.service, answer.rule);
            fault = fault.at(self.at.service, text);
        }
        if self.rule.is_some_and(|rule| rule != answer.rule) {
            fault = fault.at(self.at.rule, format!("rule {} answers", answer.rule));
        }
        if self.access.is_some_and(|access| access != answer.access) {
            let text = if answer.access {
                "this rule demands a token of Access"
            } else {
                "this rule does not demand a token of Access"
            };
            fault = fault.at(self.at.access, text);
        }
        if fault.labels.is_empty() {
            return None;
        }
        let place = routes.places.get(answer.rule);
        Some(match place {
            Some(place) => fault.at(*place, format!("rule {}", answer.rule)),
            None => fault,
        })
    }

    /// Whether it is the expected service, as it is written or as cloudflared prints it.
    fn names(&self, routes: &Routes, answer: &Answer) -> bool {
        let written = routes.rules.get(answer.rule).map(|rule| &rule.service);
        let printed = Service::parse(&self.service, false).map(|it| it.to_string());
        written == Some(&self.service) || printed.is_ok_and(|printed| printed == answer.service)
    }
}

fn ask<'a>(
    tunnel: &str,
    target: &Target,
    tunnels: &BTreeMap<&str, &'a Routes>,
) -> Result<(&'a Routes, Answer), String> {
    let routes = tunnels.get(tunnel);
    let routes = routes.ok_or_else(|| format!("tunnel `{tunnel}` has no rules here"))?;
    let answer = routes.answer(target).map_err(|fault| fault.message)?;
    let answer = answer.ok_or_else(|| format!("tunnel `{tunnel}` has no rules here"))?;
    Ok((routes, answer))
}

fn failed() -> Problem {
    Problem::new("tunctl::test_failed", "test of the manifest fails")
}
