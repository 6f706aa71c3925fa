//! The proof: canonical form, string-to-sign, signature. Arithmetic only.
//!
//! The contract. The caller hands over what is to leave, already stripped of whatever it was signed with before:
//! path, query and header values are the bytes that go on the wire, and go there unchanged. Time, nonce and key are
//! parameters. A scheme adds its own headers or parameters and changes nothing else; it reads no clock, keeps nothing
//! and allocates nothing once its [`Workspace`] has grown. What comes back is [`Signed`], whose head nobody can change.

pub mod acs3;
pub mod acs4;
pub mod datahub;
pub mod dataplus;
pub mod fc;
pub mod fc_trigger;
pub mod gateway;
pub mod mns;
pub mod mns_v4;
pub mod mq;
pub mod odps;
pub mod oss;
pub mod oss_form;
pub mod oss_url;
pub mod oss_v1;
pub mod ots;
pub mod ots_answer;
pub mod roa;
pub mod rpc;
pub mod s3;
pub mod sls;
pub mod sls_v4;

mod bearer;
mod digest;
mod encode;
mod head;
mod key;
mod sorted;
mod sub_resources;
mod text;
mod token;
mod workspace;

pub use bearer::bearer;
pub use encode::{hex, percent};
pub use key::{DayKey, Key};
pub use token::Token;
pub use workspace::Workspace;

use std::fmt;

pub use crate::names::calendar::{day, iso, iso_basic, parse_iso};
use crate::names::{Endpoint, Moment, Region, Scheme, Scope};
use crate::wire::{Field, Framing, Parameter, Signed};

/// The SHA-256 of no body at all, which most calls have.
pub const EMPTY_HASH: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is to leave, before it is signed.
#[derive(Clone, Copy)]
pub struct Unsigned<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it goes on the wire.
    pub path: &'a [u8],
    /// The query's pieces that stay, in the order of the wire.
    pub query: &'a [Parameter<'a>],
    /// The headers that stay, in the order of the wire: without `Host`, framing, or anything of one hop.
    pub headers: &'a [Field<'a>],
    /// The fields of a form body. Only RPC signatures and API Gateway's look at them.
    pub form: &'a [Parameter<'a>],
    /// What is known of the body.
    pub payload: Payload<'a>,
    /// How the body's end is marked.
    pub framing: Framing,
    /// Whether the caller waits for `100 Continue` before its body, and the cloud shall give the word.
    pub expects_continue: bool,
    /// Where it goes. Gives the signed `Host`, and the region and bucket of an OSS scope.
    pub endpoint: &'a Endpoint,
    /// The action to add, if the request has none: as `x-acs-action`, or as the RPC parameter `Action`.
    pub add_action: Option<&'a [u8]>,
    /// The version to add, if the request has none: as `x-acs-version`, or as the RPC parameter `Version`. Of Log Service,
    /// its protocol's: it is there if nobody signed the request, and goes out if the caller gave none. Of Tablestore
    /// as well. Of DataHub and the message queues, what their own header for it lacks.
    pub add_version: Option<&'a [u8]>,
    /// The names of headers that the caller's own signature listed, as it spelled them: OSS's `AdditionalHeaders`, API
    /// Gateway's `X-Ca-Signature-Headers`. Of the message queues, the header that the caller repeated its date in, if it
    /// did.
    pub additional_headers: &'a [u8],
    /// ACS4: what the caller's own signature was limited to.
    pub scope: Option<Scope<'a>>,
}

impl fmt::Debug for Unsigned<'_> {
    /// Never the contents: paths, parameters and headers are the caller's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, query, headers, form, payload, endpoint, .. } = self;
        let (query, headers, form) = (query.len(), headers.len(), form.len());
        write!(f, "Unsigned({method} to {}, {query} parameters, {headers} headers, ", endpoint.host())?;
        write!(f, "{form} fields, {payload:?})")
    }
}

/// What a signature may know of the body.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// Every byte. An empty body is one of these.
    Held(&'a [u8]),
    /// The hash that the caller computed, as its scheme spells it: in lower-case hexadecimal the SHA-256, of Tablestore in
    /// base64 the MD5. It depends on the body alone, so it can be kept.
    Hashed(&'a [u8]),
    /// Nothing: the scheme does not cover it.
    Streamed,
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(body) => write!(f, "Held({} bytes)", body.len()),
            Self::Hashed(_) => f.write_str("Hashed"),
            Self::Streamed => f.write_str("Streamed"),
        }
    }
}

