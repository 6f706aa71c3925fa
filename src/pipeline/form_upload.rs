//! Form uploads to OSS (PostObject). The signature stands in the form: the fields in front of the file are read, and written
//! anew with ours in place of the caller's; the file streams behind them.

use super::Pipeline;
use super::attempt::{Assembled, assemble, unsignable};
use super::post_policy::{self, LIFE_SECONDS};
use super::prepare::Prepared;
use super::scratch::Parts;
use crate::credential::Credential;
use crate::names::{Endpoint, Moment, Scheme, calendar};
use crate::refusal::{Code, Refusal};
use crate::sign::{self, Identity, Unsigned, oss_form};
use crate::wire::{BadForm, FormField, FormFields, Framing, Head, Signed, Target, boundary, form_fields};

/// Bytes of fields in front of a file: each is a name, a condition or a piece of metadata, and OSS takes 8 KiB of the latter.
const FIELDS_MAX: usize = 64 * 1024;

/// Whether the fields of a form of this content type are all in `seen`, a part of its body or the whole.
pub(super) fn has_fields(content_type: &[u8], seen: &[u8]) -> Result<bool, Refusal> {
    Ok(fields(content_type, seen)?.is_some())
}

/// Finds what is wrong with a form before a credential is asked for.
pub(super) fn check(content_type: &[u8], seen: &[u8]) -> Result<(), Refusal> {
    let form = fields(content_type, seen)?.ok_or_else(|| refused(BadForm::NoFile))?;
    let given = once(&form.fields, |field| field.is("policy"))?;
    once(&form.fields, |field| field.is("key"))?;
    given.map_or(Ok(()), |policy| post_policy::policy(Some(policy.value), &[], "", "").map(drop))
}

/// The fields. `None`: they are not all in `seen`.
fn fields<'a>(content_type: &[u8], seen: &'a [u8]) -> Result<Option<FormFields<'a>>, Refusal> {
    let form = form_fields(seen, boundary_of(content_type)?).map_err(refused)?;
    if form.as_ref().map_or(seen.len(), |form| form.file_from) > FIELDS_MAX {
        return Err(Refusal::new(
            Code::BodyTooLarge,
            "the fields of the form are more than 64 KiB before its file begins",
            "put the file last, and send fewer fields",
        ));
    }
    Ok(form)
}

impl Pipeline {
    /// A form upload: its signature stands in the body, and the head carries none. `seen`: the body as far as it was read.
    pub(super) fn sign_form(
        &self,
        head: &Head,
        (prepared, target): (&Prepared, Target<'_>),
        (credential, moment): (Option<&Credential>, Moment),
        seen: &[u8],
    ) -> Result<(Signed, Vec<u8>), Refusal> {
        let Prepared { plan, endpoint, .. } = prepared;
        let pair = credential.and_then(|credential| Some((credential, credential.access_key()?)));
        let (Some((credential, pair)), Some(scheme)) = (pair, plan.call.scheme) else {
            return Err(unsignable(&"no AccessKey was asked for"));
        };
        let day_key = self.day_key(scheme, endpoint, credential, &moment);
        let by = (&pair.identity(day_key.as_ref()), &moment);
        let content_type = head.field("content-type").unwrap_or_default();
        let form = rewritten(content_type, seen, (scheme, endpoint), by)?;
        let rest = match head.framing() {
            Framing::Length(length) => length.saturating_sub(seen.len() as u64),
            Framing::None | Framing::Chunked => 0,
        };
        let mut parts = Parts::default();
        let Assembled { unsigned, .. } = assemble(head, (plan, endpoint), target, None, &mut parts);
        let framing = Framing::Length(form.len() as u64 + rest);
        Ok((sign::pass(&Unsigned { framing, ..unsigned }, self.worker.buffers.small()), form))
    }
}

/// `seen`, a form as far as it was read, with our signature in its fields.
fn rewritten(
    content_type: &[u8],
    seen: &[u8],
    (scheme, endpoint): (Scheme, &Endpoint),
    (identity, moment): (&Identity<'_>, &Moment),
) -> Result<Vec<u8>, Refusal> {
    let boundary = boundary_of(content_type)?;
    let form = fields(content_type, seen)?.ok_or_else(|| refused(BadForm::NoFile))?;
    let FormFields { fields, file_from } = form;
    let given = once(&fields, |field| field.is("policy"))?;
    let own = oss_form::own_fields(scheme, endpoint, identity, moment).map_err(|fault| unsignable(&fault))?;
    let listed = match scheme {
        Scheme::OssV4 => own.iter().map(|(name, value)| (*name, &**value)).collect(),
        // What V1 adds no condition ever speaks of.
        _ => Vec::new(),
    };
    let ends_at = calendar::iso(moment.unix_seconds.saturating_add(LIFE_SECONDS));
    let ends_at = String::from_utf8_lossy(&ends_at);
    let bucket = endpoint.tenant().unwrap_or_default();
    let policy = post_policy::policy(given.map(|field| field.value), &listed, bucket, &ends_at)?;
    let signature =
        oss_form::signature_field(scheme, &policy, identity).map_err(|fault| unsignable(&fault))?;

    let mut form = Vec::with_capacity(seen.len() + 4096);
    for field in fields.iter().filter(|field| !field.is("policy") && !post_policy::is_own(field.name)) {
        put(&mut form, field.part);
    }
    for (name, value) in [("policy", policy)].iter().chain(&own).chain([&signature]) {
        let part = [
            b"\r\n--",
            boundary,
            b"\r\nContent-Disposition: form-data; name=\"",
            name.as_bytes(),
            b"\"\r\n\r\n",
            value,
        ];
        put(&mut form, &part.concat());
    }
    put(&mut form, seen.get(file_from..).unwrap_or_default());
    Ok(form)
}

/// Appends a part. Between two of them stands a line end, before the first there is none.
fn put(form: &mut Vec<u8>, part: &[u8]) {
    let part = part.strip_prefix(b"\r\n").unwrap_or(part);
    if !form.is_empty() {
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(part);
}

/// The field that is meant, if there is one. Of two, nobody knows which is read.
fn once<'a, 'b>(
    fields: &'b [FormField<'a>],
    is_meant: impl Fn(&FormField<'a>) -> bool,
) -> Result<Option<&'b FormField<'a>>, Refusal> {
    let mut meant = fields.iter().filter(|field| is_meant(field));
    match (meant.next(), meant.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Refusal::new(
            Code::DuplicateField,
            "the form has its `key` or its `policy` twice",
            "send each once",
        )),
    }
}

/// The signature that was written into a form.
pub(super) fn signature<'a>(content_type: &[u8], form: &'a [u8]) -> Option<&'a [u8]> {
    let form = form_fields(form, boundary(content_type)?).ok()??;
    let is_signature = |field: &&FormField<'_>| field.is("Signature") || field.is("x-oss-signature");
    form.fields.iter().find(is_signature).map(|field| field.value)
}

fn boundary_of(content_type: &[u8]) -> Result<&[u8], Refusal> {
    boundary(content_type).ok_or_else(|| refused(BadForm::Syntax))
}

fn refused(why: BadForm) -> Refusal {
    match why {
        BadForm::Syntax => Refusal::new(
            Code::BadForm,
            "the body is no form of the boundary that its content type names, or a field of it has no name",
            "let an HTTP library write the form",
        ),
        BadForm::NoFile => Refusal::new(
            Code::BadForm,
            "the form has no part `file`",
            "send the object's content as `file`, last",
        ),
    }
}
