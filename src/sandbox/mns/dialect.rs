//! How MNS words things, and RocketMQ over HTTP after it: XML in a namespace, ids in headers.

use crate::sandbox::answer::{Answer, set, text};
use crate::sandbox::encode::xml;
use crate::sandbox::error::Error;
use crate::sandbox::place::Place;
use crate::sandbox::verify::{Claim, Denial};

/// What the two products spell differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// The name in the namespace: `mns`, `mq`.
    pub(crate) name: &'static str,
    /// The header with a request's id.
    pub(crate) request_id: &'static str,
}

pub(super) const MNS: Dialect = Dialect { name: "mns", request_id: "x-mns-request-id" };

impl Dialect {
    /// A document whose root has this name and these elements.
    pub(crate) fn document(self, status: u16, root: &str, elements: &str) -> Answer {
        let namespace = format!("http://{}.aliyuncs.com/doc/v1/", self.name);
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{namespace}\">{elements}</{root}>\n"
        );
        text(status, "text/xml;charset=utf-8", body)
    }

    /// An error. From "Error codes" of MNS.
    pub(crate) fn error(self, error: &Error, place: &Place, request_id: &str) -> Answer {
        let elements = [
            element("Code", &error.code),
            element("Message", &error.message),
            element("RequestId", request_id),
            element("HostId", &format!("http://{}", place.host)),
        ];
        self.document(error.status, "Error", &elements.concat())
    }

    /// Sets what every answer has.
    pub(crate) fn finish(self, answer: &mut Answer, request_id: &str) {
        set(answer, self.request_id, request_id);
        set(answer, if self.name == "mns" { "x-mns-version" } else { "x-mq-version" }, "2015-06-06");
    }
}

/// `<NAME>TEXT</NAME>`.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml(text))
}

/// A denial. The codes are those of "Error codes"; those of a token stand in no document of MNS, and are OSS's.
pub(crate) fn words(denial: &Denial, claim: Option<&Claim>) -> Error {
    let (status, code, message) = match denial {
        Denial::Missing("Authorization") => {
            (400, "MissingAuthorizationHeader", "Authorization header is required.")
        }
        Denial::Missing(_) => (400, "MissingDateHeader", "Date header is required."),
        Denial::BadDate(_) => (400, "InvalidDateHeader", "The Date header format is invalid."),
        Denial::BodyHash => (400, "InvalidDegist", "The Content-MD5 you specified is invalid."),
        Denial::UnknownKey | Denial::TokenMissing => {
            (403, "InvalidAccessKeyId", "The AccessKey Id you provided is not exist.")
        }
        Denial::TokenMalformed | Denial::TokenOfAnotherKey => {
            (403, "InvalidSecurityToken", "The security token you provided is invalid.")
        }
        Denial::TokenExpired => (403, "SecurityTokenExpired", "The security token you provided has expired."),
        Denial::Skewed { .. } => (408, "TimeExpired", "The http request you sent is expired."),
        Denial::Mismatch | Denial::WrongRegion(_) | Denial::WrongProduct(_) => {
            let text = claim.map(|claim| String::from_utf8_lossy(&claim.string_to_sign)).unwrap_or_default();
            let lead = "The request signature we calculated does not match the signature you provided. Check \
                        your key and signing method. String to sign is: ";
            return Error::new(403, "SignatureDoesNotMatch", &format!("{lead}{text}"));
        }
        Denial::Repeated(_) | Denial::Malformed(_) | Denial::Uncovered(_) | Denial::NonceUsed => {
            (400, "InvalidAuthorizationHeader", "The Authorization header format is invalid.")
        }
    };
    Error::new(status, code, message)
}
