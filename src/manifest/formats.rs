//! The string formats that the schema names, each with its own check and code.

use super::shape::{Format, FormatFault, Formats};
use crate::address::Address;
use crate::ingress::Seconds;
use crate::kind::{self, KINDS};
use crate::ownership::Patterns;

/// Every format of the schema.
pub(super) fn formats() -> Formats {
    let format = |code, check| Format { code, check };
    Formats::from([
        (
            "ingress-duration",
            format("tunctl::invalid_duration", duration as _),
        ),
        ("glob", format("tunctl::invalid_glob", glob as _)),
        ("address", format("tunctl::invalid_address", address as _)),
        (
            "address-glob",
            format("tunctl::invalid_address", address_glob as _),
        ),
    ])
}

fn duration(text: &str) -> Result<(), FormatFault> {
    Seconds::parse(text)
        .map(|_| ())
        .map_err(|fault| FormatFault {
            message: fault.to_string(),
            help: Some(fault.help().to_owned()),
        })
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
    let address = Address::parse(text).ok_or_else(|| not_an_address(text))?;
    let kind = kind::find(&address.kind).ok_or_else(|| not_an_address(text))?;
    if kind.standalone() {
        return Ok(());
    }
    Err(FormatFault {
        message: format!("a `{}` cannot be deleted by itself", kind.name()),
        help: Some("name what it belongs to".to_owned()),
    })
}

fn address_glob(text: &str) -> Result<(), FormatFault> {
    glob(text)?;
    let kinds = KINDS.iter().map(|kind| kind.name());
    let known =
        |head: &str| head.contains(['*', '?', '[', '{']) || kinds.clone().any(|it| it == head);
    match text.split_once('.') {
        Some((head, _)) if known(head) => Ok(()),
        None if text.contains('*') => Ok(()),
        Some(_) | None => Err(not_an_address(text)),
    }
}

fn not_an_address(text: &str) -> FormatFault {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
    FormatFault {
        message: format!("`{text}` is not an address"),
        help: Some(format!("write `KIND.NAME`; kinds are {}", kinds.join(", "))),
    }
}
