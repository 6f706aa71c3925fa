//! As what a request to MaxCompute leaves.

use crate::names::{Action, Call, Scheme, below_endpoint};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head, Method};

use super::once::{check_once, starts};
use super::operation::Asked;
use super::plan::{BodyPlan, Plan, Shape};
use super::strip;

/// The call whose answer names the host of the tunnel.
const TUNNEL_ENDPOINT: &[u8] = b"GetTunnelEndpoint";

/// With what the caller signed.
pub(super) fn caller_scheme(head: &Head) -> Option<Scheme> {
    let proof = head.field("authorization")?.strip_prefix(b"ODPS ")?;
    let key = proof.split(|&byte| byte == b':').next().unwrap_or_default();
    // `AK/DAY/REGION/odps/aliyun_v4_request`.
    let is_scoped = key.iter().filter(|&&byte| byte == b'/').count() == 4;
    Some(if is_scoped { Scheme::OdpsV4 } else { Scheme::OdpsV2 })
}

/// MaxCompute: the caller's version is kept, and what nobody signed leaves as version 2.
pub(super) fn plan(asked: &Asked, shape: &Shape<'_>) -> Result<Plan, Refusal> {
    check_identities(shape.head)?;
    let scheme = asked.caller_scheme.unwrap_or(Scheme::OdpsV2);
    if scheme == Scheme::OdpsV4 && shape.endpoint.region().is_none() {
        return Err(Refusal::new(
            Code::SchemeUnavailable,
            "the host names no region, and this signature must",
            "use the regional endpoint, or sign with version 2",
        ));
    }
    check_once(shape.head, is_signed)?;
    let call = Call {
        action: action(shape),
        version: None,
        caller_scheme: asked.caller_scheme,
        scheme: Some(scheme),
        may_be_sent_twice: matches!(shape.head.method(), Some(Method::Get | Method::Head)),
    };
    Ok(Plan::of_data_plane(call, BodyPlan::streamed(shape.head)))
}

/// Whoever says more of itself than one signature does is not a caller of ours: what it asked for as somebody must not be
/// done as our role.
fn check_identities(head: &Head) -> Result<(), Refusal> {
    let refusal = |sentence, action| Err(Refusal::new(Code::SchemeUnavailable, sentence, action));
    for name in ["application-authentication", "sts-authentication"] {
        if head.field(name).is_some() {
            return refusal(
                format!("`{name}` is a second signature, over one that is replaced here"),
                "send it without, or call MaxCompute without countersign",
            );
        }
    }
    if head.field("x-odps-bearer-token").is_some() && head.field("authorization").is_none() {
        return refusal(
            "`x-odps-bearer-token` stands for somebody, who is not the role that signs here".to_owned(),
            "send the request without it, or call MaxCompute without countersign",
        );
    }
    Ok(())
}

/// What either version signs.
fn is_signed(field: Field<'_>) -> bool {
    starts(field.name, b"x-odps-") && !strip::is_proof_header(field)
        || field.is("content-type")
        || field.is("content-md5")
}

/// Whether an answer to this call names the host of the tunnel, in a body that must be readable.
pub fn asks_for_tunnel(call: &Call) -> bool {
    matches!(call.scheme, Some(Scheme::OdpsV2 | Scheme::OdpsV4))
        && call.action.is_some_and(|action| action.as_bytes() == TUNNEL_ENDPOINT)
}

/// The plain operations by name: what stands in a project, by its kind. The protocol itself has no names.
fn action(shape: &Shape<'_>) -> Option<Action> {
    /// Kinds of things in a project, as a path spells them, and as the name of an operation does.
    const KINDS: [(&[u8], &str, &str); 7] = [
        (b"functions", "Functions", "Function"),
        (b"instances", "Instances", "Instance"),
        (b"models", "Models", "Model"),
        (b"resources", "Resources", "Resource"),
        (b"schemas", "Schemas", "Schema"),
        (b"tables", "Tables", "Table"),
        (b"volumes", "Volumes", "Volume"),
    ];
    let method = shape.head.method()?;
    let path = below_endpoint(shape.endpoint.host(), shape.target.path);
    let mut segments = path.split(|&byte| byte == b'/').skip(1);
    if segments.next() != Some(b"projects") {
        return None;
    }
    let mut next = || segments.next().filter(|segment| !segment.is_empty());
    let (project, kind, name, more) = (next(), next(), next(), next());
    let verb = |is_one: bool| {
        Some(match (method, is_one) {
            (Method::Get, false) => "List",
            (Method::Get, true) => "Get",
            (Method::Head, true) => "Check",
            (Method::Post, false) => "Create",
            (Method::Put, true) => "Update",
            (Method::Delete, true) => "Delete",
            _ => return None,
        })
    };
    let named = |verb: &str, of: &str| Action::new(verb.bytes().chain(of.bytes()));
    match (project, kind, name, more) {
        (None, ..) => named(verb(false)?, "Projects").filter(|_| method == Method::Get),
        (Some(_), None, ..) => named(verb(true)?, "Project"),
        (_, Some(b"tunnel"), None, _) if method == Method::Get && has(shape, "service") => {
            Action::from_plain(TUNNEL_ENDPOINT)
        }
        (_, Some(b"tables"), Some(_), None) if moves_rows(shape) => named(tunnel_verb(method, shape)?, ""),
        (_, Some(kind), name, None) => {
            let (_, many, one) = KINDS.iter().find(|(path, ..)| *path == kind)?;
            let verb = verb(name.is_some())?;
            named(verb, if verb == "List" { many } else { one })
        }
        _ => None,
    }
}

fn has(shape: &Shape<'_>, name: &str) -> bool {
    shape.query.iter().any(|parameter| parameter.is(name))
}

/// Whether this is a call of the tunnel's.
fn moves_rows(shape: &Shape<'_>) -> bool {
    ["uploads", "uploadid", "downloads", "downloadid"].iter().any(|name| has(shape, name))
}

fn tunnel_verb(method: Method, shape: &Shape<'_>) -> Option<&'static str> {
    let is_upload = has(shape, "uploads") || has(shape, "uploadid");
    Some(match (method, is_upload) {
        (Method::Post, true) if has(shape, "uploads") => "CreateUpload",
        (Method::Post, true) => "CompleteUpload",
        (Method::Put, true) => "UploadBlock",
        (Method::Get, true) => "GetUpload",
        (Method::Post, false) => "CreateDownload",
        (Method::Get, false) if has(shape, "data") => "DownloadData",
        (Method::Get, false) => "GetDownload",
        _ => return None,
    })
}
