//! Tablestore's answers, signed for the caller: it knows no key but its own, and believes nothing else.

use super::Pipeline;
use super::carry::Exchange;
use crate::classify;
use crate::names::Scheme;
use crate::sign::ots::Keyed;
use crate::sign::ots_answer::{CallersKey, DUMMY, for_caller, signature};
use crate::upstream::Arrived;
use crate::wire::Head;

const PROOF: &str = "Authorization";
/// No AccessKey's id is longer: the cloud's have up to 30 bytes.
const ID_MAX: usize = 128;

impl Pipeline {
    /// Whether the cloud vouches for an answer, as it came. What it does not vouch for, nobody does.
    pub(super) fn is_vouched(&self, arrived: &Arrived, exchange: &Exchange<'_>, head: &Head) -> bool {
        if arrived.field(PROOF).is_none() {
            return false;
        }
        let target = classify::target(head.target()).ok();
        let is_clouds =
            target.and_then(|target| self.is_clouds(arrived, exchange, exchange.prepared.path(&target)));
        if is_clouds == Some(false) {
            tracing::warn!(
                host = %exchange.prepared.endpoint.host(),
                "an answer does not bear the signature of the key that signed the request: it is passed on without one"
            );
        }
        is_clouds.unwrap_or(false)
    }

    /// Puts a signature with the caller's key in the place of the cloud's, if the answer is vouched for and the caller
    /// signed. Else the answer goes on without any.
    pub(super) fn vouch(
        &self,
        arrived: &mut Arrived,
        is_vouched: bool,
        exchange: &Exchange<'_>,
        head: &Head,
    ) {
        if arrived.field(PROOF).is_none() {
            return;
        }
        match is_vouched.then(|| self.callers_proof(arrived, exchange, head)).flatten() {
            Some(proof) => arrived.put_field(PROOF, &proof),
            None => arrived.take_field(PROOF),
        }
    }

    fn callers_proof(&self, arrived: &Arrived, exchange: &Exchange<'_>, head: &Head) -> Option<Vec<u8>> {
        let target = classify::target(head.target()).ok()?;
        let path = exchange.prepared.path(&target);
        let key = match exchange.prepared.plan.call.caller_scheme? {
            Scheme::OtsV2 => CallersKey::V2,
            Scheme::OtsV4 => CallersKey::V4 {
                day: head.field("x-ots-signdate")?.try_into().ok()?,
                region: std::str::from_utf8(head.field("x-ots-signregion")?).ok()?,
            },
            _ => return None,
        };
        let id = head.field("x-ots-accesskeyid").unwrap_or(DUMMY.as_bytes());
        if id.len() > ID_MAX {
            return None;
        }
        let signature = for_caller(arrived.fields(), path, key, &mut self.scratch().workspace)?;
        Some([b"OTS ", id, b":", &signature].concat())
    }

    /// Whether the answer is signed with the key that signed the request.
    fn is_clouds(&self, arrived: &Arrived, exchange: &Exchange<'_>, path: &[u8]) -> Option<bool> {
        let credential = exchange.credential.as_deref()?;
        let (scheme, moment) = (exchange.prepared.plan.call.scheme?, exchange.signed_at?);
        let day_key = self.day_key(scheme, &exchange.prepared.endpoint, credential, &moment);
        let pair = credential.access_key()?;
        let key = day_key.as_ref().map_or_else(|| Keyed::V2(pair.key()), Keyed::V4);
        let signature = signature(arrived.fields(), path, key, &mut self.scratch().workspace)?;
        let id = pair.id().as_str().as_bytes();
        Some(arrived.field(PROOF)? == [b"OTS ", id, b":", &signature[..]].concat())
    }
}
