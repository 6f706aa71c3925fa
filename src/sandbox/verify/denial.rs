//! Why a request was not let in, and how each family of products says so.

use super::{Claim, SKEW_ALLOWED};
use crate::sandbox::date;
use crate::sandbox::encode::hex;
use crate::sandbox::error::Error;

/// A reason to turn a request away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// A parameter or header that must be there.
    Missing(&'static str),
    /// A parameter that is given twice.
    Repeated(String),
    /// An `Authorization` that cannot be read, with the reason.
    Malformed(&'static str),
    /// A header that must be signed, and be there once.
    Uncovered(String),
    /// The body is not what its signed hash says.
    BodyHash,
    /// A date that cannot be read, by the name of its field.
    BadDate(&'static str),
    /// No such AccessKey.
    UnknownKey,
    /// A key of STS without its token.
    TokenMissing,
    /// A token that was never issued.
    TokenMalformed,
    /// A token that belongs to another key.
    TokenOfAnotherKey,
    /// A token past its end.
    TokenExpired,
    /// A date more than fifteen minutes away.
    Skewed {
        /// When the request says it was signed.
        signed_at: i64,
        /// The cloud's clock.
        now: i64,
    },
    /// Another signature than ours.
    Mismatch,
    /// The nonce was seen before.
    NonceUsed,
    /// OSS: signed for another region than the host's.
    WrongRegion(String),
    /// OSS: signed for another product.
    WrongProduct(String),
}

impl Denial {
    /// As the OpenAPI gateway puts it.
    pub(crate) fn open_api(&self, claim: Option<&Claim>) -> Error {
        let not_conforming = "The request signature does not conform to Aliyun standards:";
        let (code, message) = match self {
            Self::Missing(name) => {
                (format!("Missing{name}"), format!("{name} is mandatory for this action."))
            }
            Self::Repeated(name) => {
                ("InvalidParameter".to_owned(), format!("The parameter {name} is given more than once."))
            }
            Self::Malformed(why) => ("IncompleteSignature".to_owned(), format!("{not_conforming} {why}.")),
            Self::Uncovered(name) => {
                ("IncompleteSignature".to_owned(), format!("{not_conforming} it does not cover {name} once."))
            }
            Self::BadDate(name) => {
                ("InvalidTimeStamp.Format".to_owned(), format!("Specified {name} is not well formatted."))
            }
            Self::Mismatch | Self::WrongRegion(_) | Self::WrongProduct(_) => {
                let text =
                    claim.map(|claim| String::from_utf8_lossy(&claim.string_to_sign)).unwrap_or_default();
                let lead =
                    "Specified signature is not matched with our calculation. server string to sign is:";
                ("SignatureDoesNotMatch".to_owned(), format!("{lead}{text}"))
            }
            fixed => {
                let (status, code, message) = fixed.fixed();
                return Error::new(status, code, message);
            }
        };
        Error::new(400, &code, &message)
    }

    /// The OpenAPI answers that name nothing of the request.
    const fn fixed(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::UnknownKey => (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
            Self::TokenMissing => {
                (400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
            }
            Self::TokenMalformed => {
                (400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
            }
            Self::TokenOfAnotherKey => (
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            ),
            Self::TokenExpired => {
                (400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
            }
            Self::Skewed { .. } => {
                (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
            }
            Self::NonceUsed => (400, "SignatureNonceUsed", "Specified signature nonce was used already."),
            _ => (
                400,
                "SignatureDoesNotMatch",
                "Specified x-acs-content-sha256 is not matched with the body that was received.",
            ),
        }
    }

    /// As OSS puts it. EC is OSS's finer code.
    pub(crate) fn oss(&self, claim: Option<&Claim>) -> Error {
        let (status, code, message, ec) = match self {
            Self::Missing(_) => {
                (403, "AccessDenied", "OSS authentication requires a valid Date.".to_owned(), "0002-00000204")
            }
            Self::BadDate(_) => {
                (403, "AccessDenied", "OSS authentication requires a valid Date.".to_owned(), "0002-00000225")
            }
            Self::Repeated(_) | Self::Malformed(_) | Self::Uncovered(_) | Self::NonceUsed => {
                (400, "InvalidArgument", "Authorization header is invalid.".to_owned(), "0002-00000221")
            }
            Self::BodyHash => {
                (400, "InvalidArgument", "Invalid x-oss-content-sha256 value.".to_owned(), "0002-00000222")
            }
            Self::UnknownKey | Self::TokenMissing => {
                let message = "The OSS Access Key Id you provided does not exist in our records.";
                (403, "InvalidAccessKeyId", message.to_owned(), "0002-00000902")
            }
            Self::TokenMalformed | Self::TokenOfAnotherKey => {
                let message = "The security token you provided is invalid.";
                (403, "InvalidSecurityToken", message.to_owned(), "0002-00000903")
            }
            Self::TokenExpired => {
                let message = "The security token you provided has expired.";
                (403, "SecurityTokenExpired", message.to_owned(), "0002-00000007")
            }
            Self::Skewed { .. } => {
                let message = "The difference between the request time and the current time is too large.";
                (403, "RequestTimeTooSkewed", message.to_owned(), "0002-00000504")
            }
            Self::Mismatch => return mismatch(claim),
            Self::WrongRegion(region) => {
                let message = format!("Invalid signing region in Authorization header: {region}.");
                (400, "InvalidArgument", message, "0002-00000226")
            }
            Self::WrongProduct(product) => {
                let message = format!("Invalid signing product in Authorization header: {product}.");
                (400, "InvalidArgument", message, "0002-00000227")
            }
        };
        self.details(claim)
            .into_iter()
            .fold(Error::new(status, code, &message), |error, (name, value)| error.with(name, &value))
            .with("EC", ec)
    }

    /// What OSS adds to some answers, for the reader and for SDKs that set their clocks by it.
    fn details(&self, claim: Option<&Claim>) -> Vec<(&'static str, String)> {
        match self {
            Self::UnknownKey | Self::TokenMissing => {
                claim.iter().map(|claim| ("OSSAccessKeyId", claim.access_key_id.clone())).collect()
            }
            Self::Skewed { signed_at, now } => vec![
                ("MaxAllowedSkewMilliseconds", (SKEW_ALLOWED * 1_000).to_string()),
                ("RequestTime", date::iso_milliseconds(*signed_at)),
                ("ServerTime", date::iso_milliseconds(*now)),
            ],
            _ => Vec::new(),
        }
    }
}

/// OSS repeats what it signed, so that the caller can find the first byte that differs.
fn mismatch(claim: Option<&Claim>) -> Error {
    let error = Error::new(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    );
    let Some(claim) = claim else { return error };
    let bytes: Vec<String> = claim.string_to_sign.iter().map(|&byte| hex(&[byte]).to_uppercase()).collect();
    error
        .with("OSSAccessKeyId", &claim.access_key_id)
        .with("SignatureProvided", &claim.signature)
        .with("StringToSign", &String::from_utf8_lossy(&claim.string_to_sign))
        .with("StringToSignBytes", &bytes.join(" "))
        .with("CanonicalRequest", claim.canonical_request.as_deref().unwrap_or_default())
        .with("EC", "0002-00000040")
}
