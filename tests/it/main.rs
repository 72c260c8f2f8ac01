//! The only integration-test binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

/// Taking over what somebody else made.
mod adopt;
/// The API client: retries, rate, pages, envelope, HTTP.
mod api;
/// What is sent when a plan is carried out, and in which order.
mod apply;
/// What goes wrong while a plan is carried out, and what is done about it.
mod apply_failures;
/// The layers of the source, and what may stand in which.
mod architecture;
/// Manifests against what they were at a commit.
mod base;
/// How many requests a large stack costs.
mod budget;
/// What is ready to use in CI: the action's scripts, GitLab's jobs, Atlantis's steps.
#[cfg(unix)]
mod ci;
/// The binary as its users and CI run it.
mod cli;
/// Cloudflare's operations as values, family by family.
mod cloudflare;
/// Configurations that are loaded late, or by nobody.
mod converge;
/// The end of a whole stack.
mod destroy;
/// Manifests that are wrong, as their authors see it.
mod diagnostics;
/// `tunctl doctor`: what is wrong that no plan shows.
mod doctor;
/// Live objects that are not as the manifest says.
mod drift;
/// `tunctl drift`: the plan seen from the other side.
mod drift_command;
/// The emulator, in process and over HTTP.
mod emulator;
/// `tunctl explain`: the way of a request, from the manifest and from the account.
mod explain;
/// `tunctl fmt`: the layout changes, the meaning never.
mod fmt;
/// What plans cost, and what they will cost.
mod forecast;
/// `tunctl graph`: what leads where, as a picture.
mod graph;
/// Limits, protection, and what stops a deletion.
mod guard;
/// `tunctl import`: manifests from what is described elsewhere.
mod import;
/// `tunctl import`: an account as it is, as a manifest.
mod import_live;
/// `tunctl import terraform`: what Terraform keeps, as a manifest.
mod import_terraform;
/// What cloudflared does with ingress rules.
mod ingress;
/// `tunctl ingress`: the answers of cloudflared, as commands.
mod ingress_commands;
/// Every kind alone: its requests, and how it reads what Cloudflare answers.
mod kind;
/// The table kinds × cases.
mod kind_cases;
/// Every kind has all that belongs to a kind, and the schema says so.
mod kinds;
/// Secrets in anything that is written.
mod leaks;
/// Servers that say "success" and something else.
mod lies;
/// The end of tunnels: teardown, expiry, kills at every request, and what the store remembers.
mod lifecycle;
/// What is valid and hardly wanted: every lint, its silence, and how it ends a run.
mod lints;
/// The lock of an account.
mod lock;
/// The same documents through another reader.
mod manifest_differential;
/// Changes of one scalar that leave the rest of a text alone.
mod manifest_edit;
/// Manifests from disk: several mistakes at once, hostile files, damaged examples.
mod manifest_files;
/// Variables in values: what they become, and where a mistake is shown.
mod manifest_interpolate;
/// A manifest and what it includes: sections put together, contradictions at both places.
mod manifest_merge;
/// The schema as an editor sees it: valid, closed, every key documented.
mod manifest_schema;
/// A tree against a schema: every mistake at its place, and the value that `serde` gets.
mod manifest_shape;
/// The manifest's own tests, and how they end a run.
mod manifest_tests;
/// YAML into nodes: the gallery of refused texts, the budget, and arbitrary bytes.
mod manifest_yaml;
/// What changes before what.
mod order;
/// What may be deleted, and what never is.
mod ownership;
/// What is planned for what is declared.
mod plan;
/// Saved plans: shown, carried out, outdated, tampered with.
mod plan_file;
/// Private routes and virtual networks in a whole account.
mod private_network;
/// Random worlds: what holds in every one of them.
mod properties;
/// What the README and the examples say, done.
mod readme;
/// New names for what is there.
mod rename;
/// Plans, events and outcomes as text and JSON.
mod render;
/// Secrets made anew, connectors and tokens, as an operator sees them.
mod rotate;
/// Secrets and their sinks when the process dies on the way.
mod secrets;
/// A part of a plan.
mod select;
/// `tunctl serve`: the lifecycle as a service.
mod serve;
/// Completions and manual pages.
mod shell;
/// Signals at the real binary: the first one ends a run in good order, the second one at once.
#[cfg(unix)]
mod signals;
/// Files and programs that take secrets.
mod sinks;
/// Snapshots: plans without a token and without a network.
mod snapshot;
/// The store: objects, logs, and what a crash leaves of them.
mod store;
/// What several tests share: simulated time, scripted servers, worlds, the binary.
mod support;
/// `tunctl watch`: cycles, metrics, health; parts of many stacks.
mod watch;
