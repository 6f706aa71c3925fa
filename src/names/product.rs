//! Products, regions, and the signature schemes that products take.

use std::fmt;
use std::ops::Deref;

/// A product of Alibaba Cloud, one row of the endpoint table.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// The product code in lower case, as endpoints spell it: `ecs`, `r-kvstore`.
    pub code: &'static str,
    /// Where the row comes from, and so how far it can be trusted.
    pub kind: Kind,
    /// How its calls are spelled, unless a version says otherwise.
    pub style: Style,
    /// Its API versions, preferred first. Empty for most data planes.
    pub versions: &'static [ProductVersion],
    /// The schemes it takes, preferred first. Empty when none is published.
    pub schemes: Schemes,
}

/// One API version of a product.
#[derive(Debug, PartialEq, Eq)]
pub struct ProductVersion {
    /// The date that names it: `2014-05-26`.
    pub name: VersionName,
    /// How calls of this version are spelled.
    pub style: Style,
    /// The schemes this version takes, preferred first.
    pub schemes: Schemes,
}

/// The date that names a version, read as a `str`. Kept inline: the table has 872, and a reference with its relocation
/// would take five times the room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VersionName([u8; 10]);

impl VersionName {
    /// For the product table.
    pub const fn new(date: [u8; 10]) -> Self {
        Self(date)
    }
}

impl Deref for VersionName {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl PartialEq<&str> for VersionName {
    fn eq(&self, other: &&str) -> bool {
        self.0.as_slice() == other.as_bytes()
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VersionName({self})")
    }
}

/// A few schemes, preferred first, read as a slice. Kept inline for the same reason as [`VersionName`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Schemes {
    length: u8,
    list: [Scheme; Self::CAPACITY],
}

impl Schemes {
    /// No product takes more; the build script refuses a table in which one does.
    pub const CAPACITY: usize = 3;
    const FILLER: Scheme = Scheme::Acs3;

    /// The first three of `schemes`.
    pub const fn of(schemes: &[Scheme]) -> Self {
        let (length, list) = match *schemes {
            [] => (0, [Self::FILLER; 3]),
            [one] => (1, [one, Self::FILLER, Self::FILLER]),
            [one, two] => (2, [one, two, Self::FILLER]),
            [one, two, three, ..] => (3, [one, two, three]),
        };
        Self { length, list }
    }
}

impl Deref for Schemes {
    type Target = [Scheme];

    fn deref(&self) -> &[Scheme] {
        self.list.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl fmt::Debug for Schemes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Where a product's row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Published API metadata.
    OpenApi,
    /// A data plane with rules of its own.
    Data,
    /// Known from older SDKs only.
    Legacy,
}

/// How a call is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `/?Action=…&Version=…`.
    Rpc,
    /// A resource path.
    Roa,
    /// A data plane's own protocol.
    Data,
}

/// A region, by its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region(&'static str);

impl Region {
    /// For the region table.
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// The region id: `cn-hangzhou`.
    pub const fn id(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.0)
    }
}

/// A signature scheme of Alibaba Cloud, or another way in which a product takes a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `ACS3-HMAC-SHA256`, the current OpenAPI signature.
    Acs3,
    /// `ACS4-HMAC-SHA256`, with a derived day key.
    Acs4,
    /// RPC signature version 1.0: HMAC-SHA1 in the parameters.
    RpcV1,
    /// ROA signature version 1.0: `Authorization: acs …`.
    RoaV1,
    /// `OSS4-HMAC-SHA256`.
    OssV4,
    /// `Authorization: OSS …`, HMAC-SHA1.
    OssV1,
    /// AWS Signature Version 4, the dialect of OSS's S3-compatible hosts.
    S3,
    /// `SLS4-HMAC-SHA256`.
    SlsV4,
    /// `Authorization: LOG …`.
    SlsV1,
    /// Tablestore version 4.
    OtsV4,
    /// Tablestore version 2.
    OtsV2,
    /// MaxCompute version 4.
    OdpsV4,
    /// MaxCompute version 2.
    OdpsV2,
    /// `Authorization: DATAHUB …`.
    DataHub,
    /// `MNS4-HMAC-SHA256`.
    MnsV4,
    /// `Authorization: MNS …`.
    MnsV2,
    /// `Authorization: MQ …`, RocketMQ over HTTP.
    MqHttp,
    /// `Authorization: FC …`.
    FcV1,
    /// `ACS3-HMAC-SHA256` over an empty payload hash: Function Compute's HTTP triggers.
    FcTrigger,
    /// `X-Ca-*`: API Gateway's signature for apps, with an AppKey.
    ApiGateway,
    /// `Authorization: Dataplus …`.
    Dataplus,
    /// A long-lived API key sent as a bearer token: Model Studio.
    ApiKey,
    /// A bearer token of the product's own: PDS.
    Bearer,
    /// PDS's own HMAC-SHA1 variant.
    PdsV1,
    /// CloudMonitor's metric upload.
    MetricHub,
    /// OpenSearch's data plane.
    OpenSearch,
    /// The docker registry's token protocol.
    DockerToken,
}

impl Scheme {
    /// The scheme's name as the cloud, logs and metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acs3 => "ACS3-HMAC-SHA256",
            Self::Acs4 => "ACS4-HMAC-SHA256",
            Self::RpcV1 => "RPC1-HMAC-SHA1",
            Self::RoaV1 => "ROA1-HMAC-SHA1",
            Self::OssV4 => "OSS4-HMAC-SHA256",
            Self::OssV1 => "OSS1-HMAC-SHA1",
            Self::S3 => "AWS4-HMAC-SHA256",
            Self::SlsV4 => "SLS4-HMAC-SHA256",
            Self::SlsV1 => "SLS1-HMAC-SHA1",
            Self::OtsV4 => "OTS4-HMAC-SHA256",
            Self::OtsV2 => "OTS2-HMAC-SHA1",
            Self::OdpsV4 => "ODPS4-HMAC-SHA1",
            Self::OdpsV2 => "ODPS2-HMAC-SHA1",
            Self::DataHub => "DATAHUB-HMAC-SHA1",
            Self::MnsV4 => "MNS4-HMAC-SHA256",
            Self::MnsV2 => "MNS2-HMAC-SHA1",
            Self::MqHttp => "MQ-HMAC-SHA1",
            Self::FcV1 => "FC1-HMAC-SHA256",
            Self::FcTrigger => "FC3-HMAC-SHA256",
            Self::ApiGateway => "CA-HMAC-SHA256",
            Self::Dataplus => "DATAPLUS-HMAC-SHA1",
            Self::ApiKey => "API-KEY",
            Self::Bearer => "BEARER",
            Self::PdsV1 => "PDS1-HMAC-SHA1",
            Self::MetricHub => "CMS-HMAC-SHA1",
            Self::OpenSearch => "OPENSEARCH-HMAC-SHA1",
            Self::DockerToken => "DOCKER-TOKEN",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
