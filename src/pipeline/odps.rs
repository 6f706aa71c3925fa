//! MaxCompute's hosts: which of them a pinned listener means, and how an answer that names one leads back to here.

use super::Pipeline;
use super::carry::Exchange;
use crate::accept::Stream;
use crate::classify;
use crate::endpoint;
use crate::names::{Endpoint, is_host_name};
use crate::upstream::{Arrived, CallerSide};

/// Longer than the name of any host.
const HOST_MAX: usize = 256;

/// The host of `pinned`'s region and network that answers under `path`: of MaxCompute, `service.*` under `/api`, and the
/// tunnel, `dt.*`, under everything else.
pub(super) fn host_under(pinned: &Endpoint, path: &[u8]) -> Endpoint {
    let host = pinned.host().as_str();
    if pinned.product().code != "odps" || !(host.starts_with("service.") || host.starts_with("dt.")) {
        return *pinned;
    }
    let is_below = |prefix: &[u8]| {
        path.strip_prefix(prefix).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    };
    // The tunnel's newer protocol has a path like that of the other host.
    let label = if is_below(b"/api") && !is_below(b"/api/storage") { "service" } else { "dt" };
    endpoint::beside(pinned, label).unwrap_or(*pinned)
}

impl Pipeline {
    /// Whether the caller named this listener, and no host of the cloud.
    fn is_addressed_itself(&self, authority: &[u8]) -> bool {
        let names = || std::str::from_utf8(authority).is_ok_and(|authority| self.listener.is_own(authority));
        self.pinned.is_some() && names()
    }

    /// Writes anew what of an answer would lead the caller past us: the host of the tunnel, and a `Location`.
    pub(super) async fn lead_back(
        &self,
        arrived: &mut Arrived,
        exchange: &Exchange<'_>,
        side: &mut CallerSide<'_, Stream>,
    ) {
        let authority = side.head.field("host").unwrap_or_default().to_vec();
        if authority.is_empty() {
            return;
        }
        let location = arrived.field("location");
        if let Some(anew) = location.and_then(|location| self.location(location, exchange, &authority)) {
            arrived.put_field("Location", &anew);
        }
        let names_tunnel = arrived.status() == 200 && classify::asks_for_tunnel(&exchange.prepared.plan.call);
        // Whoever names the cloud's hosts comes here by other means, and will for this one as well.
        if !names_tunnel || !self.is_addressed_itself(&authority) {
            return;
        }
        let body = arrived.whole_body(HOST_MAX, side).await.unwrap_or_default();
        let name = body.trim_ascii().split(|&byte| byte == b':').next().unwrap_or_default();
        if is_host_name(name) {
            arrived.put_body(&authority);
        }
    }

    /// The same place by way of the authority that the caller used, if it lies on a host that this would reach.
    fn location(&self, location: &[u8], exchange: &Exchange<'_>, authority: &[u8]) -> Option<Vec<u8>> {
        let (scheme, rest) = location.split_at_checked(memchr::memmem::find(location, b"://")? + 3)?;
        let is_http = [&b"http://"[..], b"https://"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (host, rest) = rest.split_at_checked(end)?;
        let path = rest.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        let reached = match self.pinned.filter(|_| self.is_addressed_itself(authority)) {
            Some(pinned) => host_under(&pinned, path),
            None => exchange.prepared.endpoint,
        };
        let bare = [&b":443"[..], b":80"].iter().find_map(|port| host.strip_suffix(*port)).unwrap_or(host);
        let is_here = is_http && bare.eq_ignore_ascii_case(reached.host().as_bytes());
        is_here.then(|| [b"http://", authority, rest].concat())
    }
}
