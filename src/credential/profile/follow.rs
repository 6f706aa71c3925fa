//! Goes the way that a profile leads: each step with what the one before it brought, all of them in one attempt.

use std::sync::Arc;

use super::error::ProfileFault;
use super::terms::{NoMetadata, ProfileTerms};
use super::way::{Hop, StsSaid, Way};
use crate::credential::age::Use;
use crate::credential::assume_role::Step;
use crate::credential::carry::Boxed;
use crate::credential::credential::{Credential, Fetched};
use crate::credential::ecs::{Ecs, EcsTerms};
use crate::credential::error::FetchError;
use crate::credential::hedge::{CENTRAL, StsHosts};
use crate::credential::line::Line;
use crate::credential::observer::Event;
use crate::credential::oidc::{Oidc, OidcTerms, TokenAt};
use crate::credential::process::Programs;
use crate::credential::role::{DURATION, StsTable};
use crate::credential::source::Source;
use crate::credential::sts::Sts;
use crate::credential::uri::Uri;
use crate::names::{RoleArn, RoleName};

/// Makes an error of what is wrong with the profile.
type Told<'a> = &'a (dyn Fn(ProfileFault) -> FetchError + Sync);

/// What it takes to go any way.
#[derive(Debug)]
pub(in crate::credential) struct Guide {
    pub(in crate::credential) role: RoleName,
    pub(in crate::credential) line: Arc<Line>,
    pub(in crate::credential) table: Arc<dyn StsTable>,
    pub(in crate::credential) programs: Programs,
}

impl Guide {
    pub(super) fn observe(&self, event: &Event<'_>) {
        self.line.observer.observe(&self.role, event);
    }

    /// Goes the whole way, after all that can be judged beforehand has been judged.
    pub(super) async fn follow(
        &self,
        way: Way,
        terms: &ProfileTerms,
        told: Told<'_>,
    ) -> Result<Fetched, FetchError> {
        judge(&way, terms).map_err(told)?;
        self.go(way, terms, told).await
    }

    fn go<'a>(
        &'a self,
        way: Way,
        terms: &'a ProfileTerms,
        told: Told<'a>,
    ) -> Boxed<'a, Result<Fetched, FetchError>> {
        Box::pin(async move {
            match way {
                Way::Pair(pair) => Ok(pair),
                Way::Process(command) => self.programs.run(&command).await,
                Way::Uri(uri) if self.table.is_own(uri.place()) => Err(told(ProfileFault::OwnListener)),
                Way::Uri(uri) => {
                    let (carry, clock) = (Arc::clone(&self.line.carry), Arc::clone(&self.line.clock));
                    Uri { uri, carry, clock }.fetch().await
                }
                Way::Ecs(role) => {
                    let metadata = terms.metadata.clone().map_err(|why| {
                        told(match why {
                            NoMetadata::Own => ProfileFault::OwnMetadata,
                            NoMetadata::BadVariable(name) => ProfileFault::BadVariable(name),
                        })
                    })?;
                    let (carry, clock) = (Arc::clone(&self.line.carry), Arc::clone(&self.line.clock));
                    let metadata = EcsTerms { role: role.or(metadata.role), ..metadata };
                    Ecs::new(metadata, carry, clock).fetch().await
                }
                Way::Session(session) => {
                    let fetched = session
                        .fetch((&*self.line.carry, &*self.line.clock), terms.oauth_url.as_ref())
                        .await?;
                    fetched
                        .ok_or_else(|| FetchError::LoginRequired(told(ProfileFault::LoginOver).to_string()))
                }
                Way::Assume(hop, from) => {
                    let (sts, step) = self.step(hop, terms).map_err(told)?;
                    let signer = Credential::absorb(self.go(*from, terms, told).await?, None, Use::Signing);
                    let pair = signer.access_key().ok_or(FetchError::Broken)?;
                    sts.call(&step.exchange(), Some(pair)).await
                }
                Way::Oidc { provider, token_file, hop } => {
                    let (sts, Step { role, session, duration, .. }) = self.step(hop, terms).map_err(told)?;
                    let terms =
                        OidcTerms { role, provider, token: TokenAt::File(token_file), session, duration };
                    Oidc::new(sts, terms, Arc::default()).fetch().await
                }
            }
        })
    }

    /// One step as STS is asked for it: what the settings say, else the profile, else the role's own.
    fn step(&self, hop: Hop, terms: &ProfileTerms) -> Result<(Sts, Step), ProfileFault> {
        let said = || self.hosts(&hop.sts).map(|said| said.unwrap_or(terms.else_hosts));
        let hosts = terms.hosts.map_or_else(said, Ok)?;
        let session = terms.session.clone().or(hop.session).unwrap_or_else(|| terms.else_session.clone());
        let duration = terms.duration.or(hop.duration).unwrap_or(DURATION);
        let Hop { role, external_id, policy, .. } = hop;
        let step = Step { role, session, duration, external_id, policy, source_identity: None };
        Ok((Sts::new(Arc::clone(&self.line), hosts, self.role.clone()), step))
    }

    /// The hosts that a profile names; each must be of the endpoint table, so that no token goes elsewhere.
    fn hosts(&self, said: &StsSaid) -> Result<Option<StsHosts>, ProfileFault> {
        let StsSaid { endpoint, region, is_vpc } = said;
        if let Some(name) = endpoint {
            let first = self.table.named(name).ok_or_else(|| ProfileFault::NotSts(shown(name)))?;
            return Ok(Some(StsHosts { first, second: None }));
        }
        let Some(region) = region else { return Ok(None) };
        let first =
            self.table.regional(region, *is_vpc).ok_or_else(|| ProfileFault::NotSts(shown(region)))?;
        let central = self.table.named(CENTRAL).filter(|central| *central != first);
        Ok(Some(StsHosts { first, second: central }))
    }
}

/// A host or a region, as much of it as a message needs.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Judges a way by what the role's settings allow.
fn judge(way: &Way, terms: &ProfileTerms) -> Result<(), ProfileFault> {
    if !terms.may_ask_others && way.base().asks_others() {
        return Err(ProfileFault::Forbidden);
    }
    if terms.accounts.is_empty() {
        return Ok(());
    }
    let mut roles = way.roles();
    if roles.is_empty() && !terms.is_assumed_from {
        return Err(ProfileFault::UnknownAccount);
    }
    let is_listed = |role: &RoleArn| terms.accounts.iter().any(|account| account == role.account());
    roles.retain(|role| !is_listed(role));
    roles.first().map_or(Ok(()), |role| Err(ProfileFault::OtherAccount((*role).clone())))
}
