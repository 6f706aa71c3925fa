//! Everything about a request that is decided before a credential is asked for.

use std::collections::HashSet;

use super::Pipeline;
use super::held::Held;
use super::locate::Located;
use super::projects;
use super::reach;
use super::scratch::{Parts, Scratch};
use crate::classify::Family;
use crate::classify::{self, FormRead, Plan, Shape};
use crate::endpoint::{self, Tenants};
use crate::names::{Endpoint, Scheme, Scope};
use crate::policy;
use crate::refusal::{Code, Refusal};
use crate::telemetry::Record;
use crate::wire::{Head, Target, parameters};

/// What was decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared {
    pub(super) endpoint: Endpoint,
    pub(super) plan: Plan,
    /// How much of the target's path is the tenant's name.
    pub(super) path_from: usize,
    /// Whether the body is a form whose fields the signature covers or the operation is read from.
    pub(super) is_form: bool,
}

impl Prepared {
    /// The path that goes out.
    pub(super) fn path<'a>(&self, target: &Target<'a>) -> &'a [u8] {
        target.path.get(self.path_from..).unwrap_or_default()
    }
}

/// Fields of a form: each is listed and sorted while all other requests of the worker wait. The lists take a megabyte or two
/// at this many.
const FORM_FIELDS_MAX: usize = 10_000;

/// What a request is judged by, beside what it says itself.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Who may be named in it.
    pub tenants: &'a Tenants,
    /// Products whose RPC signatures leave as ACS3.
    pub upgrades: &'a HashSet<String>,
    /// Whether requests to OSS leave with its signature V1.
    pub oss_v1: bool,
    /// The time, in Unix seconds, as the cloud sees it.
    pub unix_seconds: i64,
}

/// Decides from the head, and from a form once the body is `held`. The target's path is what goes out of it. With the
/// plan comes whether the body is a form.
pub fn judge<'a>(
    head: &'a Head,
    (endpoint, target): (&'a Endpoint, Target<'a>),
    held: Option<&'a [u8]>,
    rules: Rules<'_>,
    parts: &mut Parts<'a>,
) -> Result<(Plan, bool), Refusal> {
    let family = classify::family_of(endpoint, head, target.path)?;
    // Tables and vectors are no objects, whose keys may be of any form.
    let is_key = family == Family::Oss && !matches!(endpoint.product().code, "oss-tables" | "oss-vectors");
    classify::check_path(target.path, target.query, is_key)?;
    reach::check(head, endpoint, target.path, rules.tenants)?;
    if family == Family::Odps {
        projects::check(&target, "odps", rules.tenants)?;
    }
    if head.has_metadata_text() && family != Family::Oss {
        return Err(Refusal::new(Code::BadHeader, "a header's value is not ASCII", "encode it"));
    }
    let is_form = family.reads_forms() && classify::has_form(head);
    let Parts { query, form, .. } = parts;
    query.extend(parameters(target.query));
    if let Some(held) = held.filter(|_| is_form) {
        form.extend(parameters(held).take(FORM_FIELDS_MAX + 1));
        if form.len() > FORM_FIELDS_MAX {
            return Err(Refusal::new(
                Code::BodyTooLarge,
                "the form has more than 10,000 fields",
                "send fewer at a time",
            ));
        }
    }
    let read = match (is_form, held) {
        (false, _) => FormRead::None,
        (true, None) => FormRead::NotYet,
        (true, Some(_)) => FormRead::Fields(form),
    };
    let upgrades_rpc = !rules.upgrades.is_empty() && rules.upgrades.contains(endpoint.product().code);
    let is_form_unread = matches!(read, FormRead::NotYet);
    let asked = classify::asked(head, query, read, family, target.is_root())?;
    if asked.is_signed_url {
        classify::check_signed_url(query, rules.unix_seconds)?;
    }
    let oss_v1 = rules.oss_v1;
    let shape = Shape { head, target, query, endpoint, is_form, is_form_unread, upgrades_rpc, oss_v1 };
    let plan = classify::plan(&asked, &shape)?;
    if plan.call.scheme == Some(Scheme::Acs4) {
        check_scope(classify::acs4_scope(head)?)?;
    }
    Ok((plan, is_form))
}

/// Refuses to sign for a region that does not exist.
fn check_scope(scope: Scope<'_>) -> Result<(), Refusal> {
    if scope.region == "center" || endpoint::region(scope.region).is_some() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::BadHeader,
        "the ACS4 signature's `Credential` names a region that is not known",
        "configure the SDK with the region's id, or with `center`",
    ))
}

/// Refuses a call that policy denies, and one that is not known well enough to be made.
pub fn permit(plan: &Plan, endpoint: &Endpoint) -> Result<(), Refusal> {
    policy::decide(plan.call.action)?;
    classify::settle(plan, endpoint.product())
}

impl Pipeline {
    /// Decides from the head, and from a form's fields once they are `held`.
    pub(super) fn prepare(
        &self,
        head: &Head,
        held: Option<&Held>,
        record: &mut Record,
    ) -> Result<Prepared, Refusal> {
        let (Located { endpoint, path_from }, target) = self.locate(head, record)?;
        let target = Target { path: target.path.get(path_from..).unwrap_or_default(), ..target };
        let endpoint = endpoint::by_path(endpoint, target.path);
        record.endpoint = Some(endpoint);
        let worker = &*self.worker;
        let rules = Rules {
            tenants: &worker.tenants,
            upgrades: &worker.upgrades,
            oss_v1: worker.oss_v1,
            unix_seconds: self.unix_seconds(&record.begun),
        };
        let mut scratch = self.scratch();
        let mut parts = scratch.take();
        let judged = judge(head, (&endpoint, target), held.map(|held| &**held), rules, &mut parts);
        scratch.put(parts);
        drop(scratch);
        let (plan, is_form) = judged?;
        record.action = plan.call.action;
        Ok(Prepared { endpoint, plan, path_from, is_form })
    }

    pub(super) fn scratch(&self) -> std::sync::MutexGuard<'_, Scratch> {
        self.worker.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
