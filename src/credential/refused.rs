//! What a refusal means: tables from codes to what we do and what the reader should do. Here are those of STS, and what all
//! say who verify a signature; whoever else refuses has its own beside its calls.

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
/// What is said of a code that no table has, where nothing better is known.
pub(super) const LOOK_UP: &str = "look the code up in the documentation of whoever answered";

/// One row: a code, or with a final `*` every code that starts so; what it says; what to do about it.
pub(super) type Row = (&'static str, Class, &'static str);

/// What the codes of one answerer mean: the same code means other things elsewhere, and other rights are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meanings {
    /// Its tables. The first row that fits counts.
    pub(super) tables: &'static [&'static [Row]],
    /// What to do about what no row knows and does not pass.
    pub(super) advice: &'static str,
}

impl Meanings {
    /// Those of a login, whose refusals all have one cure.
    pub(super) const fn of_a_login(advice: &'static str) -> Self {
        Self { tables: &[&[("Throttling*", Class::Throttled, WAIT)]], advice }
    }

    /// What a refusal says, and what to do about it.
    pub(super) fn of(
        &self,
        (status, code): (u16, &str),
        retry_after: Option<Duration>,
    ) -> (Class, &'static str) {
        let row =
            self.tables.iter().copied().flatten().find(|(pattern, ..)| match pattern.strip_suffix('*') {
                Some(start) => code.starts_with(start),
                None => code == *pattern,
            });
        match (row, Class::of_status(status, retry_after)) {
            (Some((_, class, advice)), _) => (*class, *advice),
            (None, Class::Permanent) => (Class::Permanent, self.advice),
            (None, class) => (class, WAIT),
        }
    }
}

/// STS's.
pub(super) const OF_STS: Meanings = Meanings { tables: &[STS, SIGNED, QUOTA], advice: LOOK_UP };

/// A quota of calls, as every OpenAPI says it.
pub(super) const QUOTA: &[Row] = &[(
    "Throttling*",
    Class::Throttled,
    "the account's quota of such calls is used up; spread them, or ask for a larger quota",
)];

/// What everybody says who verifies a signature. Source: the error table of STS's API reference, and the "common errors" of
/// OpenAPI.
pub(super) const SIGNED: &[Row] = &[
    ("SignatureNonceUsed", Class::Once, "nothing; a new nonce is used at once"),
    (
        "InvalidTimeStamp.Expired",
        Class::Once,
        "set this machine's clock; the cloud takes at most 15 minutes' difference",
    ),
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

/// Source: the error tables of STS's API reference.
const STS: &[Row] = &[
    ("InternalError", Class::Passing, "wait; STS has a fault of its own"),
    ("ServiceUnavailable", Class::Passing, "wait; STS is not available"),
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
];

/// One refusal of STS, of KMS, of Model Studio or of a login. Holds no text of its message: that may repeat parameters of the
/// request.
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
    /// What to do next.
    pub class: Class,
    /// What the reader should do.
    pub advice: &'static str,
    /// How long we were asked to wait.
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// Whether it is the credential that signed the call which was refused, and a newer one may help.
    pub fn blames_the_signer(&self) -> bool {
        self.code == "InvalidSecurityToken.Expired" || self.code.starts_with("InvalidAccessKeyId")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "no code" } else { &self.code };
        write!(f, "{} answered {} with {code}", self.host, self.status)?;
        if !self.request_id.is_empty() {
            write!(f, " (RequestId {})", self.request_id)?;
        }
        write!(f, "; {}", self.advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // KMS's, which STS does not say.
            (500, "Rejected.Unavailable", Class::Passing),
            (403, "", Class::Permanent),
        ] {
            assert_eq!(OF_STS.of((status, code), None).0, class, "{status} {code}");
        }
    }

    #[test]
    fn a_refusal_names_its_code_and_what_to_do() {
        let (status, code) = (403, "NoPermission".to_owned());
        let (class, advice) = OF_STS.of((status, &code), None);
        let (host, request_id) = ("sts.aliyuncs.com".to_owned(), String::new());
        let text = Refused { host, status, code, request_id, class, advice, retry_after: None }.to_string();
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
            let meanings = Meanings::of_a_login("log in with others");
            assert_eq!(meanings.of((status, code), None).1, advice, "{status} {code}");
        }
    }
}
