//! What cloudflared refuses, as a problem: its own words where they are short, and what to type
//! instead.

use crate::ingress::{Fault, Field, Rule};
use crate::kind::entry::{Entry, Key};
use crate::problem::Problem;
use crate::suggest::nearest;

/// Services that are words.
const WORDS: [&str; 4] = ["hello_world", "socks-proxy", "bastion", "http_status:404"];

/// The problem that a fault of one of the rules is.
pub(super) fn refusal(entry: &Entry<'_>, rules: &[Rule], fault: &Fault) -> Problem {
    let mut path: Vec<Key<'_>> = vec![Key::Field("ingress")];
    path.extend(fault.rule.map(Key::Index));
    path.extend(fault.field.keys().iter().map(|field| Key::Field(field)));
    if let Field::IpRule(index) = fault.field {
        path.push(Key::Index(index));
    }
    let rule = fault.rule.and_then(|index| rules.get(index));
    let (label, help) = explained(rule.unwrap_or(&Rule::default()), fault);
    Problem::new("tunctl::invalid_ingress", "cloudflared refuses this rule")
        .at(entry.at(&path), label.unwrap_or(&fault.message))
        .help(help)
}

/// A label in place of a message that is too long for one, and the next keystroke.
type Words = (Option<&'static str>, String);

fn explained(rule: &Rule, fault: &Fault) -> Words {
    match fault.field {
        Field::Rules => (None, "add `- service: http://web:8080`".to_owned()),
        Field::Rule => catch_all(),
        Field::Service => service(&rule.service),
        Field::IpRule(_) => (
            None,
            "write `{prefix: 10.0.0.0/8, ports: [443], allow: true}`".to_owned(),
        ),
        Field::Access => (
            Some("audience tags mean nothing without a team"),
            "add `teamName: …`, the name in front of `.cloudflareaccess.com`".to_owned(),
        ),
        Field::Hostname if rule.is_catch_all() => catch_all(),
        Field::Hostname => hostname(rule.host()),
        Field::Path => (
            None,
            "write a regular expression in RE2's dialect, such as `^/api/`".to_owned(),
        ),
    }
}

fn catch_all() -> Words {
    (
        Some("this takes every request, so the rules below never answer"),
        "move this rule to the end; if there is another one that takes every request, drop one"
            .to_owned(),
    )
}

fn hostname(host: &str) -> Words {
    if let Some((_, rest)) = host.split_once("://") {
        let name = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
        return (
            Some("a hostname is no URL"),
            format!("write `{name}`: a rule answers on every port; a path goes into `path`"),
        );
    }
    if let Some((name, _)) = host.rsplit_once(':') {
        return (
            Some("a hostname has no port"),
            format!("write `{name}`: a rule answers on every port"),
        );
    }
    let parent = host.rsplit('*').next().unwrap_or_default();
    let parent = parent.trim_start_matches('.');
    let help = if parent.is_empty() {
        "write a rule for each name".to_owned()
    } else {
        format!("write `\"*.{parent}\"`, or a rule for each name")
    };
    (
        Some("`*` can only stand in front, as in `*.example.com`"),
        help,
    )
}

fn service(text: &str) -> Words {
    if let Some((scheme, rest)) = text.split_once("://") {
        return match rest.split_once('/') {
            Some((host, _)) if !host.is_empty() => (
                Some("a service has no path: that of the request is passed on"),
                format!("write `{scheme}://{host}`"),
            ),
            Some(_) | None => (None, format!("write `{scheme}://HOST:PORT`")),
        };
    }
    let help = if let Some(word) = nearest(text, WORDS) {
        format!("did you mean `{word}`?")
    } else if text.contains([':', '.']) {
        format!("did you mean `http://{text}`?")
    } else {
        "write a URL such as `http://web:8080`".to_owned()
    };
    (None, help)
}
