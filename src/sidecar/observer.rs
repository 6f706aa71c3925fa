//! What happens to credentials, in the log.

use crate::credential::{Event, Observer};
use crate::names::RoleName;

/// Writes every event down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log;

impl Observer for Log {
    fn observe(&self, role: &RoleName, event: &Event<'_>) {
        if let Event::RefreshFailed { error, .. } = event {
            // A word that alerts can be built on; the sentence may change.
            tracing::warn!(%role, code = error.code(), "{event}");
        } else if event.is_warning() {
            tracing::warn!(%role, "{event}");
        } else {
            tracing::info!(%role, "{event}");
        }
    }

    fn observe_base(&self, role: &RoleName, event: &Event<'_>) {
        tracing::debug!(%role, "for the role to be assumed from: {event}");
    }
}
