//! As what a request leaves: the scheme, what is added to it, and what happens to its body.

use crate::names::{Action, Call, Endpoint};
use crate::refusal::Refusal;
use crate::wire::{Framing, Head, NameSet, Parameter, Target};

use super::api_key;
use super::datahub;
use super::family::{Family, family_of};
use super::fc;
use super::gateway;
use super::meant::Doubt;
use super::mns;
use super::odps;
use super::openapi;
use super::operation::Asked;
use super::oss;
use super::ots;
use super::rocketmq;
use super::sls;
use super::strip;

/// What is to be done with a request.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The parameters that the caller's own proof, or what looks like one, takes with it.
    pub owned: &'static NameSet,
    /// What is asked.
    pub call: Call,
    /// What happens to the body.
    pub body: BodyPlan,
    /// Whether the scheme needs `call.action` added: the request names it nowhere that the scheme looks.
    pub adds_action: bool,
    /// The same of the version.
    pub adds_version: bool,
    /// Whether it cannot leave without a credential of ours. A call that carries its own proof can; so may a form that
    /// has not been read and could name one.
    pub needs_credential: bool,
    /// Why it must not leave, be it allowed: for [`super::settle()`].
    pub doubt: Option<Doubt>,
}

/// What happens to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPlan {
    /// There is none.
    Empty,
    /// It passes through as it arrives, and the signature does not look at it.
    Stream,
    /// The same, signed by the hash that the caller computed.
    StreamHashed,
    /// The signature needs it whole.
    Hold,
    /// A form with a file, of which the fields in front of that carry the signature: they are held, and the rest passes through.
    FormUpload,
    /// It passes through without the framing of `aws-chunked` that it has inside, and is so many bytes then.
    Dechunk(u64),
}

impl Plan {
    /// Of a data plane's request, which is named by method and path, and carries its proof in headers: nothing of the
    /// query is the proof's, and nothing is added to the call.
    pub(super) const fn of_data_plane(call: Call, body: BodyPlan) -> Self {
        Self {
            owned: strip::no_parameters(),
            call,
            body,
            adds_action: false,
            adds_version: false,
            needs_credential: true,
            doubt: None,
        }
    }
}

impl BodyPlan {
    /// Of a scheme that never looks at a body.
    pub(super) fn streamed(head: &Head) -> Self {
        if has_body(head) { Self::Stream } else { Self::Empty }
    }

    /// Whether any of it is held.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Hold | Self::FormUpload)
    }

    /// How long the body is without its `aws-chunked` framing, if it loses that.
    pub const fn dechunked(self) -> Option<u64> {
        match self {
            Self::Dechunk(length) => Some(length),
            Self::Empty | Self::Stream | Self::StreamHashed | Self::Hold | Self::FormUpload => None,
        }
    }
}

/// What the plan depends on, beside what is asked.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The request.
    pub head: &'a Head,
    /// Its target.
    pub target: Target<'a>,
    /// Its parameters.
    pub query: &'a [Parameter<'a>],
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// Whether the body is a form.
    pub is_form: bool,
    /// Whether it is one that has not been read yet, so that what it names is not known.
    pub is_form_unread: bool,
    /// Whether the settings turn this product's RPC signatures into ACS3.
    pub upgrades_rpc: bool,
    /// Whether the settings have OSS requests leave with signature V1.
    pub oss_v1: bool,
}

/// Decides. Of a form that has not been read, only that it must be.
pub fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    match family_of(shape.endpoint, shape.head, shape.target.path)? {
        Family::Oss => oss::plan(asked, shape),
        Family::SlsV1 | Family::SlsV4 => sls::plan(asked, shape),
        Family::DataHub => datahub::plan(asked, shape),
        Family::Mns => mns::plan(asked, shape),
        Family::RocketMq => rocketmq::plan(asked, shape),
        Family::Ots => ots::plan(asked, shape),
        Family::Odps => odps::plan(asked, shape),
        Family::Rpc | Family::Acs3 | Family::Roa => openapi::plan(asked, shape),
        Family::ApiKey => Ok(api_key::plan(asked, shape)),
        Family::Fc => fc::plan(asked, shape),
        Family::FcTrigger => fc::plan_trigger(asked, shape),
        Family::ApiGateway => gateway::plan(asked, shape),
        Family::Dataplus => gateway::plan_dataplus(asked, shape),
    }
}

/// Whether an operation's name says that it only reads.
pub(super) fn only_reads(action: Action) -> bool {
    ["Describe", "List", "Get", "Query"].iter().any(|verb| {
        let rest = action.as_bytes().strip_prefix(verb.as_bytes());
        rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_lowercase))
    })
}

/// Whether this is a SHA-256 as it is signed: in lower-case hexadecimal.
pub(super) fn is_hexadecimal_sha256(hash: &[u8]) -> bool {
    hash.len() == 64 && hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn has_body(head: &Head) -> bool {
    !matches!(head.framing(), Framing::None | Framing::Length(0))
}
