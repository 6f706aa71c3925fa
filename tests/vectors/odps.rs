//! The signers of MaxCompute.

use crate::case::{Case, Pairs};
use crate::count::built;
use crate::route::{Sent, send, signature as carried};
use crate::signer::{headers, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::{Endpoint, Host, below_endpoint, calendar};
use countersign::sign::odps::{self, Keyed};
use countersign::sign::{Key, Workspace};
use countersign::wire::parameters;

/// Signs the input with what its signer added.
pub(crate) fn signature(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let host = Host::in_lower_case(&case.input.host).map_err(|_| "  the host is too long")?;
    let covered = odps::Covered {
        method: &case.input.method,
        path: below_endpoint(&host, path.as_bytes()),
        query: &query,
        headers: headers.iter(),
    };
    let day_key;
    let keyed = if case.scheme == "odps-v4" {
        let region = case.fixed.oss.region.as_deref().ok_or("  the vector names no region")?;
        day_key = key.odps_day_key(calendar::day(case.time()?), region);
        Keyed::V4(&day_key)
    } else {
        Keyed::V2(key)
    };
    let signature = odps::signature(covered, keyed, workspace);
    Ok(text(&signature.ok_or("  no key of MaxCompute")?))
}

/// The endpoint of a vector's host, or the public one of the same kind: no host is signed.
fn endpoint(host: &str) -> Result<Endpoint, String> {
    let label = host.split('.').next().unwrap_or_default();
    let public = format!("{label}.cn-hangzhou.maxcompute.aliyun.com");
    let found =
        endpoint::reverse(host, &Tenants::any()).or_else(|_| endpoint::reverse(&public, &Tenants::any()));
    found.map_err(|why| format!("  {host}: {why}"))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let scheme = built(&case.scheme).ok_or("  no such scheme")?;
    let endpoint = endpoint(&case.input.host)?;
    let mut headers = case.input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let body = case.input.body()?;
    let target = (&*case.input.method, endpoint.host().as_str(), &*case.input.path_and_query);
    let head = arrived(target, &headers, body.as_deref())?;
    let Sent { outgoing, .. } = send(case, scheme, &head, (endpoint, endpoint), body.as_deref())?;
    for (added, value) in &case.expect.set_headers {
        if outgoing.header(added)? != Some(value) {
            return Err(format!("  {added}: {:?}, not {value}", outgoing.header(added)?));
        }
    }
    match outgoing.header("authorization")?.and_then(carried) {
        Some(sent) if sent == case.expect.signature => Ok(()),
        sent => Err(format!("  expected {}\n  got      {sent:?}", case.expect.signature)),
    }
}

/// What a client with a dummy key adds: the same headers with another key's values, and some that others send.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    for (name, value) in &mut dummy {
        *value = match name.to_ascii_lowercase().as_str() {
            "authorization" if value.contains('/') && value.contains("/odps/") => {
                "ODPS dummy/20200101/r/odps/aliyun_v4_request:c2ln".to_owned()
            }
            "authorization" => "ODPS dummy:c2ln".to_owned(),
            "date" => "Wed, 01 Jan 2020 00:00:00 GMT".to_owned(),
            _ => "dummy".to_owned(),
        };
    }
    for name in
        ["authorization-sts-token", "x-pyodps-token-timestamp", "x-odps-bearer-token", "Security-Token"]
    {
        if !dummy.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            dummy.push((name.to_owned(), "dummy".to_owned()));
        }
    }
    dummy
}
