//! Which operation a request names, and with what it was signed.

use crate::names::{Action, Scheme, Version};
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head, NameSet, Parameter};

use super::api_key;
use super::datahub;
use super::family::Family;
use super::fc;
use super::form::is_doubtful_form;
use super::gateway;
use super::mns;
use super::odps;
use super::openapi;
use super::oss;
use super::ots;
use super::presigned;
use super::rocketmq;
use super::sls;
use super::strip;

/// What head, query and form say. The scheme it leaves with is decided from this by [`super::plan()`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// The operation, wherever it was named.
    pub action: Option<Action>,
    /// The version, wherever it was named.
    pub version: Option<Version>,
    /// The scheme that the caller signed with.
    pub caller_scheme: Option<Scheme>,
    /// Whether query or form hold what an RPC signature does, whatever else the caller signed with.
    pub has_rpc_proof: bool,
    /// Whether the URL carries a signature of OSS or S3.
    pub is_signed_url: bool,
    /// Whether a form field names the operation or the version, whatever else does.
    pub is_named_by_form: bool,
    /// Whether `x-acs-action` is there.
    pub has_action_header: bool,
    /// Whether `x-acs-action` spells the operation with another first letter than the parameter does.
    pub is_recased_by_header: bool,
    /// Whether `x-acs-version` is there.
    pub has_version_header: bool,
    /// Whether the query or the form names the operation.
    pub has_action_parameter: bool,
    /// Whether the query or the form names the version.
    pub has_version_parameter: bool,
    /// Whether a `ClientToken` that says something makes the call safe to send twice.
    pub has_client_token: bool,
}

impl Asked {
    /// With what the caller signed, and whether an RPC signature is among it.
    pub(super) const fn proofs(&self) -> (Option<Scheme>, bool) {
        (self.caller_scheme, self.has_rpc_proof)
    }
}

/// A form body that was read, or the reason why there is none.
#[derive(Clone, Copy, Debug)]
pub enum FormRead<'a> {
    /// The body is no form.
    None,
    /// It is one, and has not been read yet.
    NotYet,
    /// Its fields.
    Fields(&'a [Parameter<'a>]),
}

/// Reads head, query and form. `family`: where this product's requests carry their proof.
/// `is_rpc_path`: the path is `/`, where parameters name the operation.
pub fn asked(
    head: &Head,
    query: &[Parameter<'_>],
    form: FormRead<'_>,
    family: Family,
    is_rpc_path: bool,
) -> Result<Asked, Refusal> {
    check_headers(head)?;
    let fields = match form {
        FormRead::Fields(fields) => fields,
        FormRead::None | FormRead::NotYet => &[],
    };
    check_parameters(query, fields, family)?;
    let has_rpc_proof = family.is_openapi() && (holds_rpc_proof(query) || holds_rpc_proof(fields));
    let signed_url = if family == Family::Oss { presigned::scheme(query)? } else { None };
    let caller_scheme = caller_scheme(head, signed_url, has_rpc_proof, family)?;
    let is_signed_url = signed_url.is_some();
    let mut asked = Asked { caller_scheme, has_rpc_proof, is_signed_url, ..Asked::default() };
    if !family.is_openapi() {
        return Ok(asked);
    }
    let mut action = Single::new("Action", "x-acs-action");
    let mut version = Single::new("Version", "x-acs-version");
    action.may_be_recased = asked.caller_scheme == Some(Scheme::RpcV1);
    let mut client_token = None;
    for field in head.fields() {
        action.header(field);
        version.header(field);
    }
    // An RPC signature covers no path: what is signed by one is named by parameters wherever it goes.
    if is_rpc_path || asked.caller_scheme == Some(Scheme::RpcV1) {
        for (parameters, is_form) in [(query, false), (fields, true)] {
            for parameter in parameters {
                if NAMING.find_parameter(parameter).is_none() {
                    continue;
                }
                action.parameter(parameter, is_form);
                version.parameter(parameter, is_form);
                if parameter.is("ClientToken") {
                    // One that is empty identifies nothing, and of two nobody knows which is read.
                    let says_something = parameter.decoded_value().next().is_some();
                    client_token = Some(client_token.unwrap_or(true) && says_something);
                }
            }
        }
    }
    asked.has_client_token = client_token == Some(true);
    asked.action = action.read(Action::from_plain, |name| Action::new(name))?;
    asked.version = version.read(Version::from_plain, |name| Version::new(name))?;
    asked.has_action_header = action.in_header;
    asked.is_recased_by_header = action.is_recased;
    asked.has_version_header = version.in_header;
    asked.has_action_parameter = action.in_query || action.in_form;
    asked.has_version_parameter = version.in_query || version.in_form;
    asked.is_named_by_form = action.in_form || version.in_form;
    Ok(asked)
}

/// The parameters that name a call, in whatever letter case: all others are passed over at once.
static NAMING: NameSet = NameSet::new(&["Action", "Version", "ClientToken"]);

/// A name that may stand in several places, and must say the same in all of them.
struct Single<'a> {
    parameter: &'static str,
    header: &'static str,
    value: Option<Parameter<'a>>,
    differs: bool,
    is_misspelt: bool,
    /// Whether the header may have another first letter, in the other case. `@alicloud/pop-core` makes that of a name in the
    /// parameter a capital, signs it, and leaves the header, which RPC version 1 does not sign, as it was given.
    may_be_recased: bool,
    is_recased: bool,
    in_header: bool,
    in_query: bool,
    in_form: bool,
}

