//! What a run may do to each object, worked out from the manifest and the raw state alone.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Maker};
use super::snapshot::{Mark, Record, Snapshot};

/// The most that may happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Nothing.
    Keep,
    /// It may be changed, and stays the same object.
    Change,
    /// It may go.
    Delete,
    /// Either.
    Any,
}

/// A manifest in front of an account.
pub(super) struct Rights<'a> {
    pub(super) draft: &'a Draft,
    pub(super) before: &'a Snapshot,
    pub(super) destroy: bool,
    /// Tunnel ids that get another name, and which.
    pub(super) renames: BTreeMap<String, String>,
    /// Tunnel ids by the name that they have or get.
    pub(super) known: BTreeMap<String, String>,
    records: BTreeMap<String, Maker>,
}

/// Why there must not be a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A declared record carries another stack's mark.
    OtherStack { record: String },
    /// A declared record stands where nothing can be changed.
    Locked { record: String },
    /// A declared record's place is taken.
    Foreign { record: String, name: String },
    /// A tunnel gets its rules from somewhere else than declared.
    Immutable { tunnel: String },
    /// A tunnel with a former name is not ours.
    Rename { tunnel: String },
    /// Something leads to a tunnel that is let go of and not there.
    Stranded,
}

impl Cause {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::OtherStack { .. } => "tunctl::other_stack",
            Self::Locked { .. } => "tunctl::locked_object",
            Self::Foreign { .. } => "tunctl::foreign_object",
            Self::Immutable { .. } => "tunctl::immutable_field",
            Self::Rename { .. } => "tunctl::rename_of_foreign",
            Self::Stranded => "tunctl::unresolved_reference",
        }
    }
}

impl<'a> Rights<'a> {
    pub(super) fn new(draft: &'a Draft, before: &'a Snapshot, destroy: bool) -> Self {
        let living = before
            .living()
            .map(|(id, it)| (it.name.clone(), id.clone()));
        let mut known: BTreeMap<String, String> = living.collect();
        let mut renames = BTreeMap::new();
        for (name, tunnel) in &draft.tunnels {
            if known.contains_key(name) || draft.ignores(&format!("tunnel.{name}")) {
                continue;
            }
            let free = |former: &&String| {
                let ignored = draft.ignores(&format!("tunnel.{former}"));
                known.contains_key(*former) && draft.owns(former) && !ignored
            };
            if let Some(former) = tunnel.previous.iter().find(free) {
                let id = known.remove(former).expect("it was just found");
                renames.insert(id.clone(), name.clone());
                known.insert(name.clone(), id);
            }
        }
        Self {
            records: draft.records(),
            draft,
            before,
            destroy,
            renames,
            known,
        }
    }

    /// Every reason against a plan.
    pub(super) fn causes(&self) -> BTreeSet<Cause> {
        if self.destroy {
            return BTreeSet::new();
        }
        let records = self.before.records.iter();
        let records = records.flat_map(|(id, record)| self.against(id, record));
        let tunnels = self.draft.tunnels.iter();
        let tunnels = tunnels.filter(|(name, _)| !self.draft.ignores(&format!("tunnel.{name}")));
        let tunnels = tunnels.filter_map(|(name, tunnel)| match self.known.get(name) {
            Some(id) if self.before.tunnels[id].local != tunnel.local => Some(Cause::Immutable {
                tunnel: name.clone(),
            }),
            None if tunnel.previous.iter().any(|it| self.known.contains_key(it)) => {
                Some(Cause::Rename {
                    tunnel: name.clone(),
                })
            }
            Some(_) | None => None,
        });
        let stranded = self.refers_to_ignored().then_some(Cause::Stranded);
        records.chain(tunnels).chain(stranded).collect()
    }

    fn against(&self, id: &str, record: &Record) -> Vec<Cause> {
        let Some(maker) = self.maker(record).filter(|_| record.occupies()) else {
            return Vec::new();
        };
        let (record_id, name) = (id.to_owned(), record.name.clone());
        let mut causes = Vec::new();
        if record.mark() == Mark::Other {
            causes.push(Cause::OtherStack {
                record: record_id.clone(),
            });
        }
        if record.locked() {
            causes.push(Cause::Locked {
                record: record_id.clone(),
            });
        }
        if !self.in_hand(record, maker) && !maker.adopt {
            causes.push(Cause::Foreign {
                record: record_id,
                name,
            });
        }
        causes
    }

