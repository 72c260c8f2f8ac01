//! Many changes of a zone's records in one transaction.

use serde_json::{Value, json};

use super::{Unnamed, change, create, invalid, refused, remove};
use crate::emulator::body::Body;
use crate::emulator::envelope::Answer;
use crate::emulator::failure::Failure;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;
use crate::emulator::zone::named;

/// Deletes, then patches, puts and posts, each in their order. The first failure is the
/// batch's, and undoes all of it.
pub(super) fn run(world: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    let most = named(world, visit)?.plan.batch_operations();
    let body = visit.body(invalid)?;
    let [deletes, patches, puts, posts] = [
        body.list("deletes")?,
        body.list("patches")?,
        body.list("puts")?,
        body.list("posts")?,
    ];
    let count = deletes.len() + patches.len() + puts.len() + posts.len();
    if count > most {
        // The code is the emulator's own: nobody has published Cloudflare's.
        let message = format!("A batch of {count} operations exceeds the limit of {most}.");
        return Err(refused(9208, message));
    }
    let zone = visit.param("zone");
    let deletes = each(deletes, |part| remove(world, zone, &id(part)?))?;
    let mut rewrite = |part: &Body<'_>, unnamed| {
        let id = id(part)?;
        change(world, (zone, &id), part, unnamed, visit.now)
    };
    let patches = each(patches, |part| rewrite(part, Unnamed::Stay))?;
    let puts = each(puts, |part| rewrite(part, Unnamed::Reset))?;
    let posts = each(posts, |part| create(world, zone, part, visit.now))?;
    let result = json!({"deletes": deletes, "patches": patches, "puts": puts, "posts": posts});
    Ok(Answer::of(result))
}

fn each(
    parts: &[Value],
    mut run: impl FnMut(&Body<'_>) -> Result<Value, Failure>,
) -> Result<Vec<Value>, Failure> {
    let parts = parts.iter();
    parts.map(|part| run(&Body::part(part, invalid)?)).collect()
}

fn id(part: &Body<'_>) -> Result<String, Failure> {
    let id = part.text("id")?;
    let id = id.ok_or_else(|| part.refuse("id is required"))?;
    Ok(id.to_ascii_lowercase())
}
