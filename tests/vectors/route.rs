//! From what a caller sends to what goes out: classify, strip, assemble, sign, with the outgoing scheme forced.
//!
//! Endpoint tables and policy take no part. A host that is not in the table is planned and signed as a stand-in of the
//! table, and then signed once more from the bytes that went out, with the vector's host put in its place.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::case::{Case, Pairs};
use crate::count::Differences;
use crate::signer::compare_texts;
use crate::wire::{Outgoing, arrived, decoded};
use countersign::classify::Family;
use countersign::classify::{self, BodyPlan, FormRead, Plan, Shape};
use countersign::endpoint::{self, Tenants};
use countersign::names::{Endpoint, Moment, Network, Nonce, Scheme, calendar};
use countersign::pipeline::{Assembled, Parts, assemble};
use countersign::secret::{Secret, SecurityToken};
use countersign::sign::{self, Identity, Key, Payload, Token, Unsigned, Workspace, acs3, hex};
use countersign::wire::{Field, Framing, Head, Parameter, Target, parameters};

/// What went out, and what the strip stage left of what came.
pub(crate) struct Sent {
    pub(crate) outgoing: Outgoing,
    pub(crate) workspace: Workspace,
    /// The headers and pieces of the query that stayed.
    kept_headers: Pairs,
    kept_query: Vec<String>,
    kept_form: Vec<String>,
    body: Option<Vec<u8>>,
}

/// Sends, and compares everything that the vector says of it.
pub(crate) fn check(case: &Case, scheme: Scheme) -> Result<(), String> {
    let body = case.input.body()?;
    let Case { input, .. } = case;
    let head = arrived((&input.method, &input.host, &input.path_and_query), &input.headers, body.as_deref())?;
    let real = endpoint::reverse(&input.host, &Tenants::any()).ok();
    let stand_in = stand_in(scheme).ok_or("  no endpoint of the table takes this scheme alone")?;
    let endpoint = real.unwrap_or(stand_in);
    let mut sent = send(case, scheme, &head, (endpoint, stand_in), body.as_deref())?;

    let mut differences = Differences::default();
    if real.is_none() {
        // The signature is that of another host, which only ACS3 covers.
        differences.compare("host", &Some(endpoint.host().as_str()), &sent.outgoing.header("host")?);
        if scheme == Scheme::Acs3 {
            let key = Key::absorb(Secret::new(case.credentials.access_key_secret.clone()));
            put_host(&mut sent.outgoing, &input.host, &key, &mut sent.workspace)?;
        }
    }
    compare_stripped(case, &sent, body, &mut differences)?;
    compare_added(case, &sent, scheme, &mut differences)?;
    compare_texts(case, &sent.workspace, &mut differences);
    let signature = match scheme {
        Scheme::RpcV1 => decoded(&sent.outgoing.query).into_iter().find(|(name, _)| name == "Signature"),
        _ => sent.outgoing.header("authorization")?.and_then(signature).map(|text| (String::new(), text)),
    };
    differences.compare("signature", &Some(case.expect.signature.clone()), &signature.map(|(_, text)| text));
    differences.end()
}

/// The signature in the value of an `Authorization` header.
pub(crate) fn signature(authorization: &str) -> Option<String> {
    let bare = ["OSS ", "acs ", "LOG ", "ODPS ", "FC ", "DATAHUB ", "MNS ", "MQ "]
        .into_iter()
        .find_map(|word| authorization.strip_prefix(word));
    Some(
        bare.and_then(|proof| proof.split_once(':'))
            .or_else(|| authorization.split_once("Signature="))?
            .1
            .to_owned(),
    )
}

