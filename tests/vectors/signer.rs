//! The signers alone: the head that an SDK sent, less what carries the MAC, gives the signature that the SDK made.

use sha2::{Digest, Sha256};

use crate::case::{Case, Pairs};
use crate::count::Differences;
use countersign::classify;
use countersign::names::{Scheme, calendar};
use countersign::secret::Secret;
use countersign::sign::{Key, Workspace, acs3, hex, oss, roa, rpc};
use countersign::wire::{Field, Parameter, parameters};

/// Signs, and compares signature and texts.
pub(crate) fn check(case: &Case, scheme: Scheme) -> Result<(), String> {
    let key = Key::absorb(Secret::new(case.credentials.access_key_secret.clone()));
    let mut workspace = Workspace::default();
    let mut differences = Differences::default();
    let signature = match scheme {
        Scheme::Acs3 => acs3(case, &key, &mut workspace, &mut differences)?,
        Scheme::RpcV1 => rpc(case, &key, &mut workspace)?,
        Scheme::RoaV1 => roa(case, &key, &mut workspace),
        Scheme::OssV4 if case.scheme.ends_with("-header") => oss(case, &key, &mut workspace)?,
        Scheme::DataHub | Scheme::MnsV2 | Scheme::MnsV4 | Scheme::MqHttp => {
            crate::messages::signature(case, scheme, &key, &mut workspace)?
        }
        Scheme::OtsV2 | Scheme::OtsV4 => crate::ots::signature(case, &key, &mut workspace)?,
        Scheme::OdpsV2 | Scheme::OdpsV4 => crate::odps::signature(case, &key, &mut workspace)?,
        Scheme::SlsV1 | Scheme::SlsV4 => crate::sls::signature(case, &key, &mut workspace)?,
        Scheme::ApiGateway => crate::gateway::signature(case, &key, &mut workspace, &mut differences)?,
        Scheme::Dataplus => crate::gateway::of_dataplus(case, &key, &mut workspace)?,
        Scheme::FcV1 => crate::fc::signature(case, &key, &mut workspace),
        Scheme::Acs4 => crate::acs4::signature(case, &key, &mut workspace, &mut differences)?,
        _ => crate::oss::signature(case, &key, &mut workspace)?,
    };
    // Of a form, the policy is the text, and was compared.
    if !case.scheme.ends_with("-post-policy") {
        compare_texts(case, &workspace, &mut differences);
    }
    differences.compare("signature", &case.expect.signature, &signature);
    differences.end()
}

/// Compares the texts that lead to a signature.
pub(crate) fn compare_texts(case: &Case, workspace: &Workspace, differences: &mut Differences) {
    let expect = &case.expect;
    differences.compare_text(
        "canonical request",
        expect.canonical_request.as_ref(),
        workspace.canonical_request(),
    );
    differences.compare_text("string to sign", expect.string_to_sign.as_ref(), workspace.string_to_sign());
    let digest = hex(Sha256::digest(workspace.string_to_sign()).into());
    differences.compare_text("hash of the string to sign", expect.string_to_sign_sha256.as_ref(), &digest);
}

/// The input's headers and the added ones, but for the one with the signature.
pub(crate) fn headers<'a>(input: &'a Pairs, added: &'a Pairs) -> Vec<Field<'a>> {
    let fields = input.iter().chain(added).map(|(name, value)| Field::new(name, value.as_bytes()));
    fields.filter(|field| !field.is("authorization")).collect()
}

fn acs3(
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
    // Python signs whatever it sends; the others sign what we would.
    if !case.name.ends_with("@python-tea") {
        let chosen = all.into_iter().filter(|field| acs3::covers(field.name)).collect::<Vec<_>>();
        differences.compare("headers chosen", &listed, &chosen);
    }
    let payload_hash = match &case.expect.payload_hash {
        Some(hash) => hash.clone().into_bytes(),
        None => hex(Sha256::digest(case.input.body()?.unwrap_or_default()).into()).to_vec(),
    };
    let covered = acs3::Covered {
        method: &case.input.method,
        path: path.as_bytes(),
        query: &query,
        headers: listed.iter(),
        payload_hash: &payload_hash,
    };
    Ok(text(&acs3::signature(covered, key, workspace)))
}

fn rpc(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let (_, query) = case.input.target();
    let body = case.input.body()?.unwrap_or_default();
    let is_form = case.input.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type") && classify::is_form_type(value.as_bytes())
    });
    let added = |pairs: &'_ Pairs| -> Pairs {
        pairs.iter().filter(|(name, _)| name != "Signature").cloned().collect()
    };
    let (in_query, in_form) = (added(&case.expect.add_query), added(&case.expect.add_form));
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let mut form = if is_form { parameters(&body).collect::<Vec<_>>() } else { Vec::new() };
    form.extend(plain(&in_form));
    let added = plain(&in_query).collect::<Vec<_>>();
    let covered = rpc::Covered { method: &case.input.method, query: &query, form: &form, added: &added };
    Ok(text(&rpc::signature(covered, key, workspace)))
}

fn roa(case: &Case, key: &Key, workspace: &mut Workspace) -> String {
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let headers = headers(&case.input.headers, &case.expect.set_headers);
    let covered = roa::Covered {
        method: &case.input.method,
        path: path.as_bytes(),
        query: &query,
        headers: headers.iter(),
    };
    text(&roa::signature(covered, key, workspace))
}

fn plain(pairs: &Pairs) -> impl Iterator<Item = Parameter<'_>> {
    pairs.iter().map(|(name, value)| Parameter::plain(name.as_bytes(), value.as_bytes()))
}

fn oss(case: &Case, key: &Key, workspace: &mut Workspace) -> Result<String, String> {
    let told = &case.fixed.oss;
    let region = told.region.as_deref().ok_or("  the vector names no region")?;
    let product = told.product.as_deref().unwrap_or(oss::PRODUCT);
    let time = case.time()?;
    let (path, query) = case.input.target();
    let query = parameters(query.as_bytes()).collect::<Vec<_>>();
    let mut headers = headers(&case.input.headers, &case.expect.set_headers);
    if !headers.iter().any(|field| field.is("host")) {
        headers.push(Field::new("host", case.input.host.as_bytes()));
    }
    let listed = told.additional_headers.join(";");
    let key = key.day_key(calendar::day(time), region, product);
    Ok(crate::oss::with_resource(case, |resource| {
        let covered = oss::Covered {
            method: &case.input.method,
            resource,
            path: key_path(case, path).as_bytes(),
            query: &query,
            headers: headers.iter(),
            additional_headers: listed.as_bytes(),
            date: calendar::iso_basic(time),
            region,
            product,
        };
        text(&oss::signature(covered, &key, workspace))
    }))
}

/// The path without the bucket.
pub(crate) fn key_path<'a>(case: &Case, path: &'a str) -> &'a str {
    let told = &case.fixed.oss;
    let bucket = told.bucket.as_deref().filter(|_| told.addressing.as_deref() == Some("path-style"));
    bucket.and_then(|bucket| path.strip_prefix('/')?.strip_prefix(bucket)).unwrap_or(path)
}

pub(crate) fn text(signature: &[u8]) -> String {
    String::from_utf8_lossy(signature).into_owned()
}
