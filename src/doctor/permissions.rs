//! Which permission is missing, for which commands and kinds.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Proof, Right, TokenFacts, Verdict, Whose};
use super::need::Target;
use super::permission::Access;
use super::{Certainty, Check, Facts, Finding, Level, Seen, Topic};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "permissions",
    topic: Topic::Token,
    look,
};

/// Rights under one name: one row of the dashboard.
#[derive(Default)]
struct Row<'a> {
    rights: Vec<&'a Right>,
}

fn look(facts: &Facts<'_>) -> Seen {
    let account = facts.account;
    match &account.proof {
        Proof::Key => return Seen::new("the global API key needs no permissions", Vec::new()),
        Proof::Refused | Proof::Unread(_) => {
            let why = "without a token that Cloudflare knows, no permission can be looked at";
            return Seen::only(Finding::unknown(why));
        }
        Proof::Token(token) if token.status != "active" => {
            return Seen::only(Finding::unknown(
                "a token that does not work has no permissions",
            ));
        }
        Proof::Token(_) => {}
    }
    let mut findings = Vec::new();
    for row in rows(&account.rights, |it| *it == Verdict::Missing) {
        findings.push(missing(&row));
    }
    for row in rows(&account.rights, |it| matches!(it, Verdict::Unclear(_))) {
        findings.push(unclear(&row));
    }
    let number = account.rights.len();
    let how = match (&account.proof, account.rights.first()) {
        (
            _,
            Some(Right {
                certainty: Certainty::Certain,
                ..
            }),
        ) => "by its policies",
        (
            Proof::Token(TokenFacts {
                whose: Whose::User, ..
            }),
            _,
        ) => "tried out, because a user's token cannot read its own policies here",
        _ => "tried out, because the token may not read its own policies",
    };
    Seen::new(
        format!("it holds every permission that the manifest needs, {number} of them, {how}"),
        findings,
    )
}

fn rows(rights: &[Right], wanted: impl Fn(&Verdict) -> bool) -> Vec<Row<'_>> {
    let mut rows: BTreeMap<(&str, Access, &Target), Row<'_>> = BTreeMap::new();
    for right in rights.iter().filter(|it| wanted(&it.verdict)) {
        let need = &right.need;
        let key = (need.name.as_str(), need.access, &need.target);
        rows.entry(key).or_default().rights.push(right);
    }
    rows.into_values().collect()
}

impl Row<'_> {
    /// `Cloudflare Tunnel: Edit (Account)`.
    fn name(&self) -> String {
        let first = self.rights.first();
        first.map_or(String::new(), |it| it.need.to_string())
    }

    /// `needed by plan and apply, for tunnel and private_route`.
    fn users(&self) -> String {
        let needs = self.rights.iter().map(|it| &it.need);
        let mut commands: Vec<&str> = Vec::new();
        let mut kinds = BTreeSet::new();
        for need in needs {
            let more = need.commands.iter().filter(|it| !commands.contains(it));
            let more: Vec<&str> = more.copied().collect();
            commands.extend(more);
            kinds.extend(need.kinds.iter().map(String::as_str));
        }
        let commands = commands.join(", ");
        if kinds.is_empty() {
            return format!("needed by {commands}");
        }
        let kinds: Vec<&str> = kinds.into_iter().collect();
        format!("needed by {commands}, for {}", kinds.join(", "))
    }

    fn groups(&self) -> String {
        let groups = self.rights.iter().filter_map(|it| it.need.groups.first());
        let groups: BTreeSet<String> = groups.map(|it| format!("`{it}`")).collect();
        groups.into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn missing(row: &Row<'_>) -> Finding {
    let optional = row.rights.iter().all(|it| it.need.optional);
    let certain = row
        .rights
        .iter()
        .all(|it| it.certainty == Certainty::Certain);
    let message = format!("`{}` is missing, {}", row.name(), row.users());
    let help = format!(
        "give the token this permission; the API calls it {}",
        row.groups()
    );
    let finding = Finding::error(message).help(help).known(if certain {
        Certainty::Certain
    } else {
        Certainty::Probable
    });
    if optional {
        Finding {
            level: Level::Warning,
            ..finding
        }
    } else {
        finding
    }
}

fn unclear(row: &Row<'_>) -> Finding {
    let mut reasons = row.rights.iter().filter_map(|it| match &it.verdict {
        Verdict::Unclear(why) => Some(why.as_str()),
        Verdict::Held | Verdict::Missing => None,
    });
    let why = reasons.next().unwrap_or_default();
    Finding::unknown(format!(
        "nobody can tell whether the token has `{}`, {}: {why}",
        row.name(),
        row.users()
    ))
}
