//! Everything about a request that is decided before a credential is asked for.

use super::Pipeline;
use super::attempt::{Parts, Scratch};
use super::held::Held;
use super::locate::Located;
use super::reach;
use crate::classify::strip::Family;
use crate::classify::{self, FormRead, Plan, Shape};
use crate::names::{Endpoint, Scheme};
use crate::refusal::{Code, Refusal};
use crate::telemetry::{Record, RequestId};
use crate::upstream::Arrived;
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
    /// The cloud's id of the request, from its answer.
    pub(super) fn request_id(&self, arrived: &Arrived) -> RequestId {
        let name = match self.plan.call.scheme {
            Some(Scheme::OssV4) => "x-oss-request-id",
            _ => "x-acs-request-id",
        };
        arrived.field(name).map(RequestId::new).unwrap_or_default()
    }

    /// The path that goes out.
    pub(super) fn path<'a>(&self, target: &Target<'a>) -> &'a [u8] {
        target.path.get(self.path_from..).unwrap_or_default()
    }
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
        record.endpoint = Some(endpoint);
        let target = Target { path: target.path.get(path_from..).unwrap_or_default(), ..target };
        let family = classify::family(endpoint.product())?;
        classify::check_path(target.path, target.query, family == Family::Oss)?;
        reach::check(head, &endpoint, target.path, &self.worker.tenants)?;
        if head.has_metadata_text() && family != Family::Oss {
            return Err(Refusal::new(Code::BadHeader, "a header's value is not ASCII", "encode it"));
        }
        let is_form = family != Family::Oss && classify::has_form(head);
        let mut scratch = self.scratch();
        let Parts { mut query, mut form, fields } = scratch.take();
        query.extend(parameters(target.query));
        if let Some(held) = held.filter(|_| is_form) {
            form.extend(parameters(held));
        }
        let read = match (is_form, held) {
            (false, _) => FormRead::None,
            (true, None) => FormRead::NotYet,
            (true, Some(_)) => FormRead::Fields(&form),
        };
        let upgrades = &self.worker.upgrades;
        let upgrades_rpc = !upgrades.is_empty() && upgrades.contains(endpoint.product().code);
        let is_form_unread = matches!(read, FormRead::NotYet);
        let shape =
            Shape { head, target, query: &query, endpoint: &endpoint, is_form, is_form_unread, upgrades_rpc };
        let plan = classify::asked(head, &query, read, family, target.is_root())
            .and_then(|asked| classify::plan(&asked, &shape));
        scratch.put(Parts { query, form, fields });
        drop(scratch);
        let plan = plan?;
        record.action = plan.call.action;
        Ok(Prepared { endpoint, plan, path_from, is_form })
    }

    pub(super) fn scratch(&self) -> std::sync::MutexGuard<'_, Scratch> {
        self.worker.scratch.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
