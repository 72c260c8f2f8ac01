//! What a kind says of the secrets of its objects: when they are shown, and how one follows
//! another.

use jiff::Timestamp;

use crate::cloudflare::Secret;
use crate::request::Request;

/// When Cloudflare shows the secret of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Whenever it is asked: a run token (cloudflare-api.md 3.5).
    Readable,
    /// Only when it is made: what is lost then has to be made anew.
    ShownOnce,
}

/// What a rotation needs beside the object.
#[derive(Debug, Clone)]
pub struct Terms {
    /// What the time is.
    pub now: Timestamp,
    /// When the old secret is to end, once the new one is put away.
    pub grace_until: Timestamp,
    /// Whether no secret may be made, because that would end one that is in use: only the end of
    /// the object moves.
    pub spare: bool,
    /// 32 random bytes in base64, for a kind whose secrets are chosen here.
    pub fresh: Secret,
}

/// How a secret is replaced. Between the two parts the new one is put away.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// Makes the new secret. The old one goes on working. `None` if no secret is made.
    pub make: Option<Request>,
    /// Ends the old one, once the new one is put away, and brings every declared field.
    pub retire: Vec<Request>,
    /// What the new secret belongs to.
    pub makes: Makes,
    /// When the new secret will end, once all of this is done, if not as the answer that shows it
    /// says.
    pub ends: Option<Timestamp>,
}

impl Rotation {
    /// A new secret of the same object, chosen here. The old one ends by itself: what is connected
    /// stays so, and needs the new one to connect anew (cloudflare-api.md 2.4).
    #[must_use]
    pub fn by(make: Request) -> Self {
        Self {
            make: Some(make),
            retire: Vec::new(),
            makes: Makes::Secret,
            ends: None,
        }
    }
}

/// What a rotation makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    /// Another secret of the same object. If it cannot be put away, nobody uses it.
    Secret,
    /// Another object beside the old one. If its secret cannot be put away, it is deleted.
    Object,
}