impl<'a> Single<'a> {
    const fn new(parameter: &'static str, header: &'static str) -> Self {
        Self {
            parameter,
            header,
            value: None,
            differs: false,
            is_misspelt: false,
            may_be_recased: false,
            is_recased: false,
            in_header: false,
            in_query: false,
            in_form: false,
        }
    }

    fn header(&mut self, field: Field<'a>) {
        if field.is(self.header) {
            self.in_header = true;
            self.add(Parameter::plain(field.name, field.value));
        }
    }

    fn parameter(&mut self, parameter: &Parameter<'a>, is_form: bool) {
        if parameter.is(self.parameter) {
            let is_header_alone = self.in_header && !self.in_query && !self.in_form;
            if self.may_be_recased && is_header_alone && self.is_capital_of_value(parameter) {
                self.is_recased = true;
                // What is signed is what is meant.
                self.value = None;
            }
            self.in_form |= is_form;
            self.in_query |= !is_form;
            self.add(*parameter);
        } else {
            self.is_misspelt |= parameter.is_ignoring_case(self.parameter);
        }
    }

    /// Whether this is the value so far but for its first letter, which is a capital here and a small one there.
    fn is_capital_of_value(&self, parameter: &Parameter<'a>) -> bool {
        let Some(value) = &self.value else { return false };
        let (mut small, mut capital) = (value.decoded_value(), parameter.decoded_value());
        match (small.next(), capital.next()) {
            (Some(first), Some(other)) => {
                first.is_ascii_lowercase() && first.to_ascii_uppercase() == other && small.eq(capital)
            }
            _ => false,
        }
    }

    fn add(&mut self, found: Parameter<'a>) {
        match &self.value {
            Some(value) => self.differs |= !value.decoded_value().eq(found.decoded_value()),
            None => self.value = Some(found),
        }
    }

    fn read<T>(
        &self,
        of_plain: impl FnOnce(&[u8]) -> Option<T>,
        of_decoded: impl FnOnce(&mut dyn Iterator<Item = u8>) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        if self.is_misspelt {
            return Err(Refusal::new(
                Code::AmbiguousOperation,
                format!(
                    "`{}` is spelled in another letter case, and some readers take that for it",
                    self.parameter
                ),
                "spell it as it is here",
            ));
        }
        if self.differs {
            return Err(Refusal::new(
                Code::AmbiguousOperation,
                format!(
                    "`{}` and `{}` name different things, or one of them does so twice",
                    self.parameter, self.header
                ),
                "name the operation once, or the same everywhere",
            ));
        }
        let Some(value) = &self.value else { return Ok(None) };
        let made = match value.plain_value() {
            Some(plain) => of_plain(plain),
            None => of_decoded(&mut value.decoded_value()),
        };
        made.map(Some).ok_or_else(|| {
            Refusal::new(
                Code::OperationUnknown,
                format!(
                    "`{}` is empty, too long, or holds characters that no published name has",
                    self.parameter
                ),
                "check the spelling against the product's API reference",
            )
        })
    }
}

