//! The signers of Log Service alone.

use sha2::{Digest, Sha256};

use crate::case::{Case, Pairs};
use crate::count::built;
use crate::route::{Sent, send, signature as carried};
use crate::signer::{headers, text};
use crate::wire::{Outgoing, arrived};
use countersign::endpoint::{self, Tenants};
use countersign::names::{Endpoint, calendar};
use countersign::sign::{Key, Workspace, hex, sls, sls_v4};
use countersign::wire::{Field, parameters};

/// Signs the input with what its signer added. The region is what the endpoint table makes of the host.
pub(crate) fn signature(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let mut headers = headers(&case.input.headers, &case.expect.set_headers);
    let (method, path) = (&*case.input.method, path.as_bytes());
    if case.scheme != "sls-v4" {
        let covered = sls::Covered { method, path, query: &query, headers: headers.iter() };
        return Ok(text(sls::signature(covered, key, workspace).as_bytes()));
    }
    headers.push(Field::new("host", case.input.host.as_bytes()));
    let claimed = headers.iter().find(|field| field.is("x-log-content-sha256"));
    let payload_hash = claimed.ok_or("  the vector has no hash of the body")?.value;
    let computed = hex(Sha256::digest(case.input.body()?.unwrap_or_default()).into());
    if payload_hash != computed {
        return Err("  the vector's hash is not that of its body".to_owned());
    }
    let endpoint = endpoint(&case.input.host)?;
    let region = endpoint.region().ok_or("  the host names no region")?.id();
    let time = case.time()?;
    let covered = sls_v4::Covered {
        method,
        path,
        query: &query,
        headers: headers.iter(),
        payload_hash,
        date: calendar::iso_basic(time),
        region,
    };
    let day_key = key.day_key(calendar::day(time), region, sls_v4::PRODUCT);
    Ok(text(&sls_v4::signature(covered, &day_key, workspace)))
}

/// The endpoint of a vector's host. Projects of the vectors have names that are too short for one.
fn endpoint(host: &str) -> Result<Endpoint, String> {
    let host = match host.split_once('.') {
        Some((project @ ("p1" | "p2"), rest)) => format!("project-{project}.{rest}"),
        _ => host.to_owned(),
    };
    endpoint::reverse(&host, &Tenants::any()).map_err(|why| format!("  {host}: {why}"))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature once the
/// vector's host, which version 4 covers, is put in the place of the one that it went to.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let scheme = built(&case.scheme).ok_or("  no such scheme")?;
    let endpoint = endpoint(&case.input.host)?;
    let mut headers = case.input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let body = case.input.body()?;
    let (method, target) = (&*case.input.method, &*case.input.path_and_query);
    let head = arrived((method, endpoint.host().as_str(), target), &headers, body.as_deref())?;
    let Sent { mut outgoing, .. } = send(case, scheme, &head, (endpoint, endpoint), body.as_deref())?;
    let sent = outgoing.header("authorization")?.and_then(carried).ok_or("  nothing is signed")?;
    let mut expected = case.expect.signature.clone();
    if case.scheme == "sls-v4" {
        let from_sent = of_outgoing(case, &outgoing, endpoint)?;
        if from_sent != sent {
            return Err(format!("  what went out is not what was signed: {sent}, not {from_sent}"));
        }
        for (_, value) in outgoing.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("host")) {
            value.clone_from(&case.input.host);
        }
        let with_host = of_outgoing(case, &outgoing, endpoint)?;
        if with_host != expected {
            return Err(format!("  expected {expected}\n  got      {with_host}"));
        }
        expected = from_sent;
    }
    if sent == expected { Ok(()) } else { Err(format!("  expected {expected}\n  got      {sent}")) }
}

fn of_outgoing(case: &Case, outgoing: &Outgoing, endpoint: Endpoint) -> Result<String, String> {
    let key = Key::absorb(countersign::secret::Secret::new(case.credentials.access_key_secret.clone()));
    let query = parameters(outgoing.query.as_bytes()).collect::<Vec<_>>();
    let headers =
        outgoing.headers.iter().map(|(name, value)| Field::new(name, value.as_bytes())).collect::<Vec<_>>();
    let region = endpoint.region().ok_or("  the host names no region")?.id();
    let time = case.time()?;
    let covered = sls_v4::Covered {
        method: &outgoing.method,
        path: outgoing.path.as_bytes(),
        query: &query,
        headers: headers.iter(),
        payload_hash: outgoing.header("x-log-content-sha256")?.unwrap_or_default().as_bytes(),
        date: calendar::iso_basic(time),
        region,
    };
    let day_key = key.day_key(calendar::day(time), region, sls_v4::PRODUCT);
    Ok(text(&sls_v4::signature(covered, &day_key, &mut Workspace::default())))
}

/// What a client with a dummy key adds: the same headers with another key's values, and some that others send.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    dummy.retain(|(name, _)| !name.eq_ignore_ascii_case("x-log-date"));
    for (name, value) in &mut dummy {
        *value = match name.to_ascii_lowercase().as_str() {
            "authorization" if value.starts_with("LOG ") => "LOG dummy:dummy".to_owned(),
            "authorization" => value.replace("Signature=", "Signature=0").replace("/sls/", "/other/"),
            "x-log-content-sha256" | "content-md5" | "x-log-signaturemethod" => value.clone(),
            "date" => "Wed, 01 Jan 2020 00:00:00 GMT".to_owned(),
            _ => "dummy".to_owned(),
        };
    }
    for (name, value) in [
        ("x-log-date", "20200101T000000Z"),
        ("Security-Token", "dummy"),
        ("X-Acs-Security-Token", "dummy"),
        ("x-oss-security-token", "dummy"),
    ] {
        dummy.push((name.to_owned(), value.to_owned()));
    }
    dummy
}
