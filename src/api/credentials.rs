//! What proves who is asking. The secret part has no `Serialize`, and its `Debug` is redacted.

use miette::Diagnostic;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// A credential of fewer bytes is not looked for in texts: it would stand in ordinary words.
/// Cloudflare's own have 37 or more.
const REDACTABLE: usize = 8;

/// An API token, or an e-mail address with the global API key.
#[derive(Debug)]
pub struct Credentials(Scheme);

#[derive(Debug)]
enum Scheme {
    Token(SecretString),
    Key { email: String, key: SecretString },
}

impl Credentials {
    /// An API token, of a user or of an account. Line ends after it are dropped, because a
    /// token file has them.
    ///
    /// # Errors
    /// When it cannot be sent in a header; the message names the place, never the token.
    pub fn token(token: &str) -> Result<Self, CredentialError> {
        Ok(Self(Scheme::Token(secret("API token", token)?)))
    }

    /// An e-mail address and the global API key that belongs to it.
    ///
    /// # Errors
    /// When either cannot be sent in a header.
    pub fn key(email: &str, key: &str) -> Result<Self, CredentialError> {
        Ok(Self(Scheme::Key {
            email: checked("e-mail address", email)?.to_owned(),
            key: secret("API key", key)?,
        }))
    }

    /// Whether it is the global API key.
    pub(crate) fn is_key(&self) -> bool {
        match &self.0 {
            Scheme::Token(_) => false,
            Scheme::Key { .. } => true,
        }
    }

    /// The headers that carry the credentials, with lower-case names.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        match &self.0 {
            Scheme::Token(token) => {
                vec![("authorization", format!("Bearer {}", token.expose_secret()))]
            }
            Scheme::Key { email, key } => vec![
                ("x-auth-email", email.clone()),
                ("x-auth-key", key.expose_secret().to_owned()),
            ],
        }
    }

    /// The text without the secret: an error page may echo the request's headers.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secret = match &self.0 {
            Scheme::Token(secret) | Scheme::Key { key: secret, .. } => secret.expose_secret(),
        };
        if secret.len() < REDACTABLE {
            return text.to_owned();
        }
        text.replace(secret, "[REDACTED]")
    }
}

/// Why a credential cannot be used. Never holds the credential.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum CredentialError {
    /// Nothing there.
    #[error("the {what} is empty")]
    #[diagnostic(
        code(tunctl::bad_credentials),
        help("set CLOUDFLARE_API_TOKEN, or name a file with --token-file")
    )]
    Empty {
        /// Which credential.
        what: &'static str,
    },
    /// Something no header can carry, or no credential contains.
    #[error("the {what} has {found} at character {at}")]
    #[diagnostic(
        code(tunctl::bad_credentials),
        help("give the {what} alone: no quotes, no `Bearer`, no second line")
    )]
    Character {
        /// Which credential.
        what: &'static str,
        /// What sort of character.
        found: &'static str,
        /// Where, counted from 1.
        at: usize,
    },
}

fn secret(what: &'static str, text: &str) -> Result<SecretString, CredentialError> {
    checked(what, text).map(SecretString::from)
}

fn checked<'a>(what: &'static str, text: &'a str) -> Result<&'a str, CredentialError> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(CredentialError::Empty { what });
    }
    match text
        .chars()
        .enumerate()
        .find(|(_, letter)| !letter.is_ascii_graphic())
    {
        None => Ok(text),
        Some((before, letter)) => Err(CredentialError::Character {
            what,
            found: sort(letter),
            at: before + 1,
        }),
    }
}

fn sort(letter: char) -> &'static str {
    match letter {
        '\r' | '\n' => "a line break",
        letter if letter.is_whitespace() => "white space",
        letter if letter.is_ascii() => "a control character",
        _ => "a character outside ASCII",
    }
}
