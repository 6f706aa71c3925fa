//! From what is configured to what is asked: which source a role has, with every default filled in. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::assume_role::Step;
use super::ci_token::{self, CiToken};
use super::ecs::EcsTerms;
use super::hedge::{CENTRAL, StsHosts};
use super::kms::{KmsConfig, KmsTerms};
use super::oidc::{OidcTerms, TokenAt};
use super::profile::{NoMetadata, ProfileTerms, Program};
use super::role::{BadRole, DURATION, RoleConfig, SourceConfig, StsTable};
use super::uri::CredentialsUri;
use super::variables::{Variable, Variables};
use super::vault::{VaultConfig, VaultPath, VaultTerms};
use crate::names::{Host, OidcProviderArn, Place, RoleArn, RoleName, SessionName, is_role_name};

/// The longest way from a role to its source, by the roles on it. STS chains two; and each costs a call at every refresh.
const ROLES_MAX: usize = 32;

/// The longest session name that STS takes.
const SESSION_MAX: usize = 64;

const NO_URI: &str = "set uri, or ALIBABA_CLOUD_CREDENTIALS_URI";
const NO_KMS_REGION: &str = "set kms_region, or ALIBABA_CLOUD_STS_REGION";
const NO_VAULT: &str = "set vault_address, or VAULT_ADDR";
const NO_OIDC: &str = "set role_arn, oidc_provider_arn and oidc_token_file, or ALIBABA_CLOUD_ROLE_ARN, \
     ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE";

/// What a cell fetches, in full. Two roles with equal definitions share a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Definition {
    /// Nothing is configured; what to set.
    Nothing(&'static str),
    /// The AccessKey variables.
    Environment,
    /// What a login of the named role left.
    Login(RoleName),
    /// An OIDC token.
    Oidc(OidcTerms, StsHosts),
    /// The RAM role of the ECS instance.
    Ecs(EcsTerms),
    /// A role of Vault's AliCloud engine.
    Vault(Box<VaultTerms>),
    /// A credentials URI.
    Uri(CredentialsUri),
    /// A profile of another program.
    Profile(Box<ProfileTerms>),
    /// A program's command.
    Process(String),
    /// The first of these that is there; what to say when none is.
    Chain(Vec<Self>, &'static str),
    /// A secret of KMS, whom to ask whose the key is that reads it, and the credential that does.
    Kms(KmsTerms, StsHosts, Box<Self>),
    /// A step from another credential.
    Assume(Step, StsHosts, Box<Self>),
}

/// Everything that roles are resolved from.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) roles: &'a BTreeMap<RoleName, RoleConfig>,
    pub(super) variables: &'a Variables,
    pub(super) table: &'a dyn StsTable,
    /// Whether this machine is an ECS instance, as [`super::presence()`] says.
    pub(super) presence: Result<(), &'static str>,
}

