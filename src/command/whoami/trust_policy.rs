//! The trust policy that lets a RAM role be assumed with an OIDC token: RAM's policy language, version 1, as ACK's RRSA
//! documentation writes it.

use serde_json::{Value, json};

use crate::credential::OidcToken;

/// For exactly this issuer, audience and subject.
pub(super) fn of(token: &OidcToken) -> Value {
    let claims = &token.claims;
    let aud = match claims.aud.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    json!({
        "Version": "1",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Federated": [token.provider.as_str()] },
            "Condition": {
                "StringEquals": { "oidc:iss": claims.iss, "oidc:aud": aud, "oidc:sub": claims.sub },
            },
        }],
    })
}
