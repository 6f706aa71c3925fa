//! Bodies that a signature needs whole, within two limits: of each, and of all together.

use std::fmt;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::prepare::Prepared;
use super::{Pipeline, Stop, form_upload};
use crate::accept::{Caller, ending};
use crate::classify::BodyPlan;
use crate::names::Product;
use crate::refusal::{Code, Refusal};
use crate::upstream::{BodyFault, Failure, Upload};
use crate::wire::Framing;

/// The memory for held bodies. Cheap to clone; all clones share.
#[derive(Clone, Debug)]
pub struct HeldBodies {
    /// Bytes of one.
    pub each: usize,
    /// Bytes of all.
    pub all: usize,
    /// Bytes that are held now.
    pub now: Arc<AtomicUsize>,
}

/// A body's data, without chunk framing.
pub(super) struct Held {
    data: Vec<u8>,
    /// What was set aside for it.
    reserved: usize,
    /// How long it may become.
    most: usize,
    now: Arc<AtomicUsize>,
}

impl fmt::Debug for Held {
    /// Never the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({} bytes)", self.data.len())
    }
}

impl Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.now.fetch_sub(self.reserved, Ordering::Relaxed);
    }
}

impl HeldBodies {
    /// `product`: whose request it is. What Log Service takes is held, even where other bodies are held to less.
    fn start(&self, product: &Product) -> Held {
        /// Log Service's own limit of a request.
        const LOG_SERVICE: usize = 10 * 1024 * 1024;
        let most = if product.code == "sls" { self.each.max(LOG_SERVICE) } else { self.each };
        Held { data: Vec::new(), reserved: 0, most, now: Arc::clone(&self.now) }
    }

    /// Sets memory aside until `held` may hold `length` bytes. Only what has arrived is counted: whoever announces much and
    /// sends nothing takes nothing from others.
    fn reserve(&self, held: &mut Held, length: usize) -> Result<(), Refusal> {
        held.check(length)?;
        let more = length.saturating_sub(held.reserved);
        let before = self.now.fetch_add(more, Ordering::Relaxed);
        held.reserved += more;
        if before + more > self.all {
            let refusal = Refusal::new(Code::Overloaded, "`limits.held_bodies` is reached", "try again");
            return Err(refusal.retry_after(std::time::Duration::from_secs(1)));
        }
        Ok(())
    }
}

impl Held {
    /// Refuses a body of more bytes than it may have.
    fn check(&self, length: usize) -> Result<(), Refusal> {
        if length <= self.most {
            return Ok(());
        }
        Err(Refusal::new(
            Code::BodyTooLarge,
            format!("the signature needs this body whole, and it is larger than {} bytes", self.most),
            "raise `limits.held_body`; where the scheme has a header for the body's hash, SDKs send it and nothing is held",
        ))
    }
}

/// How much more of a form must come before its fields are looked for again: of 64 KiB at most that is sixteen times.
const LOOK_EVERY: usize = 4 * 1024;

impl Pipeline {
    /// Reads as much of the body as the plan needs before it can be signed: all of it, or a form's fields.
    pub(super) async fn hold(
        &self,
        caller: &mut Caller,
        upload: &mut Upload,
        prepared: &Prepared,
    ) -> Result<Held, Stop> {
        let bodies = &self.worker.held;
        let plan = prepared.plan.body;
        let mut held = bodies.start(prepared.endpoint.product());
        let fields_suffice = match (caller.head.framing(), plan) {
            (Framing::Length(_), BodyPlan::FormUpload) => true,
            (Framing::Length(length), _) => {
                held.check(usize::try_from(length).unwrap_or(usize::MAX))?;
                false
            }
            // Its chunks would not fit behind fields of another length.
            (Framing::None | Framing::Chunked, _) => false,
        };
        let content_type = caller.head.field("content-type").unwrap_or_default().to_vec();
        // Where the fields end is looked for anew each time, and so not for every byte that comes.
        let mut look_at = 0;
        let mut is_enough = |seen: &[u8]| {
            if !fields_suffice || seen.len() < look_at {
                return Ok::<_, Refusal>(false);
            }
            look_at = seen.len() + LOOK_EVERY;
            form_upload::has_fields(&content_type, seen)
        };
        let faulty = |fault| Failure::Body(BodyFault::Malformed(fault));
        // Once more from the start: this time for the data.
        *upload =
            Upload::begin_with(&caller.head, None, |run| held.data.extend_from_slice(run)).map_err(faulty)?;
        let length = held.data.len();
        bodies.reserve(&mut held, length)?;
        let mut over = pin!(caller.over());
        while !upload.is_done() && !is_enough(&held.data)? {
            let read = tokio::select! {
                biased;
                read = caller.read_body(&self.worker.buffers, self.worker.body_idle_timeout) => read,
                () = &mut over => return Err(ending().into()),
            };
            let piece = match read {
                Ok(piece) if piece.is_empty() => return Err(Stop::CallerGone),
                Ok(piece) => piece,
                Err(_) => return Err(Failure::Body(BodyFault::Timeout).into()),
            };
            let used = upload.advance(&piece, |run| held.data.extend_from_slice(run)).map_err(faulty)?;
            let length = held.data.len();
            bodies.reserve(&mut held, length)?;
            caller.head.buffer().extend_from_slice(piece.get(used..).unwrap_or_default());
        }
        if plan == BodyPlan::FormUpload {
            form_upload::check(&content_type, &held.data)?;
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_not_printed() {
        let held = Held { data: b"canary".to_vec(), reserved: 0, most: 9, now: Arc::default() };
        let printed = format!("{held:?} {held:#?}");
        assert!(!printed.contains("canary") && !printed.contains("99"), "{printed}");
    }
}