impl Given<'_> {
    /// The definition of `role`.
    pub(super) fn definition(&self, role: &RoleName) -> Result<Definition, BadRole> {
        self.follow(role, &mut Vec::new())
    }

    /// `path` holds the roles that led here, so that a circle is seen.
    fn follow(&self, role: &RoleName, path: &mut Vec<RoleName>) -> Result<Definition, BadRole> {
        let outer = path.last().unwrap_or(role);
        let config = self.roles.get(role).ok_or_else(|| BadRole::NoSuchRole(outer.clone(), role.clone()))?;
        if let Some(at) = path.iter().position(|passed| passed == role) {
            return Err(circle(path.get(at..).unwrap_or_default()));
        }
        if path.len() >= ROLES_MAX {
            return Err(BadRole::TooDeep(role.clone()));
        }
        path.push(role.clone());
        let source = match &config.source {
            SourceConfig::Role(inner) => self.follow(inner, path)?,
            SourceConfig::Kms(kms) => self.kms((role, config), kms, path)?,
            SourceConfig::Environment => Definition::Environment,
            SourceConfig::Login => Definition::Login(role.clone()),
            SourceConfig::Absent(advice) => Definition::Nothing(advice),
            SourceConfig::Cli => Definition::Profile(Box::new(self.profile(role, config, Program::Cli)?)),
            SourceConfig::Ini => Definition::Profile(Box::new(self.profile(role, config, Program::Ini)?)),
            SourceConfig::Process(command) => Definition::Process(command.clone()),
            SourceConfig::Oidc => self.oidc(role, config)?.unwrap_or(Definition::Nothing(NO_OIDC)),
            SourceConfig::Ecs { role: name, v1 } => self.ecs(role, name.as_deref(), *v1)?,
            SourceConfig::Vault(vault) => self.vault(role, vault)?,
            SourceConfig::Uri(uri) => self.uri(role, uri.as_ref())?,
            SourceConfig::Auto => self.auto(role, config)?,
        };
        check_accounts(role, config, &source)?;
        let mut definition = source;
        for assume in &config.assume {
            let step = Step {
                role: assume.role_arn.clone(),
                session: match &assume.session_name {
                    Some(session) => session.clone(),
                    None => self.session(role, config)?,
                },
                duration: assume.duration.or(config.duration).unwrap_or(DURATION),
                external_id: assume.external_id.clone(),
                policy: assume.policy.clone(),
                source_identity: assume.source_identity.clone(),
            };
            definition = Definition::Assume(step, self.hosts(role, config)?, Box::new(definition));
        }
        Ok(definition)
    }

    /// `None` unless role, provider and token file are all there.
    pub(super) fn oidc(&self, role: &RoleName, config: &RoleConfig) -> Result<Option<Definition>, BadRole> {
        let arn = self.setting(role, config.role_arn.as_ref(), Variable::RoleArn, RoleArn::parse)?;
        let provider = config.oidc_provider_arn.as_ref();
        let provider = self.setting(role, provider, Variable::OidcProviderArn, OidcProviderArn::parse)?;
        let token = match &config.oidc_token {
            Some(token) => Some(TokenAt::Ci(token.clone())),
            None => {
                let file = config.oidc_token_file.as_ref();
                let path = |text: &str| Some(PathBuf::from(text));
                self.setting(role, file, Variable::OidcTokenFile, path)?.map(TokenAt::File)
            }
        };
        let (Some(arn), Some(provider), Some(token)) = (arn, provider, token) else { return Ok(None) };
        let has = |variable| self.variables.value(variable).is_some();
        if matches!(token, TokenAt::Ci(CiToken::GitHub { .. }))
            && !(has(Variable::GitHubRequestUrl) && has(Variable::GitHubRequestToken))
        {
            return Ok(Some(Definition::Nothing(ci_token::NO_GITHUB)));
        }
        let (session, duration) = (self.session(role, config)?, config.duration.unwrap_or(DURATION));
        let terms = OidcTerms { role: arn, provider, token, session, duration };
        Ok(Some(Definition::Oidc(terms, self.hosts(role, config)?)))
    }

    pub(super) fn uri(
        &self,
        role: &RoleName,
        configured: Option<&CredentialsUri>,
    ) -> Result<Definition, BadRole> {
        let variable = Variable::CredentialsUri;
        let uri = self.setting(role, configured, variable, |text| CredentialsUri::parse(text).ok())?;
        let Some(uri) = uri else { return Ok(Definition::Nothing(NO_URI)) };
        self.check_own(role, uri.place(), configured.is_none().then_some(variable))?;
        Ok(Definition::Uri(uri))
    }

    /// The host comes from the endpoint table alone. A secret has a region, so no central host stands in for it.
    fn kms(
        &self,
        (role, config): (&RoleName, &RoleConfig),
        kms: &KmsConfig,
        path: &mut Vec<RoleName>,
    ) -> Result<Definition, BadRole> {
        let inner = Box::new(self.follow(&kms.role, path)?);
        let of_variable = self.variables.value(Variable::StsRegion);
        let Some(region) = kms.region.as_deref().or(of_variable) else {
            return Ok(Definition::Nothing(NO_KMS_REGION));
        };
        let variable = kms.region.is_none().then_some(Variable::StsRegion.name());
        let is_vpc = self.variables.is_true(Variable::VpcEndpointEnabled);
        let host = self.table.kms(region, is_vpc);
        let host = host.ok_or_else(|| BadRole::NoKms(role.clone(), region.to_owned(), variable))?;
        let terms = KmsTerms { secret_name: kms.secret_name.clone(), host };
        Ok(Definition::Kms(terms, self.hosts(role, config)?, inner))
    }

    /// What is known of a profile before its file is read.
    pub(super) fn profile(
        &self,
        role: &RoleName,
        config: &RoleConfig,
        program: Program,
    ) -> Result<ProfileTerms, BadRole> {
        let of_variable = |variable| self.variables.value(variable);
        let forbids = |text: &str| text == "1" || text.eq_ignore_ascii_case("true");
        let else_hosts = self.hosts(role, config)?;
        Ok(ProfileTerms {
            program,
            files: self.files(config, program),
            profile: config.profile.clone().or_else(|| of_variable(Variable::Profile).map(str::to_owned)),
            hosts: (!config.sts.is_empty()).then_some(else_hosts),
            session: config.session_name.clone(),
            duration: config.duration,
            else_hosts,
            else_session: self.session(role, config)?,
            accounts: config.accounts.clone(),
            is_assumed_from: !config.assume.is_empty(),
            metadata: match self.ecs(role, None, None) {
                Ok(Definition::Ecs(terms)) => Ok(terms),
                Err(BadRole::BadVariable(_, name)) => Err(NoMetadata::BadVariable(name)),
                _ => Err(NoMetadata::Own),
            },
            oauth_url: config.oauth_url.clone(),
            may_ask_others: !of_variable(Variable::DisableExternalProcess).is_some_and(forbids),
        })
    }

    pub(super) fn ecs(
        &self,
        role: &RoleName,
        configured: Option<&str>,
        v1: Option<bool>,
    ) -> Result<Definition, BadRole> {
        let configured: Option<Box<str>> = configured.map(Into::into);
        let name = |text: &str| is_role_name(text).then(|| text.into());
        let name = self.setting(role, configured.as_ref(), Variable::EcsMetadata, name)?;
        let variable = Variable::ImdsEndpoint;
        let place = self.setting(role, None, variable, Place::whole)?;
        if place.is_none() && self.table.plays_metadata() {
            return Err(BadRole::OwnMetadata(role.clone()));
        }
        let place = place.unwrap_or_else(Place::metadata);
        self.check_own(role, &place, Some(variable))?;
        // The SDKs fall back to version 1 unless it is disabled; here somebody has to say that it is not.
        let is_enabled = self.variables.value(Variable::ImdsV1Disabled);
        let is_enabled = is_enabled.is_some_and(|text| text.eq_ignore_ascii_case("false"));
        Ok(Definition::Ecs(EcsTerms { place, role: name, allows_v1: v1.unwrap_or(is_enabled) }))
    }

    fn vault(&self, role: &RoleName, config: &VaultConfig) -> Result<Definition, BadRole> {
        let VaultConfig { address, namespace, role: asked } = config;
        let variable = Variable::VaultAddress;
        let place = self.setting(role, address.as_ref(), variable, Place::whole)?;
        let Some(place) = place else { return Ok(Definition::Nothing(NO_VAULT)) };
        self.check_own(role, &place, address.is_none().then_some(variable))?;
        // Vault's own programs write it with slashes at its ends or without.
        let path = |text: &str| VaultPath::parse(text.trim_matches('/'));
        let namespace = self.setting(role, namespace.as_ref(), Variable::VaultNamespace, path)?;
        Ok(Definition::Vault(Box::new(VaultTerms { place, namespace, role: asked.clone() })))
    }

    /// Refuses a place that is a listener of ours. `variable`: what says it, unless the settings do.
    fn check_own(&self, role: &RoleName, place: &Place, variable: Option<Variable>) -> Result<(), BadRole> {
        if self.table.is_own(place) {
            let variable = variable.map(Variable::name);
            return Err(BadRole::OwnListener(role.clone(), place.clone(), variable));
        }
        Ok(())
    }

    /// A setting, else the variable's value if it parses.
    pub(super) fn setting<T: Clone>(
        &self,
        role: &RoleName,
        configured: Option<&T>,
        variable: Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, BadRole> {
        match (configured, self.variables.value(variable)) {
            (Some(value), _) => Ok(Some(value.clone())),
            (None, None) => Ok(None),
            (None, Some(text)) => parse(text)
                .map(Some)
                .ok_or_else(|| BadRole::BadVariable(role.clone(), self.variables.spelling(variable))),
        }
    }

    pub(super) fn session(&self, role: &RoleName, config: &RoleConfig) -> Result<SessionName, BadRole> {
        let given =
            self.setting(role, config.session_name.as_ref(), Variable::RoleSessionName, SessionName::parse)?;
        let default = || {
            let name = self.variables.value(Variable::Hostname).map_or_else(
                || "countersign".to_owned(),
                |host| {
                    let fits =
                        |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
                    format!("countersign-{}", host.chars().filter(fits).collect::<String>())
                },
            );
            SessionName::parse(name.get(..SESSION_MAX).unwrap_or(&name))
        };
        given.or_else(default).ok_or_else(|| BadRole::BadVariable(role.clone(), Variable::Hostname.name()))
    }

    /// Settings, else the variables; the central host stands in for a slow regional one only where nobody has said
    /// which hosts to ask.
    pub(super) fn hosts(&self, role: &RoleName, config: &RoleConfig) -> Result<StsHosts, BadRole> {
        let named = |name: &str, variable: Option<Variable>| {
            let bad = || BadRole::NotSts(role.clone(), name.to_owned(), variable.map(Variable::name));
            self.table.named(name).ok_or_else(bad)
        };
        if let Some((first, rest)) = config.sts.split_first() {
            let second = rest.first().map(|name| named(name, None)).transpose()?;
            return Ok(StsHosts { first: named(first, None)?, second });
        }
        if let Some(name) = self.variables.value(Variable::StsEndpoint) {
            return Ok(StsHosts { first: named(name, Some(Variable::StsEndpoint))?, second: None });
        }
        let central = named(CENTRAL, None)?;
        let first: Host = match self.variables.value(Variable::StsRegion) {
            Some(region) => {
                let is_vpc = self.variables.is_true(Variable::VpcEndpointEnabled);
                let regional = self.table.regional(region, is_vpc);
                let variable = Some(Variable::StsRegion.name());
                regional.ok_or_else(|| BadRole::NotSts(role.clone(), region.to_owned(), variable))?
            }
            None => central,
        };
        Ok(StsHosts { first, second: (first != central).then_some(central) })
    }
}

