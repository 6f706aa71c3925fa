//! The SDKs' own environment variables, as far as this room reads them. The process's environment is read elsewhere.

use std::collections::HashMap;
use std::fmt;

use zeroize::Zeroizing;

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
    /// Where somebody hands out credentials.
    CredentialsUri,
    /// The machine's or pod's name.
    Hostname,
    /// The key of Model Studio.
    DashScopeApiKey,
}

/// Each variable's spellings. The first that is set and not empty counts.
const SPELLINGS: &[(Variable, &[&str])] = &[
    (Variable::AccessKeyId, &["ALIBABA_CLOUD_ACCESS_KEY_ID"]),
    (Variable::AccessKeySecret, &["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]),
    (Variable::SecurityToken, &["ALIBABA_CLOUD_SECURITY_TOKEN"]),
    (Variable::RoleArn, &["ALIBABA_CLOUD_ROLE_ARN"]),
    (Variable::OidcProviderArn, &["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"]),
    (Variable::OidcTokenFile, &["ALIBABA_CLOUD_OIDC_TOKEN_FILE"]),
    (Variable::RoleSessionName, &["ALIBABA_CLOUD_ROLE_SESSION_NAME"]),
    (Variable::StsEndpoint, &["ALIBABA_CLOUD_STS_ENDPOINT"]),
    (Variable::StsRegion, &["ALIBABA_CLOUD_STS_REGION"]),
    (Variable::VpcEndpointEnabled, &["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"]),
    (Variable::CredentialsUri, &["ALIBABA_CLOUD_CREDENTIALS_URI"]),
    (Variable::Hostname, &["HOSTNAME"]),
    (Variable::DashScopeApiKey, &["DASHSCOPE_API_KEY"]),
];

impl Variable {
    /// The spelling that messages use.
    pub fn name(self) -> &'static str {
        let row = SPELLINGS.iter().find(|(variable, _)| *variable == self);
        row.and_then(|(_, spellings)| spellings.first()).copied().unwrap_or_default()
    }
}

/// What the environment said when the process started. Values are wiped when it is dropped, and never printed.
#[derive(Default)]
pub struct Variables(HashMap<Variable, Zeroizing<String>>);

impl Variables {
    /// Picks what this room reads out of all pairs. An empty value counts as none.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let given: HashMap<String, Zeroizing<String>> =
            pairs.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let first = |spellings: &[&str]| {
            spellings.iter().filter_map(|name| given.get(*name)).find(|value| !value.is_empty()).cloned()
        };
        let known = SPELLINGS.iter().filter_map(|(variable, spellings)| Some((*variable, first(spellings)?)));
        Self(known.collect())
    }

    /// The value. `None` when unset or empty.
    pub fn value(&self, variable: Variable) -> Option<&str> {
        self.0.get(&variable).map(|value| value.as_str())
    }
}

/// What half a key lacks. A name that is misspelt, or a secret that was not mounted, must not look like no key at all.
const NO_SECRET: &str =
    "ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not; set both, or neither";
const NO_ID: &str =
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET is set and ALIBABA_CLOUD_ACCESS_KEY_ID is not; set both, or neither";

impl Variables {
    /// What to say of half a key. `None`: both halves are there, or none is.
    pub(super) fn half_a_key(&self) -> Option<&'static str> {
        let has = |variable| self.value(variable).is_some();
        match (has(Variable::AccessKeyId), has(Variable::AccessKeySecret)) {
            (true, false) => Some(NO_SECRET),
            (false, true) => Some(NO_ID),
            _ => None,
        }
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
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
    fn every_variable_has_a_spelling() {
        assert!(SPELLINGS.len() >= 11);
        assert!(SPELLINGS.iter().all(|(variable, _)| !variable.name().is_empty()));
    }
}
