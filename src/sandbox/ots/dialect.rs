//! How Tablestore answers: a message in protobuf under headers that the caller's own key signs. Errors and their words are
//! those of "Error codes".

use crate::sandbox::answer::{Answer, Payload, set, text};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::date;
use crate::sandbox::digest::md5;
use crate::sandbox::encode::{base64, hex};
use crate::sandbox::error::Error;
use crate::sandbox::identity::Identity;
use crate::sandbox::protobuf::Writer;
use crate::sandbox::verify::{Claim, Denial, answer_signature};

/// A denial. One code stands for all that is wrong with a key or a signature.
pub(super) fn words(denial: &Denial, _: Option<&Claim>) -> Error {
    let failed = |message: &str| Error::new(403, "OTSAuthFailed", message);
    let invalid = |message: String| Error::new(400, "OTSParameterInvalid", &message);
    match denial {
        // No words of its own for tokens are published.
        Denial::UnknownKey
        | Denial::TokenMissing
        | Denial::TokenMalformed
        | Denial::TokenOfAnotherKey
        | Denial::TokenExpired => failed("The AccessKeyID does not exist."),
        Denial::Skewed { signed_at, .. } => {
            let sent = date::iso_milliseconds(*signed_at);
            failed(&format!("Mismatch between system time and x-ots-date: {sent}."))
        }
        Denial::BodyHash => {
            failed("Mismatch between MD5 value of request body and x-ots-contentmd5 in header.")
        }
        Denial::Mismatch | Denial::WrongRegion(_) | Denial::WrongProduct(_) => failed("Signature mismatch."),
        Denial::Missing("Authorization") => invalid("Missing header: 'x-ots-signature'.".to_owned()),
        Denial::Missing(name) => invalid(format!("Missing header: '{name}'.")),
        Denial::BadDate(name) => invalid(format!("Invalid date format: {name}.")),
        Denial::Repeated(name) | Denial::Uncovered(name) => invalid(format!("Duplicate header: '{name}'.")),
        Denial::Malformed(why) => invalid(format!("Invalid request: {why}.")),
        Denial::NonceUsed => invalid("Invalid request.".to_owned()),
    }
}

/// The message that an error is, of an answer or of a row in one.
pub(super) fn error(error: &Error) -> Writer {
    Writer::default().text(1, &error.code).text(2, &error.message)
}

/// An answer with its headers, signed if there is whom to sign it for.
pub(super) fn answer(
    cloud: &Cloud,
    (status, body): (u16, Vec<u8>),
    signer: Option<(&Claim, &Identity)>,
    path: &str,
) -> Answer {
    let random = hex(&cloud.random(16));
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| random.get(group).unwrap_or_default());
    let (digest, request_id) = (base64(&md5(&body)), groups.join("-"));
    let now = date::iso(cloud.now()).replace('Z', ".000000Z");
    let own = [
        ("x-ots-contentmd5", digest.as_str()),
        ("x-ots-contenttype", "protocol buffer"),
        ("x-ots-date", &now),
        ("x-ots-requestid", &request_id),
    ];
    let mut answer = text(status, "application/octet-stream", String::new());
    for (name, value) in own {
        set(&mut answer, name, value);
    }
    if let Some((claim, identity)) = signer {
        let signature = answer_signature(&claim.recipe, &identity.secret, &own, path);
        set(&mut answer, "authorization", &format!("OTS {}:{signature}", identity.access_key_id));
    }
    *answer.body_mut() = Payload::Whole(body.into());
    answer
}
