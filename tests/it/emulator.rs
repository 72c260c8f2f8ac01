//! The emulator: every behaviour through `World::answer`, and what only a socket can show.

/// One world and shorthands for calling it.
mod desk;

/// API tokens of accounts, and what they grant.
mod account_tokens;
/// What is known about the API, and the tests that show it.
mod checklist;
/// Remote configurations and the connectors that load them.
mod configurations;
/// What the control API does to a world.
mod control;
/// Records one by one, their conflicts and refusals.
mod dns;
/// Batches and their transaction.
mod dns_batch;
/// Lists of records and their filters.
mod dns_list;
/// Credentials, envelope, headers, routes.
mod envelope;
/// Faults on purpose.
mod faults;
/// Anything at all is answered, and never with a 500.
mod garbage;
/// Hostnames pointed at tunnels in cloudflared's way.
mod hostnames;
/// Over real HTTP.
mod http;
/// The manual's examples.
mod manual;
/// Every operation of Cloudflare's own description, called rightly and wrongly.
mod openapi;
/// The rate limit.
mod rate;
/// Calls that a real client made, replayed.
mod recorded;
/// Private routes.
mod routes;
/// Access service tokens and their secrets.
mod service_tokens;
/// Worlds in files.
mod state_file;
/// Restricted tokens.
mod tokens;
/// Tunnels from create to delete.
mod tunnels;
/// Virtual networks.
mod virtual_networks;
/// WARP connectors, and the list of all types.
mod warp_connectors;
/// Zones and what their plans allow.
mod zones;
