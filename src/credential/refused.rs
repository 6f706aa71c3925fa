//! What the refusals of STS and KMS mean: one table from its codes to what we do and what the reader should do.

use std::fmt;
use std::time::Duration;

/// What a failure says about the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It may pass by itself.
    Passing,
    /// It must not be asked too often, mostly for the account's quota: wait as long as asked.
    Throttled,
    /// A second attempt at once may well succeed; after that it is a passing failure.
    Once,
    /// It stays until somebody changes something.
    Permanent,
}

impl Class {
    /// What a status says where no code says more. `retry_after`: what was asked for.
    pub(super) const fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            429 => Self::Throttled,
            // Who says how long to wait is told that it was heard.
            503 if retry_after.is_some() => Self::Throttled,
            408 => Self::Passing,
            // A code that nobody knows will not become known by asking again.
            400..=499 => Self::Permanent,
            _ => Self::Passing,
        }
    }
}

/// What is said of what passes by itself.
const WAIT: &str = "wait; it is tried again";

/// One row: a code, or with a final `*` every code that starts so; what it says; what to do about it.
type Row = (&'static str, Class, &'static str);

/// Sources: the error tables of STS's and KMS's API references. The first row that fits counts.
const ROWS: &[Row] = &[
    (
        "Throttling*",
        Class::Throttled,
        "the account's quota of such calls is used up; spread them, or ask for a larger quota",
    ),
    (
        "InvalidApiKey",
        Class::Permanent,
        "replace the key of Model Studio, or name the region that it belongs to",
    ),
    (
        "Rejected.Throttling",
        Class::Throttled,
        "the quota of such calls of KMS is used up; spread them, or ask for a larger quota",
    ),
    ("ServiceUnavailableTemporary", Class::Passing, "wait; KMS is not available"),
    ("InternalFailure", Class::Passing, "wait; KMS has a fault of its own"),
    (
        "Forbidden.ResourceNotFound",
        Class::Permanent,
        "check kms_secret_name and kms_region: KMS keeps no such secret there",
    ),
    (
        "Forbidden.NoPermission",
        Class::Permanent,
        "give the role that kms_role names the right to kms:GetSecretValue of this secret, and to kms:Decrypt with the key \
         that it is encrypted with",
    ),
    (
        "Rejected.Unavailable",
        Class::Permanent,
        "look at the secret in KMS: it, its key or its KMS instance is disabled, expired or about to be deleted",
    ),
    ("InternalError", Class::Passing, "wait; STS has a fault of its own"),
    ("ServiceUnavailable", Class::Passing, "wait; STS is not available"),
    ("SignatureNonceUsed", Class::Once, "nothing; a new nonce is used at once"),
    (
        "InvalidTimeStamp.Expired",
        Class::Once,
        "set this machine's clock; STS takes at most 15 minutes' difference",
    ),
    (
        "AuthenticationFail.OIDCToken.Expired",
        Class::Once,
        "check that the platform renews the OIDC token file",
    ),
    ("EntityNotExist.Role*", Class::Permanent, "check the role's ARN; there is no such role"),
    (
        "NoPermission",
        Class::Permanent,
        "check the role's trust policy, the caller's right to sts:AssumeRole, and the external id",
    ),
    (
        "AuthenticationFail.NoPermission",
        Class::Permanent,
        "check the role's trust policy and the OIDC provider's ARN: it must trust this provider, issuer and subject",
    ),
    (
        "InvalidParameter.DurationSeconds",
        Class::Permanent,
        "ask for a shorter `duration`, or raise the role's longest session time",
    ),
    ("InvalidParameter*", Class::Permanent, "check role ARN, session name, duration and session policy"),
    ("MissingParameter*", Class::Permanent, "check role ARN, session name and OIDC provider"),
    (
        "AuthenticationFail.OIDCToken.AudienceNotMatch",
        Class::Permanent,
        "make the token's audience one of the OIDC provider's client ids",
    ),
    (
        "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
        Class::Permanent,
        "register the issuer's new certificate fingerprint at the OIDC provider",
    ),
    (
        "AuthenticationFail.OIDCToken*",
        Class::Permanent,
        "check the token, and issuer and audience of the OIDC provider",
    ),
    (
        "AuthenticationFail.SAMLAssertion.Expired",
        Class::Permanent,
        "log in at the identity provider again; an assertion is good for minutes",
    ),
    (
        "AuthenticationFail.SAMLAssertion*",
        Class::Permanent,
        "check that the assertion is whole, and signed by the provider whose metadata RAM has",
    ),
    ("AuthenticationFail.IDPMetadata*", Class::Permanent, "give RAM the identity provider's metadata anew"),
    ("EntityNotExist.SAMLProvider", Class::Permanent, "check the SAML provider's ARN; there is none such"),
    ("InvalidAccessKeyId.Inactive", Class::Permanent, "enable the source's AccessKey, or replace it"),
    ("InvalidAccessKeyId*", Class::Permanent, "replace the source's AccessKey; it does not exist"),
    ("SignatureDoesNotMatch", Class::Permanent, "check the AccessKey's secret; it does not belong to its id"),
    ("InvalidSecurityToken.Expired", Class::Permanent, "renew the source's security token"),
    (
        "InvalidSecurityToken*",
        Class::Permanent,
        "take AccessKey id, secret and security token from one and the same answer of STS",
    ),
    (
        "MissingSecurityToken",
        Class::Permanent,
        "hand over the security token that belongs to the source's AccessKey",
    ),
];

