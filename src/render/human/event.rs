//! What happens during a run, a line for each event, as Terraform words it.

use std::io::{self, Write};

use super::line::{Line, Tone};
use crate::apply::{Event, Verdict};
use crate::plan::{Action, Change};
use crate::render::Style;
use crate::render::text::{count, prose};

/// Shows an event.
///
/// # Errors
/// If it cannot be written.
pub fn event(to: &mut dyn Write, event: &Event<'_>, style: Style) -> io::Result<()> {
    let line = match event {
        Event::Started(change) => {
            let Words { doing, .. } = words(&change.action);
            about(change, Tone::Strong, &format!("{doing}...{}", id(change)))
        }
        Event::Draining {
            change,
            connectors,
            left,
        } => {
            let connectors = count(*connectors, "connector");
            let seconds = left.as_secs();
            let text = format!("Still waiting for {connectors}... [{seconds} s left]");
            about(change, Tone::Strong, &text)
        }
        Event::Converging {
            change,
            connectors,
            left,
        } => {
            let connectors = count(*connectors, "connector");
            let seconds = left.as_secs();
            let text = format!("Still waiting for {connectors} to load it... [{seconds} s left]");
            about(change, Tone::Strong, &text)
        }
        Event::Finished(change, verdict) => finished(change, verdict),
    };
    line.write(to, style)
}

fn finished(change: &Change, verdict: &Verdict) -> Line {
    let Words { noun, .. } = words(&change.action);
    match verdict {
        Verdict::Done if matches!(change.action, Action::Delete { .. }) => {
            about(change, Tone::Strong, &format!("{noun} complete"))
        }
        Verdict::Done => about(
            change,
            Tone::Strong,
            &format!("{noun} complete{}", id(change)),
        ),
        Verdict::Moved(how) => about(change, Tone::Alarm, &format!("Left alone: {}", prose(how))),
        Verdict::Skipped(blocked) => {
            let blocked: Vec<String> = blocked.iter().map(ToString::to_string).collect();
            let text = format!("Skipped: waits for {}", blocked.join(", "));
            about(change, Tone::Warning, &text)
        }
        Verdict::Pending { code: _, message } => about(
            change,
            Tone::Warning,
            &format!("{noun} pending: {}", prose(message)),
        ),
        Verdict::Kept(why) => about(change, Tone::Strong, &format!("Not ended: {}", prose(why))),
        Verdict::Stopped => about(change, Tone::Warning, "Not begun"),
        Verdict::Failed(failure) => about(
            change,
            Tone::Alarm,
            &format!("{noun} failed: {}", prose(&failure.message)),
        ),
    }
}

fn about(change: &Change, tone: Tone, text: &str) -> Line {
    Line::new(tone, format!("{}: {text}", change.address))
}

/// Terraform's words for an action while it goes on, and for the whole of it.
pub(super) struct Words {
    pub(super) doing: &'static str,
    pub(super) noun: &'static str,
    /// As in "was not …".
    pub(super) done: &'static str,
}

pub(super) fn words(action: &Action) -> Words {
    let (doing, noun, done) = match action {
        Action::Create { .. } => ("Creating", "Creation", "created"),
        Action::Update { .. } => ("Modifying", "Modifications", "updated"),
        Action::Adopt { .. } => ("Adopting", "Adoption", "adopted"),
        Action::Rename { .. } => ("Renaming", "Renaming", "renamed"),
        Action::Rotate { .. } => ("Rotating", "Rotation", "rotated"),
        Action::Replace { .. } => ("Replacing", "Replacement", "replaced"),
        Action::Delete { .. } => ("Destroying", "Destruction", "destroyed"),
    };
    Words { doing, noun, done }
}

/// The object's id, where there is one already and it stays.
fn id(change: &Change) -> String {
    match &change.action {
        Action::Create { .. } | Action::Replace { .. } => String::new(),
        Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. }
        | Action::Delete { .. } => {
            let object = change.action.objects().first();
            object.map_or_else(String::new, |object| format!(" [id={}]", object.id))
        }
    }
}
