//! The fields `ingress`, `originRequest` and `tests` of a tunnel.

use schemars::JsonSchema;
use serde::Deserialize;

use super::refusal::refusal;
use crate::ingress::{self, OriginRequest, Rule};
use crate::kind::entry::{Entry, Key, Lowered};
use crate::kind::tunnel::ConfigSrc;
use crate::problem::Problem;
use crate::source::Span;

/// What answers when no rule does, unless the manifest says otherwise.
const LAST_RESORT: &str = "http_status:404";

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
    #[schemars(skip)]
    config_src: ConfigSrc,
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
                Problem::new(
                    "tunctl::access_enforces_nothing",
                    "access check is never made",
                )
                .at(at, "cloudflared ignores `access` outside of a rule")
                .help("move `access` into the `originRequest` of each rule it should guard"),
            );
        }
        match self.config_src {
            ConfigSrc::Cloudflare => Some((rules, self.origin_request.clone())),
            ConfigSrc::Local => None,
        }
    }

    /// Where the rules stand.
    pub(super) fn place(entry: &Entry<'_>) -> Span {
        entry.at(&[Key::Field("ingress")])
    }
}
