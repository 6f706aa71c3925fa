//! The SDKs' own environment variables, as far as this room reads them. The process's environment is read elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use zeroize::Zeroizing;

use super::launch::DEPTH;
use super::spellings::{self, Said};

/// One thing that the environment can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// The AccessKey's id.
    AccessKeyId,
    /// The AccessKey's secret.
    AccessKeySecret,
    /// The STS token that belongs to both.
    SecurityToken,
    /// The RAM role to assume with an OIDC token.
    RoleArn,
    /// The identity provider of that token.
    OidcProviderArn,
    /// The file with that token.
    OidcTokenFile,
    /// What the audit trail calls the session.
    RoleSessionName,
    /// The STS host.
    StsEndpoint,
    /// The region whose STS is asked.
    StsRegion,
    /// `true`: that region's STS by its VPC name.
    VpcEndpointEnabled,
    /// The RAM role of the ECS instance.
    EcsMetadata,
    /// `true`: the metadata server is not asked by default.
    EcsMetadataDisabled,
    /// Another place for the metadata server.
    ImdsEndpoint,
    /// `false`: it may be asked without a token.
    ImdsV1Disabled,
    /// Where a job of GitHub asks for an OIDC token.
    GitHubRequestUrl,
    /// What it proves itself with there.
    GitHubRequestToken,
    /// Where somebody hands out credentials.
    CredentialsUri,
    /// Where Vault is.
    VaultAddress,
    /// The namespace of Vault's that is meant.
    VaultNamespace,
    /// The machine's or pod's name.
    Hostname,
    /// The key of Model Studio.
    DashScopeApiKey,
    /// Where the aliyun CLI and the SDKs keep what they are configured with.
    Home,
    /// The profile to take of their files.
    Profile,
    /// The aliyun CLI's file.
    ConfigFile,
    /// The SDKs' file of profiles.
    CredentialsFile,
    /// `true`: the default chain passes the CLI's file over.
    CliProfileDisabled,
    /// `TRUE`: the same, as the CLI reads it.
    IgnoreProfile,
    /// `true` or `1`: no profile may run a program or ask a URI.
    DisableExternalProcess,
    /// Set in every program that countersign runs for a credential.
    Depth,
}