    /// Who declares a record, unless it is let go of.
    fn maker(&self, record: &Record) -> Option<&Maker> {
        let address = self.draft.address(&record.name, &record.zone);
        let home = self.draft.zone_of(&record.name) == Some(record.zone.as_str());
        let maker = self.records.get(&record.name).filter(|_| home);
        maker.filter(|_| !self.draft.ignores(&address))
    }

    /// Ours, or as it should be.
    fn in_hand(&self, record: &Record, maker: &Maker) -> bool {
        let target = self.known.get(&maker.tunnel).map(String::as_str);
        let right = record.tunnel().is_some() && record.tunnel() == target;
        record.kind == "CNAME"
            && record.mark() != Mark::Other
            && (record.mark() == Mark::Ours || right)
    }

    pub(super) fn of_record(&self, record: &Record) -> Right {
        let address = self.draft.address(&record.name, &record.zone);
        let untouchable = record.locked() || !record.occupies() || record.mark() == Mark::Other;
        if untouchable || self.draft.ignores(&address) {
            return Right::Keep;
        }
        match self.maker(record) {
            Some(maker) if self.in_hand(record, maker) => {
                if self.destroy {
                    Right::Delete
                } else {
                    Right::Change
                }
            }
            Some(maker) if maker.adopt && !self.destroy => Right::Any,
            Some(_) => Right::Keep,
            None => {
                let removed = self.draft.removed.contains(&address);
                let ours = record.mark() == Mark::Ours || removed;
                if record.tunnel().is_some() && ours {
                    Right::Delete
                } else {
                    Right::Keep
                }
            }
        }
    }

    pub(super) fn of_tunnel(&self, id: &str) -> Right {
        let tunnel = &self.before.tunnels[id];
        let name = &tunnel.name;
        let ignored = |name: &str| self.draft.ignores(&format!("tunnel.{name}"));
        if !tunnel.living || ignored(name) {
            return Right::Keep;
        }
        if let Some(new) = self.renames.get(id) {
            return match (ignored(new), self.destroy) {
                (true, _) => Right::Keep,
                (false, true) => Right::Delete,
                (false, false) => Right::Change,
            };
        }
        let goes = if self.draft.tunnels.contains_key(name) {
            self.destroy
        } else {
            self.draft.owns(name)
        };
        if goes { Right::Delete } else { Right::Keep }
    }

    pub(super) fn of_configuration(&self, tunnel: &str) -> Right {
        let names = self.known.iter();
        let name = names
            .filter(|(_, id)| *id == tunnel)
            .map(|(name, _)| name)
            .next();
        let pushed = name.is_some_and(|name| self.pushes(name));
        match (self.of_tunnel(tunnel), pushed && !self.destroy) {
            (Right::Delete, _) => Right::Delete,
            (_, true) => Right::Change,
            (_, false) => Right::Keep,
        }
    }

    /// Whether a tunnel's rules are declared and pushed.
    pub(super) fn pushes(&self, name: &str) -> bool {
        let tunnel = self.draft.tunnels.get(name);
        let pushed = tunnel.is_some_and(|it| it.rules.is_some() && !it.local);
        pushed && !self.draft.ignores(&format!("tunnel_config.{name}"))
    }

    /// Whether something declared refers to a tunnel that is let go of and not there.
    fn refers_to_ignored(&self) -> bool {
        let missing = |name: &str| {
            self.draft.ignores(&format!("tunnel.{name}")) && !self.known.contains_key(name)
        };
        let mut configurations = self.draft.tunnels.keys();
        let mut records = self.records.iter();
        configurations.any(|name| missing(name) && self.pushes(name))
            || records.any(|(name, maker)| {
                missing(&maker.tunnel) && !self.draft.ignores(&format!("dns_record.{name}"))
            })
    }
}
