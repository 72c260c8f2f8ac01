//! The field `privateRoutes` of a tunnel or a WARP connector.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind::entry::{Entry, Key};
use crate::kind::mark;
use crate::problem::Problem;
use crate::source::Span;

/// The facet of an entry that makes routes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    /// The private networks that lead here, in CIDR notation. Each is a network alone, or a
    /// mapping with `network`, `virtualNetwork` and `comment`.
    private_routes: Vec<Written>,
}

/// A network alone, such as `10.20.0.0/16`, in the default virtual network; or a mapping.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PrivateRoute")]
enum Written {
    Network(String),
    Options(Options),
}

/// A private network with what differs from a network alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PrivateRouteOptions")]
struct Options {
    /// The network in CIDR notation, IPv4 or IPv6, without host bits: `10.20.0.0/16`.
    network: String,
    /// The name of the virtual network that it is in. Left out: the default one.
    #[serde(default)]
    virtual_network: Option<String>,
    /// A comment for people. Together with the mark that goes in front of it up to 100
    /// characters. Left out: what is at Cloudflare stays.
    #[serde(default)]
    comment: Option<String>,
}

/// One declared route.
pub(super) struct Route {
    /// Canonical.
    pub(super) network: String,
    pub(super) virtual_network: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) at: Span,
}

impl Surface {
    /// The routes, and what is wrong with the others.
    pub(super) fn routes(self, entry: &Entry<'_>) -> (Vec<Route>, Vec<Problem>) {
        let mut routes = Vec::new();
        let mut problems = Vec::new();
        for (index, written) in self.private_routes.into_iter().enumerate() {
            let item = [Key::Field("privateRoutes"), Key::Index(index)];
            let field = |name| entry.at(&[item[0], item[1], Key::Field(name)]);
            let (options, at) = match written {
                Written::Options(options) => (options, field("network")),
                Written::Network(network) => (Options::alone(network), entry.at(&item)),
            };
            if let Some(comment) = &options.comment {
                problems.extend(faults(entry.stack, comment, field("comment")));
            }
            match network(&options.network, at) {
                Ok(network) => routes.push(Route {
                    network,
                    virtual_network: options.virtual_network,
                    comment: options.comment,
                    at,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        (routes, problems)
    }
}

impl Options {
    fn alone(network: String) -> Self {
        Self {
            network,
            virtual_network: None,
            comment: None,
        }
    }
}

/// A network in canonical form.
fn network(text: &str, at: Span) -> Result<String, Problem> {
    let invalid = |label: &str, help: String| {
        Problem::new("tunctl::invalid_network", "network cannot be routed")
            .at(at, label)
            .help(help)
    };
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        let help = format!("write `{}` for this address alone", IpNet::from(address));
        return Err(invalid("this is an address without a length", help));
    }
    let Ok(network) = text.parse::<IpNet>() else {
        let help = "write CIDR notation such as `10.20.0.0/16` or `fd00:20::/32`".to_owned();
        return Err(invalid("this is not a network", help));
    };
    let canonical = network.trunc();
    if canonical == network {
        Ok(canonical.to_string())
    } else {
        let help = format!("write `{canonical}`");
        Err(invalid(
            "this has bits behind the length of the network",
            help,
        ))
    }
}

/// Whether a comment can be declared.
pub(super) fn can_be_kept(stack: &str, comment: &str) -> bool {
    let nowhere = Span {
        source: 0,
        start: 0,
        end: 0,
    };
    faults(stack, comment, nowhere).is_none()
}

/// What is wrong with a comment.
fn faults(stack: &str, comment: &str, at: Span) -> Option<Problem> {
    let length = mark::with(stack, comment).chars().count();
    let (label, help) = if comment.trim() != comment || comment.contains(char::is_control) {
        (
            "this has a blank at an end, or more than one line".to_owned(),
            "write one line of text".to_owned(),
        )
    } else if length > mark::LONGEST {
        (
            format!(
                "with the mark `{}` it has {length} characters",
                mark::of(stack)
            ),
            format!("shorten it by {}", length - mark::LONGEST),
        )
    } else {
        return None;
    };
    let message = "comment cannot be kept at Cloudflare";
    Some(
        Problem::new("tunctl::invalid_comment", message)
            .at(at, label)
            .help(help),
    )
}
