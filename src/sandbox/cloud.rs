//! What every part of the sandbox shares: its clock, its keys, its stores and its book.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::cs::Cs;
use super::datahub::DataHub;
use super::digest::sha256;
use super::ecs::Ecs;
use super::encode::hex;
use super::fault::Faults;
use super::fc::Functions;
use super::identity::{Identities, Identity, Principal};
use super::kms::Kms;
use super::ledger::Ledger;
use super::mns::Mns;
use super::mq::Topics;
use super::news::{Observer, Teller};
use super::odps::Odps;
use super::oidc::Providers;
use super::oss::Store;
use super::ots::Ots;
use super::place::Place;
use super::sls::Sls;
use super::sts::Trusts;
use super::studio::ApiKeys;
use super::verify::{Bench, Nonces};
use crate::clock::Clock;

/// The account that the sandbox's own user belongs to. Sixteen digits, as real ones.
pub(crate) const ACCOUNT: &str = "1000000000000001";

/// The whole miniature, without its network.
#[derive(Debug)]
pub(crate) struct Cloud {
    clock: Arc<dyn Clock>,
    throws: AtomicU64,
    pub(crate) faults: Faults,
    pub(crate) identities: Identities,
    /// The keys of API Gateway's apps.
    pub(crate) apps: Identities,
    /// Hosts of customers' own, and the product that answers there.
    pub(crate) own_hosts: Mutex<HashMap<String, String>>,
    /// Whose OIDC tokens STS takes, besides the sandbox's own issuer's.
    pub(crate) providers: Providers,
    /// What roles demand.
    pub(crate) trusts: Trusts,
    pub(crate) nonces: Nonces,
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
    pub(crate) ecs: Ecs,
    pub(crate) cs: Cs,
    pub(crate) kms: Kms,
    pub(crate) mns: Mns,
    pub(crate) topics: Topics,
    pub(crate) functions: Functions,
    pub(crate) odps: Odps,
    pub(crate) sls: Sls,
    pub(crate) api_keys: ApiKeys,
    pub(crate) datahub: DataHub,
    pub(crate) ots: Ots,
    /// The lifetime of what STS issues, when it is not the caller's to choose. In whole seconds.
    pub(crate) lifetime: Option<i64>,
}

impl Cloud {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        store: Store,
        observer: Arc<dyn Observer>,
        lifetime: Option<i64>,
    ) -> Self {
        let teller = Teller::new(observer, Arc::clone(&clock));
        Self {
            clock,
            throws: AtomicU64::new(0),
            faults: Faults::default(),
            identities: Identities::default(),
            apps: Identities::default(),
            own_hosts: Mutex::default(),
            providers: Providers::default(),
            trusts: Trusts::default(),
            nonces: Nonces::default(),
            ledger: Ledger::new(teller),
            store,
            ecs: Ecs::default(),
            cs: Cs::default(),
            kms: Kms::default(),
            mns: Mns::default(),
            topics: Topics::default(),
            functions: Functions::default(),
            odps: Odps::default(),
            sls: Sls::default(),
            api_keys: ApiKeys::default(),
            datahub: DataHub::default(),
            ots: Ots::default(),
            lifetime,
        }
    }

    /// The machine's clock, which the issuer of OIDC tokens goes by: no fault shifts a cluster's clock with the cloud's.
    /// Since 1970, in whole seconds.
    pub(crate) fn machine_now(&self) -> i64 {
        self.clock.now().unix_seconds()
    }

    /// The cloud's clock: since 1970, in whole seconds, shifted as the faults say.
    pub(crate) fn now(&self) -> i64 {
        self.clock.moment().unix_seconds.saturating_add(self.faults.skew())
    }

    /// What signatures are judged by at this moment.
    pub(crate) fn bench(&self) -> Bench<'_> {
        Bench { identities: &self.identities, nonces: &self.nonces, faults: &self.faults, now: self.now() }
    }

    /// The same at a host: API Gateway knows the keys of its apps, and none of RAM.
    pub(crate) fn bench_of(&self, place: &Place) -> Bench<'_> {
        let is_gateway = place.product == "apigateway";
        let identities = if is_gateway { &self.apps } else { &self.identities };
        Bench { identities, ..self.bench() }
    }

    /// What a `Host` header means here.
    pub(crate) fn place(&self, authority: &str) -> Place {
        let place = Place::of(authority);
        let own = self.own_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        own.get(&place.host).map_or_else(|| place.clone(), |product| Place::own(&place.host, product))
    }

    /// Random bytes out of the clock's nonces: the one way in for randomness. The count keeps them apart even under
    /// a test's clock whose nonces repeat.
    pub(crate) fn random(&self, length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < length {
            let throw = self.throws.fetch_add(1, Ordering::Relaxed);
            out.extend(sha256(format!("{} {throw}", self.clock.nonce().as_str()).as_bytes()));
        }
        out.truncate(length);
        out
    }

    /// Random letters and digits.
    pub(crate) fn letters(&self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let random = self.random(length);
        random
            .iter()
            .filter_map(|&byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()))
            .map(|&letter| char::from(letter))
            .collect()
    }

    /// A request's id as OpenAPI spells it: an upper-case UUID.
    pub(crate) fn request_id(&self) -> String {
        let digits = hex(&self.random(16)).to_uppercase();
        let part = |from, to| digits.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    /// Makes an AccessKey of the account itself.
    pub(crate) fn root_key(&self) -> Identity {
        let arn = format!("acs:ram::{ACCOUNT}:root");
        self.lasting_key(Principal::Account { arn, id: ACCOUNT.to_owned() })
    }

    /// Makes an AccessKey of a RAM user.
    pub(crate) fn user_key(&self, name: &str, id: &str) -> Identity {
        let arn = format!("acs:ram::{ACCOUNT}:user/{name}");
        self.lasting_key(Principal::User { arn, id: id.to_owned() })
    }

    /// An AccessKey that does not expire.
    fn lasting_key(&self, principal: Principal) -> Identity {
        Identity {
            access_key_id: format!("LTAI5t{}", self.letters(18)),
            secret: self.letters(30),
            security_token: None,
            issued_at: self.now(),
            expires_at: None,
            revocations: 0,
            principal,
        }
    }
}
