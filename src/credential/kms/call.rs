//! `GetSecretValue` of KMS as it goes on the wire: what is asked for in the query, signed by `ACS3-HMAC-SHA256`.

use zeroize::Zeroizing;

use crate::credential::credential::AccessKey;
use crate::credential::exchange::joined;
use crate::names::{Host, KmsSecretName, Moment};
use crate::sign::{EMPTY_HASH, Workspace, acs3, iso};
use crate::wire::{Field, Parameter};

const ACTION: &str = "GetSecretValue";
const VERSION: &str = "2016-01-20";

/// The headers of a call, by names in lower case.
pub(in crate::credential) type Headers = Vec<(&'static str, Zeroizing<String>)>;

/// The target and the headers of one call. It has no body; a token is in a header, and so never in what servers log.
pub(in crate::credential) fn written(
    secret_name: &KmsSecretName,
    host: &Host,
    signer: &AccessKey,
    moment: &Moment,
) -> (Zeroizing<String>, Headers) {
    let query = [
        Parameter::plain(b"FetchExtendedConfig", b"true"),
        Parameter::plain(b"SecretName", secret_name.as_str().as_bytes()),
        Parameter::plain(b"VersionStage", b"ACSCurrent"),
    ];
    let mut headers = covered(signer, moment);
    let host = [Field::new("host", host.as_bytes())];
    let fields: Vec<_> = host
        .into_iter()
        .chain(headers.iter().map(|(name, value)| Field::new(name, value.as_bytes())))
        .collect();
    let call = acs3::Covered {
        method: "POST",
        path: b"/",
        query: &query,
        headers: fields.iter(),
        payload_hash: EMPTY_HASH,
    };
    let signature = acs3::signature(call, signer.key(), &mut Workspace::default());

    let names: String = headers.iter().map(|(name, _)| format!(";{name}")).collect();
    let (id, signature) = (signer.id().as_str(), String::from_utf8_lossy(&signature));
    let authorization =
        format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders=host{names},Signature={signature}");
    headers.push(("authorization", Zeroizing::new(authorization)));
    headers.push(("accept", Zeroizing::new("application/json".to_owned())));
    let target = String::from_utf8([b"/?".as_slice(), &joined(&query)].concat()).unwrap_or_default();
    (Zeroizing::new(target), headers)
}

/// What is signed besides `host`, in the order of the names, which all come after that one.
fn covered(signer: &AccessKey, moment: &Moment) -> Headers {
    let text = |bytes: &[u8]| Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let token = signer.security_token();
    let mut headers = Vec::new();
    // Every SDK sends the id beside the token; without a token none does.
    headers.extend(token.map(|_| ("x-acs-accesskey-id", text(signer.id().as_str().as_bytes()))));
    headers.extend([
        ("x-acs-action", text(ACTION.as_bytes())),
        ("x-acs-content-sha256", text(EMPTY_HASH)),
        ("x-acs-date", text(&iso(moment.unix_seconds))),
    ]);
    headers.extend(token.map(|token| ("x-acs-security-token", text(token.expose().as_bytes()))));
    headers.extend([
        ("x-acs-signature-nonce", text(moment.nonce.as_bytes())),
        ("x-acs-version", text(VERSION.as_bytes())),
    ]);
    headers
}
