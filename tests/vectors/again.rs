//! The strip lists are whole: what an SDK signed with a dummy key comes out as if it had come unsigned.

use crate::case::{Case, Pairs};
use crate::count::built;
use crate::route::{send, signature};
use crate::signer::{key_path, text};
use crate::wire::arrived;
use countersign::endpoint::{self, Tenants};
use countersign::names::{Scheme, calendar};
use countersign::secret::Secret;
use countersign::sign::{Key, Workspace, s3};
use countersign::wire::{Field, parameters};

/// An OSS vector's input, with the headers that its signer added in their dummy form, gives the same signature.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    // A date that the caller set is the caller's, and goes.
    if case.scheme == "oss-v1-header" && case.input.headers.iter().any(|(name, _)| name == "x-oss-date") {
        return Ok(());
    }
    let scheme = built(&case.scheme).ok_or("  no such scheme")?;
    let told = &case.fixed.oss;
    let (bucket, region) = (told.bucket.as_deref(), told.region.as_deref().unwrap_or("cn-hangzhou"));
    let host = match bucket {
        Some(bucket) => format!("{bucket}.oss-{region}.aliyuncs.com"),
        None => format!("oss-{region}.aliyuncs.com"),
    };
    let endpoint = endpoint::reverse(&case.input.host, &Tenants::any())
        .or_else(|_| endpoint::reverse(&host, &Tenants::any()))
        .map_err(|why| format!("  {host}: {why}"))?;
    let mut headers = case.input.headers.clone();
    headers.extend(dummy(&case.expect.set_headers));
    let (path, query) = case.input.target();
    let target = [key_path(case, path), query].join(if query.is_empty() { "" } else { "?" });
    let body = case.input.body()?;
    let head = arrived((&case.input.method, endpoint.host().as_str(), &target), &headers, body.as_deref())?;
    let sent = send(case, scheme, &head, (endpoint, endpoint), body.as_deref())?;
    let got = sent.outgoing.header("authorization")?.and_then(signature);
    let text = String::from_utf8_lossy(sent.workspace.string_to_sign());
    if got.as_deref() == Some(&case.expect.signature) {
        Ok(())
    } else {
        Err(format!("  expected {}\n  got      {got:?} over\n{text}", case.expect.signature))
    }
}

/// The same of the dialect of S3. The body is never hashed on the way: what goes out gives the vector's signature once the
/// vector's hash is put in the place of the word that says so.
pub(crate) fn s3(case: &Case) -> Result<(), String> {
    let host = &case.input.host;
    let endpoint = endpoint::reverse(host, &Tenants::any()).map_err(|why| format!("  {host}: {why}"))?;
    let mut headers = case.input.headers.clone();
    headers.extend(case.expect.set_headers.iter().map(|(name, value)| {
        let value = match name.as_str() {
            "X-Amz-Date" => "20200101T000000Z".to_owned(),
            "X-Amz-Content-SHA256" => value.clone(),
            "Authorization" => {
                value.replace("Credential=", "Credential=0").replace("Signature=", "Signature=0")
            }
            _ => "dummy".to_owned(),
        };
        (name.clone(), value)
    }));
    for name in ["X-Amz-Security-Token", "x-oss-security-token", "x-acs-security-token", "x-oss-date"] {
        if !headers.iter().any(|(known, _)| known == name) {
            headers.push((name.to_owned(), "dummy".to_owned()));
        }
    }
    let body = case.input.body()?;
    let line = (&*case.input.method, &**host, &*case.input.path_and_query);
    let head = arrived(line, &headers, body.as_deref())?;
    let mut out = send(case, Scheme::S3, &head, (endpoint, endpoint), body.as_deref())?.outgoing;
    let key = Key::absorb(Secret::new(case.credentials.access_key_secret.clone()));
    let (time, region) = (case.time()?, case.fixed.oss.region.as_deref().unwrap_or_default());
    let sent = out.header("authorization")?.and_then(signature).ok_or("  nothing is signed")?;
    let hash = case.expect.set_headers.iter().find(|(name, _)| name == "X-Amz-Content-SHA256");
    let (_, hash) = hash.ok_or("  the vector has no hash of its body")?;
    for (expected, is_replaced) in [(&sent, false), (&case.expect.signature, true)] {
        let is_hash = |name: &str| name.eq_ignore_ascii_case("x-amz-content-sha256");
        for (_, value) in out.headers.iter_mut().filter(|(name, _)| is_replaced && is_hash(name)) {
            value.clone_from(hash);
        }
        let query = parameters(out.query.as_bytes()).collect::<Vec<_>>();
        let fields =
            out.headers.iter().map(|(name, value)| Field::new(name, value.as_bytes())).collect::<Vec<_>>();
        let covered = s3::Covered {
            method: &out.method,
            path: out.path.as_bytes(),
            query: &query,
            headers: fields.iter(),
            payload_hash: out.header("x-amz-content-sha256")?.unwrap_or_default().as_bytes(),
            date: calendar::iso_basic(time),
            region,
        };
        let mut workspace = Workspace::default();
        let day_key = key.s3_day_key(calendar::day(time), region);
        let got = text(&s3::signature(covered, &day_key, &mut workspace));
        if got != *expected {
            let over = String::from_utf8_lossy(workspace.canonical_request()).into_owned();
            return Err(format!("  expected {expected}\n  got      {got} over\n{over}"));
        }
    }
    Ok(())
}

/// What a client with a dummy key adds: the same headers, with another key's values, and some that older clients send.
fn dummy(added: &Pairs) -> Pairs {
    let mut dummy = added.clone();
    for (name, value) in &mut dummy {
        *value = match name.to_ascii_lowercase().as_str() {
            "x-oss-date" => "20200101T000000Z".to_owned(),
            "authorization" if value.starts_with("OSS ") => "OSS dummy:dummy".to_owned(),
            "authorization" => value.replace("Signature=", "Signature=0").replace("/oss/", "/other/"),
            "x-oss-content-sha256" => value.clone(),
            _ => "dummy".to_owned(),
        };
    }
    let had_token = dummy.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-oss-security-token"));
    if !had_token {
        dummy.push(("X-Oss-Security-Token".to_owned(), "dummy".to_owned()));
    }
    for (name, value) in [
        ("Date", "Wed, 01 Jan 2020 00:00:00 GMT"),
        ("Security-Token", "dummy"),
        ("x-oss-signature-version", "OSS4"),
        ("x-acs-security-token", "dummy"),
    ] {
        dummy.push((name.to_owned(), value.to_owned()));
    }
    dummy
}
