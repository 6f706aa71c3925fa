//! `source = "auto"`: the places of the default chain, in order, as far as the environment decides.

use std::path::PathBuf;

use super::assume_role::Step;
use super::profile::Program;
use super::resolve::{Definition, Given};
use super::role::{BadRole, DURATION, RoleConfig};
use super::variables::Variable;
use crate::names::{RoleArn, RoleName};

const NO_SOURCE: &str = "set the variables of an AccessKey (ALIBABA_CLOUD_ACCESS_KEY_ID and \
     ALIBABA_CLOUD_ACCESS_KEY_SECRET) or of RRSA (ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and \
     ALIBABA_CLOUD_OIDC_TOKEN_FILE), or run `aliyun configure`; `countersign whoami` says where was looked";

/// One place where a credential may be.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
}

/// What is there.
pub(super) enum Holds {
    /// A credential, or what leads to one: the environment says so.
    This(Definition),
    /// Half of one: what to do.
    Half(&'static str),
    /// Whatever is found when it is looked at.
    Perhaps(Definition),
    /// Nothing, and that will not change; why.
    Nothing(String),
}

impl Given<'_> {
    /// The definition of a role whose settings name no source. What the environment says stays; a file may come later.
    pub(super) fn auto(&self, role: &RoleName, config: &RoleConfig) -> Result<Definition, BadRole> {
        let mut later = Vec::new();
        for place in self.places(role, config)? {
            match place.holds {
                Holds::This(definition) => return Ok(definition),
                Holds::Half(advice) => return Ok(Definition::Nothing(advice)),
                Holds::Perhaps(definition) => later.push(definition),
                Holds::Nothing(_) => {}
            }
        }
        Ok(if later.is_empty() {
            Definition::Nothing(NO_SOURCE)
        } else {
            Definition::Chain(later, NO_SOURCE)
        })
    }

    /// An STS triple before OIDC, because who exports one means it; a long-lived key after it, because it is the worst
    /// that can be had; then what was set up for a human on this machine.
    pub(super) fn places(&self, role: &RoleName, config: &RoleConfig) -> Result<Vec<Place>, BadRole> {
        let place = |name, holds| Place { name, holds };
        let mut places = vec![
            place("environment triple", self.triple()),
            place("oidc", self.oidc_of_environment(role, config)?),
            place("environment AccessKey", self.access_key(role, config)?),
        ];
        let is_decided = places.iter().any(|place| matches!(place.holds, Holds::This(_)));
        places.extend([
            place("cli", self.cli(role, config)?),
            place("ini", self.perhaps(role, config, Program::Ini)?),
            place("ecs", self.instance(role, config, is_decided)?),
            place("uri", self.credentials_uri(role, config, is_decided)?),
        ]);
        Ok(places)
    }

    /// The RAM role of this machine, if it is an ECS instance. A URI that somebody names is no
    /// guess, so a guess does not stand in its way.
    fn instance(&self, role: &RoleName, config: &RoleConfig, is_decided: bool) -> Result<Holds, BadRole> {
        let is_asked_for = self.has(Variable::EcsMetadata) || self.has(Variable::ImdsEndpoint);
        if !is_asked_for && self.has(Variable::CredentialsUri) {
            return Ok(Holds::Nothing(format!("{} is set", Variable::CredentialsUri.name())));
        }
        if !config.accounts.is_empty() && config.assume.is_empty() {
            let why = "`accounts` is set, and the metadata server does not tell its account";
            return Ok(Holds::Nothing(why.to_owned()));
        }
        if let Err(why) = self.presence {
            return Ok(Holds::Nothing(why.to_owned()));
        }
        match self.ecs(role, None, None) {
            Err(bad) if is_decided || !is_asked_for => Ok(Holds::Nothing(bad.to_string())),
            outcome => outcome.map(Holds::Perhaps),
        }
    }

    /// The credentials URI that a variable names. Last, as in every SDK; what is wrong with it matters only where nothing
    /// before it is sure to answer.
    fn credentials_uri(
        &self,
        role: &RoleName,
        config: &RoleConfig,
        is_decided: bool,
    ) -> Result<Holds, BadRole> {
        if !self.has(Variable::CredentialsUri) {
            return Ok(Holds::Nothing(format!("{} is not set", Variable::CredentialsUri.name())));
        }
        if !config.accounts.is_empty() && config.assume.is_empty() {
            return Ok(Holds::Nothing("`accounts` is set, and a URI does not tell its account".to_owned()));
        }
        match self.uri(role, None) {
            Err(bad) if is_decided => Ok(Holds::Nothing(bad.to_string())),
            outcome => outcome.map(Holds::Perhaps),
        }
    }

