//! Classify and endpoint: which entry of the table a request means.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Pipeline;
use super::odps::host_under;
use crate::classify::{Named, named, target};
use crate::endpoint::{self, Unresolved};
use crate::names::{Endpoint, Host};
use crate::refusal::{Code, Refusal};
use crate::telemetry::Record;
use crate::wire::{Head, Target};

/// An endpoint, and what of the path is left for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    pub(super) endpoint: Endpoint,
    /// How much of the path named the tenant: path style on a pinned listener.
    pub(super) path_from: usize,
}

impl Pipeline {
    /// The endpoint that the request names, by the rules of its listener.
    pub(super) fn locate<'a>(
        &self,
        head: &'a Head,
        record: &mut Record,
    ) -> Result<(Located, Target<'a>), Refusal> {
        let target = target(head.target())?;
        let host = head.field("host").unwrap_or_default();
        if target.authority.is_none()
            && self.pinned.is_none()
            && let Some(endpoint) = self.worker.seen.get(host)
        {
            return Ok((Located { endpoint, path_from: 0 }, target));
        }
        let located = match (named(head, &target, &self.listener)?, self.pinned) {
            (Named::Host(name), _) => self.reverse(name, &target, record)?,
            (Named::Pinned, Some(pinned)) => self.admit(&host_under(&pinned, target.path))?,
            (Named::Tenant(label), Some(pinned)) => self.tenant(&pinned, label, 0)?,
            (Named::Own, Some(pinned)) => self.own(&pinned, &target)?,
            (_, None) => return Err(Refusal::new(Code::NoEndpoint, "this listener has no endpoint", "")),
        };
        Ok((located, target))
    }

    fn reverse(&self, name: &str, target: &Target<'_>, record: &mut Record) -> Result<Located, Refusal> {
        // A name too long to keep is longer than any of the table.
        let host = Host::in_lower_case(name).map_err(|_| unresolved(Unresolved::Unknown))?;
        record.named = Some(host);
        let known = endpoint::reverse(host.as_str(), &self.worker.tenants);
        let known = known.or_else(|why| self.worker.own_hosts.endpoint(host.as_str()).ok_or(why));
        let endpoint = known.map_err(|why| match why {
            Unresolved::Unknown => unknown(&host),
            why => unresolved(why),
        })?;
        if endpoint.product().code == "oss-s3" && endpoint.tenant().is_none() {
            // SDKs of S3 put the bucket into the path, and OSS takes it in the host alone. Not remembered: the next
            // request may name another.
            return self.own(&endpoint, target);
        }
        self.worker.seen.add(host, endpoint);
        Ok(Located { endpoint, path_from: 0 })
    }

    fn admit(&self, pinned: &Endpoint) -> Result<Located, Refusal> {
        endpoint::admit(pinned, &self.worker.tenants).map_err(unresolved)?;
        Ok(Located { endpoint: *pinned, path_from: 0 })
    }

    fn tenant(&self, pinned: &Endpoint, label: &str, path_from: usize) -> Result<Located, Refusal> {
        let label = Host::in_lower_case(label).map_err(|_| unresolved(Unresolved::Unknown))?;
        let endpoint =
            endpoint::with_tenant(pinned, label.as_str(), &self.worker.tenants).map_err(unresolved)?;
        Ok(Located { endpoint, path_from })
    }

    /// The listener's own authority. Toward OSS the first segment of the path is the bucket, as SDKs send it to an
    /// endpoint that is an address; it moves into the host, since the cloud takes no path style.
    fn own(&self, pinned: &Endpoint, target: &Target<'_>) -> Result<Located, Refusal> {
        let takes_path_style = matches!(pinned.product().code, "oss" | "oss-s3") && pinned.tenant().is_none();
        let after_slash = target.path.strip_prefix(b"/").unwrap_or_default();
        let bucket = after_slash.split(|&byte| byte == b'/').next().unwrap_or_default();
        if !takes_path_style || bucket.is_empty() {
            return self.admit(&host_under(pinned, target.path));
        }
        let Ok(label) = std::str::from_utf8(bucket) else {
            return Err(Refusal::new(Code::BadPath, "the bucket's name is not ASCII", ""));
        };
        self.tenant(pinned, label, 1 + bucket.len())
    }
}

/// The hosts that forward listeners have looked up, and what the table or the settings say of each. The table and the settings
/// do not change while the process runs, so neither does an answer. One per worker.
#[derive(Debug, Default)]
pub struct Seen(Mutex<FxHashMap<Host, Endpoint>>);

impl Seen {
    /// More than an application calls. A caller that names more makes everyone look up again.
    const MAX: usize = 256;

    /// `host` as it came: nothing but a name in lower case and without a port is found.
    fn get(&self, host: &[u8]) -> Option<Endpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(host).copied()
    }

    fn add(&self, host: Host, endpoint: Endpoint) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= Self::MAX {
            seen.clear();
        }
        seen.insert(host, endpoint);
    }
}

/// A host that the table does not know. A caller may read its own word back; a log has it in the access line.
fn unknown(host: &Host) -> Refusal {
    let sentence = format!("`{host}` is not in the endpoint table");
    let action = match endpoint::meant(host.as_str()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if host.as_str().ends_with(".aliyuncs.com") => {
            "correct it, or update countersign if the product or region is new".to_owned()
        }
        None => "only Alibaba Cloud's own endpoints and the hosts under [hosts] are signed for; send this request \
                 without countersign"
            .to_owned(),
    };
    Refusal::new(Code::HostNotAllowed, sentence, action)
}

fn unresolved(why: Unresolved) -> Refusal {
    if why == Unresolved::Malformed {
        // The grammar has passed: what is left is a name without a dot, `localhost` above all.
        let action = "send an endpoint's name, such as `ecs.cn-hangzhou.aliyuncs.com`";
        return Refusal::new(Code::BadAuthority, "the host is no endpoint's name", action);
    }
    let code = match why {
        Unresolved::Malformed => Code::BadAuthority,
        // Nobody else's code is there; it is only that no keys are named for it.
        Unresolved::NotNamed { product: "dataplus", .. }
        | Unresolved::Unknown
        | Unresolved::TenantNotListed { .. }
        | Unresolved::NoTenantListed { .. }
        | Unresolved::NoTenants => Code::HostNotAllowed,
        Unresolved::NeverSign(_) | Unresolved::NotNamed { .. } => Code::NeverSignHost,
    };
    Refusal::new(code, why.to_string(), "")
}