/// Takes the route of a request from its head to the head that goes out.
pub(crate) fn send(
    case: &Case,
    scheme: Scheme,
    head: &Head,
    (endpoint, stand_in): (Endpoint, Endpoint),
    body: Option<&[u8]>,
) -> Result<Sent, String> {
    let refused = |refusal: countersign::refusal::Refusal| format!("  refused: {refusal:?}");
    let target = classify::target(head.target()).map_err(refused)?;
    // What the endpoint takes is planned if that is the forced scheme, else what its stand-in takes, which is no other.
    let plans = [endpoint, stand_in].map(|endpoint| plan(scheme, head, &target, &endpoint, body));
    let is_forced =
        |plan: &Result<(Plan, bool), _>| plan.as_ref().is_ok_and(|plan| plan.0.call.scheme == Some(scheme));
    let [first, second] = plans;
    let (plan, is_form) = if is_forced(&first) { first } else { second }.map_err(refused)?;
    if plan.call.scheme != Some(scheme) {
        return Err(format!("  leaves as {:?}", plan.call.scheme));
    }

    let held = body.filter(|_| plan.body == BodyPlan::Hold).map(|body| (body, is_form));
    let mut parts = Parts::default();
    let Assembled { unsigned, body: held } = assemble(head, (&plan, &endpoint), target, held, &mut parts);
    let unsigned = match &held {
        Some(body) => Unsigned { payload: Payload::Held(body), ..unsigned },
        None => unsigned,
    };
    let mut workspace = Workspace::default();
    let key = Key::absorb(Secret::new(case.credentials.access_key_secret.clone()));
    let moment = Moment { unix_seconds: case.time()?, nonce: nonce(case)? };
    let day = calendar::day(moment.unix_seconds);
    let day_key = sign::scope(scheme, &endpoint).map(|(region, product)| key.scope_key(day, region, product));
    let token = case.credentials.security_token.clone().map(SecurityToken::new).transpose();
    let token = token.map_err(|why| format!("  {why}"))?.map(Token::new);
    let identity = Identity {
        access_key_id: &case.credentials.access_key_id,
        security_token: token.as_ref(),
        key: &key,
        day_key: day_key.as_ref(),
    };
    let signed = sign::sign(scheme, &unsigned, &identity, &moment, (&mut workspace, Vec::new()))
        .map_err(|why| format!("  cannot be signed: {why}"))?;

    let outgoing = Outgoing::read(signed.head())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let raw = |list: &[Parameter<'_>]| list.iter().map(|parameter| text(parameter.raw)).collect::<Vec<_>>();
    let kept_headers = unsigned.headers.iter().map(|field| (text(field.name), text(field.value))).collect();
    let (kept_query, kept_form) = (raw(unsigned.query), raw(unsigned.form));
    let length =
        outgoing.header("content-length")?.map(|length| length.parse::<usize>().unwrap_or(usize::MAX));
    let framing = unsigned.framing;
    let body = match (held, framing) {
        (Some(held), _) => Some(held.into_owned()),
        (None, Framing::None) => None,
        (None, _) => body.map(<[u8]>::to_vec),
    };
    if length != body.as_ref().map(Vec::len) {
        return Err(format!(
            "  Content-Length is {length:?} for a body of {:?} bytes",
            body.map(|body| body.len())
        ));
    }
    Ok(Sent { outgoing, workspace, kept_headers, kept_query, kept_form, body })
}

fn nonce(case: &Case) -> Result<Nonce, String> {
    match &case.fixed.nonce {
        None => Ok(Nonce::from_bytes([0; 16])),
        Some(nonce) => Nonce::from_text(nonce).ok_or_else(|| format!("  `{nonce}` is no nonce")),
    }
}

/// What `prepare` decides, on `endpoint`.
fn plan(
    scheme: Scheme,
    head: &Head,
    target: &Target<'_>,
    endpoint: &Endpoint,
    body: Option<&[u8]>,
) -> Result<(Plan, bool), countersign::refusal::Refusal> {
    let family = classify::family_of(endpoint, head, target.path)?;
    classify::check_path(target.path, target.query, family == Family::Oss)?;
    let is_form = family.reads_forms() && classify::has_form(head);
    let query = parameters(target.query).collect::<Vec<_>>();
    let form = parameters(body.unwrap_or_default()).collect::<Vec<_>>();
    let read = if is_form { FormRead::Fields(&form) } else { FormRead::None };
    let mut asked = classify::asked(head, &query, read, family, target.is_root())?;
    // What else the choice of ACS3 depends on: the setting, and that no form names the operation.
    let upgrades_rpc = scheme == Scheme::Acs3;
    asked.is_named_by_form &= !upgrades_rpc;
    let shape = Shape {
        head,
        target: *target,
        query: &query,
        endpoint,
        is_form,
        is_form_unread: false,
        upgrades_rpc,
        oss_v1: scheme == Scheme::OssV1,
    };
    Ok((classify::plan(&asked, &shape)?, is_form))
}

/// An endpoint whose product takes `scheme` and no other, in any of its versions.
pub(crate) fn stand_in(scheme: Scheme) -> Option<Endpoint> {
    let takes_it_alone = |endpoint: &Endpoint| {
        let product = endpoint.product();
        let mut of_versions = product.versions.iter().map(|version| &*version.schemes);
        classify::family(endpoint).is_ok()
            && *product.schemes == [scheme]
            && of_versions.all(|schemes| schemes.is_empty() || schemes == [scheme])
    };
    endpoint::products().find_map(|product| {
        endpoint::forward(product.code, Some("cn-hangzhou"), Network::Public).ok().filter(takes_it_alone)
    })
}

/// Signs what went out again, first as it is, which must give the signature that it carries, then with another host.
fn put_host(out: &mut Outgoing, host: &str, key: &Key, workspace: &mut Workspace) -> Result<(), String> {
    for is_replaced in [false, true] {
        if is_replaced {
            for (_, value) in out.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("host")) {
                host.clone_into(value);
            }
        }
        let payload_hash = out.header("x-acs-content-sha256")?.unwrap_or_default();
        let query = parameters(out.query.as_bytes()).collect::<Vec<_>>();
        let headers = out.headers.iter().map(|(name, value)| Field::new(name, value.as_bytes()));
        let headers = headers.filter(|field| acs3::covers(field.name)).collect::<Vec<_>>();
        let covered = acs3::Covered {
            method: &out.method,
            path: out.path.as_bytes(),
            query: &query,
            headers: headers.iter(),
            payload_hash: payload_hash.as_bytes(),
        };
        let again = String::from_utf8_lossy(&acs3::signature(covered, key, workspace)).into_owned();
        let carried = out.header("authorization")?.and_then(signature).ok_or("  nothing is signed")?;
        if !is_replaced && again != carried {
            return Err(format!("  what went out is not what was signed: {carried}, not {again}"));
        }
        for (_, value) in
            out.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            *value = value.replace(&carried, &again);
        }
    }
    Ok(())
}

