//! Calls that leave unsigned.

use crate::names::{Action, Product};

/// Reads that Alibaba Cloud's own SDKs send without a credential, by product.
const READS: [(&str, &str); 4] = [
    ("elasticsearch", "CapacityPlan"),
    ("ice", "GetPublicMediaInfo"),
    ("ice", "ListAllPublicMediaTags"),
    ("ice", "ListPublicMediaBasicInfos"),
];

/// Whether the call needs no signature: it carries a proof of its own, to which one would be wrong, or is one of the reads
/// that everybody may make.
pub(super) fn leaves_unsigned(action: Option<Action>, product: &'static Product) -> bool {
    carries_its_own_proof(action, product) || is_public_read(action, product)
}

/// `AssumeRoleWithOIDC` and `AssumeRoleWithSAML` prove themselves with a token; a signature would be wrong there.
fn carries_its_own_proof(action: Option<Action>, product: &'static Product) -> bool {
    let is_proof =
        |action: Action| matches!(action.as_bytes(), b"AssumeRoleWithOIDC" | b"AssumeRoleWithSAML");
    product.code == "sts" && action.is_some_and(is_proof)
}

/// Whether everybody may make the call.
pub(super) fn is_public_read(action: Option<Action>, product: &'static Product) -> bool {
    let Some(action) = action else { return false };
    READS.iter().any(|(code, name)| *code == product.code && name.as_bytes() == action.as_bytes())
}
