//! What doctor sees of the store. Nobody's lock is taken: a run that begins just then must not be
//! refused because somebody looked.

use uuid::Uuid;

use crate::command::session::Session;
use crate::command::stacks::Stack;
use crate::doctor::facts::StoreFacts;
use crate::store::{Name, Store, StoreError};

/// Looks at the store, and writes to it if `writes`.
pub(super) async fn look(session: &Session, stack: &Stack, writes: bool) -> StoreFacts {
    let (locks, account) = (&session.locks, stack.manifest.account.as_str());
    let read = locks.records(stack).await;
    let written = if writes && read.is_ok() {
        Some(makes_once(&locks.store, account).await)
    } else {
        None
    };
    let holder = match locks.store.seen(account).await {
        Ok(seen) => {
            let record = seen.map(|seen| seen.record).transpose();
            record.map(|it| it.filter(|it| it.holder.is_some()).map(|it| it.words()))
        }
        // That it cannot be read is said already.
        Err(_) => Ok(None),
    };
    StoreFacts {
        place: locks.store.place().to_owned(),
        read: read.map(|_| ()).map_err(|error| error.to_string()),
        written: written.map(|it| it.map_err(|error| error.to_string())),
        holder,
        is_private: locks.is_private(),
    }
}

/// Whether something can be made and not made again, by a name that is nobody else's.
async fn makes_once(store: &Store, account: &str) -> Result<bool, StoreError> {
    let name = Name::new(&[account, &format!("doctor-{}.json", Uuid::new_v4())])?;
    let first = store.create(&name, b"\"first\"\n").await?;
    let second = store.create(&name, b"\"second\"\n").await;
    store.delete(&name).await?;
    Ok(first && !second?)
}
