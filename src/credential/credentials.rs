//! All roles of the process, each with its cell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;

use super::age::Use;
use super::assume_role::AssumeRole;
use super::auto::{self, Holds};
use super::caller_identity::{CallerIdentity, Identified};
use super::carry::Carry;
use super::cell::Cell;
use super::chain::{self, Chain, Link, Place};
use super::credential::Credential;
use super::ecs::Ecs;
use super::environment::Environment;
use super::error::FetchError;
use super::hedge::StsHosts;
use super::kms::Kms;
use super::launch::Launch;
use super::line::Line;
use super::login::{Around, Login, Logins};
use super::observer::{Observer, OfBase};
use super::oidc::Oidc;
use super::presence::{DMI, presence};
use super::process::{Process, Programs};
use super::profile::{Guide, Profile};
use super::resolve::{Definition, Given};
use super::role::{BadRole, RoleConfig, SourceConfig, StsTable};
use super::source::{Nothing, Source};
use super::sts::Sts;
use super::uri::Uri;
use super::variables::{Variable, Variables};
use super::vault::Vault;
use crate::clock::Clock;
use crate::names::RoleName;

/// What the room is set up with.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The SDKs' variables, as they were at start.
    pub variables: Arc<Variables>,
    /// What humans' logins left.
    pub logins: Arc<dyn Logins>,
    /// Carries calls to STS.
    pub carry: Arc<dyn Carry>,
    /// Runs programs.
    pub launch: Arc<dyn Launch>,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Where Linux shows what the machine's firmware says of it: [`DMI`].
    pub dmi: PathBuf,
    /// Hears what happens.
    pub observer: Arc<dyn Observer>,
    /// Whether STS is asked whose a long-lived AccessKey is before it signs. Not where nothing is sent.
    pub asks_whose: bool,
    /// Where fetching runs. Must outlive the credentials; requests may come from any other runtime.
    pub runtime: Handle,
}

/// The cells by role. Bounded by the roles that are configured.
#[derive(Debug)]
pub struct Credentials {
    cells: BTreeMap<RoleName, Arc<Cell>>,
    /// Whom each role asks whose a key is.
    sts: BTreeMap<RoleName, Sts>,
    /// The default chain of each role that has it.
    places: BTreeMap<RoleName, Vec<Place>>,
}

impl Credentials {
    /// Finds every mistake that [`Credentials::new`] would, and starts nothing.
    pub fn check(
        roles: &BTreeMap<RoleName, RoleConfig>,
        table: &dyn StsTable,
        variables: &Variables,
    ) -> Result<(), Vec<BadRole>> {
        let presence = presence(variables, Path::new(DMI));
        definitions(&Given { roles, variables, table, presence }).map(drop)
    }

    /// Sets every role up and starts fetching. Gives all mistakes at once, and starts nothing if there are any.
    pub fn new(
        roles: &BTreeMap<RoleName, RoleConfig>,
        table: &Arc<dyn StsTable>,
        surroundings: &Surroundings,
    ) -> Result<Self, Vec<BadRole>> {
        let variables = &*surroundings.variables;
        let presence = presence(variables, &surroundings.dmi);
        let given = Given { roles, variables, table: &**table, presence };
        let mut definitions = definitions(&given)?;
        let Surroundings { carry, clock, observer, .. } = surroundings;
        let line = Arc::new(Line::new(Arc::clone(carry), Arc::clone(clock), Arc::clone(observer)));
        // A cell that roles share serves the most demanding of them.
        let is_vended = |role: &&RoleName| roles.get(*role).is_some_and(|config| config.is_vended);
        let vended = definitions.iter().filter(|(role, ..)| is_vended(role));
        let vended = vended.map(|(_, definition, _)| definition.clone()).collect();
        let mut builder = Builder { surroundings, table, line, vended, cells: HashMap::new() };
        let sts = |(role, _, hosts): &(&RoleName, _, StsHosts)| ((*role).clone(), builder.sts(role, *hosts));
        let sts = definitions.iter().map(sts).collect();
        // A role that is only a source of another goes by its own name where it has one: plain definitions first.
        definitions.sort_by_key(|(_, definition, _)| depth(definition));
        let cells = definitions.into_iter().map(|(role, definition, hosts)| {
            (role.clone(), builder.cell(role, (&definition, Some(hosts)), Arc::clone(observer)))
        });
        let cells = cells.collect();
        Ok(Self { cells, sts, places: builder.places(&given) })
    }

