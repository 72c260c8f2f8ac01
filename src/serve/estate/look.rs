//! Reading what one tunnel needs.

use super::Estate;
use crate::address::RemoteId;
use crate::api::wire::Wire;
use crate::cloudflare::dns_record::{self, Text};
use crate::cloudflare::tunnel::{self, Filter};
use crate::cloudflare::{Match, connection};
use crate::desired::Desired;
use crate::kind::dns_record::DnsRecord;
use crate::kind::tunnel::Tunnel;
use crate::kind::{self, AnyKind, Kind as _, Listing, Reach, View};
use crate::observe::{self, ObserveError, Survey};
use crate::ownership::Ownership;
use crate::scope::Scope;
use crate::serve::record::Record;

impl<W: Wire> Estate<'_, W> {
    /// How many connectors tunnels have; `None` where that cannot be read.
    pub async fn connectors(&self, ids: &[RemoteId]) -> Vec<Option<usize>> {
        let reads = ids.iter().map(|id| async move {
            let connectors = self.client.read(&connection::list(&self.account, id)).await;
            connectors
                .ok()
                .map(|it| it.iter().filter(|it| it.is_connected()).count())
        });
        futures::future::join_all(reads).await
    }

    /// Reads what one tunnel needs: itself, by its id if that is known, and the records that have
    /// its hostname or lead to it.
    pub(super) async fn look(
        &self,
        record: &Record,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<Survey, ObserveError> {
        let mut survey = Survey {
            scope: self.scope(&record.hostname).await?,
            ..Survey::default()
        };
        survey.observed.at = self.clocks.wall();
        let address = Tunnel::address(&record.name(&self.stack));
        let filter = Filter {
            name: record.remote.is_none().then(|| address.name.clone()),
            uuid: record.remote.clone(),
            ..Filter::default()
        };
        let listing = Listing::list(tunnel::list(&self.account, &filter), "");
        self.add(&mut survey, Tunnel::NAME, &listing, (desired, ownership))
            .await?;
        let seen = survey
            .observed
            .iter()
            .next()
            .map(|(_, object)| object.id.clone());
        let id = seen.clone().or_else(|| record.remote.clone());
        if let (None, Some(id)) = (&seen, &id) {
            // Gone; records that still lead to it are known by this.
            survey.observed.ids.learn(&address, id);
        }
        if let Some(zone) = survey.scope.zone_of(&record.hostname).cloned() {
            let exact = |text: String| Text {
                exact: Some(text),
                ..Text::default()
            };
            let filter = dns_record::Filter {
                matching: Some(Match::Any),
                name: exact(record.hostname.clone()),
                content: id
                    .map_or_else(Text::default, |id| exact(format!("{id}.cfargotunnel.com"))),
                ..dns_record::Filter::default()
            };
            let listing = Listing::list(dns_record::list(&zone.id, &filter), &zone.name);
            self.add(&mut survey, DnsRecord::NAME, &listing, (desired, ownership))
                .await?;
        }
        Ok(survey)
    }

    async fn add(
        &self,
        survey: &mut Survey,
        kind: &str,
        listing: &Listing,
        (desired, ownership): (&Desired, &Ownership),
    ) -> Result<(), ObserveError> {
        let kind: &dyn AnyKind = kind::find(kind).expect("the registry has it");
        let view = View {
            scope: &survey.scope,
            ids: &survey.observed.ids,
            desired,
            ownership,
            reach: Reach::Needed,
        };
        for (address, object) in observe::look(self.client, kind, listing, &view).await? {
            survey.observed.add(address, object);
        }
        Ok(())
    }

    /// The account with its zones; read again when a hostname has none.
    async fn scope(&self, hostname: &str) -> Result<Scope, ObserveError> {
        let known = self.scope.borrow().clone();
        if let Some(scope) = known.filter(|it| it.zone_of(hostname).is_some()) {
            return Ok(scope);
        }
        let scope = Scope {
            account: self.account.clone(),
            stack: self.stack.clone(),
            zones: observe::zones(self.client, &self.account).await?,
        };
        *self.scope.borrow_mut() = Some(scope.clone());
        Ok(scope)
    }
}
