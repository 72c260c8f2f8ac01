//! All that lasts of a world, and the list of its tables.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::Grant;
use super::account_token::AccountToken;
use super::clock::Clock;
use super::configuration::Configuration;
use super::connection::Connector;
use super::dns::{LoadBalancer, Record};
use super::ids::Ids;
use super::mesh::Mesh;
use super::rate::Rate;
use super::service_token::ServiceToken;
use super::table::{AnyTable, Table, as_value};
use super::teamnet::{Network, Route};
use super::tunnel::{Account, Tunnel};
use super::zone::Zone;

/// The version of the state's form, in files and over the control API.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Declares the tables once, for their types and for everything that is done to all of them.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $row:ty,)*) => {
        /// The objects of a world, a table for each kind.
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct Tables {
            $($(#[$doc])* pub(super) $name: Table<$row>,)*
        }

        impl Tables {
            fn each(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
                vec![$((stringify!($name), &mut self.$name)),*]
            }
        }
    };
}

tables! {
    /// Accounts that are not as Cloudflare makes them, by id.
    accounts: Account,
    /// Tunnels of both kinds by id, deleted ones included.
    tunnels: Tunnel,
    /// Remote configurations by the tunnel's id.
    configurations: Configuration,
    /// Running connectors by id.
    connectors: Connector,
    /// Settings of WARP connectors by the tunnel's id.
    meshes: Mesh,
    /// Virtual networks by id, deleted ones included.
    networks: Network,
    /// Private routes by id, deleted ones included.
    routes: Route,
    /// Zones by id.
    zones: Zone,
    /// DNS records by id.
    records: Record,
    /// Load balancers by id.
    load_balancers: LoadBalancer,
    /// Restricted tokens by the SHA-256 of their text.
    tokens: Grant,
    /// Access service tokens by id.
    service_tokens: ServiceToken,
    /// API tokens of accounts by id.
    account_tokens: AccountToken,
}

/// All that lasts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format_version: u32,
    /// What is no object.
    pub(super) settings: Settings,
    /// The objects.
    pub(super) tables: Tables,
}

/// The parts of a state that exist once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Where ids come from.
    pub(super) ids: Ids,
    /// What time it is.
    #[serde(default)]
    pub(super) clock: Clock,
    /// How often one may call.
    #[serde(default)]
    pub(super) rate: Rate,
    /// Whether tunnels carry `connections`, as they did before 2026-10-05.
    #[serde(default)]
    pub(super) connections_in_tunnels: bool,
}

/// What one call changed, in the form of a line of a state file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// The settings, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<Settings>,
    /// By table: the changed rows by id, whole, null for the removed.
    #[serde(default)]
    pub(super) tables: Map<String, Value>,
}

impl State {
    /// A world with nothing in it.
    pub(super) fn new(ids: Ids) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            settings: Settings {
                ids,
                clock: Clock::default(),
                rate: Rate::default(),
                connections_in_tunnels: false,
            },
            tables: Tables::default(),
        }
    }

    /// Whether this program can read it.
    pub(super) fn check(self) -> Result<Self, String> {
        let Self { format_version, .. } = &self;
        if *format_version == FORMAT_VERSION {
            Ok(self)
        } else {
            Err(format!(
                "format_version is {format_version}, expected {FORMAT_VERSION}"
            ))
        }
    }

    /// The state as JSON.
    pub(super) fn as_value(&self) -> Value {
        as_value(self)
    }

    /// Accepts what was done.
    pub(super) fn commit(&mut self) {
        for (_, table) in self.tables.each() {
            table.commit();
        }
    }

    /// Takes back what was done since the last `commit`, but for the settings.
    pub(super) fn undo(&mut self) {
        for (_, table) in self.tables.each() {
            table.undo();
        }
    }

    /// Whether anything was done to the tables since the last `commit`.
    pub(super) fn is_changed(&mut self) -> bool {
        let tables = self.tables.each();
        tables.into_iter().any(|(_, table)| table.is_changed())
    }

    /// What was done to the tables since the last `commit`.
    pub(super) fn changes(&mut self) -> Map<String, Value> {
        let tables = self.tables.each().into_iter();
        tables
            .filter_map(|(name, table)| Some((name.to_owned(), table.change()?)))
            .collect()
    }

    /// Does what a change tells. The error says what is wrong with it.
    pub(super) fn replay(&mut self, change: Change) -> Result<(), String> {
        let Change { settings, tables } = change;
        if let Some(settings) = settings {
            self.settings = settings;
        }
        for (name, rows) in tables {
            let each = self.tables.each().into_iter();
            let found = each.into_iter().find(|(own, _)| *own == name);
            let (_, table) = found.ok_or_else(|| format!("no table is called {name}"))?;
            let replayed = table.replay(rows);
            replayed.map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }
}
