//! As what an OpenAPI call leaves: RPC, ROA or ACS3, by what the caller signed with, what the product takes, and where
//! the operation is named.

use crate::names::{Call, Product, Scheme, Style};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head};

use super::acs4;
use super::anonymous::{is_public_read, leaves_unsigned};
use super::meant::{Meant, meant, nameless};
use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape, has_body, is_hexadecimal_sha256, only_reads};
use super::strip;
use super::unavailable::{catalog, private_cloud, unavailable};

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head, has_rpc_proof: bool) -> Result<Option<Scheme>, Refusal> {
    let authorization = head.field("authorization").unwrap_or_default();
    let starts = |prefix: &str| authorization.starts_with(prefix.as_bytes());
    if starts("ACS3-") {
        Ok(Some(Scheme::Acs3))
    } else if starts("ACS4-") {
        acs4::scope(head).map(|_| Some(Scheme::Acs4))
    } else if starts("acs ") {
        Ok(Some(Scheme::RoaV1))
    } else if starts("CLOUD4-") {
        Err(private_cloud())
    } else if has_rpc_proof {
        Ok(Some(Scheme::RpcV1))
    } else {
        Ok(None)
    }
}

const RPC: Option<Scheme> = Some(Scheme::RpcV1);

/// Decides.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
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
    let Meant { action, version, .. } = meant;
    // Some of these are in no list.
    let doubt = meant.doubt.filter(|_| !is_public_read(action, product));
    if shape.is_form_unread {
        return Ok(unread(asked, meant, product));
    }
    let scheme = match asked.caller_scheme {
        _ if leaves_unsigned(action, product) => None,
        // What it would be taken for could not be judged.
        Some(Scheme::RpcV1) if asked.action.is_none() => return Err(nameless(asked, shape)),
        // A path may be newer than the catalogue, and mean something in a version that is named; at `/` nothing is meant.
        Some(Scheme::Acs3 | Scheme::Acs4 | Scheme::RoaV1)
            if action.is_none() && (is_rpc_path || asked.version.is_none()) =>
        {
            return Err(nameless(asked, shape));
        }
        Some(scheme @ (Scheme::Acs3 | Scheme::Acs4 | Scheme::RoaV1)) => Some(scheme),
        Some(Scheme::RpcV1) => {
            // ACS3 would sign the header, which must name the operation as the product does.
            let is_named_by_header = !asked.is_named_by_form && !asked.is_recased_by_header;
            let upgrades = shape.upgrades_rpc && is_named_by_header && asked.version.is_some();
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
        if is_rpc && is_rpc_path { is_unsigned && !in_parameter } else { scheme != RPC && !in_header }
    };
    let may_be_sent_twice = asked.has_client_token || action.is_some_and(only_reads);
    let call = Call { action, version, caller_scheme: asked.caller_scheme, scheme, may_be_sent_twice };
    Ok(Plan {
        owned: strip::owned_parameters(asked.proofs(), scheme, is_rpc_path),
        call,
        body: body(shape, scheme),
        adds_action: call.action.is_some() && adds(asked.has_action_header, asked.has_action_parameter),
        adds_version: call.version.is_some() && adds(asked.has_version_header, asked.has_version_parameter),
        needs_credential: scheme.is_some(),
        doubt,
    })
}

/// What happens to the body under a scheme.
fn body(shape: &Shape<'_>, scheme: Option<Scheme>) -> BodyPlan {
    match (has_body(shape.head), scheme) {
        (false, _) => BodyPlan::Empty,
        (true, _) if shape.is_form => BodyPlan::Hold,
        (true, Some(Scheme::Acs3 | Scheme::Acs4)) if reusable_hash(shape.head).is_some() => {
            BodyPlan::StreamHashed
        }
        (true, Some(Scheme::Acs3 | Scheme::Acs4)) => BodyPlan::Hold,
        (true, _) => BodyPlan::Stream,
    }
}

/// Of a form that was not read, only what must be known to read it.
fn unread(asked: &Asked, Meant { action, version, doubt }: Meant, product: &'static Product) -> Plan {
    let call =
        Call { action, version, caller_scheme: asked.caller_scheme, scheme: None, may_be_sent_twice: false };
    let could_be_proven = leaves_unsigned(action, product) || product.code == "sts" && action.is_none();
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
    if shape.head.field("authorization").is_some_and(|value| value.starts_with(b"DLF4-")) {
        return Err(catalog());
    }
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
        // The product's are those of its instances; of this version of its control plane, none is published.
        Some(Scheme::OtsV4 | Scheme::OtsV2) => Ok(Scheme::Acs3),
        Some(Scheme::RpcV1) if shape.target.is_root() => Ok(Scheme::RpcV1),
        Some(Scheme::RoaV1) => Ok(Scheme::RoaV1),
        Some(&scheme) => Err(unavailable(product, scheme)),
    }
}

/// Refuses what ROA version 1 signs and readers read differently: SDKs replace a tab within a value, delete it or leave
/// it, and of two lines of one name each takes another.
pub(super) fn check_roa_headers(head: &Head) -> Result<(), Refusal> {
    let is_acs = |field: Field<'_>| starts(field.name, b"x-acs-");
    if head.fields().any(|field| is_acs(field) && field.value.contains(&b'\t')) {
        return Err(Refusal::new(
            Code::BadHeader,
            "a header that the signature covers holds a tab, which servers do not read alike",
            "encode it",
        ));
    }
    check_once(head, |field| {
        is_acs(field) || field.is("accept") || field.is("content-md5") || field.is("content-type")
    })
}

/// Whether no version of the product has calls by path.
fn is_rpc_only(product: &Product) -> bool {
    product.style == Style::Rpc && product.versions.iter().all(|version| version.style == Style::Rpc)
}

/// The body's SHA-256 as the caller computed it, if it is one. The signature then covers the caller's claim, and the
/// cloud compares it with the body, as it would have without us.
pub fn reusable_hash(head: &Head) -> Option<&[u8]> {
    let is_sha256 = head.field("authorization").is_none_or(|value| {
        value.starts_with(b"ACS3-HMAC-SHA256 ") || value.starts_with(b"ACS4-HMAC-SHA256 ")
    });
    let hash = head.field("x-acs-content-sha256")?;
    (is_sha256 && is_hexadecimal_sha256(hash)).then_some(hash)
}
