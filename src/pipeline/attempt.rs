//! Sign: what stays of the request, and the proof.

use std::borrow::Cow;
use std::fmt;

use super::Pipeline;
use super::prepare::Prepared;
use super::scratch::Parts;
use crate::classify::{self, BodyPlan, Family, Plan, strip};
use crate::credential::Credential;
use crate::names::{Endpoint, Moment, Scheme, calendar};
use crate::refusal::{Code, Refusal};
use crate::sign::{self, DayKey, Payload, Unsigned, Workspace};
use crate::wire::{Framing, Head, NameSet, Parameter, Signed, Target, lists, parameters};

/// What one attempt sends, before it is signed.
pub struct Assembled<'a, 'b> {
    /// For the signer.
    pub unsigned: Unsigned<'a>,
    /// The body, where it is known whole.
    pub body: Option<Cow<'b, [u8]>>,
}

impl fmt::Debug for Assembled<'_, '_> {
    /// Never the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.body.as_ref().map(|body| body.len());
        write!(f, "Assembled({:?}, {bytes:?} bytes)", self.unsigned)
    }
}

/// What stays of a request, and what is added: everything but the proof. The target's path is what goes out of it;
/// `held` is the whole body's data, and whether that is a form.
pub fn assemble<'p, 'a: 'p, 'b: 'a>(
    head: &'a Head,
    (plan, endpoint): (&'a Plan, &'a Endpoint),
    target: Target<'a>,
    held: Option<(&'b [u8], bool)>,
    parts: &'p mut Parts<'a>,
) -> Assembled<'p, 'b> {
    let call = &plan.call;
    let family = Family::of(call.scheme);
    let owned = plan.owned;
    let Parts { query, form, fields } = parts;
    query.extend(parameters(target.query).filter(|parameter| strip::keeps_parameter(parameter, owned)));
    let body = held
        .map(|(held, is_form)| if is_form { stripped_form(held, owned, form) } else { Cow::Borrowed(held) });
    // Of a body that was written anew the MD5 is another, and the two versions of MNS spell it differently.
    let changes_md5 = matches!(body, Some(Cow::Owned(_)))
        || plan.body == BodyPlan::FormUpload
        || family == Family::Mns && call.caller_scheme.is_some() && call.caller_scheme != call.scheme;
    // Most requests have no such header, and are not searched again for every name.
    let has_connection = head.field("connection").is_some();
    let is_named = |name: &[u8]| {
        has_connection && head.fields().any(|field| field.is("connection") && lists(field.value, name))
    };
    let is_read = classify::asks_for_tunnel(call);
    fields.extend(head.fields().filter(|field| {
        let is_stale = changes_md5 && field.is("content-md5");
        // An answer that is to be read must not come compressed.
        let is_unreadable = is_read && field.is("accept-encoding");
        !is_stale && !is_unreadable && strip::keeps_header(*field, family, is_named(field.name))
    }));
    let framing = match (&body, plan.body) {
        (Some(body), _) => Framing::Length(body.len() as u64),
        (None, BodyPlan::Dechunk(length)) => {
            strip::dechunk(fields);
            Framing::Length(length)
        }
        (None, _) => head.framing(),
    };
    let unsigned = Unsigned {
        method: head.method().map_or("", |method| method.name()),
        path: target.path,
        query,
        headers: fields,
        form,
        payload: payload(head, plan.body, family),
        framing,
        expects_continue: head.expects_continue()
            && held.is_none()
            && !matches!(plan.body, BodyPlan::Empty | BodyPlan::FormUpload),
        endpoint,
        add_action: call.action.as_ref().filter(|_| plan.adds_action).map(|action| action.as_bytes()),
        add_version: call.version.as_ref().filter(|_| plan.adds_version).map(|version| version.as_bytes()),
        additional_headers: listed_headers(head, family),
        scope: match call.scheme {
            Some(Scheme::Acs4) => classify::acs4_scope(head).ok(),
            _ => None,
        },
    };
    Assembled { unsigned, body }
}

/// The names of headers that the caller's own signature listed.
fn listed_headers(head: &Head, family: Family) -> &[u8] {
    match family {
        Family::Oss => classify::additional_headers(head),
        Family::ApiGateway => classify::signed_headers(head),
        Family::Mns | Family::RocketMq => classify::dated(head, family),
        _ => &[],
    }
}