/// One refusal of STS. Holds no text of its message: that may repeat parameters of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The host that refused.
    pub host: String,
    /// The status.
    pub status: u16,
    /// The code, in letters, digits, `.`, `-` and `_`. Empty when the answer had none.
    pub code: String,
    /// What to ask Alibaba Cloud's support about, in the same characters.
    pub request_id: String,
    /// How long STS asked us to wait.
    pub retry_after: Option<Duration>,
    /// What to do about what does not pass, where it is no STS that refused: its codes mean other things, and other rights
    /// are asked for.
    pub elsewhere: Option<&'static str>,
}

impl Refused {
    /// What to do next.
    pub fn class(&self) -> Class {
        if let Some((_, class, _)) = self.row() {
            return *class;
        }
        Class::of_status(self.status, self.retry_after)
    }

    /// What the reader should do.
    pub fn advice(&self) -> &'static str {
        match (self.row(), self.class()) {
            (_, Class::Permanent) if let Some(advice) = self.elsewhere => advice,
            (_, _) if self.elsewhere.is_some() => WAIT,
            (Some((_, _, advice)), _) => advice,
            (None, Class::Permanent) => "look the code up in the documentation of whoever answered",
            (None, _) => WAIT,
        }
    }

    /// Whether it is the credential that signed the call which was refused, and a newer one may help.
    pub fn blames_the_signer(&self) -> bool {
        self.code == "InvalidSecurityToken.Expired" || self.code.starts_with("InvalidAccessKeyId")
    }

    fn row(&self) -> Option<&'static Row> {
        ROWS.iter().find(|(pattern, ..)| match pattern.strip_suffix('*') {
            Some(start) => self.code.starts_with(start),
            None => self.code == *pattern,
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "no code" } else { &self.code };
        write!(f, "{} answered {} with {code}", self.host, self.status)?;
        if !self.request_id.is_empty() {
            write!(f, " (RequestId {})", self.request_id)?;
        }
        write!(f, "; {}", self.advice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Refused {
        let (host, request_id) = ("sts.aliyuncs.com".to_owned(), String::new());
        Refused { host, status, code: code.to_owned(), request_id, retry_after: None, elsewhere: None }
    }

    #[test]
    fn codes_are_told_apart_and_status_decides_only_without_one() {
        for (status, code, class) in [
            (400, "Throttling.User", Class::Throttled),
            (429, "", Class::Throttled),
            (500, "InternalError", Class::Passing),
            (502, "", Class::Passing),
            (503, "ServiceUnavailable", Class::Passing),
            (400, "SignatureNonceUsed", Class::Once),
            (400, "InvalidTimeStamp.Expired", Class::Once),
            (401, "AuthenticationFail.OIDCToken.Expired", Class::Once),
            (401, "AuthenticationFail.OIDCToken.Invalid", Class::Permanent),
            (404, "EntityNotExist.Role", Class::Permanent),
            (404, "EntityNotExist.RoleArn", Class::Permanent),
            (403, "NoPermission", Class::Permanent),
            (403, "NeverHeardOf", Class::Permanent),
            (403, "", Class::Permanent),
        ] {
            assert_eq!(refused(status, code).class(), class, "{status} {code}");
        }
    }

    #[test]
    fn a_refusal_names_its_code_and_what_to_do() {
        let text = refused(403, "NoPermission").to_string();
        assert!(text.contains("NoPermission") && text.contains("trust policy"), "{text}");
    }

    #[test]
    fn what_another_than_sts_refuses_is_not_explained_as_stss() {
        for (status, code, advice) in [
            (403, "NoPermission", "log in with others"),
            (400, "InvalidParameter", "log in with others"),
            (403, "", "log in with others"),
            (400, "Throttling.User", WAIT),
            (503, "ServiceUnavailable", WAIT),
            (502, "", WAIT),
        ] {
            let refused = Refused { elsewhere: Some("log in with others"), ..refused(status, code) };
            assert_eq!(refused.advice(), advice, "{status} {code}");
        }
    }
}
