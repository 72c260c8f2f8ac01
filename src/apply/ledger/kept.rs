//! Teardowns as the store keeps them: one object each, from before their first request until they
//! are over.

use super::Desk;
use crate::store::{Name, Store, StoreError};
use crate::teardown::Teardown;

/// The teardowns of a stack that have begun and not ended.
///
/// # Errors
/// If the store does not answer, or holds something that is none.
pub async fn teardowns(desk: &Desk<'_>) -> Result<Vec<Teardown>, StoreError> {
    let Some(store) = desk.store else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for name in store.list(&stopping(desk, None)?).await? {
        let Some(bytes) = store.get(&name).await? else {
            continue;
        };
        let read: Teardown =
            serde_json::from_slice(&bytes).map_err(|error| corrupt(store, &name, &error))?;
        if read.stack != desk.stack || !is_named(desk, &read, &name) {
            return Err(misplaced(store, &name, "it belongs under another name"));
        }
        found.push(read);
    }
    Ok(found)
}

/// Whether a teardown stands where it would be removed when it is over.
fn is_named(desk: &Desk<'_>, teardown: &Teardown, name: &Name) -> bool {
    stopping(desk, Some(&teardown.op_id)).is_ok_and(|own| own == *name)
}

/// The error of an object that somebody copied: what it says is not about its own name.
#[must_use]
pub fn misplaced(store: &Store, name: &Name, reason: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        place: store.place().to_owned(),
        name: name.to_string(),
        reason: reason.into(),
    }
}

/// The error of an object that is not what tunctl wrote.
#[must_use]
pub fn corrupt(store: &Store, name: &Name, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt {
        place: store.place().to_owned(),
        name: name.to_string(),
        reason: error.to_string(),
    }
}

/// Where a stack's teardowns are kept, or one of them.
pub(super) fn stopping(desk: &Desk<'_>, op_id: Option<&str>) -> Result<Name, StoreError> {
    let file = op_id.map(|op_id| format!("{op_id}.json"));
    let mut parts = vec![desk.account, "stopping", desk.stack];
    parts.extend(file.as_deref());
    Name::new(&parts)
}