    /// Whose a credential is that a role has: what STS says. Needs no right at all. `None`: no such role is configured, or
    /// it has an API key.
    pub async fn identify(
        &self,
        role: &RoleName,
        credential: &Credential,
    ) -> Option<Result<CallerIdentity, FetchError>> {
        Some(self.sts.get(role)?.identify(credential.access_key()?).await)
    }

    /// The cell of a role. `None`: no such role is configured.
    pub fn cell(&self, role: &RoleName) -> Option<&Arc<Cell>> {
        self.cells.get(role)
    }

    /// Every place of the default chain, and how it stands now. `None`: the role's settings name its source, or there is no
    /// such role.
    pub async fn chain(&self, role: &RoleName) -> Option<Vec<Link>> {
        Some(chain::report(self.places.get(role)?).await)
    }

    /// Every role and its cell, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&RoleName, &Arc<Cell>)> {
        self.cells.iter()
    }
}

/// What every role amounts to, and the STS hosts that it asks, or everything that is wrong with them.
fn definitions<'a>(given: &Given<'a>) -> Result<Vec<(&'a RoleName, Definition, StsHosts)>, Vec<BadRole>> {
    let (mut definitions, mut mistakes) = (Vec::new(), Vec::new());
    for (role, config) in given.roles {
        let hosts = given.hosts(role, config);
        match given.definition(role).and_then(|definition| Ok((definition, hosts?))) {
            Ok((definition, hosts)) => definitions.push((role, definition, hosts)),
            // A role that others build on gives each of them its mistake.
            Err(mistake) if mistakes.contains(&mistake) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(definitions) } else { Err(mistakes) }
}

/// How many steps lie between a definition and its source.
fn depth(definition: &Definition) -> usize {
    match definition {
        Definition::Assume(.., inner) | Definition::Kms(.., inner) => 1 + depth(inner),
        _ => 0,
    }
}

/// Whether the credential may be a key that nobody ends.
const fn may_be_long_lived(definition: &Definition) -> bool {
    !matches!(
        definition,
        Definition::Nothing(_)
            | Definition::Oidc(..)
            | Definition::Ecs(_)
            | Definition::Vault(_)
            | Definition::Uri(_)
            | Definition::Login(_)
            | Definition::Assume(..)
    )
}

/// Makes one cell for each definition, however many roles have it.
struct Builder<'a> {
    surroundings: &'a Surroundings,
    table: &'a Arc<dyn StsTable>,
    line: Arc<Line>,
    vended: HashSet<Definition>,
    cells: HashMap<Definition, Arc<Cell>>,
}