fn names(pairs: &Pairs) -> Vec<String> {
    pairs.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
}

/// The pieces of `all` that are not in `kept`, which holds some of them in their order.
fn missing<'a>(all: &'a [String], kept: &[String]) -> Vec<&'a String> {
    let mut kept = kept.iter().peekable();
    all.iter().filter(|piece| kept.next_if(|next| next == piece).is_none()).collect()
}

fn compare_stripped(
    case: &Case,
    sent: &Sent,
    body: Option<Vec<u8>>,
    differences: &mut Differences,
) -> Result<(), String> {
    let Case { input, expect, .. } = case;
    let pieces =
        |raw: &str| raw.split('&').filter(|piece| !piece.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let removed = |all: &[String], kept: &[String]| -> Vec<String> {
        missing(all, kept).into_iter().flat_map(|piece| decoded(piece)).map(|(name, _)| name).collect()
    };
    let (_, query) = input.target();
    if let Some(expected) = &expect.remove_query {
        differences.compare("removed from the query", expected, &removed(&pieces(query), &sent.kept_query));
    }
    if let Some(expected) = &expect.remove_form {
        let form = String::from_utf8_lossy(body.as_deref().unwrap_or_default()).into_owned();
        // Of a body that is no form nothing is read, and nothing removed.
        let form = if sent.kept_form.is_empty() && expected.is_empty() { Vec::new() } else { pieces(&form) };
        differences.compare("removed from the form", expected, &removed(&form, &sent.kept_form));
    }
    if let Some(expected) = &expect.remove_headers {
        let expected = expected.iter().map(|name| name.to_ascii_lowercase()).collect::<Vec<_>>();
        let mut came = names(&input.headers);
        came.retain(|name| name != "host" && name != "content-length");
        let gone = missing(&came, &names(&sent.kept_headers)).into_iter().cloned().collect::<Vec<_>>();
        differences.compare("removed headers", &expected, &gone);
    }
    let kept = expect.kept_query.as_deref().unwrap_or(query);
    differences.compare("kept query", &kept, &sent.kept_query.join("&").as_str());
    let expected = match &expect.body_after {
        Some(after) => after.as_ref().map(crate::case::Body::bytes).transpose()?,
        None => body,
    };
    let text = |body: &Option<Vec<u8>>| body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
    differences.compare("body", &text(&expected), &text(&sent.body));
    if let Some(expected) = &expect.payload_hash {
        let hash = hex(Sha256::digest(sent.body.as_deref().unwrap_or_default()).into());
        differences.compare_text("hash of the body", Some(expected), &hash);
    }
    Ok(())
}

fn compare_added(
    case: &Case,
    sent: &Sent,
    scheme: Scheme,
    differences: &mut Differences,
) -> Result<(), String> {
    let Sent { outgoing, .. } = sent;
    differences.compare("method", &case.input.method, &outgoing.method);
    differences.compare("path", &case.input.target().0, &outgoing.path.as_str());
    if scheme != Scheme::RpcV1 {
        differences.compare_text(
            "signed headers",
            case.expect.signed_headers.as_ref(),
            outgoing
                .header("authorization")?
                .and_then(|value| value.split_once("SignedHeaders=")?.1.split(',').next())
                .unwrap_or_default()
                .as_bytes(),
        );
    }
    let kept = sent.kept_query.join("&");
    let added = outgoing.query.strip_prefix(&kept).ok_or("  the query does not begin with what was kept")?;
    let set = |pairs: &Pairs| pairs.iter().cloned().collect::<BTreeSet<_>>();
    differences.compare("added to the query", &set(&case.expect.add_query), &set(&decoded(added)));
    let mut headers = outgoing.headers.clone();
    headers.retain(|(name, _)| {
        !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("content-length")
    });
    // What was kept goes out as it came, and once.
    for kept in &sent.kept_headers {
        let Some(at) = headers.iter().position(|sent| sent == kept) else {
            return Err(format!("  {kept:?} was kept and does not go out"));
        };
        headers.remove(at);
    }
    let set = |pairs: &Pairs| {
        pairs.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect::<BTreeSet<_>>()
    };
    differences.compare("added headers", &set(&case.expect.set_headers), &set(&headers));
    differences.compare("headers added twice", &set(&headers).len(), &headers.len());
    Ok(())
}
