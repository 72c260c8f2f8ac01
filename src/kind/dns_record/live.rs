//! What a live record is: where it belongs, where it leads, what can be done with it.

use super::TUNNEL_SUFFIX;
use crate::cloudflare::dns_record::Record;
use crate::observed::Form;

impl Record {
    /// With names as DNS compares them: lower case, without a trailing dot.
    pub(super) fn canonical(mut self) -> Self {
        self.name = self.name.to_ascii_lowercase();
        if self.record_type == "CNAME" {
            let content = self.content.trim_end_matches('.');
            self.content = content.to_ascii_lowercase();
        }
        self
    }

    /// Whether it can be a record of a zone.
    pub(super) fn is_in(&self, zone: &str) -> bool {
        let name = self.name.to_ascii_lowercase();
        let above = name.strip_suffix(zone);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    /// The tunnel's id in the content, if it leads to a tunnel.
    pub(super) fn tunnel_id(&self) -> Option<&str> {
        (self.record_type == "CNAME")
            .then(|| self.content.strip_suffix(TUNNEL_SUFFIX))
            .flatten()
    }

    /// Whether it cannot stand beside a CNAME (cloudflare-api.md 5.2). Others may, and are not
    /// even looked at: among them a zone's own name servers, because Cloudflare flattens a CNAME
    /// at the apex.
    pub(super) fn excludes_cname(&self, zone: &str) -> bool {
        match self.record_type.as_str() {
            "A" | "AAAA" | "CNAME" => true,
            "NS" => self.name != zone,
            _ => false,
        }
    }
}

pub(super) fn form(live: &Record) -> Form {
    if live.meta.as_ref().is_some_and(|meta| meta.read_only) || live.record_type == "NS" {
        // Taking over a delegation would cut off everything below it.
        Form::Locked
    } else if live.record_type == "CNAME" {
        Form::Spec
    } else {
        Form::Occupant
    }
}