impl Builder<'_> {
    /// `hosts`: whom to ask whose a long-lived key is. `None`: it only assumes another role, which no root key can.
    fn cell(
        &mut self,
        role: &RoleName,
        (definition, hosts): (&Definition, Option<StsHosts>),
        observer: Arc<dyn Observer>,
    ) -> Arc<Cell> {
        if let Some(cell) = self.cells.get(definition) {
            return Arc::clone(cell);
        }
        let Surroundings { clock, runtime, .. } = self.surroundings;
        let source = self.source(role, definition);
        let source: Arc<dyn Source> = match hosts {
            Some(hosts) if self.surroundings.asks_whose && may_be_long_lived(definition) => {
                Arc::new(Identified::new(source, self.sts(role, hosts)))
            }
            _ => source,
        };
        let used = if self.vended.contains(definition) { Use::Vending } else { Use::Signing };
        let cell = Cell::new((role.clone(), used), source, Arc::clone(clock), observer, runtime);
        let cell = Arc::new(cell);
        self.cells.insert(definition.clone(), Arc::clone(&cell));
        cell
    }

    fn source(&mut self, role: &RoleName, definition: &Definition) -> Arc<dyn Source> {
        let Surroundings { variables, carry, clock, .. } = self.surroundings;
        match definition {
            Definition::Nothing(advice) => Arc::new(Nothing(advice)),
            Definition::Environment => Arc::new(Environment(Arc::clone(variables))),
            Definition::Login(of) => Arc::new(self.login(of)),
            Definition::Oidc(terms, hosts) => {
                Arc::new(Oidc::new(self.sts(role, *hosts), terms.clone(), Arc::clone(variables)))
            }
            Definition::Ecs(terms) => Arc::new(Ecs::new(terms.clone(), Arc::clone(carry), Arc::clone(clock))),
            Definition::Uri(uri) => {
                let (carry, clock) = (Arc::clone(carry), Arc::clone(clock));
                Arc::new(Uri { uri: uri.clone(), carry, clock })
            }
            Definition::Vault(terms) => {
                let told = (role.clone(), Arc::clone(&self.surroundings.observer));
                let around = (Arc::clone(carry), Arc::clone(clock));
                Arc::new(Vault::new((**terms).clone(), told, around))
            }
            Definition::Profile(terms) => Arc::new(Profile::new((**terms).clone(), self.guide(role))),
            Definition::Process(command) => {
                Arc::new(Process { programs: self.programs(), command: command.clone() })
            }
            Definition::Kms(terms, hosts, inner) => {
                let of_base = Arc::new(OfBase(Arc::clone(&self.surroundings.observer)));
                // A root key may read a secret, so what signs here is asked after as what signs anything else.
                let inner = self.cell(role, (inner, Some(*hosts)), of_base);
                Arc::new(Kms::new(terms.clone(), Arc::clone(&self.line), role.clone(), inner))
            }
            Definition::Chain(definitions, advice) => {
                let sources = definitions.iter().map(|definition| self.source(role, definition)).collect();
                Arc::new(Chain { sources, advice, found: OnceLock::new() })
            }
            Definition::Assume(step, hosts, inner) => {
                // Roles of their own have their cells already, and go by their own names.
                let of_base = Arc::new(OfBase(Arc::clone(&self.surroundings.observer)));
                let inner = self.cell(role, (inner, None), of_base);
                Arc::new(AssumeRole { sts: self.sts(role, *hosts), step: step.clone(), inner })
            }
        }
    }

    /// The default chains, to be looked at when somebody asks.
    fn places(&mut self, given: &Given<'_>) -> BTreeMap<RoleName, Vec<Place>> {
        let auto = given.roles.iter().filter(|(_, config)| config.source == SourceConfig::Auto);
        let mut chains = BTreeMap::new();
        for (role, config) in auto {
            // What is wrong with one has been told.
            let Ok(places) = given.places(role, config) else { continue };
            let place = |place: auto::Place| {
                let source = match place.holds {
                    Holds::This(_) => Ok(None),
                    Holds::Perhaps(definition) => Ok(Some(self.source(role, &definition))),
                    Holds::Half(why) => Err(why.to_owned()),
                    Holds::Nothing(why) => Err(why),
                };
                Place { name: place.name, source }
            };
            chains.insert(role.clone(), places.into_iter().map(place).collect());
        }
        chains
    }

    fn login(&self, of: &RoleName) -> Login {
        let Surroundings { logins, carry, clock, observer, runtime, .. } = self.surroundings;
        let around = Around {
            logins: Arc::clone(logins),
            carry: Arc::clone(carry),
            clock: Arc::clone(clock),
            observer: Arc::clone(observer),
        };
        Login::new(of.clone(), around, runtime)
    }

    fn guide(&self, role: &RoleName) -> Guide {
        let (line, programs) = (Arc::clone(&self.line), self.programs());
        Guide { role: role.clone(), line, table: Arc::clone(self.table), programs }
    }

    fn programs(&self) -> Programs {
        let Surroundings { launch, clock, variables, .. } = self.surroundings;
        let is_nested = variables.value(Variable::Depth).is_some();
        Programs { launch: Arc::clone(launch), clock: Arc::clone(clock), is_nested }
    }

    fn sts(&self, role: &RoleName, hosts: StsHosts) -> Sts {
        Sts::new(Arc::clone(&self.line), hosts, role.clone())
    }
}
