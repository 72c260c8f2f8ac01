//! The emulator: every behaviour through `World::answer`, and what only a socket can show.

/// One world and shorthands for calling it.
mod desk;

/// Remote configurations and the connectors that load them.
mod configurations;
/// Answers against Cloudflare's own description of them.
mod conformance;
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
/// Over real HTTP.
mod http;
/// Many clients at once, and a process that is killed.
mod load;
/// The manual's examples.
mod manual;
/// The rate limit.
mod rate;
/// Worlds in files.
mod state_file;
/// Restricted tokens.
mod tokens;
/// Tunnels from create to delete.
mod tunnels;
/// Zones and what their plans allow.
mod zones;
