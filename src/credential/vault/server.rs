//! One Vault: what goes with every call, and what its statuses mean.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::VaultPath;
use crate::credential::at_place::{Call, no_redirect};
use crate::credential::carry::{Answer, Carry};
use crate::credential::declined::Declined;
use crate::credential::error::FetchError;
use crate::credential::refused::Class;
use crate::names::Place;

/// A status, what it says about the next attempt, and what to do.
pub(super) type Row = (u16, Class, &'static str);

/// Whatever is asked. Sources: "HTTP status codes" of Vault's API documentation, and what its handlers send.
const ROWS: &[Row] = &[
    (
        STANDBY,
        Class::Passing,
        "a standby node sends us on; lead vault_address to the active node, or to a load balancer that finds it",
    ),
    (412, Class::Passing, "wait; this node has yet to hear of what another one did"),
    (429, Class::Throttled, "wait, or raise Vault's quota of requests or leases"),
    (472, Class::Passing, SECONDARY),
    (473, Class::Passing, SECONDARY),
    (503, Class::Passing, "unseal Vault, or wait until it is available"),
];

/// Nodes that are not active hand a request on; those that may not or cannot answer so.
const STANDBY: u16 = 307;
const SECONDARY: &str = "a secondary or standby node answers; lead vault_address to the active node, or to a load balancer that finds it";
const ELSE: &str = "see Vault's own log, which has the reason";

/// One Vault.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) place: Place,
    /// The namespace that all of it lies in.
    pub(super) namespace: Option<VaultPath>,
    pub(super) carry: Arc<dyn Carry>,
}

impl Server {
    /// Makes a call. A node that sends us on is not followed: the call's proof would go to whomever it names.
    pub(super) async fn ask(&self, mut call: Call<'_>) -> Result<Answer, FetchError> {
        let mut add = |name, text: &str| call.headers.push((name, Zeroizing::new(text.to_owned())));
        // Vault's agents can be told to ask for it, since nobody can make a browser or a URL fetcher send it.
        add("x-vault-request", "true");
        if let Some(namespace) = &self.namespace {
            add("x-vault-namespace", namespace.as_str());
        }
        let answer = call.carried(&*self.carry).await?;
        match answer.status {
            STANDBY => Err(FetchError::Declined(self.declined(&answer, &[]))),
            _ => no_redirect(&self.place, answer),
        }
    }

    /// What an answer means that is none. `rows`: of the call.
    pub(super) fn declined(&self, answer: &Answer, rows: &[Row]) -> Declined {
        let declined = Declined::by_status(&self.place, answer, ELSE);
        match meaning(answer.status, rows) {
            // Who says how long to wait is told that it was heard.
            Some((_, advice)) if declined.class == Class::Throttled => Declined { advice, ..declined },
            Some((class, advice)) => Declined { class, advice, ..declined },
            None => declined,
        }
    }
}

fn meaning(status: u16, rows: &[Row]) -> Option<(Class, &'static str)> {
    let row = rows.iter().chain(ROWS).find(|(known, ..)| *known == status);
    row.map(|(_, class, advice)| (*class, *advice))
}
