//! What a data plane does with a request before anything else: a fault that is on, the claim, its judgement; and what it
//! writes down in the end.

use std::sync::Arc;

use super::cloud::Cloud;
use super::error::Error;
use super::heard::Heard;
use super::identity::Identity;
use super::ledger::{Outcome, Verdict};
use super::place::Place;
use super::verify::{self, Claim, Denial};

/// How a product words a denial.
pub(crate) type Words = fn(&Denial, Option<&Claim>) -> Error;

/// What became of a request's signature.
pub(crate) struct Admission {
    /// What the request says of itself. None if it cannot be read.
    pub(crate) claim: Option<Claim>,
    outcome: Outcome,
    /// Whom it speaks for, or what it is answered with.
    pub(crate) caller: Result<Arc<Identity>, Error>,
}

impl Admission {
    /// Judges a request, all of which must be signed for here.
    pub(crate) fn of(cloud: &Cloud, place: &Place, heard: &Heard, words: Words) -> Self {
        if let Some(error) = cloud.faults.product_failure(&place.product) {
            return Self { claim: None, outcome: Outcome::Failed(error.code.clone()), caller: Err(error) };
        }
        let claim = match verify::read(heard, place) {
            Ok(Some(claim)) => claim,
            Ok(None) => return Self::refused(None, words(&Denial::Missing("Authorization"), None)),
            Err(denial) => return Self::refused(None, words(&denial, None)),
        };
        match cloud.bench_of(place).judge(&claim) {
            Ok(identity) => Self { claim: Some(claim), outcome: Outcome::Verified, caller: Ok(identity) },
            Err(denial) => {
                let error = words(&denial, Some(&claim));
                Self::refused(Some(claim), error)
            }
        }
    }

    fn refused(claim: Option<Claim>, error: Error) -> Self {
        Self { claim, outcome: Outcome::Refused(error.code.clone()), caller: Err(error) }
    }

    /// Writes down what came of it.
    pub(crate) fn note(self, cloud: &Cloud, place: &Place, action: &str, status: u16) {
        let verdict = Verdict::new(place, action, self.claim.as_ref(), self.outcome, status);
        cloud.ledger.note(verdict);
    }
}
