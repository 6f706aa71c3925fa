//! The signers of OSS's schemes, but for V4 in a header: V1, signed URLs, vectors and tables, forms, the dialect of S3.

use crate::case::Case;
use crate::signer::{headers, key_path, text};
use countersign::classify::strip;
use countersign::names::calendar;
use countersign::sign::oss::Resource;
use countersign::sign::{Key, Workspace, oss, oss_form, oss_url, oss_v1, s3};
use countersign::wire::{Field, Parameter, parameters};

/// The vector's signature as we make it.
pub(crate) fn signature(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    match case.scheme.as_str() {
        "oss-v1-header" => Ok(v1(case, key, workspace)),
        "oss-v4-query" => v4_url(case, key, workspace),
        "oss-s3-sigv4-header" => s3_header(case, key, workspace),
        "oss-s3-sigv4-query" => s3_url(case, key, workspace),
        "oss-v1-post-policy" => Ok(text(&oss_form::signature_v1(&policy(case)?, key))),
        "oss-v4-post-policy" => {
            let day_key = key.day_key(calendar::day(case.time()?), region(case)?, oss::PRODUCT);
            Ok(text(&oss_form::signature_v4(&policy(case)?, &day_key)))
        }
        other => Err(format!("  there is no signer for {other}")),
    }
}

/// What the path of a V4 vector begins with.
pub(crate) fn with_resource<T>(case: &Case, then: impl FnOnce(Resource<'_>) -> T) -> T {
    let bucket = case.fixed.oss.bucket.as_deref();
    match case.scheme.as_str() {
        "oss-v4-vectors-header" => {
            let joined = case.fixed.oss.account_id.as_deref().zip(bucket);
            let joined = joined.map(|(account, bucket)| format!("{bucket}-{account}"));
            then(Resource::Vectors(joined.as_deref()))
        }
        "oss-v4-tables-header" => then(Resource::Tables(bucket.map(str::as_bytes))),
        _ => then(Resource::Bucket(bucket)),
    }
}

fn region(case: &Case) -> Result<&str, String> {
    case.fixed.oss.region.as_deref().ok_or_else(|| "  the vector names no region".to_owned())
}

fn v1(case: &Case, key: &Key, workspace: &mut Workspace) -> String {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let covered = oss_v1::Covered {
        method: &case.input.method,
        bucket: case.fixed.oss.bucket.as_deref(),
        path: key_path(case, path).as_bytes(),
        query: &query,
        headers: headers.iter(),
    };
    text(&oss_v1::signature(covered, key, workspace))
}

/// A URL that an SDK signed with a dummy key is signed anew.
fn v4_url(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let owned = strip::oss_parameters(true);
    let kept = |parameter: &Parameter<'_>| strip::keeps_parameter(parameter, owned);
    let query = parameters(query.as_bytes()).filter(kept).collect::<Vec<_>>();
    let (region, time) = (region(case)?, case.time()?);
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let listed = case.fixed.oss.additional_headers.join(";");
    let covered = oss::Covered {
        method: &case.input.method,
        resource: Resource::Bucket(case.fixed.oss.bucket.as_deref()),
        path: key_path(case, path).as_bytes(),
        query: &query,
        headers: headers.iter(),
        additional_headers: listed.as_bytes(),
        date: calendar::iso_basic(time),
        region,
        product: oss::PRODUCT,
    };
    let by = (case.credentials.access_key_id.as_str(), case.credentials.security_token.as_deref());
    let life = case.fixed.oss.expires_in.ok_or("  the vector does not say how long the URL lives")?;
    let day_key = key.day_key(calendar::day(time), region, oss::PRODUCT);
    let proof = oss_url::proof(covered, by, life, &day_key, workspace);
    let mut expected = case.expect.add_query.clone();
    let mut added: Vec<_> =
        proof.parameters().iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let signature = added.last().map(|(_, value)| value.clone()).unwrap_or_default();
    expected.sort();
    added.sort();
    if expected == added {
        Ok(signature)
    } else {
        Err(format!("  added to the query\n    expected {expected:?}\n    got      {added:?}"))
    }
}

fn s3_header(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let mut headers = headers(&case.input.headers, &case.expect.set_headers);
    headers.push(Field::new("host", case.input.host.as_bytes()));
    let hash = headers.iter().find(|field| field.is("x-amz-content-sha256"));
    let hash = hash.ok_or("  the vector has no hash of its body")?.value;
    let covered = s3_covered(case, (path, &query), headers.iter(), hash)?;
    let day_key = key.s3_day_key(calendar::day(case.time()?), region(case)?);
    Ok(text(&s3::signature(covered, &day_key, workspace)))
}

fn s3_url(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (path, query) = case.input.target();
    let mut query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let added = case.expect.add_query.iter().filter(|(name, _)| name != "X-Amz-Signature");
    query.extend(added.map(|(name, value)| Parameter::plain(name.as_bytes(), value.as_bytes())));
    let mut headers = headers(&case.input.headers, &case.expect.set_headers);
    headers.push(Field::new("host", case.input.host.as_bytes()));
    let covered = s3_covered(case, (path, &query), headers.iter(), b"UNSIGNED-PAYLOAD")?;
    let day_key = key.s3_day_key(calendar::day(case.time()?), region(case)?);
    Ok(text(&s3::signature(covered, &day_key, workspace)))
}

fn s3_covered<'a, H>(
    case: &'a Case,
    (path, query): (&'a str, &'a [Parameter<'a>]),
    headers: H,
    payload_hash: &'a [u8],
) -> Result<s3::Covered<'a, H>, String> {
    let date = calendar::iso_basic(case.time()?);
    let (path, region) = (path.as_bytes(), region(case)?);
    Ok(s3::Covered { method: &case.input.method, path, query, headers, payload_hash, date, region })
}

/// The policy as it stands in the form.
fn policy(case: &Case) -> Result<Vec<u8>, String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let json = case.input.policy_json.as_ref().ok_or("  the vector has no policy")?;
    let mut out = Vec::new();
    for triple in json.as_bytes().chunks(3) {
        let group =
            (0..3).fold(0, |group, at| group << 8 | usize::from(triple.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = DIGITS.get(group >> (18 - 6 * at) & 63).copied().unwrap_or_default();
            out.push(if at <= triple.len() { digit } else { b'=' });
        }
    }
    let expected = case.expect.string_to_sign.as_deref().unwrap_or_default();
    if expected.as_bytes() == out {
        Ok(out)
    } else {
        Err(format!("  the policy is {}, not {expected}", String::from_utf8_lossy(&out)))
    }
}
