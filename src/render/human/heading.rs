//! What stands above a resource's block: the line that Terraform's readers look for, and why.

use super::line::{Line, Tone};
use crate::address::Address;
use crate::desired::Drain;
use crate::kind;
use crate::observed::Touched;
use crate::ownership::Cause;
use crate::plan::{Action, Change, Reason};
use crate::render::text::{escaped, quoted};

/// The lines above the block of a change.
pub(super) fn heading(change: &Change) -> Vec<Line> {
    let mut lines = vec![title(change)];
    lines.extend(origin(change));
    lines.extend(notes(change));
    lines
}

/// `# tunnel.edge-web will be created`, in the words that tfcmt's patterns know. It has none
/// for what is adopted or renamed; Terraform itself says "updated" there, and [`origin`] below.
pub(crate) fn title(change: &Change) -> Line {
    let line = Line::at(2, Tone::Strong, format!("# {}", change.address));
    match &change.action {
        Action::Create { .. } => line.then(Tone::Plain, " will be created"),
        Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. } => line.then(Tone::Plain, " will be updated in-place"),
        Action::Replace { .. } => line
            .then(Tone::Plain, " must be ")
            .then(Tone::Alarm, "replaced"),
        Action::Delete { .. } => line
            .then(Tone::Plain, " will be ")
            .then(Tone::Alarm, "destroyed"),
    }
}

/// Where an object comes from that was not made under this address. tfcmt reads it off the line
/// right below the title.
pub(super) fn origin(change: &Change) -> Option<Line> {
    match &change.action {
        Action::Adopt { objects, .. } => {
            let id = objects.first()?.id.as_str();
            Some(comment(&format!("imported from {}", quoted(id))))
        }
        Action::Rename { from, .. } => {
            let former = Address::new(change.address.kind.clone(), from.clone());
            Some(comment(&format!("moved from {former}")))
        }
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. }
        | Action::Delete { .. } => None,
    }
}

/// Why it changes, and what happens on the way.
pub(crate) fn notes(change: &Change) -> Vec<Line> {
    let because = because(change).map(|why| comment(&format!("because {why}")));
    let lines = because.into_iter().chain(touched(change));
    lines.chain(draining(change)).collect()
}

/// When the object that is there was made or changed, in a plan that tells. Who did it,
/// Cloudflare does not say.
fn touched(change: &Change) -> Option<Line> {
    let object = change.action.objects().first()?;
    let text = match object.touched? {
        Touched::Made(at) => format!("made at Cloudflare on {at}"),
        Touched::Changed(at) => format!("last changed at Cloudflare on {at}"),
    };
    Some(comment(&match object.version {
        Some(version) => format!("{text}, version {version}"),
        None => text,
    }))
}

/// The reason in words; `None` where the title says it all.
fn because(change: &Change) -> Option<String> {
    match (&change.reason, &change.action) {
        (_, Action::Adopt { .. }) => {
            Some("the manifest adopts what somebody else made here".to_owned())
        }
        (_, Action::Rename { .. }) => Some("this stack has it under its former name".to_owned()),
        (Reason::New, Action::Create { .. }) => None,
        (Reason::New, _) => Some("it is new in the manifest".to_owned()),
        (Reason::Changed, _) => Some("the manifest has changed".to_owned()),
        (Reason::Drifted, Action::Create { .. }) => Some("it is gone from Cloudflare".to_owned()),
        (Reason::Differs, _) => Some("it differs from the manifest".to_owned()),
        (Reason::Drifted, _) => Some("what it refers to is gone from Cloudflare".to_owned()),
        // Declared, and goes nevertheless: only `destroy` does that.
        (Reason::Undeclared, _) if change.at.is_some() => {
            Some("the whole stack is destroyed".to_owned())
        }
        (Reason::Undeclared, _) => Some("it is no longer declared".to_owned()),
        (Reason::Follows(followed), _) => {
            Some(format!("{} gets a new id", escaped(&followed.to_string())))
        }
        (Reason::NotKept(sink), _) => Some(format!("its secret is not in sink {}", quoted(sink))),
        (Reason::Expires(at), _) => Some(format!("it ends at {at}")),
        (Reason::Unfinished, _) => Some("its last rotation did not end".to_owned()),
        (Reason::Requested, _) => Some("somebody asked for it".to_owned()),
        (Reason::Ends { cause, since }, _) => Some(match since {
            Some(since) => format!("its end began at {since}: {}", ends(*cause)),
            None => ends(*cause).to_owned(),
        }),
    }
}

/// Why something ends, in words.
pub(crate) fn ends(cause: Cause) -> &'static str {
    match cause {
        Cause::Undeclared => "it is no longer declared",
        Cause::Requested => "somebody asked for it",
        Cause::Ttl => "its time is over",
        Cause::Idle => "nothing was connected for too long",
        Cause::StaleLease => "its user gave no sign of life",
        Cause::CreateFailed => "it could not be made whole",
    }
}

/// What happens to the live connections of what is deleted.
fn draining(change: &Change) -> Option<Line> {
    let Action::Delete { drain, .. } = &change.action else {
        return None;
    };
    if !kind::drains(&change.address.kind) {
        return None;
    }
    let (tone, text) = match drain {
        Drain::Wait { seconds } => (
            Tone::Dim,
            format!("waits up to {seconds} s for live connections to end"),
        ),
        Drain::Evict { .. } => (Tone::Alarm, "cuts its live connections".to_owned()),
        Drain::Fail => (Tone::Dim, "stops if it has live connections".to_owned()),
    };
    Some(Line::at(2, tone, format!("# ({text})")))
}

fn comment(text: &str) -> Line {
    Line::at(2, Tone::Dim, format!("# ({text})"))
}
