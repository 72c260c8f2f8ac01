//! What lints look at.

use std::collections::BTreeMap;

use super::comments::Comments;
use crate::ingress::Rule;
use crate::ingress::shadow::{Shadow, shadows};
use crate::kind::entry::Key;
use crate::manifest::yaml::{Node, Step};
use crate::manifest::{self, Manifest};
use crate::routing::Routes;
use crate::scope::Zone;
use crate::source::{Sources, Span};

/// What comparing paths may cost for one manifest, in steps of a machine: about a tenth of a
/// second. Rules that it does not suffice for count as reached.
const EFFORT: u64 = 10_000_000;

/// The section that has rules.
pub(super) const TUNNELS: &str = "tunnels";

/// A valid manifest and what was derived from it for all lints.
pub(super) struct Context<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) tree: &'a Node,
    pub(super) sources: &'a Sources,
    /// The account's zones, once they are known.
    pub(super) zones: Option<&'a [Zone]>,
    pub(super) comments: Comments,
    shadows: BTreeMap<&'a str, Vec<Shadow>>,
}

/// The rules of one tunnel, as far as they are written: not the last one that is added.
pub(super) struct Tunnel<'a> {
    pub(super) name: &'a str,
    pub(super) routes: &'a Routes,
    pub(super) rules: Vec<Written<'a>>,
}

/// A rule that is written.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    tree: &'a Node,
    pub(super) tunnel: &'a str,
    pub(super) position: usize,
    pub(super) rule: &'a Rule,
    /// All of it.
    pub(super) place: Span,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        manifest: &'a Manifest,
        tree: &'a Node,
        sources: &'a Sources,
        zones: Option<&'a [Zone]>,
    ) -> Self {
        let mut effort = EFFORT;
        let shadows = manifest.routes.iter().map(|(name, routes)| {
            let shadows = shadows(&routes.rules, &mut effort);
            (name.as_str(), shadows)
        });
        Self {
            shadows: shadows.collect(),
            manifest,
            tree,
            sources,
            zones,
            comments: Comments::new(&manifest.comments, sources),
        }
    }

    /// Every tunnel that has rules.
    pub(super) fn tunnels(&self) -> impl Iterator<Item = Tunnel<'a>> {
        let tree = self.tree;
        self.manifest.routes.iter().map(move |(name, routes)| {
            let path = [Step::Key(TUNNELS), Step::Key(name), Step::Key("ingress")];
            let written = tree.at(&path).map_or(0, |list| list.items().len());
            let rules = routes.rules.iter().zip(&routes.places).take(written);
            let rules = rules.enumerate().map(|(position, (rule, place))| Written {
                tree,
                tunnel: name,
                position,
                rule,
                place: *place,
            });
            Tunnel {
                name,
                routes,
                rules: rules.collect(),
            }
        })
    }

    /// Every rule of every tunnel.
    pub(super) fn rules(&self) -> impl Iterator<Item = Written<'a>> {
        self.tunnels().flat_map(|tunnel| tunnel.rules)
    }

    /// What earlier rules leave of a rule.
    pub(super) fn shadow(&self, rule: &Written<'_>) -> &Shadow {
        let shadows = self.shadows.get(rule.tunnel);
        shadows
            .and_then(|shadows| shadows.get(rule.position))
            .unwrap_or(&Shadow::None)
    }

    /// Where a field of a tunnel is written, or of the defaults.
    pub(super) fn place(&self, tunnel: &str, path: &[Key<'_>]) -> Span {
        manifest::place(self.tree, TUNNELS, tunnel, path)
    }
}

impl Written<'_> {
    /// Where a field is written, or the rule.
    pub(super) fn at(&self, fields: &[&str]) -> Span {
        let mut path = vec![Key::Field("ingress"), Key::Index(self.position)];
        path.extend(fields.iter().map(|field| Key::Field(field)));
        manifest::place(self.tree, TUNNELS, self.tunnel, &path)
    }

    /// The name of the host, if the rule has one.
    pub(super) fn host(&self) -> Option<&str> {
        Some(self.rule.host()).filter(|host| !matches!(*host, "" | "*"))
    }
}