/// Each variable's spellings. The first that is set and not empty counts. An AccessKey's are three of one program, and
/// stand in `spellings`: here is what messages call them.
const SPELLINGS: &[(Variable, &[&str])] = &[
    (Variable::AccessKeyId, &["ALIBABA_CLOUD_ACCESS_KEY_ID"]),
    (Variable::AccessKeySecret, &["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]),
    (Variable::SecurityToken, &["ALIBABA_CLOUD_SECURITY_TOKEN"]),
    (Variable::RoleArn, &["ALIBABA_CLOUD_ROLE_ARN", "ALIBABACLOUD_ROLE_ARN", "ALICLOUD_ROLE_ARN"]),
    (Variable::OidcProviderArn, &["ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABACLOUD_OIDC_PROVIDER_ARN"]),
    (Variable::OidcTokenFile, &["ALIBABA_CLOUD_OIDC_TOKEN_FILE", "ALIBABACLOUD_OIDC_TOKEN_FILE"]),
    (Variable::RoleSessionName, &["ALIBABA_CLOUD_ROLE_SESSION_NAME", "ALICLOUD_ROLE_SESSION_NAME"]),
    (Variable::StsEndpoint, &["ALIBABA_CLOUD_STS_ENDPOINT"]),
    (Variable::StsRegion, &["ALIBABA_CLOUD_STS_REGION"]),
    (Variable::VpcEndpointEnabled, &["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"]),
    (Variable::EcsMetadata, &["ALIBABA_CLOUD_ECS_METADATA"]),
    (Variable::EcsMetadataDisabled, &["ALIBABA_CLOUD_ECS_METADATA_DISABLED"]),
    (Variable::ImdsEndpoint, &["ALIBABA_CLOUD_IMDS_ENDPOINT"]),
    (Variable::ImdsV1Disabled, &["ALIBABA_CLOUD_IMDSV1_DISABLED"]),
    (Variable::GitHubRequestUrl, &["ACTIONS_ID_TOKEN_REQUEST_URL"]),
    (Variable::GitHubRequestToken, &["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]),
    (Variable::CredentialsUri, &["ALIBABA_CLOUD_CREDENTIALS_URI"]),
    (Variable::VaultAddress, &["VAULT_ADDR"]),
    (Variable::VaultNamespace, &["VAULT_NAMESPACE"]),
    (Variable::Hostname, &["HOSTNAME"]),
    (Variable::DashScopeApiKey, &["DASHSCOPE_API_KEY"]),
    (Variable::Home, &["HOME"]),
    (Variable::Profile, &["ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE"]),
    (Variable::ConfigFile, &["ALIBABA_CLOUD_CONFIG_FILE"]),
    (Variable::CredentialsFile, &["ALIBABA_CLOUD_CREDENTIALS_FILE"]),
    (Variable::CliProfileDisabled, &["ALIBABA_CLOUD_CLI_PROFILE_DISABLED"]),
    (Variable::IgnoreProfile, &["ALIBABA_CLOUD_IGNORE_PROFILE", "ALIBABACLOUD_IGNORE_PROFILE"]),
    (Variable::DisableExternalProcess, &["ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"]),
    (Variable::Depth, &[DEPTH]),
];

impl Variable {
    /// The spelling that messages use.
    pub fn name(self) -> &'static str {
        let row = SPELLINGS.iter().find(|(variable, _)| *variable == self);
        row.and_then(|(_, spellings)| spellings.first()).copied().unwrap_or_default()
    }

    /// How the value of the variable of this name is written, for messages. `None`: there is no more to say of it than that it
    /// is wrong.
    pub(super) fn form_of(name: &str) -> Option<&'static str> {
        let (variable, _) = SPELLINGS.iter().find(|(_, spellings)| spellings.contains(&name))?;
        Some(match variable {
            Self::ImdsEndpoint | Self::VaultAddress => {
                "http://HOST[:PORT] or https://HOST[:PORT], without a path"
            }
            Self::CredentialsUri => "an http:// or https:// URL, without a user in it",
            Self::GitHubRequestUrl => "the https:// URL that the job was given, as it was given",
            Self::RoleArn => "acs:ram::ACCOUNT:role/NAME",
            Self::OidcProviderArn => "acs:ram::ACCOUNT:oidc-provider/NAME",
            _ => return None,
        })
    }
}

/// What the environment said when the process started. Values are wiped when it is dropped, and never printed.
#[derive(Default)]
pub struct Variables {
    said: HashMap<Variable, Said>,
    half_a_key: Option<&'static str>,
    /// Those that the settings name.
    named: BTreeMap<String, Zeroizing<String>>,
}

impl Variables {
    /// Picks what this room reads out of all pairs. An empty value counts as none.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::with_named(pairs, [])
    }

    /// The same, and those of the given names.
    pub fn with_named<'a>(
        pairs: impl IntoIterator<Item = (String, String)>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let given: HashMap<String, Zeroizing<String>> =
            pairs.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let first = |spellings: &[&'static str]| {
            let said = spellings.iter().filter_map(|name| Some((*name, given.get(*name)?.clone())));
            said.into_iter().find(|(_, value)| !value.is_empty())
        };
        let known = SPELLINGS.iter().filter_map(|(variable, spellings)| Some((*variable, first(spellings)?)));
        let mut said: HashMap<Variable, Said> = known.collect();
        let named = names.into_iter().filter_map(|name| {
            given.get(name).filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value.clone()))
        });
        let named = named.collect();
        let key = spellings::first_key(&given);
        let half_a_key = key.as_ref().and_then(|key| key.half);
        let (id, secret, token) = key.map_or((None, None, None), |key| (key.id, key.secret, key.token));
        for (variable, part) in [
            (Variable::AccessKeyId, id),
            (Variable::AccessKeySecret, secret),
            (Variable::SecurityToken, token),
        ] {
            match part {
                Some(part) => said.insert(variable, part),
                None => said.remove(&variable),
            };
        }
        Self { said, named, half_a_key }
    }

    /// Whether a variable of this name could lead to a credential: the sandbox reads none of them.
    pub fn are_of_credentials(name: &str) -> bool {
        let is_row = |(variable, spellings): &(Variable, &[&str])| {
            let is_elses = matches!(variable, Variable::Hostname | Variable::Home | Variable::Depth);
            !is_elses && spellings.contains(&name)
        };
        let is_cloud =
            ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"].iter().any(|start| name.starts_with(start));
        is_cloud || SPELLINGS.iter().any(is_row) || spellings::is_of_a_key(name)
    }

    /// The value. `None` when unset or empty.
    pub fn value(&self, variable: Variable) -> Option<&str> {
        self.said.get(&variable).map(|(_, value)| value.as_str())
    }

    /// The value of a variable that the settings name. `None` when unset or empty.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(|value| value.as_str())
    }

    /// The name under which the value was set; of none, the one that messages use.
    pub fn spelling(&self, variable: Variable) -> &'static str {
        self.said.get(&variable).map_or_else(|| variable.name(), |(name, _)| name)
    }

    /// Whether the value is `true`, as the SDKs read it: in any letter case, and nothing else.
    pub(super) fn is_true(&self, variable: Variable) -> bool {
        self.value(variable).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What to say of half a key. `None`: both halves are there, or none is.
    pub(super) const fn half_a_key(&self) -> Option<&'static str> {
        self.half_a_key
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.said.keys()).entries(self.named.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_none_and_no_value_is_printed() {
        let pairs = [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-canary"),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
            ("PATH", "x"),
        ];
        let variables = Variables::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(variables.value(Variable::AccessKeyId), Some("LTAI-canary"));
        assert_eq!(variables.value(Variable::SecurityToken), None);
        assert_eq!(format!("{variables:?}"), "{AccessKeyId}");
    }

    #[test]
    fn the_sandbox_is_told_of_every_variable_that_leads_to_a_credential() {
        for name in [
            "ALICLOUD_ACCESS_KEY",
            "ACCESS_KEY_ID",
            "SECURITY_TOKEN",
            "OSS_SESSION_TOKEN",
            "ALIBABA_CLOUD_X",
            "DASHSCOPE_API_KEY",
            "VAULT_ADDR",
        ] {
            assert!(Variables::are_of_credentials(name), "{name}");
        }
        for name in ["HOME", "HOSTNAME", "COUNTERSIGN_DEPTH", "PATH"] {
            assert!(!Variables::are_of_credentials(name), "{name}");
        }
    }

    #[test]
    fn a_value_is_told_by_the_name_that_it_was_set_under() {
        let pairs = [
            ("ALICLOUD_ACCESS_KEY", "LTAI-canary"),
            ("ALICLOUD_SECRET_KEY", "x"),
            ("ALICLOUD_ROLE_ARN", "y"),
        ];
        let variables = Variables::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let told = [Variable::AccessKeyId, Variable::RoleArn, Variable::StsEndpoint];
        assert_eq!(
            told.map(|variable| variables.spelling(variable)),
            ["ALICLOUD_ACCESS_KEY", "ALICLOUD_ROLE_ARN", "ALIBABA_CLOUD_STS_ENDPOINT"]
        );
    }

    #[test]
    fn every_variable_has_a_spelling() {
        assert!(SPELLINGS.len() >= 11);
        assert!(SPELLINGS.iter().all(|(variable, _)| !variable.name().is_empty()));
    }
}
