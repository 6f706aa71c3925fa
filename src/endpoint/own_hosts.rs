//! Hosts of the operator's own: the `[hosts]` settings.
//!
//! Three products live on names of their customers, where no table can know them: API Gateway, Dataplus, and the HTTP triggers
//! of Function Compute. An operator names each such host by itself, with its whole name, since whoever answers there reads the
//! whole request. What the table knows stays the table's, and Alibaba Cloud's own zones stay closed but for the names that these
//! products give out.

use std::fmt;

use rustc_hash::FxHashMap;

use super::grammar::is_host;
use super::never_sign;
use super::reverse::reverse;
use super::table;
use super::tenants::Tenants;
use crate::names::{Endpoint, Host, KeysName, Network};

const API_GATEWAY: &str = "apigateway";
const DATAPLUS: &str = "dataplus";
const FC_TRIGGER: &str = "fc-trigger";

/// Zones of Alibaba Cloud: no customer's own domain is in one.
const ZONES: [&str; 7] = [
    "alibabacloud.com",
    "alicloudapi.com",
    "aliyun-inc.com",
    "aliyun.com",
    "aliyuncs.com",
    "aliyunpds.com",
    "fcapp.run",
];

/// The product whose customers are given this name in Alibaba Cloud's own zones, and what answers there.
pub(super) fn product_of(host: &str) -> Option<(&'static str, &'static str)> {
    let is_dataplus = || {
        matches!(host, "shujuapi.aliyun.com" | "nlsapi.aliyun.com")
            || host
                .strip_suffix(".data.aliyuncs.com")
                .is_some_and(|label| label.starts_with("dtplus-") && !label.contains('.'))
    };
    if host.ends_with(".alicloudapi.com") {
        Some((API_GATEWAY, "API Gateway: the customer's backend receives the request"))
    } else if host.ends_with(".fcapp.run") {
        Some((FC_TRIGGER, "a Function Compute HTTP trigger: the customer's function receives every header"))
    } else if is_dataplus() {
        Some((DATAPLUS, "Dataplus, which takes no role's credential"))
    } else {
        None
    }
}

/// The operator's own hosts, each an endpoint. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct OwnHosts(FxHashMap<Host, Own>);

#[derive(Clone, Debug)]
struct Own {
    endpoint: Endpoint,
    keys: Option<KeysName>,
}

impl OwnHosts {
    /// Adds a host, which `product` answers at, and the keys that it is signed for with. `None`: a role's credential.
    ///
    /// # Errors
    /// [`BadOwnHost`] when no operator can own such a host, or when another product answers there.
    pub fn add(&mut self, host: &str, product: &str, keys: Option<KeysName>) -> Result<(), BadOwnHost> {
        // In digits it would be an address. A top level never begins with one.
        let has_top_level = host
            .rsplit('.')
            .next()
            .is_some_and(|top| top.starts_with(|first: char| first.is_ascii_lowercase()));
        if !is_host(host) || !has_top_level {
            return Err(BadOwnHost::Malformed);
        }
        let name = Host::from_pieces(&[host]).map_err(|_| BadOwnHost::Malformed)?;
        if reverse(host, &Tenants::any()).is_ok() {
            return Err(BadOwnHost::Known);
        }
        match product_of(host) {
            Some((given, _)) if given == product => {}
            Some((given, _)) => return Err(BadOwnHost::OtherProduct(given)),
            None => {
                if let Some(why) = never_sign::why(host) {
                    return Err(BadOwnHost::NeverSign(why));
                }
                let is_in = |zone: &str| {
                    host.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                if let Some(zone) = ZONES.into_iter().find(|zone| is_in(zone)) {
                    return Err(BadOwnHost::InZone(zone));
                }
            }
        }
        let known = [API_GATEWAY, DATAPLUS, FC_TRIGGER].into_iter().find(|known| *known == product);
        let product = known.and_then(table::product).ok_or(BadOwnHost::Product)?;
        let endpoint = Endpoint::from_table(name, product, None, Network::Public, 0);
        self.0.insert(name, Own { endpoint, keys });
        Ok(())
    }

    /// The endpoint of this host, in lower case and without a port, if it is the operator's.
    pub fn endpoint(&self, host: &str) -> Option<Endpoint> {
        self.0.get(host.as_bytes()).map(|own| own.endpoint)
    }

    /// The keys that a host of the operator's is signed for with.
    pub fn keys(&self, endpoint: &Endpoint) -> Option<&KeysName> {
        self.0.get(endpoint.host()).filter(|own| own.endpoint == *endpoint)?.keys.as_ref()
    }
}

/// A row of `[hosts]` that names no host of an operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadOwnHost {
    /// It is not a whole host name in lower case. **Action:** write one.
    Malformed,
    /// The endpoint table has it. **Action:** take the row out.
    Known,
    /// It is a name in Alibaba Cloud's own zone that none of these products gives out. **Action:** correct it.
    InZone(&'static str),
    /// Nothing is ever signed for such a host; the text says who answers there. **Action:** take the row out.
    NeverSign(&'static str),
    /// Another product gives such names out. **Action:** name that product.
    OtherProduct(&'static str),
    /// No such product is signed for on customers' names. **Action:** name one that is.
    Product,
}

impl fmt::Display for BadOwnHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "is not a host; write its whole name in lower case, without a port and without `*`: each is named by itself",
            ),
            Self::Known => f.write_str(
                "is a host of the endpoint table, and signed for as what it is there; take it out, and list its tenant under \
                 [tenants] if it names one",
            ),
            Self::InZone(zone) => write!(
                f,
                "is in {zone}, which is Alibaba Cloud's, and no name that API Gateway, Dataplus or Function Compute gives out; \
                 correct it"
            ),
            Self::NeverSign(why) => write!(f, "is {why}; nothing is signed for it, so take it out"),
            Self::OtherProduct(product) => write!(f, "is a name that {product:?} gives out; write product = {product:?}"),
            Self::Product => {
                write!(f, "has a product of another kind; write {API_GATEWAY:?}, {DATAPLUS:?} or {FC_TRIGGER:?}")
            }
        }
    }
}

impl std::error::Error for BadOwnHost {}
