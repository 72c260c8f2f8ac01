//! The fields `ingress`, `originRequest` and `tests` of a tunnel.

use schemars::JsonSchema;
use serde::Deserialize;

use super::refusal::refusal;
use crate::ingress::{self, OriginRequest, Rule};
use crate::kind::entry::{Entry, Key, Lowered};
use crate::kind::tunnel::ConfigSrc;
use crate::problem::Problem;
use crate::routing::test::{Places, Test};
use crate::routing::{self, Routes};
use crate::source::Span;

/// What answers when no rule does, unless the manifest says otherwise.
pub(super) const LAST_RESORT: &str = "http_status:404";

/// The one lint that is an error: who writes such a block believes that it guards something.
pub const ACCESS_ENFORCES_NOTHING: &str = "tunctl::access_enforces_nothing";

/// The facet of an entry that makes its configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    /// The ingress rules in cloudflared's own dialect; the first one that matches answers. If
    /// the last one does not take every request, `- service: http_status:404` is added. Without
    /// this field, the rules at Cloudflare are left alone.
    ingress: Option<Vec<Rule>>,
    /// How connectors talk to the services of all rules; a rule's own `originRequest` wins.
    origin_request: OriginRequest,
    /// What should answer which URL. Run by `tunctl test` and by every plan.
    tests: Vec<Expected>,
    #[schemars(skip)]
    config_src: ConfigSrc,
}

/// What should answer one URL.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Test")]
struct Expected {
    /// The whole URL, such as `https://app.example.com/api/v1`.
    url: String,
    /// The service that should answer, as in a rule.
    service: String,
    /// The position of the rule that should answer, from 0.
    #[serde(default)]
    rule: Option<usize>,
    /// Whether the rule should demand a token of Cloudflare Access: `required` or `none`.
    #[serde(default)]
    access: Option<ExpectedAccess>,
    /// The tunnel that DNS should lead to, if it is another one than this.
    #[serde(default)]
    tunnel: Option<String>,
}

/// Whether a rule demands a token of Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TestAccess")]
enum ExpectedAccess {
    /// The connector refuses requests without one.
    Required,
    /// The connector lets every request pass.
    None,
}

impl Surface {
    /// The rules to push, complete and valid as far as `lowered` has no problems. `None` if
    /// nothing is to be pushed.
    pub(super) fn rules(
        &self,
        entry: &Entry<'_>,
        lowered: &mut Lowered,
    ) -> Option<(Vec<Rule>, OriginRequest)> {
        let mut rules = self.ingress.clone()?;
        if !rules.last().is_some_and(Rule::is_catch_all) {
            rules.push(Rule {
                service: LAST_RESORT.to_owned(),
                ..Rule::default()
            });
        }
        let faults = ingress::validate_all(&rules, &self.origin_request);
        let refusals = faults.iter().map(|fault| refusal(entry, &rules, fault));
        lowered.problems.extend(refusals);
        if self.origin_request.access.is_some() {
            let at = entry.at(&[Key::Field("originRequest"), Key::Field("access")]);
            lowered.problems.push(
                Problem::new(ACCESS_ENFORCES_NOTHING, "access check is never made")
                    .at(at, "cloudflared ignores `access` outside of a rule")
                    .help("move `access` into the `originRequest` of each rule it should guard"),
            );
        }
        let places = (0..rules.len())
            .map(|index| entry.at(&[Key::Field("ingress"), Key::Index(index)]))
            .collect();
        let routes = Routes {
            rules: rules.clone(),
            origin_request: self.origin_request.clone(),
            places,
        };
        lowered.routes.insert(entry.name.to_owned(), routes);
        match self.config_src {
            ConfigSrc::Cloudflare => Some((rules, self.origin_request.clone())),
            ConfigSrc::Local => None,
        }
    }

    /// The tests, each with its places; those whose URL is none are problems.
    pub(super) fn tests(&self, entry: &Entry<'_>, lowered: &mut Lowered) {
        for (index, expected) in self.tests.iter().enumerate() {
            let at = |field| entry.at(&[Key::Field("tests"), Key::Index(index), Key::Field(field)]);
            match expected.test(entry.name, at) {
                Ok(test) => lowered.tests.push(test),
                Err(reason) => lowered.problems.push(
                    Problem::new("tunctl::invalid_test", "test has no URL of a request")
                        .at(at("url"), reason)
                        .help("write a whole URL such as `https://app.example.com/api/v1`"),
                ),
            }
        }
    }

    /// Where the rules stand.
    pub(super) fn place(entry: &Entry<'_>) -> Span {
        entry.at(&[Key::Field("ingress")])
    }
}

impl Expected {
    fn test<'a>(&self, home: &str, at: impl Fn(&'a str) -> Span) -> Result<Test, String> {
        Ok(Test {
            tunnel: self.tunnel.as_deref().unwrap_or(home).to_owned(),
            url: self.url.clone(),
            target: routing::target(&self.url)?,
            service: self.service.clone(),
            rule: self.rule,
            access: self.access.map(|it| it == ExpectedAccess::Required),
            at: Places {
                url: at("url"),
                service: at("service"),
                rule: at("rule"),
                access: at("access"),
                tunnel: at("tunnel"),
            },
        })
    }
}