/// The circle that these roles make, told alike whichever of them it was found from.
fn circle(roles: &[RoleName]) -> BadRole {
    let mut roles = roles.to_vec();
    let first = roles.iter().enumerate().min_by_key(|(_, role)| *role).map_or(0, |(at, _)| at);
    roles.rotate_left(first);
    BadRole::Circle(roles)
}

/// Refuses a role that is anywhere on its own way in an account that is not listed: with its OIDC token, and at each step
/// from there. Where another role is the source, that one's settings judge its way; only if nothing is assumed from it
/// is this role where that one is. An account that cannot be known is refused too.
fn check_accounts(role: &RoleName, config: &RoleConfig, source: &Definition) -> Result<(), BadRole> {
    if config.accounts.is_empty() {
        return Ok(());
    }
    let is_inner = matches!(config.source, SourceConfig::Role(_)) && !config.assume.is_empty();
    let from = match source {
        _ if is_inner => None,
        Definition::Nothing(_) => None,
        // Judged when its file has been read.
        Definition::Profile(_) | Definition::Chain(..) => None,
        Definition::Environment
        | Definition::Process(_)
        | Definition::Vault(_)
        | Definition::Uri(_)
        | Definition::Login(_)
        | Definition::Kms(..)
        | Definition::Ecs(_) => {
            if config.assume.is_empty() {
                return Err(BadRole::UnknownAccount(role.clone()));
            }
            None
        }
        Definition::Oidc(terms, _) => Some(&terms.role),
        Definition::Assume(step, ..) => Some(&step.role),
    };
    let mut way = from.into_iter().chain(config.assume.iter().map(|step| &step.role_arn));
    let is_listed = |arn: &&RoleArn| config.accounts.iter().any(|account| account == arn.account());
    match way.find(|arn| !is_listed(arn)) {
        Some(other) => Err(BadRole::OtherAccount(role.clone(), other.clone())),
        None => Ok(()),
    }
}
