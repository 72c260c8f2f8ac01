//! Hostnames of rules: what cloudflared accepts and what they match.

/// Go's `net.SplitHostPort`: the host without brackets, and the port, whatever it is; `None`
/// where Go fails, as without a port.
#[must_use]
pub fn split_port(text: &str) -> Option<(&str, &str)> {
    let (before, port) = text.rsplit_once(':')?;
    let (host, rest) = match before.strip_prefix('[') {
        // The first bracket that closes must be the last character.
        Some(inner) => match inner.split_once(']')? {
            (host, "") => (host, ""),
            _ => return None,
        },
        None if before.contains(':') => return None,
        None => (before, before),
    };
    let stray = host.contains('[') || rest.contains(']') || port.contains(['[', ']']);
    (!stray).then_some((host, port))
}
