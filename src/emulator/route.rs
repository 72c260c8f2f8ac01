//! Which handler answers a method and a path. A family of resources is a file with a list of
//! endpoints, and one line in [`FAMILIES`].

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::access::{Groups, Level};
use super::envelope::Answer;
use super::failure::Failure;
use super::visit::Visit;
use super::world::World;
use super::{
    account_token, configuration, connection, dns, run_token, service_token, teamnet, tunnel,
    verify, warp_connector, zone,
};

/// The API, family by family.
pub(super) const FAMILIES: &[&[Endpoint]] = &[
    tunnel::ENDPOINTS,
    configuration::ENDPOINTS,
    connection::ENDPOINTS,
    run_token::ENDPOINTS,
    warp_connector::ENDPOINTS,
    teamnet::ENDPOINTS,
    zone::ENDPOINTS,
    dns::ENDPOINTS,
    verify::ENDPOINTS,
    service_token::ENDPOINTS,
    account_token::ENDPOINTS,
];

/// Answers a call. Whatever it did to the world before it failed is undone.
pub(super) type Handler = fn(&mut World, &Visit<'_>) -> Result<Answer, Failure>;

/// One operation of the API.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint {
    /// The HTTP method.
    pub(super) method: &'static str,
    /// The path below the base without its first `/`. `{name:hex}` stands for 32 hex digits,
    /// `{name:uuid}` for a UUID, `{name}` for any segment.
    pub(super) path: &'static str,
    /// Permission groups, any of which allows it.
    pub(super) groups: Groups,
    /// Which permission of the group it takes.
    pub(super) level: Level,
    /// What it does.
    pub(super) run: Handler,
}

impl Endpoint {
    /// An endpoint that reads.
    pub(super) const fn read(
        method: &'static str,
        path: &'static str,
        groups: Groups,
        run: Handler,
    ) -> Self {
        Self {
            method,
            path,
            groups,
            level: Level::Read,
            run,
        }
    }

    /// An endpoint that writes, or gives away what only a writer may have.
    pub(super) const fn write(
        method: &'static str,
        path: &'static str,
        groups: Groups,
        run: Handler,
    ) -> Self {
        Self {
            level: Level::Write,
            ..Self::read(method, path, groups, run)
        }
    }
}

/// The variable segments of a path.
pub(super) type Params = BTreeMap<&'static str, String>;

/// The endpoint for a method and a path below the base, with the path's variable segments.
pub(super) fn find(
    families: &[&[Endpoint]],
    method: &str,
    path: &str,
) -> Option<(Endpoint, Params)> {
    let segments = segments(path)?;
    families.iter().copied().flatten().find_map(|endpoint| {
        let params = params(endpoint.path, &segments)?;
        (endpoint.method == method).then_some((*endpoint, params))
    })
}

fn segments(path: &str) -> Option<Vec<String>> {
    let decode = |segment| percent_decode_str(segment).decode_utf8().ok();
    path.strip_prefix('/')?
        .split('/')
        .map(|segment| decode(segment).map(std::borrow::Cow::into_owned))
        .collect()
}

fn params(pattern: &'static str, segments: &[String]) -> Option<Params> {
    let mut own = pattern.split('/');
    let mut params = Params::new();
    for segment in segments {
        let expected = own.next()?;
        match variable(expected) {
            None if expected == segment => {}
            None => return None,
            Some((name, shape)) => {
                params.insert(name, shaped(shape, segment)?);
            }
        }
    }
    own.next().is_none().then_some(params)
}

fn variable(pattern: &'static str) -> Option<(&'static str, &'static str)> {
    let inner = pattern.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.split_once(':').unwrap_or((inner, "")))
}

fn shaped(shape: &str, segment: &str) -> Option<String> {
    let fits = match shape {
        "hex" => is_hex(segment),
        "uuid" => is_uuid(segment),
        _ => return (!segment.is_empty()).then(|| segment.to_owned()),
    };
    fits.then(|| segment.to_ascii_lowercase())
}

/// Whether a text is 32 hex digits: the id of an account, a zone, a record.
pub(super) fn is_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is a UUID with its four hyphens.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