/// As whom: one credential, taken apart for signing.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    /// The AccessKey's id.
    pub access_key_id: &'a str,
    /// The STS token, for a short-lived credential.
    pub security_token: Option<&'a Token>,
    /// The absorbed secret.
    pub key: &'a Key,
    /// The V4 key for this day, region and product. Schemes without one ignore it.
    pub day_key: Option<&'a DayKey>,
}

impl fmt::Debug for Identity<'_> {
    /// The id alone: it is in every log of the cloud. Never the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.security_token.is_some() { "with" } else { "without" };
        write!(f, "Identity({}, {kind} a token)", self.access_key_id)
    }
}

/// Why a request could not be signed. Each is a mistake of ours: what leads here is refused before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsignable {
    /// The scheme has no signer yet.
    Scheme(Scheme),
    /// The scheme must know the body's hash, and nothing was held.
    BodyNotHeld,
    /// The host names no region, and the scheme's scope needs one.
    NoRegion,
    /// No V4 key was handed over.
    NoDayKey,
    /// The scheme has no place for a security token.
    Token,
    /// Nobody said which region and product the signature is for.
    NoScope,
}

impl fmt::Display for Unsignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => write!(f, "no signer for {scheme} is built in"),
            Self::BodyNotHeld => f.write_str("the body's hash is not known"),
            Self::NoRegion => f.write_str("the endpoint's name has no region to sign for"),
            Self::Token => f.write_str("the signature takes no security token, and the credential has one"),
            Self::NoScope => f.write_str("region and product of the signature are not known"),
            Self::NoDayKey => f.write_str("the key of the day was not derived"),
        }
    }
}

impl std::error::Error for Unsignable {}

/// Region and product's word of the key that a scheme signs with for a day. `None`: it has none.
pub fn scope(scheme: Scheme, endpoint: &Endpoint) -> Option<(Region, &'static str)> {
    let product = match scheme {
        Scheme::OssV4 => oss::product(endpoint),
        Scheme::S3 => s3::PRODUCT,
        Scheme::SlsV4 => sls_v4::PRODUCT,
        Scheme::MnsV4 => mns_v4::PRODUCT,
        Scheme::OtsV4 => ots::PRODUCT,
        Scheme::OdpsV4 => odps::PRODUCT,
        _ => return None,
    };
    Some((endpoint.region()?, product))
}

/// Signs, and writes the outgoing head into `buffer`, which is cleared first.
pub fn sign(
    scheme: Scheme,
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    work: (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let (workspace, buffer) = work;
    match scheme {
        Scheme::Acs3 => acs3::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::RpcV1 => rpc::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::OssV4 => oss::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::S3 => s3::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::RoaV1 => roa::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::OssV1 => oss_v1::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::SlsV1 => sls::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::SlsV4 => sls_v4::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::DataHub => datahub::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::MnsV2 => mns::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::MnsV4 => mns_v4::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::MqHttp => mq::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::Acs4 => acs4::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::FcV1 => fc::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::FcTrigger => fc_trigger::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::ApiGateway => gateway::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::Dataplus => dataplus::sign(unsigned, identity, moment, (workspace, buffer)),
        Scheme::OtsV2 | Scheme::OtsV4 => ots::sign(scheme, unsigned, identity, moment, (workspace, buffer)),
        Scheme::OdpsV2 | Scheme::OdpsV4 => {
            odps::sign(scheme, unsigned, identity, moment, (workspace, buffer))
        }
        other => Err(Unsignable::Scheme(other)),
    }
}

/// Writes the head of a request that needs no signature (`AssumeRoleWithOIDC`, a public read). What it lacks of its name
/// is added where calls of its style have it: as parameters of RPC's path, as headers beside any other.
pub fn pass(unsigned: &Unsigned<'_>, buffer: Vec<u8>) -> Signed {
    let mut parameters: head::Few<Parameter<'_>, 2> = head::Few::new(Parameter::plain(b"", b""));
    let mut fields: head::Few<Field<'_>, 2> = head::Few::new(Field::EMPTY);
    let is_rpc_path = matches!(unsigned.path, b"" | b"/");
    for (parameter, header, value) in [
        (b"Action".as_slice(), "x-acs-action", unsigned.add_action),
        (b"Version", "x-acs-version", unsigned.add_version),
    ] {
        match value {
            Some(value) if is_rpc_path => parameters.push(Parameter::plain(parameter, value)),
            Some(value) => fields.push(Field::new(header, value)),
            None => {}
        }
    }
    let additions = head::Additions { parameters: parameters.as_slice(), fields: fields.as_slice() };
    head::write(unsigned, additions, |_| {}, buffer)
}

#[cfg(test)]
mod tests;
