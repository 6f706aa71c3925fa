//! The signers of Tablestore, of requests and of answers.

use crate::case::{Case, Pairs};
use crate::count::built;
use crate::route::{Sent, send};
use crate::signer::{headers, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::calendar;
use countersign::sign::ots::{self, Keyed};
use countersign::sign::{Key, Workspace, ots_answer};

/// Signs the input with what its signer added. The region of a request is what the endpoint table makes of the host.
pub(crate) fn signature(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let is_answer = case.scheme.contains("-response-");
    let day_key;
    let keyed = if case.scheme.ends_with("-v4") {
        let day = match &case.fixed.sign_date {
            Some(day) => day.as_bytes().try_into().map_err(|_| format!("  `{day}` is no day"))?,
            None => calendar::day(case.time()?),
        };
        let region = match is_answer {
            true => case.fixed.oss.region.as_deref(),
            false => endpoint(&case.input.host)?.region().map(|region| region.id()),
        };
        day_key = key.ots_day_key(day, region.ok_or("  there is no region")?);
        Keyed::V4(&day_key)
    } else {
        Keyed::V2(key)
    };
    let path = case.input.path_and_query.as_bytes();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    if is_answer {
        let signature = ots_answer::signature(headers.iter().copied(), path, keyed, workspace);
        return Ok(text(&signature.ok_or("  no key of Tablestore")?));
    }
    let covered = ots::Covered { method: &case.input.method, path, headers: headers.iter() };
    Ok(text(ots::signature(covered, keyed, workspace).as_bytes()))
}

fn endpoint(host: &str) -> Result<countersign::names::Endpoint, String> {
    endpoint::reverse(host, &Tenants::any()).map_err(|why| format!("  {host}: {why}"))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let scheme = built(&case.scheme).ok_or("  no such scheme")?;
    let endpoint = endpoint(&case.input.host)?;
    let mut headers = case.input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let body = case.input.body()?;
    let head = arrived(
        (&case.input.method, &case.input.host, &case.input.path_and_query),
        &headers,
        body.as_deref(),
    )?;
    let Sent { outgoing, .. } = send(case, scheme, &head, (endpoint, endpoint), body.as_deref())?;
    let name = if case.scheme == "ots-v4" { "x-ots-signaturev4" } else { "x-ots-signature" };
    for (added, value) in &case.expect.set_headers {
        if outgoing.header(added)? != Some(value) {
            return Err(format!("  {added}: {:?}, not {value}", outgoing.header(added)?));
        }
    }
    match outgoing.header(name)? {
        Some(sent) if *sent == case.expect.signature && outgoing.header("authorization")?.is_none() => Ok(()),
        sent => Err(format!("  expected {}\n  got      {sent:?}", case.expect.signature)),
    }
}

/// What a client with a dummy key adds: the same headers with another key's values, and some that others send.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    for (name, value) in &mut dummy {
        if !name.eq_ignore_ascii_case("x-ots-contentmd5") {
            "dummy".clone_into(value);
        }
    }
    for name in ["x-ots-ststoken", "Authorization", "Security-Token", "x-acs-security-token"] {
        if !dummy.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            dummy.push((name.to_owned(), "dummy".to_owned()));
        }
    }
    dummy
}
