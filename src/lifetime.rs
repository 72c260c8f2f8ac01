//! Long times as people write them: a Go duration, also with days. `30d`, `24h`, `1d12h`.

use crate::ingress::Seconds;

/// Whole seconds of a text such as `30d`, `24h` or `1d12h`. `None` if it is none, or negative.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let (days, rest) = match text.split_once('d') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text),
    };
    let rest = match (text.contains('d'), rest) {
        (true, "") => 0,
        _ => u64::try_from(Seconds::parse(rest).ok()?.whole()?).ok()?,
    };
    days.checked_mul(86_400)?.checked_add(rest)
}

/// The schema of a field that takes one.
#[must_use]
pub fn schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "string", "format": "long-duration"})
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn days_go_before_what_go_knows() {
        assert_eq!(seconds("30d"), Some(30 * 86_400));
        assert_eq!(seconds("1d12h"), Some(36 * 3_600));
        assert_eq!(seconds("90m"), Some(5_400));
        for text in [
            "", "d", "1.5d", "-1d", "-1h", "12h1d", "1d ", "1w", "1d1d", "500ms",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(seconds("99999999999999999999d"), None);
        assert_eq!(seconds("999999999999999999d"), None);
    }
}
