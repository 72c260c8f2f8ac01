//! Plans and outcomes made by hand, and every view of them.

/// Each action as a block, for people.
mod blocks;
/// What is left as it is, because the manifest's change did not cause it.
mod drift;
/// Annotations for GitHub's workflows.
mod github;
/// Properties: whatever strings come from elsewhere.
mod hostile;
/// HTML, as one page.
mod html;
/// JSON, for programs.
mod json;
/// Ingress rules as line diffs.
mod lists;
/// Markdown, for a comment on a pull request.
mod markdown;
/// Runs: events as they happen, and the end.
mod outcome;
/// What stands around the blocks, large plans, and what other programs read in it.
mod plan;
/// The line that is drawn while something goes on.
mod progress;
/// The published patterns of tfcmt and Atlantis.
mod readers;
/// Small plans, without a manifest or an account.
mod sample;
/// The JSON Schema of plans.
mod schema;
/// Every format at every size.
mod sizes;
