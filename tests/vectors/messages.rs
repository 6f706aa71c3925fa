//! The signers of DataHub and of the message queues alone.

use crate::case::{Case, Pairs};
use crate::count::built;
use crate::route::{send, signature as carried, stand_in};
use crate::signer::{headers, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::{Endpoint, Scheme, calendar};
use countersign::sign::{Key, Workspace, datahub, mns, mns_v4, mq};
use countersign::wire::parameters;

/// Signs the input with what its signer added.
pub(crate) fn signature(
    case: &Case,
    scheme: Scheme,
    key: &Key,
    workspace: &mut Workspace,
) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let (method, path) = (&*case.input.method, path.as_bytes());
    match scheme {
        Scheme::DataHub => {
            let covered = datahub::Covered { method, path, query: &query, headers: headers.iter() };
            Ok(text(&datahub::signature(covered, key, workspace)))
        }
        Scheme::MnsV2 => {
            let covered = mns::Covered { method, path, query: &query, headers: headers.iter() };
            Ok(text(&mns::signature(covered, key, workspace)))
        }
        Scheme::MqHttp => {
            let covered = mns::Covered { method, path, query: &query, headers: headers.iter() };
            Ok(text(&mq::signature(covered, key, workspace)))
        }
        Scheme::MnsV4 => {
            let region = case.fixed.oss.region.as_deref().ok_or("  the vector names no region")?;
            let time = case.time()?;
            let day_key = key.day_key(calendar::day(time), region, mns_v4::PRODUCT);
            let covered = mns::Covered { method, path, query: &query, headers: headers.iter() };
            let scope = (calendar::iso_basic(time), region);
            Ok(text(&mns_v4::signature(covered, scope, &day_key, workspace)))
        }
        other => Err(format!("  {other} is signed elsewhere")),
    }
}

/// The endpoint of a vector's host. One SDK's vectors have an account that is too short for one.
fn endpoint(host: &str) -> Result<Endpoint, String> {
    let host = match host.split_once('.') {
        Some(("1", rest)) => format!("1234567890123456.{rest}"),
        _ => host.to_owned(),
    };
    endpoint::reverse(&host, &Tenants::any()).map_err(|why| format!("  {host}: {why}"))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let scheme = built(&case.scheme).ok_or("  no such scheme")?;
    let endpoint = endpoint(&case.input.host)?;
    let stand_in = stand_in(scheme).unwrap_or(endpoint);
    let mut headers = case.input.headers.clone();
    headers.extend(case.expect.set_headers.iter().filter(|(name, _)| !is_a_proof(name)).cloned());
    headers.extend(dummy(&case.scheme));
    for (name, value) in &mut headers {
        let is_date = ["date", "x-mns-date"].iter().any(|date| name.eq_ignore_ascii_case(date));
        if is_date {
            "Wed, 01 Jan 2020 00:00:00 GMT".clone_into(value);
        }
    }
    let body = case.input.body()?;
    let (method, target) = (&*case.input.method, &*case.input.path_and_query);
    let head = arrived((method, endpoint.host().as_str(), target), &headers, body.as_deref())?;
    let sent = send(case, scheme, &head, (endpoint, stand_in), body.as_deref())?;
    let (path, query) = case.input.target();
    if (&*sent.outgoing.path, &*sent.outgoing.query) != (path, query) {
        return Err(format!("  {target} goes out as {} {}", sent.outgoing.path, sent.outgoing.query));
    }
    let token = match scheme {
        Scheme::DataHub => "x-datahub-security-token",
        _ => "security-token",
    };
    let expected = case.credentials.security_token.as_deref();
    if sent.outgoing.header(token)? != expected {
        return Err(format!("  `{token}` is {:?}", sent.outgoing.header(token)?));
    }
    let got = sent.outgoing.header("authorization")?.and_then(carried);
    if got.as_ref() == Some(&case.expect.signature) {
        return Ok(());
    }
    let over = String::from_utf8_lossy(sent.workspace.string_to_sign());
    Err(format!("  expected {}\n  got      {got:?} over\n{over}", case.expect.signature))
}

fn is_a_proof(name: &str) -> bool {
    ["authorization", "security-token", "x-datahub-security-token"]
        .iter()
        .any(|proof| name.eq_ignore_ascii_case(proof))
}

/// What a client with a dummy key sends as its proof, and what others do.
fn dummy(scheme: &str) -> Pairs {
    let authorization = match scheme {
        "datahub" => "DATAHUB dummy:dummy",
        "mns-v2" => "MNS dummy:dummy",
        "mq-http" => "MQ dummy:dummy",
        _ => "MNS4-HMAC-SHA256 Credential=dummy/20200101/r/mns/aliyun_v4_request,Signature=0",
    };
    [
        ("Authorization", authorization),
        ("Security-Token", "dummy"),
        ("X-DataHub-Security-Token", "dummy"),
        ("x-acs-security-token", "dummy"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
