//! The host that a mistyped one was probably meant to be, for the refusal to say.

use super::reverse::without_tenant;
use super::table;
use crate::names::{Host, Region};
use crate::suggest::nearest;

/// The host of the table that `PRODUCT.REGION.aliyuncs.com` was probably meant to be: with the nearest region, the
/// nearest product, or both. Looks at every product, so it is for refusals only.
pub fn meant(host: &str) -> Option<Host> {
    let (label, region) = host.strip_suffix(".aliyuncs.com")?.split_once('.')?;
    let region = nearest(region, table::regions().map(Region::id))?;
    let known = |label: &str| {
        let host = Host::from_pieces(&[label, ".", region, ".aliyuncs.com"]).ok()?;
        without_tenant(host.as_str()).map(|_| host)
    };
    known(label).or_else(|| known(nearest(label, table::products().map(|product| product.code))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_product_or_region_is_seen_and_what_is_no_slip_is_not() {
        for (typed, expected) in [
            ("ecs.cn-hangzou.aliyuncs.com", Some("ecs.cn-hangzhou.aliyuncs.com")),
            ("esc.cn-hangzhou.aliyuncs.com", Some("ecs.cn-hangzhou.aliyuncs.com")),
            ("esc.cn-hangzou.aliyuncs.com", Some("ecs.cn-hangzhou.aliyuncs.com")),
            ("ecs.nowhere.aliyuncs.com", None),
            ("no-such-product.cn-hangzhou.aliyuncs.com", None),
            ("example.com", None),
            ("aliyuncs.com", None),
        ] {
            assert_eq!(meant(typed).as_ref().map(Host::as_str), expected, "{typed}");
        }
    }
}
