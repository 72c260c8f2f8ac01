//! Reads the live state: every kind's lists, in rounds, because some lists need the ids that
//! others bring. Only reads.

mod former;
pub mod health;

use std::collections::BTreeSet;

use futures::future::{join_all, try_join_all};
use serde_json::Value;

use crate::address::{Address, RemoteId};
use crate::api::wire::Wire;
use crate::api::{ApiError, Client, Meaning};
use crate::cloudflare::zone::{self, AccountFilter};
use crate::cloudflare::{List, Misfit};
use crate::desired::Desired;
use crate::kind::{self, AnyKind, KINDS, Listing, Reach, View};
use crate::observed::{Object, Observed, Vitals};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::{Scope, Zone};

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Survey {
    /// The account with its zones.
    pub scope: Scope,
    /// The live objects.
    pub observed: Observed,
    /// What could not be read and is not needed for certain.
    pub warnings: Vec<Problem>,
}

/// Why the live state could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ObserveError {
    /// The API did not answer as it should.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] ApiError),
    /// The answer has not the fields that it should have.
    #[error("Cloudflare answered `{path}` with an object that is not a `{kind}`: {misfit}")]
    #[diagnostic(
        code(tunctl::unexpected_object),
        help("this may be a change of Cloudflare's API; nothing was written")
    )]
    Unexpected {
        /// The kind that was listed.
        kind: &'static str,
        /// What was asked.
        path: String,
        /// What does not fit.
        misfit: Misfit,
    },
    /// An id that two objects have is no id.
    #[error("Cloudflare listed two objects with the id {id}; the second is `{address}`")]
    #[diagnostic(
        code(tunctl::unexpected_object),
        help("nothing was written; run again, and report it to Cloudflare if it stays")
    )]
    Twice {
        /// The second object.
        address: Address,
        /// The id.
        id: RemoteId,
    },
}

/// What a plan is to be about.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What should be.
    pub desired: &'a Desired,
    /// What is ours.
    pub ownership: &'a Ownership,
    /// How much of the account is looked at.
    pub reach: Reach<'a>,
}

/// Reads everything that a plan of `desired` needs.
///
/// # Errors
/// The first read that fails; others are abandoned.
pub async fn observe<W: Wire>(
    client: &Client<W>,
    account: &str,
    desired: &Desired,
    ownership: &Ownership,
) -> Result<Survey, ObserveError> {
    let wanted = Wanted {
        desired,
        ownership,
        reach: Reach::Needed,
    };
    observe_part(client, account, wanted).await
}

/// Reads everything that a manifest of this stack could speak of, as far as the credentials may.
///
/// # Errors
/// The first read that fails; others are abandoned.
pub async fn inventory<W: Wire>(
    client: &Client<W>,
    account: &str,
    stack: &str,
) -> Result<Survey, ObserveError> {
    let ownership = Ownership {
        stack: stack.to_owned(),
        ..Ownership::default()
    };
    let wanted = Wanted {
        desired: &Desired::default(),
        ownership: &ownership,
        reach: Reach::Everything,
    };
    observe_part(client, account, wanted).await
}

/// Reads what a plan needs that is not about everything.
///
/// # Errors
/// The first read that fails; others are abandoned.
pub async fn observe_part<W: Wire>(
    client: &Client<W>,
    account: &str,
    wanted: Wanted<'_>,
) -> Result<Survey, ObserveError> {
    let Wanted {
        desired, ownership, ..
    } = wanted;
    let scope = Scope {
        account: account.to_owned(),
        stack: ownership.stack.clone(),
        zones: zones(client, account).await?,
    };
    let mut survey = Survey {
        scope,
        ..Survey::default()
    };
    for kinds in rounds() {
        round(client, &kinds, &mut survey, wanted).await?;
        for kind in kinds {
            survey
                .observed
                .fold(kind.name(), |objects| kind.fold(objects));
            former::rename(kind, &mut survey.observed, desired, ownership);
        }
    }
    past(client, &mut survey, desired).await?;
    Ok(survey)
}

