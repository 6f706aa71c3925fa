//! What is asked: of which product, which operation, signed how. Pure.

mod authority;
mod browser;
mod data;
mod form;
mod meant;
mod operation;
mod oss;
mod path;
mod plan;
mod presigned;
pub mod strip;

pub use authority::{Listener, Named, named, target};
pub use browser::refuse_browsers;
pub use data::sls_hash;
pub use form::{has_form, is_form_type};
pub use meant::{Doubt, settle};
pub use operation::{Asked, FormRead, asked};
pub use oss::additional_headers;
pub use path::check as check_path;
pub use plan::{BodyPlan, Plan, Shape, family, plan, reusable_hash};
pub use presigned::check_signed_url;

#[cfg(test)]
mod tests;
