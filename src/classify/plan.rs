//! As what a request leaves: the scheme, what is added to it, and what happens to its body.

use crate::names::{Action, Call, Endpoint, Kind, Product, Scheme, Style};
use crate::refusal::{Code, Refusal};
use crate::wire::{Framing, Head, NameSet, Parameter, Target};

use super::data;
use super::meant::{Doubt, Meant, meant, nameless};
use super::operation::Asked;
use super::oss;
use super::strip::{self, Family};

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
    /// It passes through without the framing of `aws-chunked` that it has inside, and is so many bytes then.
    Dechunk(u64),
}

impl BodyPlan {
    /// How long the body is without its `aws-chunked` framing, if it loses that.
    pub const fn dechunked(self) -> Option<u64> {
        match self {
            Self::Dechunk(length) => Some(length),
            Self::Empty | Self::Stream | Self::StreamHashed | Self::Hold => None,
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

/// Which family of schemes a product's requests are read by. A product whose scheme has no signer yet is refused.
pub fn family(product: &'static Product) -> Result<Family, Refusal> {
    match product.schemes.first() {
        // Twenty products publish no scheme; all are OpenAPI.
        None | Some(Scheme::Acs3 | Scheme::Acs4 | Scheme::RpcV1) => Ok(Family::Acs3),
        Some(Scheme::RoaV1) if product.kind != Kind::Data => Ok(Family::Acs3),
        // Events go to an account's own bus, by rules that no test here knows.
        Some(Scheme::RoaV1) => Err(Refusal::new(
            Code::SchemeUnavailable,
            format!("`{}` is a data plane that this version does not sign for", product.code),
            "see the README for what is signed today",
        )),
        // The import service signs for another product.
        Some(Scheme::OssV4 | Scheme::S3) if product.code.starts_with("oss") => Ok(Family::Oss),
        Some(Scheme::SlsV4) => Ok(Family::SlsV1),
        Some(&scheme) => Err(unavailable(product, scheme)),
    }
}

/// Decides. Of a form that has not been read, only that it must be.
pub fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    match family(shape.endpoint.product())? {
        Family::Oss => oss::plan(asked, shape),
        Family::SlsV1 | Family::SlsV4 => data::sls(asked, shape),
        Family::Rpc | Family::Acs3 | Family::Roa => openapi(asked, shape),
    }
}

fn openapi(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    let product = shape.endpoint.product();
    let is_rpc_path = shape.target.is_root();
    if !is_rpc_path && is_rpc_only(product) {
        // Which operation a gateway would read from it, nobody can say.
        return Err(Refusal::new(
            Code::OperationUnknown,
            format!(
                "calls of `{}` go to the path `/`, and name their operation by a parameter",
                product.code
            ),
            "send `/?Action=NAME`",
        ));
    }
    let meant = meant(asked, shape);
    let Meant { action, version, doubt } = meant;
    if shape.is_form_unread {
        return Ok(unread(asked, meant, product));
    }
    let scheme = match asked.caller_scheme {
        _ if carries_its_own_proof(action, product) => None,
        // What it would be taken for could not be judged.
        Some(Scheme::RpcV1) if asked.action.is_none() => return Err(nameless(asked, shape)),
        // A path may be newer than the catalogue, and mean something in a version that is named; at `/` nothing is meant.
        Some(Scheme::Acs3 | Scheme::RoaV1)
            if action.is_none() && (is_rpc_path || asked.version.is_none()) =>
        {
            return Err(nameless(asked, shape));
        }
        Some(scheme @ (Scheme::Acs3 | Scheme::RoaV1)) => Some(scheme),
        Some(Scheme::RpcV1) => {
            let upgrades = shape.upgrades_rpc && !asked.is_named_by_form && asked.version.is_some();
            Some(if upgrades { Scheme::Acs3 } else { Scheme::RpcV1 })
        }
        Some(scheme) => return Err(unavailable(product, scheme)),
        None => Some(unsigned_openapi(asked, meant, shape)?),
    };
    if scheme == Some(Scheme::RoaV1) {
        check_roa_headers(shape.head)?;
    }
    let is_rpc = matches!(scheme, Some(Scheme::RpcV1) | None);
    let is_unsigned = asked.caller_scheme.is_none();
    let adds = |in_header: bool, in_parameter: bool| {
        if is_rpc { is_unsigned && is_rpc_path && !in_parameter } else { !in_header }
    };
    let body = match (has_body(shape.head), scheme) {
        (false, _) => BodyPlan::Empty,
        (true, _) if shape.is_form => BodyPlan::Hold,
        (true, Some(Scheme::Acs3)) if reusable_hash(shape.head).is_some() => BodyPlan::StreamHashed,
        (true, Some(Scheme::Acs3)) => BodyPlan::Hold,
        (true, _) => BodyPlan::Stream,
    };
    let may_be_sent_twice = asked.has_client_token || action.is_some_and(only_reads);
    let call = Call { action, version, caller_scheme: asked.caller_scheme, scheme, may_be_sent_twice };
    Ok(Plan {
        owned: strip::owned_parameters(asked.proofs(), scheme, is_rpc_path),
        call,
        body,
        adds_action: call.action.is_some() && adds(asked.has_action_header, asked.has_action_parameter),
        adds_version: call.version.is_some() && adds(asked.has_version_header, asked.has_version_parameter),
        needs_credential: scheme.is_some(),
        doubt,
    })
}

/// Of a form that was not read, only what must be known to read it.
fn unread(asked: &Asked, Meant { action, version, doubt }: Meant, product: &'static Product) -> Plan {
    let call =
        Call { action, version, caller_scheme: asked.caller_scheme, scheme: None, may_be_sent_twice: false };
    let could_be_proven = carries_its_own_proof(action, product) || product.code == "sts" && action.is_none();
    Plan {
        owned: strip::owned_parameters(asked.proofs(), None, true),
        call,
        body: BodyPlan::Hold,
        adds_action: false,
        adds_version: false,
        needs_credential: !could_be_proven,
        doubt,
    }
}

/// The scheme of a request that nobody signed.
fn unsigned_openapi(
    asked: &Asked,
    Meant { action, version, .. }: Meant,
    shape: &Shape<'_>,
) -> Result<Scheme, Refusal> {
    let product = shape.endpoint.product();
    if action.is_none() {
        return Err(nameless(asked, shape));
    }
    let Some(version) = version else {
        return Err(Refusal::new(
            Code::VersionUnknown,
            format!("no API version of `{}` is known", product.code),
            "send `Version`, or the header `x-acs-version`",
        ));
    };
    if asked.is_named_by_form && shape.target.is_root() {
        return Ok(Scheme::RpcV1);
    }
    let of_version =
        product.versions.iter().find(|row| row.name.as_bytes() == version.as_bytes()).map(|row| row.schemes);
    let schemes = of_version.filter(|schemes| !schemes.is_empty()).unwrap_or(product.schemes);
    match schemes.first() {
        _ if schemes.contains(&Scheme::Acs3) => Ok(Scheme::Acs3),
        None => Ok(Scheme::Acs3),
        Some(Scheme::RpcV1) if shape.target.is_root() => Ok(Scheme::RpcV1),
        Some(Scheme::RoaV1) => Ok(Scheme::RoaV1),
        Some(&scheme) => Err(unavailable(product, scheme)),
    }
}

/// Refuses what ROA version 1 signs and readers read differently: SDKs replace a tab within a value, delete it or leave
/// it, and of two lines of one name each takes another.
fn check_roa_headers(head: &Head) -> Result<(), Refusal> {
    let is_signed = |name: &[u8]| {
        ["accept", "content-md5", "content-type"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    };
    for (index, field) in head.fields().enumerate() {
        let is_acs = field.name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-acs-"));
        if is_acs && field.value.contains(&b'\t') {
            return Err(Refusal::new(
                Code::BadHeader,
                "a header that the signature covers holds a tab, which servers do not read alike",
                "encode it",
            ));
        }
        let is_repeated = (is_acs || is_signed(field.name))
            && head.fields().take(index).any(|other| other.has_name_of(&field));
        if is_repeated {
            return Err(Refusal::new(
                Code::DuplicateField,
                "a header that the signature covers comes twice, and servers do not read two alike",
                "send it once",
            ));
        }
    }
    Ok(())
}

/// Whether no version of the product has calls by path.
fn is_rpc_only(product: &Product) -> bool {
    product.style == Style::Rpc && product.versions.iter().all(|version| version.style == Style::Rpc)
}

/// `AssumeRoleWithOIDC` and `AssumeRoleWithSAML` prove themselves with a token; a signature would be wrong there.
fn carries_its_own_proof(action: Option<Action>, product: &'static Product) -> bool {
    let is_proof =
        |action: Action| matches!(action.as_bytes(), b"AssumeRoleWithOIDC" | b"AssumeRoleWithSAML");
    product.code == "sts" && action.is_some_and(is_proof)
}

/// Whether an operation's name says that it only reads.
pub(super) fn only_reads(action: Action) -> bool {
    ["Describe", "List", "Get", "Query"].iter().any(|verb| {
        let rest = action.as_bytes().strip_prefix(verb.as_bytes());
        rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_lowercase))
    })
}

/// The body's SHA-256 as the caller computed it, if it is one. The signature then covers the caller's claim, and the
/// cloud compares it with the body, as it would have without us.
pub fn reusable_hash(head: &Head) -> Option<&[u8]> {
    let is_sha256 = head.field("authorization").is_none_or(|value| value.starts_with(b"ACS3-HMAC-SHA256 "));
    let hash = head.field("x-acs-content-sha256")?;
    (is_sha256 && is_hexadecimal_sha256(hash)).then_some(hash)
}

/// Whether this is a SHA-256 as it is signed: in lower-case hexadecimal.
pub(super) fn is_hexadecimal_sha256(hash: &[u8]) -> bool {
    hash.len() == 64 && hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn has_body(head: &Head) -> bool {
    !matches!(head.framing(), Framing::None | Framing::Length(0))
}

pub(super) fn unavailable(product: &'static Product, scheme: Scheme) -> Refusal {
    Refusal::new(
        Code::SchemeUnavailable,
        format!("`{}` takes {scheme} here, which this version cannot sign", product.code),
        "see the README for what is signed today",
    )
}