    fn has(&self, variable: Variable) -> bool {
        self.variables.value(variable).is_some()
    }

    fn has_key(&self) -> bool {
        self.has(Variable::AccessKeyId) && self.has(Variable::AccessKeySecret)
    }

    fn triple(&self) -> Holds {
        match (self.has_key(), self.has(Variable::SecurityToken)) {
            (true, true) => Holds::This(Definition::Environment),
            (true, false) => {
                Holds::Nothing("the AccessKey of the environment has no security token".to_owned())
            }
            (false, _) => Holds::Nothing("no AccessKey is set in the environment".to_owned()),
        }
    }

    fn oidc_of_environment(&self, role: &RoleName, config: &RoleConfig) -> Result<Holds, BadRole> {
        if let Some(oidc) = self.oidc(role, config)? {
            return Ok(Holds::This(oidc));
        }
        let settings = [
            (config.role_arn.is_some(), "role_arn", Variable::RoleArn),
            (config.oidc_provider_arn.is_some(), "oidc_provider_arn", Variable::OidcProviderArn),
            (config.oidc_token_file.is_some(), "oidc_token_file", Variable::OidcTokenFile),
        ];
        let missing = settings.into_iter().filter(|(is_set, _, variable)| !is_set && !self.has(*variable));
        let missing = missing.map(|(_, key, variable)| format!("{key} ({})", variable.name()));
        Ok(Holds::Nothing(format!("not set: {}", missing.collect::<Vec<_>>().join(", "))))
    }

    /// The long-lived key of the environment; or the role that is assumed with it, where the settings or a variable name
    /// one and no steps are written.
    fn access_key(&self, role: &RoleName, config: &RoleConfig) -> Result<Holds, BadRole> {
        if !self.has_key() {
            let nothing = || Holds::Nothing("no AccessKey is set in the environment".to_owned());
            return Ok(self.variables.half_a_key().map_or_else(nothing, Holds::Half));
        }
        let arn = self.setting(role, config.role_arn.as_ref(), Variable::RoleArn, RoleArn::parse)?;
        let arn = arn.filter(|_| config.role_arn.is_some() || config.assume.is_empty());
        let Some(arn) = arn else { return Ok(Holds::This(Definition::Environment)) };
        let step = Step {
            role: arn,
            session: self.session(role, config)?,
            duration: config.duration.unwrap_or(DURATION),
            external_id: None,
            policy: None,
            source_identity: None,
        };
        let key = Box::new(Definition::Environment);
        Ok(Holds::This(Definition::Assume(step, self.hosts(role, config)?, key)))
    }

    fn cli(&self, role: &RoleName, config: &RoleConfig) -> Result<Holds, BadRole> {
        for variable in [Variable::CliProfileDisabled, Variable::IgnoreProfile] {
            // A file that the settings name is meant.
            if self.variables.is_true(variable) && config.config_file.is_none() {
                return Ok(Holds::Nothing(format!("{} is true", self.variables.spelling(variable))));
            }
        }
        self.perhaps(role, config, Program::Cli)
    }

    fn perhaps(&self, role: &RoleName, config: &RoleConfig, program: Program) -> Result<Holds, BadRole> {
        let terms = self.profile(role, config, program)?;
        Ok(match terms.files.is_empty() {
            true => Holds::Nothing("HOME is not set, so nobody knows where its file is".to_owned()),
            false => Holds::Perhaps(Definition::Profile(Box::new(terms))),
        })
    }

    /// Where a program's file may be: where the settings say, else the variable, else below `HOME`.
    pub(super) fn files(&self, config: &RoleConfig, program: Program) -> Vec<PathBuf> {
        let (configured, variable, below): (_, _, &[&str]) = match program {
            Program::Cli => (&config.config_file, Variable::ConfigFile, &[".aliyun/config.json"]),
            // Go's and Node's SDKs read the first, Python's and Java's the second.
            Program::Ini => (
                &config.credentials_file,
                Variable::CredentialsFile,
                &[".alibabacloud/credentials", ".alibabacloud/credentials.ini"],
            ),
        };
        let named = configured.clone().or_else(|| self.variables.value(variable).map(PathBuf::from));
        let home = self.variables.value(Variable::Home);
        let of_home = || below.iter().filter_map(|below| Some(PathBuf::from(home?).join(below))).collect();
        named.map_or_else(of_home, |named| vec![named])
    }
}