/// What the head tells of the body. Whoever signs takes the body itself from beside this.
fn payload(head: &Head, plan: BodyPlan, family: Family) -> Payload<'_> {
    match plan {
        BodyPlan::Empty => Payload::Held(&[]),
        BodyPlan::StreamHashed => {
            let hash = match family {
                Family::SlsV4 => classify::sls_hash(head),
                Family::Ots => classify::ots_md5(head),
                _ => classify::reusable_hash(head),
            };
            Payload::Hashed(hash.unwrap_or_default())
        }
        BodyPlan::Stream | BodyPlan::Dechunk(_) | BodyPlan::Hold | BodyPlan::FormUpload => Payload::Streamed,
    }
}

/// A signed head, and the body where it is known whole.
type Attempt<'b> = (Signed, Option<Cow<'b, [u8]>>);

impl Pipeline {
    /// Signs one attempt, or writes it as it is if it carries its own proof.
    pub(super) fn sign<'b>(
        &self,
        head: &Head,
        prepared: &Prepared,
        (credential, moment): (Option<&Credential>, Moment),
        held: Option<&'b [u8]>,
    ) -> Result<Attempt<'b>, Refusal> {
        let target = classify::target(head.target())?;
        let target = Target { path: prepared.path(&target), ..target };
        let mut scratch = self.scratch();
        let scratch = &mut *scratch;
        let mut parts = scratch.take();
        if let (BodyPlan::FormUpload, Some(seen)) = (prepared.plan.body, held) {
            scratch.put(parts);
            let (signed, form) = self.sign_form(head, (prepared, target), (credential, moment), seen)?;
            return Ok((signed, Some(Cow::Owned(form))));
        }
        let held = held.map(|held| (held, prepared.is_form));
        let Assembled { unsigned, body } =
            assemble(head, (&prepared.plan, &prepared.endpoint), target, held, &mut parts);
        let unsigned = match &body {
            Some(body) => Unsigned { payload: Payload::Held(body), ..unsigned },
            None => unsigned,
        };
        let signed =
            self.prove(&unsigned, prepared.plan.call.scheme, (credential, moment), &mut scratch.workspace);
        scratch.put(parts);
        Ok((signed?, body))
    }

    pub(super) fn day_key(
        &self,
        scheme: Scheme,
        endpoint: &Endpoint,
        credential: &Credential,
        moment: &Moment,
    ) -> Option<DayKey> {
        let (region, product) = sign::scope(scheme, endpoint)?;
        let day = calendar::day(moment.unix_seconds);
        self.worker.day_keys.day_key(credential, day, region, product)
    }

    fn prove(
        &self,
        unsigned: &Unsigned<'_>,
        scheme: Option<Scheme>,
        (credential, moment): (Option<&Credential>, Moment),
        workspace: &mut Workspace,
    ) -> Result<Signed, Refusal> {
        let buffer = self.worker.buffers.small();
        let Some(scheme) = scheme else { return Ok(sign::pass(unsigned, buffer)) };
        if let (Scheme::ApiKey, Some(key)) = (scheme, credential.and_then(Credential::api_key)) {
            return Ok(sign::bearer(unsigned, key, buffer));
        }
        let Some(credential) = credential else { return Err(unsignable(&"no credential was asked for")) };
        let Some(pair) = credential.access_key() else { return Err(unsignable(&"it is an API key")) };
        let day_key = self.day_key(scheme, unsigned.endpoint, credential, &moment);
        let identity = pair.identity(day_key.as_ref());
        sign::sign(scheme, unsigned, &identity, &moment, (workspace, buffer))
            .map_err(|fault| unsignable(&fault))
    }
}

/// What leads there is refused before: it is a mistake of ours, and still nothing leaves unsigned.
pub(super) fn unsignable(fault: &dyn fmt::Display) -> Refusal {
    tracing::error!(%fault, "a request that was accepted could not be signed");
    Refusal::new(Code::InternalError, "the request could not be signed", "please report this")
}

/// The form without the fields that the caller's signature owned, byte for byte where there are none.
fn stripped_form<'a, 'b: 'a>(
    body: &'b [u8],
    owned: &NameSet,
    form: &mut Vec<Parameter<'a>>,
) -> Cow<'b, [u8]> {
    let mut is_whole = true;
    for field in parameters(body) {
        if strip::keeps_parameter(&field, owned) {
            form.push(field);
        } else {
            is_whole = false;
        }
    }
    if is_whole {
        return Cow::Borrowed(body);
    }
    let mut kept = Vec::with_capacity(body.len());
    for field in form.iter() {
        if !kept.is_empty() {
            kept.push(b'&');
        }
        kept.extend_from_slice(field.raw);
    }
    Cow::Owned(kept)
}
