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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::parse_pin;

    fn added(host: &str, product: &str) -> Result<OwnHosts, BadOwnHost> {
        let mut own = OwnHosts::default();
        own.add(host, product, Some(KeysName::new("partner"))).map(|()| own)
    }

    #[test]
    fn a_host_outside_of_the_cloud_or_of_a_name_that_its_product_gives_out_is_the_operators() {
        for (host, product) in [
            ("api.example.com", "apigateway"),
            ("example.com", "fc-trigger"),
            ("hook.example.cn", "fc-trigger"),
            ("speech.example.com", "dataplus"),
            ("0123abc-cn-hangzhou.alicloudapi.com", "apigateway"),
            ("api.cn-hangzhou.alicloudapi.com", "apigateway"),
            ("f-abc.cn-hangzhou.fcapp.run", "fc-trigger"),
            ("dtplus-cn-shanghai.data.aliyuncs.com", "dataplus"),
            ("dtplus-lan-cn-shanghai.data.aliyuncs.com", "dataplus"),
            ("shujuapi.aliyun.com", "dataplus"),
            ("nlsapi.aliyun.com", "dataplus"),
        ] {
            let own = added(host, product).unwrap_or_else(|bad| panic!("{host}: {bad}"));
            let endpoint = own.endpoint(host).unwrap();
            assert_eq!((endpoint.host().as_str(), endpoint.product().code), (host, product));
            assert_eq!((endpoint.tenant(), endpoint.region()), (None, None));
            assert_eq!(own.keys(&endpoint).map(KeysName::as_str), Some("partner"));
        }
    }

    #[test]
    fn what_no_operator_owns_is_refused_for_what_it_is() {
        for host in [
            "",
            "localhost",
            "Api.example.com",
            "*.example.com",
            "api.example.com.",
            "api.example.com:443",
            "10.0.0.1",
            "0x64.0x64.0x64.0xc8",
            "[::1]",
            &format!("{}.example.com", ["a"; 64].join(".")),
        ] {
            assert_eq!(added(host, "fc-trigger").err(), Some(BadOwnHost::Malformed), "{host}");
        }
        for host in [
            "ecs.cn-hangzhou.aliyuncs.com",
            "bkt1.oss-cn-hangzhou.aliyuncs.com",
            "1234567890.cn-hangzhou.fc.aliyuncs.com",
            "apigateway.cn-hangzhou.aliyuncs.com",
            "dashscope.aliyuncs.com",
            "service.odps.aliyun.com",
            "bj1.api.aliyunpds.com",
        ] {
            assert_eq!(added(host, "fc-trigger").err(), Some(BadOwnHost::Known), "{host}");
        }
    }

    #[test]
    fn a_name_in_a_zone_of_the_cloud_is_refused_unless_its_product_gives_it_out() {
        for host in [
            "a.alb.aliyuncs.com",
            "ep-1.cn-hangzhou.privatelink.aliyuncs.com",
            "1234567890.cn-shanghai.pai-eas.aliyuncs.com",
            "a.oss-cn-hangzhou.oss-object-process.aliyuncs.com",
            "abc.cn-hangzhou.cs.aliyuncs.com",
            "ram.console.aliyun.com",
            "rm-1.mysql.rds.aliyuncs.com",
            "www.example.com.w.kunlunar.com",
            "x.aliyunga0018.com",
        ] {
            assert!(matches!(added(host, "apigateway"), Err(BadOwnHost::NeverSign(_))), "{host}");
        }
        for host in [
            "aliyuncs.com",
            "ecs.cn-nowhere.aliyuncs.com",
            "ab.oss-cn-hangzhou.aliyuncs.com",
            "www.aliyun.com",
            "data.aliyuncs.com",
            "evil.data.aliyuncs.com",
            "dtplus-x.evil.data.aliyuncs.com",
            "alicloudapi.com",
            "fcapp.run",
            "www.alibabacloud.com",
        ] {
            assert!(matches!(added(host, "dataplus"), Err(BadOwnHost::InZone(_))), "{host}");
        }
        for (host, given) in [
            ("a.cn-hangzhou.fcapp.run", "fc-trigger"),
            ("a.alicloudapi.com", "apigateway"),
            ("nlsapi.aliyun.com", "dataplus"),
        ] {
            for product in
                ["apigateway", "dataplus", "fc-trigger"].into_iter().filter(|product| *product != given)
            {
                assert_eq!(added(host, product).err(), Some(BadOwnHost::OtherProduct(given)), "{host}");
            }
        }
        for product in ["ecs", "fc", "nothing"] {
            assert_eq!(added("api.example.com", product).err(), Some(BadOwnHost::Product), "{product}");
        }
    }

    #[test]
    fn a_host_is_only_itself_and_its_keys_are_for_its_own_endpoint() {
        let own = added("api.example.com", "apigateway").unwrap();
        for host in ["example.com", "a.api.example.com", "api.example.com.evil.test", "API.example.com"] {
            assert!(own.endpoint(host).is_none(), "{host}");
        }
        let other = added("api.example.com", "fc-trigger").unwrap().endpoint("api.example.com").unwrap();
        assert_eq!(own.keys(&other), None);
        let of_the_table = reverse("ecs.cn-hangzhou.aliyuncs.com", &Tenants::none()).unwrap();
        assert_eq!(own.keys(&of_the_table), None);
    }

    #[test]
    fn a_pin_finds_it_and_what_the_table_reads_stays_the_tables() {
        let mut own = added("api.example.com", "apigateway").unwrap();
        // Two words with a dot between them are a product and a region first.
        own.add("ecs.cn-hangzhou", "fc-trigger", None).unwrap();
        let pinned = |text: &str| parse_pin(text, &Tenants::none(), &own).map(|pin| pin.host().to_string());
        assert_eq!(pinned("API.example.com").as_deref(), Ok("api.example.com"));
        assert_eq!(pinned("ecs.cn-hangzhou").as_deref(), Ok("ecs.cn-hangzhou.aliyuncs.com"));
        assert!(pinned("other.example.com").is_err());
    }
}
