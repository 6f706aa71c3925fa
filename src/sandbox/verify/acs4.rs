//! `ACS4-HMAC-SHA256`: ACS3's canonical request, with a key for one day, region and product.

use super::acs3::{self, Fields};
use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Reads the rest of the `Authorization` header. Its `Credential` ends in a scope.
pub(super) fn read(heard: &Heard, place: &Place, authorization: &str) -> Result<Claim, Denial> {
    let fields = Fields::read(authorization)?;
    let credential = fields.access_key_id.clone();
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, product, "aliyun_v4_request"] = parts.as_slice() else {
        return Err(Denial::Malformed("Credential is AccessKeyId/date/region/product/aliyun_v4_request"));
    };
    let is_of_day =
        heard.header("x-acs-date").is_some_and(|stamp| stamp.get(..10).map(undashed).as_deref() == Some(day));
    if !is_of_day {
        return Err(Denial::BadDate("x-acs-date"));
    }
    // The product is not asked about: SDKs spell it as no endpoint does (`Alimt` for `mt`).
    if place.region.as_deref().is_some_and(|own| own != *region) {
        return Err(Denial::WrongRegion((*region).to_owned()));
    }
    let claim = acs3::claim(heard, "ACS4-HMAC-SHA256", fields)?;
    Ok(Claim {
        scheme: Scheme::Acs4,
        access_key_id: (*access_key_id).to_owned(),
        recipe: Recipe::V4 {
            day: (*day).to_owned(),
            region: (*region).to_owned(),
            product: (*product).to_owned(),
        },
        ..claim
    })
}

/// `2024-03-07` as a scope writes it.
fn undashed(day: &str) -> String {
    day.replace('-', "")
}
