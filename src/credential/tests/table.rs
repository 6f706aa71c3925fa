//! A small endpoint table, with hosts of STS and KMS.

use crate::credential::StsTable;
use crate::names::{Host, Place};

/// The table.
#[derive(Debug)]
pub(super) struct Table;

impl StsTable for Table {
    fn regional(&self, region: &str, is_vpc: bool) -> Option<Host> {
        let network = if is_vpc { "-vpc" } else { "" };
        match region {
            "cn-hangzhou" => Host::from_pieces(&["sts", network, ".cn-hangzhou.aliyuncs.com"]).ok(),
            "cn-wuhan" => self.named("sts.aliyuncs.com"),
            _ => None,
        }
    }

    fn kms(&self, region: &str, is_vpc: bool) -> Option<Host> {
        let network = if is_vpc { "-vpc" } else { "" };
        let host = || Host::from_pieces(&["kms", network, ".cn-hangzhou.aliyuncs.com"]).ok();
        (region == "cn-hangzhou").then(host).flatten()
    }

    fn named(&self, name: &str) -> Option<Host> {
        let is_sts = name.starts_with("sts") && name.ends_with(".aliyuncs.com");
        is_sts.then(|| Host::from_pieces(&[name]).ok()).flatten()
    }

    fn is_own(&self, place: &Place) -> bool {
        place.port() == 9110
    }

    fn plays_metadata(&self) -> bool {
        false
    }
}
