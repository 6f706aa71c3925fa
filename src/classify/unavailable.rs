//! The refusals of what is recognised and not signed for, each with its reason.

use crate::names::{Product, Scheme};
use crate::refusal::{Code, Refusal};

/// The product takes `scheme` for this request, and no signature of it leaves here.
pub(super) fn unavailable(product: &'static Product, scheme: Scheme) -> Refusal {
    let code = product.code;
    let (sentence, action) = match scheme {
        Scheme::MetricHub => (
            format!("`{code}` takes metrics under a signature of its own, which is not built"),
            "send them to `cms`, as `PutCustomMetric`",
        ),
        Scheme::OpenSearch => (
            format!("`{code}` takes searches and documents under a signature of its own, which is not built"),
            "call it without countersign; `opensearch`, its control plane, is signed for",
        ),
        Scheme::Bearer | Scheme::PdsV1 => (
            format!("`{code}` takes the tokens of its own users, and no signature of a RAM role"),
            "send its token without countersign",
        ),
        Scheme::DockerToken => (
            format!("`{code}` takes docker's tokens, and no signature"),
            "ask `cr` for one by `GetAuthorizationToken`, and log in to the registry without countersign",
        ),
        scheme => (
            format!("`{code}` takes {scheme} here, which this version cannot sign"),
            "see the README for what is signed today",
        ),
    };
    Refusal::new(Code::SchemeUnavailable, sentence, action)
}

/// EventBridge's data plane lists ROA version 1. Events go to an account's own bus, by rules of which nothing is known that
/// a signature could be compared with.
pub(super) fn events(product: &'static Product) -> Refusal {
    Refusal::new(
        Code::SchemeUnavailable,
        format!("`{}` takes events under rules that its control plane does not share", product.code),
        "send them without countersign; `eventbridge`, its control plane, is signed for",
    )
}

/// Data Lake Formation's catalog.
pub(super) fn catalog() -> Refusal {
    Refusal::new(
        Code::SchemeUnavailable,
        "the request is signed with DLF4-HMAC-SHA256, which this version cannot sign",
        "have the client sign with ACS3 or ROA version 1, which `dlfnext` takes too",
    )
}

/// What private clouds make of ACS4: the same under a name and an end of their own.
pub(super) fn private_cloud() -> Refusal {
    Refusal::new(
        Code::SchemeUnavailable,
        "the request is signed in the dialect of a private cloud, `CLOUD4-…`, which this version cannot sign",
        "have the client sign with ACS4 or ACS3",
    )
}