/// Refuses credential headers that come twice with different values, or spelled with underscores.
fn check_headers(head: &Head) -> Result<(), Refusal> {
    for (index, field) in head.fields().enumerate() {
        if strip::is_underscore_spelling(field) {
            return Err(Refusal::new(
                Code::UnderscoreHeader,
                "a header of the signature, the operation or the framing is spelled with underscores, which some servers read as dashes",
                "spell it with dashes, or leave it out",
            ));
        }
        if field.is("content-type") && is_doubtful_form(field.value) {
            return Err(duplicate_field("the content type"));
        }
        let must_be_single = strip::is_proof_header(field) || field.is("content-type") || is_acs(field);
        if must_be_single
            && head
                .fields()
                .take(index)
                .any(|other| other.compare_names(&field).is_eq() && other.value != field.value)
        {
            return Err(duplicate_field("a header"));
        }
    }
    Ok(())
}

/// Of `x-acs-*` headers, servers and SDKs disagree on what two of one name mean. `x-acs-action` has its own refusal.
fn is_acs(field: Field<'_>) -> bool {
    field.name.get(..6).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"x-acs-"))
        && !field.is("x-acs-action")
        && !field.is("x-acs-version")
        && !field.is("x-acs-date")
}

/// Refuses credential parameters that come twice with different values, or in another letter case.
fn check_parameters(query: &[Parameter<'_>], form: &[Parameter<'_>], family: Family) -> Result<(), Refusal> {
    let proofs = strip::proofs(family);
    let mut firsts: [Option<&Parameter<'_>>; strip::PROOFS_MAX] = [None; strip::PROOFS_MAX];
    for parameter in query.iter().chain(form) {
        let Some((place, name)) = proofs.find_parameter(parameter) else { continue };
        if !parameter.is(name) {
            return Err(duplicate_field("a parameter in another letter case"));
        }
        let Some(first) = firsts.get_mut(place) else { continue };
        match first {
            None => *first = Some(parameter),
            Some(first) if first.decoded_value().eq(parameter.decoded_value()) => {}
            Some(_) => return Err(duplicate_field("a parameter")),
        }
    }
    Ok(())
}

fn duplicate_field(what: &'static str) -> Refusal {
    Refusal::new(
        Code::DuplicateField,
        format!(
            "{what} of the signature or the credential comes twice, or where two readers would see two values"
        ),
        "send it once, or not at all: countersign sends the credential",
    )
}

fn holds_rpc_proof(parameters: &[Parameter<'_>]) -> bool {
    let has = |name: &str| parameters.iter().any(|parameter| parameter.is(name));
    has("Signature") && has("AccessKeyId")
}

/// With what the caller signed, by what it sent.
fn caller_scheme(
    head: &Head,
    signed_url: Option<Scheme>,
    has_rpc_proof: bool,
    family: Family,
) -> Result<Option<Scheme>, Refusal> {
    match family {
        Family::Rpc | Family::Acs3 | Family::Roa => openapi::caller_scheme(head, has_rpc_proof),
        Family::Oss => oss::caller_scheme(head, signed_url),
        Family::SlsV1 | Family::SlsV4 => Ok(sls::caller_scheme(head)),
        Family::ApiKey => Ok(api_key::caller_scheme(head)),
        Family::DataHub => Ok(datahub::caller_scheme(head)),
        Family::Mns => Ok(mns::caller_scheme(head)),
        Family::RocketMq => Ok(rocketmq::caller_scheme(head)),
        Family::Fc => Ok(fc::caller_scheme(head)),
        Family::FcTrigger => Ok(fc::caller_scheme_of_trigger(head)),
        Family::ApiGateway => Ok(gateway::caller_scheme(head)),
        Family::Dataplus => Ok(gateway::caller_scheme_of_dataplus(head)),
        Family::Ots => Ok(ots::caller_scheme(head)),
        Family::Odps => Ok(odps::caller_scheme(head)),
    }
}
