//! From what `--store` says to a backend.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backend::Backend;
use super::clocks::Clocks;
use super::directory::Directory;
use super::error::StoreError;

/// What stands behind the scheme of an address, and in no directory that anybody means.
pub(super) const SCHEME_END: &str = "://";

/// The backend of a place.
///
/// # Errors
/// If the place cannot be one, or its settings contradict each other.
pub(super) fn backend(
    place: &str,
    environment: &BTreeMap<String, String>,
    clocks: &Arc<dyn Clocks>,
) -> Result<Arc<dyn Backend>, StoreError> {
    let bad = |reason: String| StoreError::BadPlace {
        place: place.to_owned(),
        reason,
    };
    if place.is_empty() {
        return Err(bad("it is empty".to_owned()));
    }
    let Some((scheme, rest)) = place.split_once(SCHEME_END) else {
        return Ok(Arc::new(Directory::new(place.into(), Arc::clone(clocks))));
    };
    match scheme {
        "s3" | "gs" | "az" => in_cloud((scheme, rest), environment, clocks).map_err(bad),
        other => Err(bad(format!("there are no stores of the sort `{other}`"))),
    }
}

#[cfg(feature = "cloud-stores")]
fn in_cloud(
    (scheme, rest): (&str, &str),
    environment: &BTreeMap<String, String>,
    clocks: &Arc<dyn Clocks>,
) -> Result<Arc<dyn Backend>, String> {
    let cloud = super::cloud::Cloud::open(scheme, rest, environment, clocks)?;
    Ok(Arc::new(cloud))
}

#[cfg(not(feature = "cloud-stores"))]
fn in_cloud(
    _address: (&str, &str),
    _environment: &BTreeMap<String, String>,
    _clocks: &Arc<dyn Clocks>,
) -> Result<Arc<dyn Backend>, String> {
    Err("this tunctl was built without `cloud-stores`".to_owned())
}