/// The kinds in the order in which they can be listed; those of a round at the same time.
#[must_use]
pub fn rounds() -> Vec<Vec<&'static dyn AnyKind>> {
    let mut listed = BTreeSet::new();
    let mut rounds = Vec::new();
    loop {
        let ready: Vec<&dyn AnyKind> = KINDS
            .iter()
            .copied()
            .filter(|kind| !listed.contains(kind.name()))
            .filter(|kind| kind.after().iter().all(|before| listed.contains(before)))
            .collect();
        if ready.is_empty() {
            return rounds;
        }
        listed.extend(ready.iter().map(|kind| kind.name()));
        rounds.push(ready);
    }
}

/// Reads what had the name of each ephemeral resource that is not there.
async fn past<W: Wire>(
    client: &Client<W>,
    survey: &mut Survey,
    desired: &Desired,
) -> Result<(), ObserveError> {
    let ephemeral = desired.resources.iter();
    let absent = ephemeral.filter(|(address, declared)| {
        declared.lifecycle.ephemeral.is_some() && survey.observed.at(address).is_empty()
    });
    let reads = absent.filter_map(|(address, _)| {
        let kind = kind::find(&address.kind)?;
        let listing = kind.past(&survey.scope, &address.name)?;
        Some(async move {
            let lives = read(client, &listing).await?;
            let vitals = lives.iter().map(|live| kind.vitals(live));
            let vitals: Result<Vec<Vitals>, Misfit> = vitals.collect();
            let vitals = vitals.map_err(|it| unexpected(kind.name(), &listing.request, it))?;
            Ok::<_, ObserveError>((address.clone(), vitals))
        })
    });
    survey.observed.past = try_join_all(reads).await?.into_iter().collect();
    Ok(())
}

/// The zones of an account.
///
/// # Errors
/// If they cannot be read.
pub async fn zones<W: Wire>(client: &Client<W>, account: &str) -> Result<Vec<Zone>, ObserveError> {
    let list = zone_list(account);
    zones_of(client.read(&list).await?, account, &list.request)
}

/// The read that shows the zones of an account.
#[must_use]
pub fn zone_list(account: &str) -> List<zone::Zone> {
    zone::list(&zone::Filter {
        account: AccountFilter {
            id: Some(account.to_owned()),
            name: None,
        },
        ..zone::Filter::default()
    })
}

/// What a read of zones showed.
///
/// # Errors
/// If a zone is there twice, or belongs elsewhere.
pub fn zones_of(
    lives: Vec<zone::Zone>,
    account: &str,
    request: &Request,
) -> Result<Vec<Zone>, ObserveError> {
    let mut seen = BTreeSet::new();
    let zones = lives.into_iter().map(|live| {
        let zone = of_account(live, account)?;
        if seen.insert(zone.name.clone()) {
            Ok(zone)
        } else {
            Err(Misfit::of_whole(format!("`{}` is there twice", zone.name)))
        }
    });
    zones
        .map(|zone| zone.map_err(|misfit| unexpected("zone", request, misfit)))
        .collect()
}

/// A zone as we know it, with its name as records have it.
fn of_account(live: zone::Zone, account: &str) -> Result<Zone, Misfit> {
    let owner = live.account.and_then(|owner| owner.id);
    let name = live.name;
    if owner.is_some_and(|owner| !owner.eq_ignore_ascii_case(account)) {
        let stray = format!("`{name}` is a zone of another account");
        return Err(Misfit::of_whole(stray));
    }
    let name = idna::domain_to_ascii(&name).unwrap_or_else(|_| name.to_lowercase());
    Ok(Zone { id: live.id, name })
}

