//! Permission groups: Cloudflare's names for rights, to which policies refer by id.

use crate::address::{Address, RemoteId};
use crate::observed::Object;
use serde_json::json;

/// What addresses of permission groups begin with. They are Cloudflare's own, so there is no
/// kind that could make one.
pub(super) const KIND: &str = "permission_group";

/// The address of a group.
pub(super) fn address(name: &str) -> Address {
    Address::new(KIND, name)
}

/// A group as something to refer to.
pub(super) fn seen(id: RemoteId, name: &str) -> (Address, Object) {
    (address(name), Object::new(id, json!({})))
}
