//! The string formats that the schema names, each with its own check and code.

use super::shape::{Format, FormatFault, Formats, quoted};
use crate::address::Address;
use crate::ingress::{DurationFault, Seconds};
use crate::kind::service_token::lifetime_of;
use crate::kind::{self, AnyKind, KINDS};
use crate::lifetime;
use crate::ownership::Patterns;
use crate::suggest::nearest;

const DURATION: Format = Format {
    code: "tunctl::invalid_duration",
    message: "invalid duration",
    check: duration,
};

const STACK: Format = Format {
    code: "tunctl::pattern",
    message: "text in the wrong form",
    check: stack,
};

const ACCOUNT: Format = Format {
    check: account,
    ..STACK
};

const OWNED: Format = Format {
    code: "tunctl::invalid_glob",
    message: "invalid pattern",
    check: owned,
};

const ADDRESS: Format = Format {
    code: "tunctl::invalid_address",
    message: "invalid address",
    check: address,
};

const ADDRESS_GLOB: Format = Format {
    check: address_glob,
    ..ADDRESS
};

const LONG: Format = Format {
    check: long,
    ..DURATION
};

const VALIDITY: Format = Format {
    check: validity,
    ..DURATION
};

/// Every format of the schema.
pub(super) fn formats() -> Formats {
    Formats::from([
        ("ingress-duration", DURATION),
        ("long-duration", LONG),
        ("validity", VALIDITY),
        ("stack-name", STACK),
        ("account-id", ACCOUNT),
        ("owned-glob", OWNED),
        ("address", ADDRESS),
        ("address-glob", ADDRESS_GLOB),
    ])
}

fn duration(text: &str) -> Result<(), FormatFault> {
    let Err(fault) = Seconds::parse(text) else {
        return Ok(());
    };
    let (message, cure) = match &fault {
        DurationFault::Invalid => ("this is no duration".to_owned(), None),
        DurationFault::MissingUnit => ("this has no unit".to_owned(), with_unit(text)),
        DurationFault::UnknownUnit(unit) => (format!("`{unit}` is no unit"), in_hours(text)),
        DurationFault::NotWhole => (fault.to_string(), rounded(text)),
    };
    let help = cure.map_or_else(|| fault.help().to_owned(), |cure| format!("write {cure}"));
    Err(FormatFault {
        message,
        help: Some(help),
    })
}

fn long(text: &str) -> Result<(), FormatFault> {
    match lifetime::seconds(text) {
        Some(_) => Ok(()),
        None => Err(not_allowed(
            text,
            "write a time such as `30d`, `24h` or `1d12h`",
        )),
    }
}

fn validity(text: &str) -> Result<(), FormatFault> {
    match lifetime_of(text) {
        Some(_) => Ok(()),
        None => Err(not_allowed(
            text,
            "write whole hours such as `8760h`, or `forever`",
        )),
    }
}

fn with_unit(text: &str) -> Option<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| format!("`{text}s`"))
}

/// Go has no unit for days.
fn in_hours(text: &str) -> Option<String> {
    let days: u32 = text.strip_suffix('d')?.parse().ok()?;
    Some(format!("`{}h`", u64::from(days) * 24))
}

fn rounded(text: &str) -> Option<String> {
    let nanoseconds = Seconds::parse_go(text).ok()?.nanoseconds();
    let below = nanoseconds.div_euclid(Seconds::new(1).nanoseconds());
    let above = Seconds::new(below + 1);
    Some(match below {
        0 => format!("`{above}`"),
        _ => format!("`{}` or `{above}`", Seconds::new(below)),
    })
}

/// The schema's pattern lets variables pass, for editors; here they are replaced.
fn stack(text: &str) -> Result<(), FormatFault> {
    let legal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let whole = matches!(text.len(), 1..=32) && text.bytes().all(legal);
    if whole && !text.starts_with('-') {
        return Ok(());
    }
    Err(not_allowed(text, "write 1 to 32 of `a-z`, `0-9` and `-`"))
}

fn account(text: &str) -> Result<(), FormatFault> {
    let hex = |byte: u8| matches!(byte, b'a'..=b'f' | b'0'..=b'9');
    if text.len() == 32 && text.bytes().all(hex) {
        return Ok(());
    }
    Err(not_allowed(text, "write 32 hex digits: `0-9` and `a-f`"))
}

fn owned(text: &str) -> Result<(), FormatFault> {
    let special = |letter: char| "*?[]{}!\\".contains(letter);
    if text.chars().take(3).any(special) {
        return Err(not_allowed(text, "begin with 3 literal characters"));
    }
    glob(text)
}

fn not_allowed(text: &str, help: &str) -> FormatFault {
    FormatFault {
        message: format!("{} is not allowed here", quoted(text)),
        help: Some(help.to_owned()),
    }
}

fn glob(text: &str) -> Result<(), FormatFault> {
    Patterns::new([text])
        .map(|_| ())
        .map_err(|error| FormatFault {
            message: error.kind().to_string(),
            help: Some("`*` stands for any characters, `?` for one, `[ab]` for a or b".to_owned()),
        })
}

fn address(text: &str) -> Result<(), FormatFault> {
    let standalone = || KINDS.iter().filter(|kind| kind.standalone());
    let Some((address, kind)) = known(text) else {
        return Err(not_an_address(text, standalone().copied()));
    };
    if kind.standalone() {
        return Ok(());
    }
    let owner = kind.after().first().copied().unwrap_or_default();
    Err(FormatFault {
        message: format!("a `{}` cannot be deleted by itself", kind.name()),
        help: Some(format!("it goes with `{owner}.{}`", address.name)),
    })
}

fn known(text: &str) -> Option<(Address, &'static dyn AnyKind)> {
    let address = Address::parse(text)?;
    let kind = kind::find(&address.kind)?;
    Some((address, kind))
}

/// Whether a text is a glob over addresses, of a kind that exists.
///
/// # Errors
/// What is wrong with it.
pub fn address_glob(text: &str) -> Result<(), FormatFault> {
    glob(text)?;
    let known = |head: &str| head.contains(['*', '?', '[', '{']) || kind::find(head).is_some();
    match text.split_once('.') {
        Some((head, _)) if known(head) => Ok(()),
        None if text.contains('*') => Ok(()),
        Some(_) | None => Err(not_an_address(text, KINDS.iter().copied())),
    }
}

/// A text without a known kind in front: a kind mistyped, or a name alone.
fn not_an_address<'a>(text: &str, kinds: impl Iterator<Item = &'a dyn AnyKind>) -> FormatFault {
    let kinds: Vec<&str> = kinds.map(AnyKind::name).collect();
    let (head, name) = text.split_once('.').unwrap_or((text, ""));
    let meant = match nearest(head, kinds.iter().copied()) {
        Some(kind) if !name.is_empty() => Some(format!("{kind}.{name}")),
        _ if name.contains('.') => Some(format!("dns_record.{text}")),
        _ => None,
    };
    FormatFault {
        message: match name {
            "" => "this is a name without its kind".to_owned(),
            _ => format!("`{head}` is not a kind"),
        },
        help: Some(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("write `KIND.NAME`; kinds are `{}`", kinds.join("`, `")),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::filled;
    use super::super::shape::Shape;
    use super::*;

    #[test]
    fn every_format_of_the_schema_is_checked() {
        let shape = Shape::from_schema(&filled()).expect("every keyword is understood");
        let named: Vec<&str> = shape.formats().iter().map(String::as_str).collect();
        let checked: Vec<&str> = formats().into_keys().collect();
        assert_eq!(named, checked);
    }
}
