//! Each scheme on its whole way: what a caller sends, and what the cloud gets, checked by a second reading of its rules.

mod acs;
mod datahub;
mod examples;
mod fc;
mod mns;
mod model_studio;
mod odps;
pub(crate) mod oss;
mod oss_forms;
pub(crate) mod ots;
mod ots_answers;
mod page;
mod roa;
mod rocketmq;
mod sls;
mod unsigned;
