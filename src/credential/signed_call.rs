//! One call that another role's credential signs; and the same once more, with a newer one, where the cloud refuses that.

use std::sync::Arc;

use super::carry::Boxed;
use super::cell::Cell;
use super::credential::{AccessKey, Credential};
use super::error::FetchError;

/// Makes the call with the credential of `inner`, which lives in a cell of its own.
pub(super) async fn signed_call<'a, T>(
    inner: &'a Cell,
    call: impl Fn(Arc<Credential>) -> Boxed<'a, Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let signer = inner.freshest().await.map_err(|none| FetchError::Inner(Arc::new(none)))?;
    let generation = signer.generation();
    let refused = match call(signer).await {
        Err(FetchError::Refused(refused)) if refused.blames_the_signer() => refused,
        outcome => return outcome,
    };
    match inner.renew(generation).await {
        Some(newer) => call(newer).await,
        None if inner.is_failing_for_good() => Err(FetchError::SourceRefused(refused)),
        None => Err(FetchError::Stalled(refused)),
    }
}

/// What the call is signed with. No role has an API key.
pub(super) fn access_key(signer: &Credential) -> Result<&AccessKey, FetchError> {
    signer.access_key().ok_or(FetchError::Broken)
}
