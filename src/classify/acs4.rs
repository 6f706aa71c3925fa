//! For which region and product a caller signed with ACS4: what its `Authorization` says, judged strictly.

use crate::names::Scope;
use crate::refusal::{Code, Refusal};
use crate::wire::Head;

/// Bytes of a product's code: the longest published one has 26.
const PRODUCT_BYTES_MAX: usize = 32;
/// Bytes of a region's id, which is held to the table later.
const REGION_BYTES_MAX: usize = 32;

/// The scope of `ACS4-HMAC-SHA256 Credential=ID/DAY/REGION/PRODUCT/aliyun_v4_request,…`, or of its SM3 variant.
/// The day is the caller's own and is not used again.
///
/// # Errors
/// What a signature of ours could not be limited to.
pub fn scope(head: &Head) -> Result<Scope<'_>, Refusal> {
    read(head.field("authorization").unwrap_or_default()).ok_or_else(|| {
        Refusal::new(
            Code::BadHeader,
            "the ACS4 signature's `Credential` is not ID/DAY/REGION/PRODUCT/aliyun_v4_request, which says what to sign for",
            "sign with a key id of letters and digits, the region's id or `center`, and the product's code",
        )
    })
}

fn read(authorization: &[u8]) -> Option<Scope<'_>> {
    let text = std::str::from_utf8(authorization).ok()?;
    let (algorithm, proof) = text.split_once(' ')?;
    if !matches!(algorithm, "ACS4-HMAC-SHA256" | "ACS4-HMAC-SM3") {
        return None;
    }
    let credential = proof.trim_start().strip_prefix("Credential=")?.split([',', ' ']).next()?;
    let mut parts = credential.split('/');
    let (id, day, region) = (parts.next()?, parts.next()?, parts.next()?);
    let (product, end) = (parts.next()?, parts.next()?);
    let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = parts.next().is_none() && !id.is_empty() && is_day && end == "aliyun_v4_request";
    let fits = |text: &str, most: usize| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=most).contains(&text.len()) && text.bytes().all(is_plain)
    };
    let is_fit = fits(region, REGION_BYTES_MAX) && fits(product, PRODUCT_BYTES_MAX);
    (is_whole && is_fit).then_some(Scope { region, product })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_whole_or_not_at_all() {
        let of = |credential: &str| {
            let text = format!("ACS4-HMAC-SHA256 Credential={credential},SignedHeaders=host,Signature=0");
            read(text.as_bytes()).map(|scope| format!("{} {}", scope.region, scope.product))
        };
        assert_eq!(
            of("k/20250630/cn-hangzhou/DlfNext/aliyun_v4_request").as_deref(),
            Some("cn-hangzhou DlfNext")
        );
        assert_eq!(of("k/20250630/center/r-kvstore/aliyun_v4_request").as_deref(), Some("center r-kvstore"));
        let long = "p".repeat(33);
        for credential in [
            "",
            "k",
            "/20250630/cn-hangzhou/Ecs/aliyun_v4_request",
            "k/2025063/cn-hangzhou/Ecs/aliyun_v4_request",
            "k/2025063x/cn-hangzhou/Ecs/aliyun_v4_request",
            "k/20250630//Ecs/aliyun_v4_request",
            "k/20250630/cn-hangzhou//aliyun_v4_request",
            "k/20250630/cn-hangzhou/E_cs/aliyun_v4_request",
            "k/20250630/cn%2Dhangzhou/Ecs/aliyun_v4_request",
            "k/20250630/cn-hangzhou/Ecs/cloud_v4_request",
            "k/20250630/cn-hangzhou/Ecs/aliyun_v4_request/more",
            "k/20250630/cn-hangzhou/Ecs",
            &format!("k/20250630/cn-hangzhou/{long}/aliyun_v4_request"),
        ] {
            assert_eq!(of(credential), None, "{credential}");
        }
        for authorization in
            ["ACS4-HMAC-SHA256", "ACS4-RSA-SHA256 Credential=k/20250630/r/P/aliyun_v4_request"]
        {
            assert_eq!(read(authorization.as_bytes()), None, "{authorization}");
        }
        let sm3 = b"ACS4-HMAC-SM3 Credential=k/20250630/center/Ram/aliyun_v4_request,Signature=0";
        assert_eq!(read(sm3), Some(Scope { region: "center", product: "Ram" }));
    }
}
