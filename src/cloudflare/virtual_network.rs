//! Virtual networks, which keep private networks with the same addresses apart (6.2).

use serde::{Deserialize, Serialize};

use super::{List, Operation, body, filtered};
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// "Cannot delete the Virtual Network because: it is the default virtual network".
pub const IS_DEFAULT: u64 = 1049;

/// Which virtual networks a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Only deleted ones, or only the living. Always asked, as for tunnels (2.1).
    pub is_deleted: bool,
    /// One of them.
    pub id: Option<RemoteId>,
    /// The whole name.
    pub name: Option<String>,
    /// Only the default one, or all others.
    pub is_default_network: Option<bool>,
}

/// A virtual network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualNetwork {
    /// A UUID.
    pub id: RemoteId,
    /// At most 256 characters.
    pub name: String,
    /// For people.
    pub comment: Option<String>,
    /// Exactly one of an account is.
    #[serde(default)]
    pub is_default_network: bool,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339; absent or null while it lives.
    pub deleted_at: Option<String>,
}

/// A virtual network to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct New {
    /// At most 256 characters.
    pub name: String,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Takes the place of the one that was the default.
    pub is_default_network: bool,
}

/// What changes of a virtual network; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Takes the place of the one that was the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_network: Option<bool>,
}

/// Whether a deletion minds what depends on the virtual network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// Refused while anything does.
    No,
    /// Deleted all the same. Cloudflare does not document it; cloudflared sends it.
    Yes,
}

/// The virtual networks of an account. There are at most 1,000, and no pages (1.3).
#[must_use]
pub fn list(account: &str, filter: &Filter) -> List<VirtualNetwork> {
    List::whole(filtered(Request::get(&all(account)), filter))
}

/// Makes a virtual network.
#[must_use]
pub fn create(account: &str, new: &New) -> Operation<VirtualNetwork> {
    Operation::new(Request::new(Method::Post, &all(account)).body(body(new)))
}

/// One virtual network.
#[must_use]
pub fn get(account: &str, id: &RemoteId) -> Operation<VirtualNetwork> {
    Operation::new(Request::get(&one(account, id)))
}

/// Changes a virtual network in place.
#[must_use]
pub fn patch(account: &str, id: &RemoteId, patch: &Patch) -> Operation<VirtualNetwork> {
    Operation::new(Request::new(Method::Patch, &one(account, id)).body(body(patch)))
}

/// Deletes a virtual network.
#[must_use]
pub fn delete(account: &str, id: &RemoteId, force: Force) -> Operation<VirtualNetwork> {
    let request = Request::new(Method::Delete, &one(account, id));
    Operation::new(match force {
        Force::No => request,
        Force::Yes => request.query("force", "true"),
    })
}

fn all(account: &str) -> [&str; 4] {
    ["accounts", account, "teamnet", "virtual_networks"]
}

fn one<'a>(account: &'a str, id: &'a RemoteId) -> [&'a str; 5] {
    let id = id.as_str();
    ["accounts", account, "teamnet", "virtual_networks", id]
}
