//! Answers a request that is not forwarded.

use std::time::Duration;

use super::Pipeline;
use crate::accept::{Caller, Dialect, Next, Rendered, render};
use crate::classify;
use crate::classify::Family;
use crate::endpoint::{self, Tenants};
use crate::refusal::{Code, Refusal};
use crate::telemetry::{Outcome, Record, RequestId};
use crate::upstream::Upload;
use crate::wire::{Head, Method, parameters};

/// A caller that takes longer than this to read a kilobyte is not waited for.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// A method that is not taken.
pub(super) fn method(head: &Head) -> Refusal {
    if head.wants_tunnel() {
        let sentence = "CONNECT is not taken: nothing inside a tunnel could be signed";
        let action = "call `http://` endpoints through this proxy; TLS is added on the way out";
        return Refusal::new(Code::MethodNotAllowed, sentence, action);
    }
    Refusal::new(Code::MethodNotAllowed, "this method is not taken", format!("use one of {}", Method::ALLOW))
}

impl Pipeline {
    /// Writes the refusal, and decides whether the connection survives it. `upload`: the request's body, if it was begun.
    pub(super) async fn refuse(
        &self,
        caller: &mut Caller,
        refusal: &Refusal,
        upload: Option<&Upload>,
        record: &mut Record,
    ) -> Next {
        record.status = refusal.code.status();
        record.refusal = Some(refusal.code.name());
        record.outcome = Outcome::Refused;
        // A body that was seen to its end is skipped; of one that was not, nobody knows where it ends. Only the bytes that
        // came with the head still lie behind it: what follows them there begins the next request.
        let begun = match upload {
            Some(upload) => Some(*upload),
            None => Upload::begin(&caller.head, None).ok(),
        };
        let behind_head = begun.filter(Upload::is_done).map(|upload| upload.prefix());
        let closes = refusal.code.closes()
            || behind_head.is_none()
            || !caller.head.keeps_alive()
            || caller.is_draining();
        let to_head = caller.head.method() == Some(Method::Head);
        let id = self.worker.clock.nonce();
        record.request_id = RequestId::new(id.as_bytes());
        let dialect = self.dialect(&caller.head, record);
        let now = self.worker.clock.now().unix_seconds();
        let Rendered { answer, body_bytes } = render(refusal, dialect, (id, now), closes, to_head);
        record.response_bytes = body_bytes;
        match (caller.write(&answer, WRITE_TIMEOUT).await, behind_head) {
            (Ok(()), Some(bytes)) if !closes => {
                caller.head.finish(bytes);
                Next::Keep
            }
            _ => Next::Close,
        }
    }

    /// What the caller's SDK can read, as far as the request tells.
    pub(super) fn dialect(&self, head: &Head, record: &Record) -> Dialect {
        // A pinned listener's callers speak its product's dialect, whatever they sent.
        let named = || endpoint::reverse(record.named?.as_str(), &Tenants::any()).ok();
        let endpoint = record.endpoint.or(self.pinned).or_else(named);
        let family = endpoint.and_then(|endpoint| classify::family(&endpoint).ok());
        let own = match family {
            Some(Family::Oss) => Some(Dialect::Oss),
            Some(Family::SlsV1 | Family::SlsV4) => Some(Dialect::Sls),
            Some(Family::Mns) => Some(Dialect::Mns),
            Some(Family::RocketMq) => Some(Dialect::RocketMq),
            Some(Family::DataHub) => Some(Dialect::DataHub),
            Some(Family::Ots) => Some(Dialect::Ots),
            Some(Family::Odps) => Some(Dialect::Odps),
            Some(_) => None,
            None => dialect_of(head.field("host").unwrap_or_default()),
        };
        if let Some(dialect) = own {
            return dialect;
        }
        let query = head.target().split(|&byte| byte == b'?').nth(1).unwrap_or_default();
        let wants_xml = parameters(query)
            .any(|parameter| parameter.is("Format") && parameter.decoded_value().eq(*b"XML"));
        if wants_xml { Dialect::Xml } else { Dialect::Json }
    }
}

/// The dialect of the product that a host names by its form, be it one of the table or not: what is refused for its host
/// goes to an SDK that chose it.
fn dialect_of(host: &[u8]) -> Option<Dialect> {
    let holds = |part: &str| memchr::memmem::find(host, part.as_bytes()).is_some();
    if holds(".oss-") || host.starts_with(b"oss-") {
        Some(Dialect::Oss)
    } else if holds(".mns.") {
        Some(Dialect::Mns)
    } else if holds(".mqrest.") {
        Some(Dialect::RocketMq)
    } else if host.starts_with(b"dh-") {
        Some(Dialect::DataHub)
    } else if holds(".log.") || holds(".log-") {
        Some(Dialect::Sls)
    } else if holds(".maxcompute.") || holds(".odps.") {
        Some(Dialect::Odps)
    } else if holds(".ots.") || holds(".ots-") || holds(".tablestore.") {
        Some(Dialect::Ots)
    } else {
        None
    }
}
