//! Takes a snapshot: every list that any manifest of the account may make a plan read.
//!
//! The kinds themselves say which lists these are, for a manifest that speaks of everything.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::Value;

use super::{Answer, NAME, Read, Said, Snapshot};
use crate::address::Address;
use crate::api::{ApiError, Client, Meaning, Wire};
use crate::cloudflare::{self, zone};
use crate::desired::Desired;
use crate::kind::dns_record::DnsRecord;
use crate::kind::service_token::ServiceToken;
use crate::kind::{AnyKind, KINDS, Kind, Listing, Reach, View};
use crate::observe::{self, ObserveError};
use crate::observed::Observed;
use crate::ownership::{Ownership, Patterns};
use crate::scope::{Scope, Zone};

/// What the credentials may not read. A plan that needs it fails with the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind that was asked for.
    pub kind: &'static str,
    /// What the list is of, such as a zone's name; may be empty.
    pub of: String,
}

/// Reads an account. Also what could not be read.
///
/// # Errors
/// The first read that fails, unless it is a clear refusal of the API's.
pub async fn take<W: Wire>(
    client: &Client<W>,
    account: &str,
    at: Timestamp,
) -> Result<(Snapshot, Vec<Refusal>), ObserveError> {
    let list = observe::zone_list(account);
    let live = client.list(&list.request, list.page_size).await?;
    let kept = live.iter().map(cloudflare::keep::<zone::Zone>);
    let kept: Vec<Value> = kept
        .collect::<Result<_, _>>()
        .map_err(|misfit| observe::unexpected("zone", &list.request, misfit))?;
    let lives = kept.iter().map(cloudflare::decode::<zone::Zone>);
    let lives = lives
        .collect::<Result<_, _>>()
        .map_err(|misfit| observe::unexpected("zone", &list.request, misfit))?;
    let zones = observe::zones_of(lives, account, &list.request)?;
    let mut taken = Taken {
        reads: vec![Read::new(&list.request, Answer::List(kept))],
        refusals: Vec::new(),
        observed: Observed::default(),
    };
    let scope = Scope {
        account: account.to_owned(),
        stack: String::new(),
        zones,
    };
    let ownership = everything(&scope.zones);
    for kinds in observe::rounds() {
        round(client, &kinds, &scope, &ownership, &mut taken).await?;
    }
    past(client, &scope, &mut taken).await?;
    let Taken {
        reads, refusals, ..
    } = taken;
    let account = account.to_owned();
    Ok((Snapshot { account, at, reads }, refusals))
}

/// What has been read so far.
struct Taken {
    reads: Vec<Read>,
    refusals: Vec<Refusal>,
    /// For the ids, which some lists need.
    observed: Observed,
}

/// The statements of a manifest for which every list of every kind is needed. Nothing is planned
/// with it.
fn everything(zones: &[Zone]) -> Ownership {
    let all = || Patterns::new(["*"]).expect("`*` is a glob");
    let owns = KINDS.iter().map(|kind| (kind.name().to_owned(), all()));
    let removed = zones.iter().flat_map(|zone| {
        let token = format!("x@{}", zone.name);
        [
            Address::new(DnsRecord::NAME, &zone.name),
            Address::new(ServiceToken::NAME, token),
        ]
    });
    Ownership {
        owns: owns.collect(),
        removed: removed.collect(),
        ..Ownership::default()
    }
}

/// What had any name before: a plan asks by name for what ended and is still declared.
async fn past<W: Wire>(
    client: &Client<W>,
    scope: &Scope,
    taken: &mut Taken,
) -> Result<(), ObserveError> {
    for kind in KINDS {
        if let Some(mut listing) = kind.past(scope, "") {
            listing.request.query.retain(|(name, _)| name != NAME);
            let answer = read(client, *kind, &listing).await?;
            taken.reads.push(Read::new(&listing.request, answer));
        }
    }
    Ok(())
}

