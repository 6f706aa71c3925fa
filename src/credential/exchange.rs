//! One call of STS as it goes on the wire: system parameters in the query, the call's own in the form.

use std::time::Duration;

use zeroize::Zeroizing;

use super::credential::AccessKey;
use crate::names::{Moment, RoleArn};
use crate::sign::{Workspace, iso, percent, rpc};
use crate::wire::{Parameter, Spelling};

/// The only version that STS has.
const VERSION: &[u8] = b"2015-04-01";

/// A credential, as it is asked of STS.
pub(super) struct Exchange {
    /// `AssumeRole` or `AssumeRoleWithOIDC`.
    pub(super) action: &'static str,
    /// The role asked for.
    pub(super) role: RoleArn,
    /// How long the credential is to live.
    pub(super) duration: Duration,
    /// The other parameters of the form. A token is one of them, and so never in the target, which proxies and
    /// servers log.
    pub(super) form: Vec<(&'static str, Zeroizing<String>)>,
}

/// The target and the form of one attempt to get a credential. `signer` is `None` for a call that carries its own proof.
pub(super) fn write(
    exchange: &Exchange,
    signer: Option<&AccessKey>,
    moment: &Moment,
) -> (Zeroizing<String>, Zeroizing<Vec<u8>>) {
    let seconds = exchange.duration.as_secs().to_string();
    let mut form = vec![
        Parameter::plain(b"DurationSeconds", seconds.as_bytes()),
        Parameter::plain(b"RoleArn", exchange.role.as_str().as_bytes()),
    ];
    form.extend(
        exchange.form.iter().map(|(name, value)| Parameter::plain(name.as_bytes(), value.as_bytes())),
    );
    written(exchange.action, &form, signer, moment)
}

/// The target and the form of any call.
pub(super) fn written(
    action: &str,
    form: &[Parameter<'_>],
    signer: Option<&AccessKey>,
    moment: &Moment,
) -> (Zeroizing<String>, Zeroizing<Vec<u8>>) {
    let date = iso(moment.unix_seconds);
    let mut system = vec![
        Parameter::plain(b"Action", action.as_bytes()),
        Parameter::plain(b"Format", b"JSON"),
        Parameter::plain(b"SignatureNonce", moment.nonce.as_str().as_bytes()),
        Parameter::plain(b"Timestamp", &date),
        Parameter::plain(b"Version", VERSION),
    ];
    let signature;
    if let Some(signer) = signer {
        system.push(Parameter::plain(b"AccessKeyId", signer.id().as_str().as_bytes()));
        system.push(Parameter::plain(b"SignatureMethod", b"HMAC-SHA1"));
        system.push(Parameter::plain(b"SignatureVersion", b"1.0"));
        if let Some(token) = signer.security_token() {
            system.push(Parameter::plain(b"SecurityToken", token.expose().as_bytes()));
        }
        let covered = rpc::Covered { method: "POST", query: &system, form, added: &[] };
        signature = rpc::signature(covered, signer.key(), &mut Workspace::default());
        system.push(Parameter::plain(b"Signature", &signature));
    }
    let target = String::from_utf8([b"/?".as_slice(), &joined(&system)].concat()).unwrap_or_default();
    (Zeroizing::new(target), joined(form))
}

/// `name=value`, joined with `&`. Percent-encoded as in the string-to-sign, which every server reads back alike.
pub(super) fn joined(parameters: &[Parameter<'_>]) -> Zeroizing<Vec<u8>> {
    let mut text = Vec::new();
    for parameter in parameters {
        if !text.is_empty() {
            text.push(b'&');
        }
        percent(&mut text, parameter.name, Spelling::Plain);
        text.push(b'=');
        percent(&mut text, parameter.value, Spelling::Plain);
    }
    Zeroizing::new(text)
}
