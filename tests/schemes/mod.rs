//! Each scheme on its whole way: what a caller sends, and what the cloud gets, checked by a second reading of its rules.

mod datahub;
mod mns;
mod model_studio;
mod oss;
mod oss_forms;
mod page;
mod roa;
mod rocketmq;
mod sls;
mod unsigned;
