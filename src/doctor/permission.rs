//! Which permission opens what: the table of the README, for programs. Cloudflare's names are in
//! `cloudflare-api.md` 2.7, 4, 5.1, 5.5, 6.1, 7 and 8.

/// What a permission is granted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// An account.
    Account,
    /// A zone.
    Zone,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To look.
    Read,
    /// To change, and to look.
    Edit,
}

impl Access {
    /// The dashboard's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Edit => "Edit",
        }
    }

    /// The last words of the API's permission groups that give it.
    #[must_use]
    pub fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["Read", "Write"],
            Self::Edit => &["Write"],
        }
    }

    /// The last word of the group that gives this and no more.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        self.suffixes()[0]
    }
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// As the dashboard names it, and the API without the last word.
    pub name: &'static str,
    /// Others that do as well.
    pub instead: &'static [&'static str],
    /// What it is granted for.
    pub level: Level,
    /// The kinds whose objects it opens.
    pub kinds: &'static [&'static str],
    /// The commands that need it to read.
    pub reads: &'static [&'static str],
    /// The commands that need it to write.
    pub writes: &'static [&'static str],
}

/// Commands that read whatever a plan reads.
const PLANS: &[&str] = &[
    "plan",
    "drift",
    "status",
    "apply",
    "destroy",
    "watch",
    "gc",
    "delete",
    "graph --live",
    "import",
];

/// The same, and those that show what is there.
const LOOKS: &[&str] = &[
    "plan",
    "drift",
    "status",
    "apply",
    "destroy",
    "watch",
    "gc",
    "delete",
    "graph --live",
    "import",
    "doctor",
    "explain --live",
];

/// Commands that write whatever a plan writes, or end it with a tunnel.
const APPLIES: &[&str] = &["apply", "destroy", "watch", "gc", "delete"];

/// Tunnels and their configurations.
pub static TUNNELS: Permission = Permission {
    name: "Cloudflare Tunnel",
    instead: &[
        "Cloudflare One Connectors",
        "Cloudflare One Connector: cloudflared",
    ],
    level: Level::Account,
    kinds: &["tunnel", "tunnel_config"],
    reads: &[
        "plan",
        "drift",
        "status",
        "apply",
        "destroy",
        "watch",
        "gc",
        "delete",
        "graph --live",
        "import",
        "doctor",
        "explain --live",
        "connectors list",
    ],
    writes: &[
        "apply",
        "destroy",
        "watch",
        "gc",
        "delete",
        "rotate tunnel",
        "connectors cleanup",
        "token run",
        "token management",
    ],
};

/// Private routes and virtual networks.
pub static NETWORKS: Permission = Permission {
    name: "Cloudflare Tunnel",
    instead: &["Cloudflare One Networks"],
    level: Level::Account,
    kinds: &["private_route", "virtual_network"],
    reads: PLANS,
    writes: APPLIES,
};

/// WARP connectors.
pub static CONNECTORS: Permission = Permission {
    name: "Cloudflare One Connectors",
    instead: &["Cloudflare One Connector: WARP"],
    level: Level::Account,
    kinds: &["warp_connector"],
    reads: PLANS,
    writes: APPLIES,
};

/// The list of zones.
pub static ZONES: Permission = Permission {
    name: "Zone",
    instead: &[],
    level: Level::Zone,
    kinds: &["dns_record", "service_token", "api_token"],
    reads: LOOKS,
    writes: &[],
};

/// Records.
pub static RECORDS: Permission = Permission {
    name: "DNS",
    instead: &[],
    level: Level::Zone,
    kinds: &["dns_record"],
    reads: LOOKS,
    writes: &["apply", "destroy", "watch", "gc", "delete", "doctor --fix"],
};

/// Service tokens of the account.
pub static SERVICE_TOKENS: Permission = SERVICE_TOKENS_OF_ACCOUNT;

/// Service tokens of a zone.
pub static ZONE_SERVICE_TOKENS: Permission = Permission {
    level: Level::Zone,
    ..SERVICE_TOKENS_OF_ACCOUNT
};

const SERVICE_TOKENS_OF_ACCOUNT: Permission = Permission {
    name: "Access: Service Tokens",
    instead: &[],
    level: Level::Account,
    kinds: &["service_token"],
    reads: &[
        "plan",
        "drift",
        "status",
        "apply",
        "destroy",
        "watch",
        "gc",
        "delete",
        "graph --live",
        "import",
        "rotate service-token",
    ],
    writes: &["apply", "destroy", "watch", "rotate service-token"],
};

/// API tokens of the account.
pub static API_TOKENS: Permission = Permission {
    name: "Account API Tokens",
    instead: &[],
    level: Level::Account,
    kinds: &["api_token"],
    reads: &[
        "plan",
        "drift",
        "status",
        "apply",
        "destroy",
        "watch",
        "gc",
        "delete",
        "graph --live",
        "import",
        "rotate api-token",
    ],
    writes: &["apply", "destroy", "watch", "rotate api-token"],
};

/// All rows.
pub static PERMISSIONS: &[&Permission] = &[
    &TUNNELS,
    &NETWORKS,
    &CONNECTORS,
    &ZONES,
    &RECORDS,
    &SERVICE_TOKENS,
    &ZONE_SERVICE_TOKENS,
    &API_TOKENS,
];

impl Permission {
    /// The commands that need it.
    #[must_use]
    pub fn commands(&self, access: Access) -> &'static [&'static str] {
        match access {
            Access::Read => self.reads,
            Access::Edit => self.writes,
        }
    }
}
