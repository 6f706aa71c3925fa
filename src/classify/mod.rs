//! What is asked: of which product, which operation, signed how. Pure.

mod acs4;
mod anonymous;
mod api_key;
mod authority;
mod browser;
mod calls;
mod datahub;
mod family;
mod fc;
mod form;
mod gateway;
mod meant;
mod mns;
mod odps;
mod once;
mod openapi;
mod operation;
mod oss;
mod ots;
mod path;
mod plan;
mod presigned;
mod rocketmq;
mod sls;
pub mod strip;
mod unavailable;

pub use acs4::scope as acs4_scope;
pub use authority::{Listener, Named, named, target};
pub use browser::refuse_browsers;
pub use family::{Family, family, family_of};
pub use form::{has_form, is_form_type};
pub use gateway::signed_headers;
pub use meant::{Doubt, settle};
pub use mns::dated;
pub use odps::asks_for_tunnel;
pub use openapi::reusable_hash;
pub use operation::{Asked, FormRead, asked};
pub use oss::additional_headers;
pub use ots::claimed_md5 as ots_md5;
pub use path::check as check_path;
pub use plan::{BodyPlan, Plan, Shape, plan};
pub use presigned::check_signed_url;
pub use sls::claimed_hash as sls_hash;

#[cfg(test)]
mod tests;
