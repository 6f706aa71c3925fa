//! ACS4 alone, and signed with a dummy key.

use sha2::{Digest, Sha256};

use crate::case::{Case, Pairs};
use crate::count::Differences;
use crate::route::{Sent, send, signature as carried};
use crate::signer::{headers, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::{Scheme, calendar};
use countersign::secret::Secret;
use countersign::sign::{DayKey, Key, Workspace, acs3, acs4, hex};
use countersign::wire::{Field, parameters};

/// Of the headers that the SDK signs, the one that we never send.
const NEVER_SENT: &str = "x-acs-credentials-provider";

/// Signs the headers that the vector lists, for the scope that it names.
pub(crate) fn signature(
    case: &Case,
    key: &Key,
    workspace: &mut Workspace,
    differences: &mut Differences,
) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let all = headers(&case.input.headers, &case.expect.set_headers);
    let signed = case.expect.signed_headers.as_deref().ok_or("  the vector does not say what is signed")?;
    let mut listed = all.clone();
    listed.retain(|field| signed.split(';').any(|name| field.is(name)));
    let chosen = all.into_iter().filter(|field| acs3::covers(field.name)).collect::<Vec<_>>();
    differences.compare("headers chosen", &listed, &chosen);
    let payload_hash = hex(Sha256::digest(case.input.body()?.unwrap_or_default()).into());
    differences.compare_text("hash of the body", case.expect.payload_hash.as_ref(), &payload_hash);
    let covered = acs3::Covered {
        method: &case.input.method,
        path: path.as_bytes(),
        query: &query,
        headers: listed.iter(),
        payload_hash: &payload_hash,
    };
    Ok(text(&acs4::signature(covered, &day_key(case, key)?, workspace)))
}

fn day_key(case: &Case, key: &Key) -> Result<DayKey, String> {
    let scope = case.scope.as_ref().ok_or("  the vector has no scope")?;
    Ok(key.day_key(calendar::day(case.time()?), &scope.region, &scope.product))
}

/// A vector's input, with the headers that its signer added in their dummy form, gives the same signature once the header
/// that we do not send is signed as well.
pub(crate) fn again(case: &Case) -> Result<(), String> {
    let endpoint = endpoint::reverse(&case.input.host, &Tenants::any())
        .map_err(|why| format!("  {}: {why}", case.input.host))?;
    let mut headers = case.input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let body = case.input.body()?;
    let (method, target) = (&*case.input.method, &*case.input.path_and_query);
    let head = arrived((method, endpoint.host().as_str(), target), &headers, body.as_deref())?;
    let Sent { outgoing, .. } = send(case, Scheme::Acs4, &head, (endpoint, endpoint), body.as_deref())?;
    let authorization = outgoing.header("authorization")?.ok_or("  nothing is signed")?;
    let scope = case.scope.as_ref().ok_or("  the vector has no scope")?;
    let day = case.fixed.timestamp.get(..10).unwrap_or_default().replace('-', "");
    let (id, end) = (&case.credentials.access_key_id, "aliyun_v4_request,");
    let expected = format!(
        "ACS4-HMAC-SHA256 Credential={id}/{day}/{}/{}/{end}SignedHeaders=",
        scope.region, scope.product
    );
    if !authorization.starts_with(&expected) {
        return Err(format!("  expected {expected}…\n  got      {authorization}"));
    }
    let sent = carried(authorization).ok_or("  nothing is signed")?;
    let key = Key::absorb(Secret::new(case.credentials.access_key_secret.clone()));
    let query = parameters(outgoing.query.as_bytes()).collect::<Vec<_>>();
    let mut fields = outgoing.headers.clone();
    for (expected, is_more) in [(&sent, false), (&case.expect.signature, true)] {
        if is_more {
            let more = case.expect.set_headers.iter().filter(|(name, _)| name == NEVER_SENT);
            fields.extend(more.cloned());
        }
        let signed = fields.iter().map(|(name, value)| Field::new(name, value.as_bytes()));
        let signed = signed.filter(|field| acs3::covers(field.name)).collect::<Vec<_>>();
        let covered = acs3::Covered {
            method: &outgoing.method,
            path: outgoing.path.as_bytes(),
            query: &query,
            headers: signed.iter(),
            payload_hash: outgoing.header("x-acs-content-sha256")?.unwrap_or_default().as_bytes(),
        };
        let mut workspace = Workspace::default();
        let got = text(&acs4::signature(covered, &day_key(case, &key)?, &mut workspace));
        if got != *expected {
            let over = String::from_utf8_lossy(workspace.canonical_request()).into_owned();
            return Err(format!("  expected {expected}\n  got      {got} over\n{over}"));
        }
    }
    Ok(())
}

/// What a client with a dummy key adds. The scope stays: it is the one thing that the caller alone knows.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    for (name, value) in &mut dummy {
        *value = match name.to_ascii_lowercase().as_str() {
            "authorization" => {
                let (_, rest) = value.split_once('/').unwrap_or_default();
                let (_, rest) = rest.split_once('/').unwrap_or_default();
                format!("ACS4-HMAC-SHA256 Credential=dummy/20200101/{rest}")
            }
            "x-acs-content-sha256" => value.clone(),
            _ => "dummy".to_owned(),
        };
    }
    for name in ["Security-Token", "x-oss-security-token", "x-acs-content-sm3", "x-acs-signature-type"] {
        dummy.push((name.to_owned(), "dummy".to_owned()));
    }
    dummy
}
