//! What a host name means: the product that answers there, the region, and the bucket or the project before it.

/// Where a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The host in lower case, without a port.
    pub(crate) host: String,
    /// The product code: `sts`, `ecs`, `oss`.
    pub(crate) product: String,
    /// The region in the name. None for a central endpoint, and for OSS's transfer acceleration.
    pub(crate) region: Option<String>,
    /// On OSS and Log Service, the label before the endpoint: a bucket, a project.
    pub(crate) bucket: Option<String>,
}

impl Place {
    /// Reads a `Host` header.
    pub(crate) fn of(authority: &str) -> Self {
        let host = authority.to_ascii_lowercase();
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name.to_owned(),
            _ => host,
        };
        let labels: Vec<&str> = host.split('.').collect();
        let own = [
            Self::oss,
            Self::messages,
            Self::functions,
            Self::given,
            Self::max_compute,
            Self::data_hub,
            Self::logs,
            Self::tablestore,
        ];
        own.iter()
            .find_map(|reading| reading(&host, &labels))
            .unwrap_or_else(|| Self::open_api(&host, &labels))
    }

    /// `[BUCKET.][s3.]oss-REGION[-internal].aliyuncs.com`, `[BUCKET.]REGION.oss.aliyuncs.com`, `oss.aliyuncs.com`.
    fn oss(host: &str, labels: &[&str]) -> Option<Self> {
        let (before, endpoint) = match labels {
            [before @ .., endpoint, "aliyuncs", "com"] if endpoint.starts_with("oss-") => (before, *endpoint),
            [before @ .., region, "oss", "aliyuncs", "com"] => (before, *region),
            ["oss", "aliyuncs", "com"] => (&[][..], "oss-cn-hangzhou"),
            _ => return None,
        };
        let region = endpoint.strip_prefix("oss-").unwrap_or(endpoint);
        let region = region.strip_suffix("-internal").unwrap_or(region);
        // The acceleration hosts stand for the bucket's own region, whichever it is.
        let region = (!region.starts_with("accelerate")).then(|| region.to_owned());
        // No bucket has a name of two letters.
        let before = before.strip_suffix(&["s3"]).unwrap_or(before);
        let bucket = before.last().map(|&label| label.to_owned());
        Some(Self { host: host.to_owned(), product: "oss".to_owned(), region, bucket })
    }

    /// `[ACCOUNT.]mns.REGION[-internal[-vpc]].aliyuncs.com`, `REGION.mns.aliyuncs.com`, and RocketMQ's
    /// `ACCOUNT.mqrest.REGION[-internal].aliyuncs.com`.
    fn messages(host: &str, labels: &[&str]) -> Option<Self> {
        let (product, region) = match labels {
            [_, "mns", region, "aliyuncs", "com"] | [region, "mns", "aliyuncs", "com"] => ("mns", *region),
            [_, "mqrest", region, "aliyuncs", "com"] => ("ons-http", *region),
            _ => return None,
        };
        let region = region.strip_suffix("-vpc").unwrap_or(region);
        let region = region.strip_suffix("-internal").unwrap_or(region);
        Some(Self {
            host: host.to_owned(),
            product: product.to_owned(),
            region: Some(region.to_owned()),
            bucket: None,
        })
    }

    /// `fcv3.REGION.aliyuncs.com`, `fc[-vpc].REGION.aliyuncs.com`, `[ACCOUNT.]REGION[-internal].fc.aliyuncs.com`.
    fn functions(host: &str, labels: &[&str]) -> Option<Self> {
        let region = match labels {
            ["fcv3" | "fc" | "fc-vpc", region, "aliyuncs", "com"] => *region,
            [_, region, "fc", "aliyuncs", "com"] | [region, "fc", "aliyuncs", "com"] => *region,
            _ => return None,
        };
        let region = region.strip_suffix("-internal").unwrap_or(region);
        Some(Self {
            host: host.to_owned(),
            product: "fc".to_owned(),
            region: Some(region.to_owned()),
            bucket: None,
        })
    }

    /// `{service,dt,…}.REGION.maxcompute.aliyun.com`, `{service,dt,…}.REGION{-vpc,-intranet}.maxcompute.aliyun-inc.com`, and
    /// the central `{service,dt}.odps.aliyun.com`.
    fn max_compute(host: &str, labels: &[&str]) -> Option<Self> {
        let region = match labels {
            [_, region, "maxcompute", "aliyun" | "aliyun-inc", "com"] => Some(*region),
            [_, "odps", "aliyun" | "aliyun-inc", "com"] => None,
            _ => return None,
        };
        let bare = |region: &str| {
            let network = ["-vpc", "-intranet"].iter().find_map(|network| region.strip_suffix(network));
            network.unwrap_or(region).to_owned()
        };
        Some(Self {
            host: host.to_owned(),
            product: "odps".to_owned(),
            region: region.map(bare),
            bucket: None,
        })
    }

    /// `dh-REGION[-int-vpc].aliyuncs.com`, `dh-REGION.aliyun-inc.com`; `dh-singapore` stands for its region.
    fn data_hub(host: &str, labels: &[&str]) -> Option<Self> {
        let [first, "aliyuncs" | "aliyun-inc", "com"] = labels else { return None };
        let region = first.strip_prefix("dh-")?;
        let region = region.strip_suffix("-int-vpc").unwrap_or(region);
        let region = if region == "singapore" { "ap-southeast-1" } else { region };
        Some(Self {
            host: host.to_owned(),
            product: "datahub-data".to_owned(),
            region: Some(region.to_owned()),
            bucket: None,
        })
    }

    /// `[PROJECT.]REGION[-intranet,-share,-vpc,-internal].log.aliyuncs.com`, the same below `sls`, and the accelerated
    /// `[PROJECT.]log-global.aliyuncs.com`, which names no region.
    fn logs(host: &str, labels: &[&str]) -> Option<Self> {
        let (before, region) = match labels {
            [before @ .., region, "log" | "sls", "aliyuncs", "com"] => (before, Some(*region)),
            [before @ .., "log-global", "aliyuncs", "com"] => (before, None),
            _ => return None,
        };
        let bare = |region: &str| {
            let networks = ["-intranet", "-share", "-vpc", "-internal"];
            let network = networks.iter().find_map(|network| region.strip_suffix(network));
            network.unwrap_or(region).to_owned()
        };
        Some(Self {
            host: host.to_owned(),
            product: "sls".to_owned(),
            region: region.map(bare),
            bucket: before.last().map(|&label| label.to_owned()),
        })
    }

    /// `INSTANCE.REGION.{ots,ots-internal,tablestore}.aliyuncs.com`, `INSTANCE.REGION.vpc.{tablestore,ots}.aliyuncs.com`.
    fn tablestore(host: &str, labels: &[&str]) -> Option<Self> {
        let region = match labels {
            [_, region, "ots" | "ots-internal" | "tablestore", "aliyuncs", "com"]
            | [_, region, "vpc", "tablestore" | "ots", "aliyuncs", "com"] => *region,
            _ => return None,
        };
        Some(Self {
            host: host.to_owned(),
            product: "ots".to_owned(),
            region: Some(region.to_owned()),
            bucket: None,
        })
    }

    /// The names that products give to what their customers run: `*.alicloudapi.com`, `*.fcapp.run`, `dtplus-*`; and Model
    /// Studio's, which name no region either.
    fn given(host: &str, labels: &[&str]) -> Option<Self> {
        let product = match labels {
            [.., "alicloudapi", "com"] => "apigateway",
            [first, "aliyuncs", "com"] if first.split('-').next() == Some("dashscope") => "dashscope",
            [_, "dashscope", "aliyuncs", "com"] | [_, _, "maas", "aliyuncs", "com"] => "dashscope",
            [.., "fcapp", "run"] => "fc-trigger",
            ["shujuapi" | "nlsapi", "aliyun", "com"] => "dataplus",
            [first, "data", "aliyuncs", "com"] if first.starts_with("dtplus-") => "dataplus",
            _ => return None,
        };
        Some(Self::own(host, product))
    }

    /// A host of a customer's own, where this product answers.
    pub(crate) fn own(host: &str, product: &str) -> Self {
        Self { host: host.to_owned(), product: product.to_owned(), region: None, bucket: None }
    }

    /// `PRODUCT[-vpc][.REGION].aliyuncs.com`, and the older `PRODUCT-REGION.aliyuncs.com`.
    fn open_api(host: &str, labels: &[&str]) -> Self {
        let (product, region) = match labels {
            [first, region, "aliyuncs", "com"] if region.contains('-') => (*first, Some(*region)),
            [first, ..] => match first.split_once('-') {
                Some((product, region)) if region.contains('-') => (product, Some(region)),
                _ => (*first, None),
            },
            [] => ("", None),
        };
        let product = product.strip_suffix("-vpc").unwrap_or(product).to_owned();
        Self { host: host.to_owned(), product, region: region.map(str::to_owned), bucket: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_product_region_and_bucket() {
        let cases = [
            ("sts.aliyuncs.com", "sts", None, None),
            ("sts-vpc.cn-hangzhou.aliyuncs.com", "sts", Some("cn-hangzhou"), None),
            ("ECS.cn-beijing.aliyuncs.com:443", "ecs", Some("cn-beijing"), None),
            ("ecs-cn-hangzhou.aliyuncs.com", "ecs", Some("cn-hangzhou"), None),
            ("cs.cn-hangzhou.aliyuncs.com", "cs", Some("cn-hangzhou"), None),
            ("oss-cn-hangzhou.aliyuncs.com", "oss", Some("cn-hangzhou"), None),
            ("b1.oss-cn-hangzhou-internal.aliyuncs.com", "oss", Some("cn-hangzhou"), Some("b1")),
            ("b1.cn-hangzhou.oss.aliyuncs.com", "oss", Some("cn-hangzhou"), Some("b1")),
            ("b1.oss-accelerate.aliyuncs.com", "oss", None, Some("b1")),
            ("1234567890123456.mns.cn-hangzhou.aliyuncs.com", "mns", Some("cn-hangzhou"), None),
            ("1.mns.cn-hangzhou-internal-vpc.aliyuncs.com", "mns", Some("cn-hangzhou"), None),
            ("cn-hangzhou.mns.aliyuncs.com", "mns", Some("cn-hangzhou"), None),
            ("mns-open.cn-hangzhou.aliyuncs.com", "mns-open", Some("cn-hangzhou"), None),
            ("1.mqrest.cn-hangzhou-internal.aliyuncs.com", "ons-http", Some("cn-hangzhou"), None),
            ("fcv3.cn-hangzhou.aliyuncs.com", "fc", Some("cn-hangzhou"), None),
            ("1.cn-hangzhou-internal.fc.aliyuncs.com", "fc", Some("cn-hangzhou"), None),
            ("cn-beijing.fc.aliyuncs.com", "fc", Some("cn-beijing"), None),
            ("a-cn-hangzhou.alicloudapi.com", "apigateway", None, None),
            ("a-b.cn-hangzhou.fcapp.run", "fc-trigger", None, None),
            ("dtplus-cn-shanghai.data.aliyuncs.com", "dataplus", None, None),
            ("service.cn-hangzhou.maxcompute.aliyun.com", "odps", Some("cn-hangzhou"), None),
            ("dt.cn-hangzhou-vpc.maxcompute.aliyun-inc.com", "odps", Some("cn-hangzhou"), None),
            ("dt.cn-hangzhou-intranet.maxcompute.aliyun-inc.com", "odps", Some("cn-hangzhou"), None),
            ("service.odps.aliyun.com", "odps", None, None),
            ("maxcompute.cn-hangzhou.aliyuncs.com", "maxcompute", Some("cn-hangzhou"), None),
            ("dh-cn-hangzhou.aliyuncs.com", "datahub-data", Some("cn-hangzhou"), None),
            ("dh-cn-hangzhou-int-vpc.aliyuncs.com", "datahub-data", Some("cn-hangzhou"), None),
            ("dh-singapore.aliyuncs.com", "datahub-data", Some("ap-southeast-1"), None),
            ("cn-hangzhou.log.aliyuncs.com", "sls", Some("cn-hangzhou"), None),
            ("p1.cn-hangzhou-intranet.log.aliyuncs.com", "sls", Some("cn-hangzhou"), Some("p1")),
            ("p1.cn-hangzhou-vpc.sls.aliyuncs.com", "sls", Some("cn-hangzhou"), Some("p1")),
            ("p1.log-global.aliyuncs.com", "sls", None, Some("p1")),
            ("sls.cn-hangzhou.aliyuncs.com", "sls", Some("cn-hangzhou"), None),
            ("dashscope.aliyuncs.com", "dashscope", None, None),
            ("dashscope-intl.aliyuncs.com", "dashscope", None, None),
            ("cn-hongkong.dashscope.aliyuncs.com", "dashscope", None, None),
            ("ws1.cn-beijing.maas.aliyuncs.com", "dashscope", None, None),
            ("s3.oss-cn-hangzhou.aliyuncs.com", "oss", Some("cn-hangzhou"), None),
            ("b1.s3.oss-cn-hangzhou-internal.aliyuncs.com", "oss", Some("cn-hangzhou"), Some("b1")),
            ("i1.cn-hangzhou.ots.aliyuncs.com", "ots", Some("cn-hangzhou"), None),
            ("i1.cn-hangzhou.ots-internal.aliyuncs.com", "ots", Some("cn-hangzhou"), None),
            ("i1.cn-hangzhou.tablestore.aliyuncs.com", "ots", Some("cn-hangzhou"), None),
            ("i1.cn-hangzhou.vpc.tablestore.aliyuncs.com", "ots", Some("cn-hangzhou"), None),
            ("v-i1.cn-hangzhou.vpc.ots.aliyuncs.com", "ots", Some("cn-hangzhou"), None),
            ("r-kvstore.aliyuncs.com", "r-kvstore", None, None),
        ];
        for (host, product, region, bucket) in cases {
            let place = Place::of(host);
            let got = (place.product.as_str(), place.region.as_deref(), place.bucket.as_deref());
            assert_eq!(got, (product, region, bucket), "{host}");
        }
    }
}
