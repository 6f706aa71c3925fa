//! Each scheme on its whole way: what a caller sends, and what the cloud gets, checked by a second reading of its rules.

mod model_studio;
mod oss;
mod oss_forms;
mod roa;
mod sls;
mod unsigned;
