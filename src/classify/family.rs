//! Families of schemes: where the requests of each carry their credentials, and which a product's requests belong to.

use crate::names::{Endpoint, Kind, Product, Scheme};
use crate::refusal::Refusal;
use crate::wire::Head;

use super::fc;
use super::unavailable::{events, unavailable};

/// The family of a scheme: requests of one family carry their credentials in the same places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// RPC version 1: in the parameters.
    Rpc,
    /// ACS3: in headers.
    Acs3,
    /// ROA version 1: in other headers.
    Roa,
    /// OSS.
    Oss,
    /// Log Service, version 1. Its requests are read alike whatever they leave as.
    SlsV1,
    /// Log Service, version 4.
    SlsV4,
    /// Function Compute's own version 1.
    Fc,
    /// Function Compute's HTTP triggers, on customers' names.
    FcTrigger,
    /// API Gateway, for its apps.
    ApiGateway,
    /// Tablestore, of either version.
    Ots,
    /// MaxCompute, of either version.
    Odps,
    /// DataHub.
    DataHub,
    /// Simple Message Queue, of either version.
    Mns,
    /// RocketMQ over HTTP.
    RocketMq,
    /// Dataplus.
    Dataplus,
    /// An API key as a bearer token: Model Studio.
    ApiKey,
}

impl Family {
    /// Of the scheme that a request leaves with. `None`: nothing is signed, and nothing that looks signed may stay.
    pub const fn of(scheme: Option<Scheme>) -> Self {
        match scheme {
            Some(Scheme::RpcV1) | None => Self::Rpc,
            Some(Scheme::RoaV1) => Self::Roa,
            Some(Scheme::OssV4 | Scheme::OssV1 | Scheme::S3) => Self::Oss,
            Some(Scheme::SlsV1) => Self::SlsV1,
            Some(Scheme::SlsV4) => Self::SlsV4,
            Some(Scheme::FcV1) => Self::Fc,
            Some(Scheme::FcTrigger) => Self::FcTrigger,
            Some(Scheme::ApiGateway) => Self::ApiGateway,
            Some(Scheme::OtsV2 | Scheme::OtsV4) => Self::Ots,
            Some(Scheme::OdpsV2 | Scheme::OdpsV4) => Self::Odps,
            Some(Scheme::DataHub) => Self::DataHub,
            Some(Scheme::MnsV2 | Scheme::MnsV4) => Self::Mns,
            Some(Scheme::MqHttp) => Self::RocketMq,
            Some(Scheme::Dataplus) => Self::Dataplus,
            Some(Scheme::ApiKey) => Self::ApiKey,
            // The rest after ACS4 is recognised, and never leaves.
            Some(
                Scheme::Acs3
                | Scheme::Acs4
                | Scheme::Bearer
                | Scheme::PdsV1
                | Scheme::MetricHub
                | Scheme::OpenSearch
                | Scheme::DockerToken,
            ) => Self::Acs3,
        }
    }

    /// Whether its requests are OpenAPI calls, named by parameters and headers, with fields of a form among the first.
    pub const fn is_openapi(self) -> bool {
        matches!(self, Self::Rpc | Self::Acs3 | Self::Roa)
    }

    /// Whether the fields of a form are read: they say what is asked, or are signed.
    pub const fn reads_forms(self) -> bool {
        self.is_openapi() || matches!(self, Self::ApiGateway)
    }
}

/// Which family of schemes the requests to an endpoint are read by. One whose scheme has no signer yet is refused.
pub fn family(endpoint: &Endpoint) -> Result<Family, Refusal> {
    let product = endpoint.product();
    match product.schemes.first() {
        // An instance's host is Tablestore's data plane; what has none is the control plane of the same name.
        Some(Scheme::OtsV4 | Scheme::OtsV2) if endpoint.tenant().is_none() => Ok(Family::Acs3),
        _ => of_product(product),
    }
}

/// The same of any host of a product.
pub(super) fn of_product(product: &'static Product) -> Result<Family, Refusal> {
    match product.schemes.first() {
        // Twenty products publish no scheme; all are OpenAPI.
        None | Some(Scheme::Acs3 | Scheme::Acs4 | Scheme::RpcV1) => Ok(Family::Acs3),
        Some(Scheme::RoaV1) if product.kind != Kind::Data => Ok(Family::Acs3),
        Some(Scheme::RoaV1) => Err(events(product)),
        // The import service signs for another product.
        Some(Scheme::OssV4 | Scheme::S3) if product.code.starts_with("oss") => Ok(Family::Oss),
        Some(Scheme::SlsV4) => Ok(Family::SlsV1),
        Some(Scheme::ApiKey) => Ok(Family::ApiKey),
        Some(Scheme::DataHub) => Ok(Family::DataHub),
        Some(Scheme::MnsV4 | Scheme::MnsV2) => Ok(Family::Mns),
        Some(Scheme::MqHttp) => Ok(Family::RocketMq),
        Some(Scheme::FcTrigger) => Ok(Family::FcTrigger),
        Some(Scheme::ApiGateway) => Ok(Family::ApiGateway),
        Some(Scheme::Dataplus) => Ok(Family::Dataplus),
        Some(Scheme::OtsV4 | Scheme::OtsV2) => Ok(Family::Ots),
        Some(Scheme::OdpsV4 | Scheme::OdpsV2) => Ok(Family::Odps),
        Some(&scheme) => Err(unavailable(product, scheme)),
    }
}

/// The family that one request is read by: its endpoint's, but for the calls of Function Compute that are no OpenAPI.
pub fn family_of(endpoint: &Endpoint, head: &Head, path: &[u8]) -> Result<Family, Refusal> {
    let product = endpoint.product();
    if fc::is_own(product, head, path) && product.kind == Kind::OpenApi {
        return Ok(Family::Fc);
    }
    family(endpoint)
}
