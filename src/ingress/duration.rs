//! Durations of `originRequest`: Go's text in files, whole seconds on Cloudflare's wire.
//!
//! What a manifest or the wire yields is always whole seconds; only cloudflared's own files can
//! hold less, which is why the value is kept in nanoseconds, as Go does.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOSECONDS: i64 = 1_000_000_000;

/// A span of time, as Go holds it. Prints as Go's duration text: `1m30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Seconds {
    nanoseconds: i64,
}

/// Why a text is no duration that Cloudflare takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationFault {
    /// The text does not follow Go's grammar, or is beyond some 292 years.
    #[error("invalid duration")]
    Invalid,
    /// A number without a unit.
    #[error("missing unit in duration")]
    MissingUnit,
    /// A unit that Go does not know, such as `d`.
    #[error("unknown unit `{0}` in duration")]
    UnknownUnit(String),
    /// A duration, but not of whole seconds.
    #[error("Cloudflare takes whole seconds")]
    NotWhole,
}

impl DurationFault {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Invalid => "write a duration such as `30s`, `1m30s` or `2h`",
            Self::MissingUnit => "add a unit: `s`, `m` or `h`",
            Self::UnknownUnit(_) => "the units are `s`, `m` and `h`",
            Self::NotWhole => "round it to seconds, such as `1s`",
        }
    }
}

impl Seconds {
    /// A number of seconds. Beyond Go's range of some 292 years it wraps, as in cloudflared.
    #[must_use]
    pub const fn new(seconds: i64) -> Self {
        Self {
            nanoseconds: seconds.wrapping_mul(NANOSECONDS),
        }
    }

    /// Reads a duration of a manifest: Go's grammar, whole seconds.
    ///
    /// # Errors
    /// [`DurationFault`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, DurationFault> {
        let duration = Self::parse_go(text)?;
        match duration.whole() {
            Some(_) => Ok(duration),
            None => Err(DurationFault::NotWhole),
        }
    }

    /// Reads a duration of a file of cloudflared's, which may be a fraction of a second.
    ///
    /// # Errors
    /// As Go's `time.ParseDuration`.
    pub fn parse_go(text: &str) -> Result<Self, DurationFault> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if unsigned.is_empty() {
            return Err(DurationFault::Invalid);
        }
        let mut total: u64 = 0;
        let mut rest = if unsigned == "0" { "" } else { unsigned };
        while !rest.is_empty() {
            let (part, after) = parse_part(rest)?;
            total = total.checked_add(part).ok_or(DurationFault::Invalid)?;
            if total > 1 << 63 {
                return Err(DurationFault::Invalid);
            }
            rest = after;
        }
        let signed = if text.starts_with('-') {
            0_i64.checked_sub_unsigned(total)
        } else {
            i64::try_from(total).ok()
        };
        let nanoseconds = signed.ok_or(DurationFault::Invalid)?;
        Ok(Self { nanoseconds })
    }

    /// The number of seconds; `None` for a fraction.
    #[must_use]
    pub const fn whole(self) -> Option<i64> {
        if self.nanoseconds % NANOSECONDS == 0 {
            Some(self.nanoseconds / NANOSECONDS)
        } else {
            None
        }
    }

    /// The number of nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.nanoseconds.unsigned_abs();
        if self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        match size {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{size}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(size, 3)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(size, 6)),
            1_000_000_000.. => {
                let minutes = size / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", decimal(size % 60_000_000_000, 9))
            }
        }
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Seconds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `30s`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seconds, E> {
                // A fraction has been refused where it may not stand, with a place and a cure.
                Seconds::parse_go(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl JsonSchema for Seconds {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "ingress-duration"})
    }
}

/// `size` with `places` digits after the point, without trailing zeros.
fn decimal(size: u64, places: u32) -> String {
    let scale = 10_u64.pow(places);
    let width = places as usize;
    let text = format!("{}.{:0width$}", size / scale, size % scale);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One number with its unit, in nanoseconds, and what follows it.
fn parse_part(text: &str) -> Result<(u64, &str), DurationFault> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationFault::Invalid);
    }
    let number = whole.bytes().try_fold(0_u64, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))
            .filter(|number| *number <= 1 << 63)
    });
    let number = number.ok_or(DurationFault::Invalid)?;
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit());
    let (unit, rest) = rest.split_at(end.unwrap_or(rest.len()));
    let unit = match unit {
        "" => return Err(DurationFault::MissingUnit),
        "ns" => 1_u32,
        // Both the micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => return scale(number, fraction, 60_000_000_000, rest),
        "h" => return scale(number, fraction, 3_600_000_000_000, rest),
        _ => return Err(DurationFault::UnknownUnit(unit.to_owned())),
    };
    scale(number, fraction, u64::from(unit), rest)
}

fn scale<'t>(
    number: u64,
    fraction: &str,
    unit: u64,
    rest: &'t str,
) -> Result<(u64, &'t str), DurationFault> {
    number
        .checked_mul(unit)
        .and_then(|whole| whole.checked_add(fraction_of(fraction, unit)))
        .filter(|part| *part <= 1 << 63)
        .map(|part| (part, rest))
        .ok_or(DurationFault::Invalid)
}

/// The digits after the point, of a unit, rounded in floating point as Go does; digits beyond
/// what 63 bits hold are ignored.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go's own arithmetic; the result is at most one unit"
)]
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1_f64);
    for digit in digits.bytes() {
        if value > ((1 << 63) - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_as_go_does() {
        for (text, printed) in [
            ("0", "0s"),
            ("90s", "1m30s"),
            ("1.5h", "1h30m0s"),
            ("1h2m3s", "1h2m3s"),
            ("-5s", "-5s"),
            ("+5.s", "5s"),
            (".5m", "30s"),
            ("2000ms", "2s"),
            ("2540400h10m10s", "2540400h10m10s"),
        ] {
            let seconds = Seconds::parse(text).map(|seconds| seconds.to_string());
            assert_eq!(seconds.as_deref(), Ok(printed), "{text}");
        }
        let fraction = |text| Seconds::parse_go(text).map(|seconds| seconds.to_string());
        assert_eq!(fraction("1500ms"), Ok("1.5s".into()));
        assert_eq!(fraction("100000ns"), Ok("100µs".into()));
        assert_eq!(
            fraction("-9223372036854775808ns"),
            Ok("-2562047h47m16.854775808s".into())
        );
    }

    #[test]
    fn refuses_what_go_or_cloudflare_refuses() {
        for (text, fault) in [
            ("", DurationFault::Invalid),
            ("s", DurationFault::Invalid),
            (".s", DurationFault::Invalid),
            ("1 s", DurationFault::UnknownUnit(" s".into())),
            ("30", DurationFault::MissingUnit),
            ("1d", DurationFault::UnknownUnit("d".into())),
            ("9223372037s", DurationFault::Invalid),
            ("9223372036854775808ns", DurationFault::Invalid),
            ("100ms", DurationFault::NotWhole),
            ("1.5s", DurationFault::NotWhole),
        ] {
            assert_eq!(Seconds::parse(text), Err(fault), "{text}");
        }
    }
}