/// Lists some kinds at the same time.
async fn round<W: Wire>(
    client: &Client<W>,
    kinds: &[&dyn AnyKind],
    survey: &mut Survey,
    wanted: Wanted<'_>,
) -> Result<(), ObserveError> {
    let view = View {
        scope: &survey.scope,
        ids: &survey.observed.ids,
        desired: wanted.desired,
        ownership: wanted.ownership,
        reach: wanted.reach,
    };
    let listings = kinds.iter().flat_map(|kind| {
        let listings = kind.list(&view).into_iter();
        listings.map(move |listing| (*kind, listing))
    });
    let reads = listings.map(|(kind, listing)| async move {
        match look(client, kind, &listing, &view).await {
            Err(ObserveError::Api(error))
                if listing.optional && error.meaning() == Meaning::Forbidden =>
            {
                Ok((Vec::new(), Some((kind.name(), unread(kind, &listing)))))
            }
            seen => seen.map(|objects| (objects, None)),
        }
    });
    let mut seen = BTreeSet::new();
    for (objects, warning) in try_join_all(reads).await? {
        for (address, object) in objects {
            if !seen.insert((address.kind.clone(), object.id.clone())) {
                return Err(ObserveError::Twice {
                    address,
                    id: object.id,
                });
            }
            let mut fields = kinds.iter().filter(|kind| kind.name() == address.kind);
            let field = fields.find_map(|kind| kind.default_field());
            if field.is_some_and(|field| object.spec[field] == true) {
                survey.observed.ids.prefer(&address.kind, &object.id);
            }
            survey.observed.add(address, object);
        }
        if let Some((kind, warning)) = warning {
            survey.observed.unread.insert(kind.to_owned());
            survey.warnings.push(warning);
        }
    }
    Ok(())
}

fn unread(kind: &dyn AnyKind, listing: &Listing) -> Problem {
    let message = format!(
        "the token may not read the `{}` objects of `{}`; none of them will be changed",
        kind.name(),
        listing.of
    );
    Problem::new("tunctl::unread", message)
        .help("give the token read access there, or restrict it to the zones of this stack")
        .warning()
}

/// Carries out one listing and projects what it shows.
///
/// # Errors
/// If the read fails or shows something that is not an object of the kind.
pub async fn look<W: Wire>(
    client: &Client<W>,
    kind: &dyn AnyKind,
    listing: &Listing,
    view: &View<'_>,
) -> Result<Vec<(Address, Object)>, ObserveError> {
    let lives = match read(client, listing).await {
        Err(error) if listing.absent.iter().any(|code| error.has_code(*code)) => Vec::new(),
        lives => lives?,
    };
    let sight = |live: &Value| match kind.sight(live, listing, view) {
        Ok(seen) => seen.map(Ok),
        Err(misfit) => Some(Err(unexpected(kind.name(), &listing.request, misfit))),
    };
    lives.iter().filter_map(sight).collect()
}

async fn read<W: Wire>(client: &Client<W>, listing: &Listing) -> Result<Vec<Value>, ApiError> {
    if listing.page_size.is_some() {
        return client.list(&listing.request, listing.page_size).await;
    }
    let answer = client.send(&listing.request).await?;
    if let Value::Array(lives) = answer {
        return Ok(lives);
    }
    Ok(vec![answer])
}

/// Carries out several listings at the same time; each answers for itself.
pub async fn look_all<W: Wire>(
    client: &Client<W>,
    listings: &[(&dyn AnyKind, Listing)],
    view: &View<'_>,
) -> Vec<Result<Vec<(Address, Object)>, ObserveError>> {
    let reads = listings
        .iter()
        .map(|(kind, listing)| look(client, *kind, listing, view));
    join_all(reads).await
}

/// An answer that is not what it should be.
#[must_use]
pub fn unexpected(kind: &'static str, request: &Request, misfit: Misfit) -> ObserveError {
    ObserveError::Unexpected {
        kind,
        path: request.path.clone(),
        misfit,
    }
}