async fn round<W: Wire>(
    client: &Client<W>,
    kinds: &[&'static dyn AnyKind],
    scope: &Scope,
    ownership: &Ownership,
    taken: &mut Taken,
) -> Result<(), ObserveError> {
    let desired = Desired::default();
    let view = View {
        scope,
        ids: &taken.observed.ids,
        desired: &desired,
        ownership,
        reach: Reach::Needed,
    };
    let listings = kinds.iter().flat_map(|kind| {
        let listings = kind.list(&view).into_iter();
        listings.map(move |listing| (*kind, listing))
    });
    let listings: Vec<(&'static dyn AnyKind, Listing)> = listings.collect();
    let reads = stream::iter(&listings).map(|(kind, listing)| read(client, *kind, listing));
    let answers: Vec<Answer> = reads.buffered(client.parallelism()).try_collect().await?;
    let mut seen = Vec::new();
    for ((kind, listing), answer) in listings.iter().zip(&answers) {
        for live in answer.objects() {
            let sight = kind.sight(live, listing, &view);
            let sight =
                sight.map_err(|it| observe::unexpected(kind.name(), &listing.request, it))?;
            seen.extend(sight);
        }
        if answer.is_no(listing) {
            taken.refusals.push(Refusal {
                kind: kind.name(),
                of: listing.of.clone(),
            });
        }
    }
    for (address, object) in seen {
        taken.observed.add(address, object);
    }
    // A list that two kinds read stands there once.
    let known: BTreeSet<(&str, &[(String, String)])> = taken.reads.iter().map(Read::key).collect();
    let new = listings.iter().zip(answers);
    let new = new.map(|((_, listing), answer)| Read::new(&listing.request, answer));
    let new: Vec<Read> = new.filter(|read| !known.contains(&read.key())).collect();
    taken.reads.extend(new);
    Ok(())
}

async fn read<W: Wire>(
    client: &Client<W>,
    kind: &dyn AnyKind,
    listing: &Listing,
) -> Result<Answer, ObserveError> {
    let keep = |live: &Value| {
        kind.keep(live)
            .map_err(|misfit| observe::unexpected(kind.name(), &listing.request, misfit))
    };
    let listed = if listing.page_size.is_some() {
        let listed = client.list(&listing.request, listing.page_size).await;
        listed.map(Value::Array)
    } else {
        client.send(&listing.request).await
    };
    match listed {
        Ok(Value::Array(lives)) => {
            let kept: Result<Vec<Value>, _> = lives.iter().map(keep).collect();
            Ok(Answer::List(kept?))
        }
        Ok(live) => Ok(Answer::One(keep(&live)?)),
        Err(error) => Ok(Answer::refusal(&error).ok_or(error)?),
    }
}

impl Answer {
    fn objects(&self) -> &[Value] {
        match self {
            Self::List(objects) => objects,
            Self::One(object) => std::slice::from_ref(object),
            Self::Refused { .. } => &[],
        }
    }

    /// A clear no of the API's. What may be another answer in a moment is none.
    fn refusal(error: &ApiError) -> Option<Self> {
        match error.meaning() {
            Meaning::NotFound | Meaning::Forbidden | Meaning::Rejected => {}
            Meaning::Conflict
            | Meaning::Unauthorized
            | Meaning::RateLimited
            | Meaning::Unavailable
            | Meaning::Fenced
            | Meaning::Unreachable
            | Meaning::Unanswered
            | Meaning::Unreadable => return None,
        }
        let said = error.faults().iter().map(|fault| Said {
            code: fault.code,
            message: fault.message.clone(),
        });
        let errors: Vec<Said> = said.collect();
        (!errors.is_empty()).then_some(Self::Refused {
            status: error.status()?,
            errors,
        })
    }

    /// Whether it is a refusal, and not one that means that there is nothing.
    fn is_no(&self, listing: &Listing) -> bool {
        match self {
            Self::List(_) | Self::One(_) => false,
            Self::Refused { errors, .. } => !errors
                .iter()
                .any(|said| said.code.is_some_and(|code| listing.absent.contains(&code))),
        }
    }
}

impl Read {
    fn key(&self) -> (&str, &[(String, String)]) {
        (&self.path, &self.query)
    }
}
