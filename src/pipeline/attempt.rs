//! Sign: what stays of the request, and the proof.

use std::borrow::Cow;

use super::Pipeline;
use super::prepare::Prepared;
use crate::classify::strip::Family;
use crate::classify::{self, BodyPlan, strip};
use crate::credential::Credential;
use crate::names::{Moment, Scheme, calendar};
use crate::refusal::{Code, Refusal};
use crate::sign::{self, Payload, Unsigned, Workspace};
use crate::wire::{Field, Framing, Head, Parameter, Signed, lists, parameters, recycle};

/// The indexes of a request's parts, reused from request to request. One per worker.
#[derive(Debug, Default)]
pub struct Scratch {
    query: Vec<Parameter<'static>>,
    form: Vec<Parameter<'static>>,
    fields: Vec<Field<'static>>,
    workspace: Workspace,
}

/// The same, of one request.
pub(super) struct Parts<'a> {
    pub(super) query: Vec<Parameter<'a>>,
    pub(super) form: Vec<Parameter<'a>>,
    pub(super) fields: Vec<Field<'a>>,
}

impl Scratch {
    pub(super) fn take<'a>(&mut self) -> Parts<'a> {
        Parts {
            query: recycle(std::mem::take(&mut self.query)),
            form: recycle(std::mem::take(&mut self.form)),
            fields: recycle(std::mem::take(&mut self.fields)),
        }
    }

    pub(super) fn put(&mut self, parts: Parts<'_>) {
        self.query = recycle(parts.query);
        self.form = recycle(parts.form);
        self.fields = recycle(parts.fields);
    }
}

impl Pipeline {
    /// Signs one attempt. Returns the head, and the body if it is known whole.
    pub(super) fn sign<'b>(
        &self,
        head: &Head,
        prepared: &Prepared,
        (credential, moment): (&Credential, Moment),
        held: Option<&'b [u8]>,
    ) -> Result<(Signed, Option<Cow<'b, [u8]>>), Refusal> {
        let plan = &prepared.plan;
        let call = &plan.call;
        let target = classify::target(head.target())?;
        let family = Family::of(call.scheme);
        let owned = strip::owned_parameters(call.caller_scheme, call.scheme, target.is_root());
        let mut scratch = self.scratch();
        let Parts { mut query, mut form, mut fields } = scratch.take();
        query.extend(parameters(target.query).filter(|parameter| strip::keeps_parameter(parameter, owned)));
        let body = held.map(|held| {
            if prepared.is_form { stripped_form(held, owned, &mut form) } else { Cow::Borrowed(held) }
        });
        let is_rewritten = matches!(body, Some(Cow::Owned(_)));
        let connection = head.field("connection").unwrap_or_default();
        fields.extend(head.fields().filter(|field| {
            let is_stale = is_rewritten && field.is("content-md5");
            !is_stale && strip::keeps_header(*field, family, lists(connection, field.name))
        }));
        let unsigned = Unsigned {
            method: head.method().map_or("", |method| method.name()),
            path: prepared.path(&target),
            query: &query,
            headers: &fields,
            form: &form,
            payload: match (plan.body, body.as_deref()) {
                (BodyPlan::StreamHashed, _) => {
                    Payload::Hashed(classify::reusable_hash(head).unwrap_or_default())
                }
                (BodyPlan::Empty, _) => Payload::Held(&[]),
                (_, Some(body)) => Payload::Held(body),
                (_, None) => Payload::Streamed,
            },
            framing: match (head.framing(), body.as_deref()) {
                (_, Some(body)) => Framing::Length(body.len() as u64),
                (framing, None) => framing,
            },
            expects_continue: head.expects_continue() && held.is_none() && plan.body != BodyPlan::Empty,
            endpoint: &prepared.endpoint,
            add_action: call.action.as_ref().filter(|_| plan.adds_action).map(|action| action.as_str()),
            add_version: call.version.as_ref().filter(|_| plan.adds_version).map(|version| version.as_str()),
            additional_headers: classify::additional_headers(head),
        };
        let signed = self.prove(&unsigned, call.scheme, (credential, moment), &mut scratch.workspace);
        scratch.put(Parts { query, form, fields });
        Ok((signed?, body))
    }

    fn prove(
        &self,
        unsigned: &Unsigned<'_>,
        scheme: Option<Scheme>,
        (credential, moment): (&Credential, Moment),
        workspace: &mut Workspace,
    ) -> Result<Signed, Refusal> {
        let buffer = self.worker.buffers.small();
        let Some(scheme) = scheme else { return Ok(sign::pass(unsigned, buffer)) };
        let day_key = match (scheme, unsigned.endpoint.region()) {
            (Scheme::OssV4, Some(region)) => {
                let day = calendar::day(moment.unix_seconds);
                Some(self.worker.day_keys.day_key(credential, day, region, sign::oss::PRODUCT))
            }
            _ => None,
        };
        let identity = credential.identity(day_key.as_ref());
        sign::sign(scheme, unsigned, &identity, &moment, (workspace, buffer)).map_err(|fault| {
            // What leads here is refused before: this is a mistake of ours, and still nothing leaves unsigned.
            tracing::error!(%fault, "a request that was accepted could not be signed");
            Refusal::new(Code::InternalError, "the request could not be signed", "please report this")
        })
    }
}

/// The form without the fields that the caller's signature owned, byte for byte where there are none.
fn stripped_form<'a, 'b: 'a>(body: &'b [u8], owned: &[&str], form: &mut Vec<Parameter<'a>>) -> Cow<'b, [u8]> {
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
