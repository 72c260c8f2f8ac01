//! Who may ask: a file with one line for each token, which holds its digest and not the token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// The shortest token. Digests are of one round, which is enough only for what nobody can guess:
/// 32 characters of a generator.
pub const SHORTEST: usize = 32;

/// How many tunnels an owner may have at a time, unless the line says otherwise: the published
/// number.
const QUOTA: u32 = 5;

/// Somebody with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The owner's name.
    pub owner: String,
    /// How many tunnels it may have at a time.
    pub quota: u32,
    /// The domain below which its hostnames are; the service's own if `None`.
    pub domain: Option<String>,
}

/// All tokens.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<([u8; 32], Caller)>);

impl Tokens {
    /// Reads the file: `OWNER sha256:DIGEST [max=N] [domain=NAME]` a line, `#` begins a comment.
    ///
    /// # Errors
    /// Every line that is none, by its number; digests are not shown.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut tokens: Vec<([u8; 32], Caller)> = Vec::new();
        let mut problems = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line
                .split('#')
                .next()
                .unwrap_or("")
                .split_whitespace()
                .collect();
            if words.is_empty() {
                continue;
            }
            match entry(&words) {
                Ok((digest, _)) if tokens.iter().any(|(other, _)| *other == digest) => {
                    problems.push(wrong(index, "has the token of another line"));
                }
                Ok(token) => tokens.push(token),
                Err(why) => problems.push(wrong(index, &why)),
            }
        }
        if tokens.is_empty() && problems.is_empty() {
            let message = "the file of tokens has none, so nobody could ask for anything";
            problems.push(Problem::new("tunctl::bad_tokens", message).help(HELP));
        }
        if problems.is_empty() {
            Ok(Self(tokens))
        } else {
            Err(problems)
        }
    }

    /// Whose a token is. Takes the same time for every token of a length.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<&Caller> {
        let given = digest(token);
        let mut found = None;
        for (digest, caller) in &self.0 {
            let differing = digest
                .iter()
                .zip(&given)
                .fold(0, |all, (a, b)| all | (a ^ b));
            if std::hint::black_box(differing) == 0 {
                found = Some(caller);
            }
        }
        found
    }

    /// The domains that lines name.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|(_, caller)| caller.domain.as_deref())
    }
}

const HELP: &str = "a line is `OWNER sha256:DIGEST [max=N] [domain=NAME]`; `tunctl serve hash-token OWNER` \
                    prints it for the token on its standard input";

fn wrong(index: usize, why: &str) -> Problem {
    let message = format!("line {} of the file of tokens {why}", index + 1);
    Problem::new("tunctl::bad_tokens", message).help(HELP)
}

fn entry(words: &[&str]) -> Result<([u8; 32], Caller), String> {
    let (owner, rest) = words.split_first().expect("it has a word");
    if !is_owner(owner) {
        return Err("has no owner: 1 to 64 of A-Z, a-z, 0-9, `.`, `_`, `@` and `-`".to_owned());
    }
    let hashed = rest.first().and_then(|it| it.strip_prefix("sha256:"));
    let digest = hashed
        .and_then(bytes)
        .ok_or("has no `sha256:` and 64 hex digits")?;
    let mut caller = Caller {
        owner: (*owner).to_owned(),
        quota: QUOTA,
        domain: None,
    };
    for word in &rest[1..] {
        match word.split_once('=') {
            Some(("max", number)) => {
                caller.quota = number.parse().map_err(|_| "has no number behind `max=`")?;
            }
            Some(("domain", name)) => caller.domain = Some(domain(name)?),
            Some(_) | None => {
                return Err("has a word that is neither `max=` nor `domain=`".to_owned());
            }
        }
    }
    Ok((digest, caller))
}

/// Whether a text can be an owner's name.
#[must_use]
pub fn is_owner(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._@-".contains(letter);
    (1..=64).contains(&text.len()) && text.chars().all(fits)
}

/// A domain that hostnames can be below, in the form that records have.
///
/// # Errors
/// If it is none, or leaves no room for a slug.
pub fn domain(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // 253 characters in all; a slug and its dot take 33.
    if name.len() <= 220 && name.contains('.') && name.split('.').all(label) {
        Ok(name)
    } else {
        Err(format!("names no domain: `{text}`"))
    }
}

/// The digest of a token as the file has it.
#[must_use]
pub fn hashed(token: &str) -> String {
    let digits = digest(token).map(|byte| format!("{byte:02x}"));
    digits.concat()
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Something that nobody can guess: 32 random bytes as text.
#[must_use]
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(fresh::<32>())
}

/// Bytes of the system's generator.
pub(super) fn fresh<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}
