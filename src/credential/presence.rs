//! Whether this machine is an ECS instance. Asked before its metadata server is: elsewhere that costs seconds, and lets
//! whoever answers at the address hand us a stranger's account.

use std::path::Path;

use super::file;
use super::variables::{Variable, Variables};

/// Where Linux shows what the machine's firmware says of it.
pub const DMI: &str = "/sys/class/dmi/id";

/// What it says of an ECS instance. `product_name` goes on with `ECS`.
const VENDOR: &[u8] = b"Alibaba Cloud";
/// The kernel's limit for such a file.
const FILE_BYTES_MAX: u64 = 4_096;

/// Whether the metadata server belongs into the default chain: a variable asks for it, or the firmware below `dmi` says that
/// this is a machine of Alibaba Cloud's. Else why not.
///
/// # Errors
/// The reason, for whoever wonders why it was not asked.
pub fn presence(variables: &Variables, dmi: &Path) -> Result<(), &'static str> {
    if variables.is_true(Variable::EcsMetadataDisabled) {
        return Err("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true");
    }
    let is_asked_for =
        [Variable::EcsMetadata, Variable::ImdsEndpoint].iter().any(|asks| variables.value(*asks).is_some());
    let says_so = |name: &str| {
        file::read(&dmi.join(name), FILE_BYTES_MAX).is_ok_and(|contents| contents.bytes.starts_with(VENDOR))
    };
    if is_asked_for || says_so("product_name") || says_so("sys_vendor") {
        return Ok(());
    }
    Err(
        "this machine's firmware does not say that it is of Alibaba Cloud; ALIBABA_CLOUD_ECS_METADATA asks all the same",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_firmware_or_a_variable_says_that_there_is_a_metadata_server() {
        let directory = std::env::temp_dir().join(format!("countersign-dmi-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let presence = |product: &str, vendor: &str, set: &[(&str, &str)]| {
            std::fs::write(directory.join("product_name"), product).unwrap();
            std::fs::write(directory.join("sys_vendor"), vendor).unwrap();
            let pairs = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            presence(&Variables::from_pairs(pairs), &directory)
        };
        let off = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "True");
        assert_eq!(presence("Alibaba Cloud ECS\n", "Alibaba Cloud\n", &[]), Ok(()));
        assert_eq!(presence("", "Alibaba Cloud\n", &[]), Ok(()));
        assert!(presence("Alibaba Cloud ECS\n", "Alibaba Cloud\n", &[off]).is_err());
        assert!(presence("Standard PC (Q35 + ICH9, 2009)\n", "QEMU\n", &[]).is_err());
        assert_eq!(presence("", "QEMU\n", &[("ALIBABA_CLOUD_ECS_METADATA", "app")]), Ok(()));
        assert_eq!(presence("", "", &[("ALIBABA_CLOUD_IMDS_ENDPOINT", "http://127.0.0.1:1")]), Ok(()));
        assert!(presence("", "", &[off, ("ALIBABA_CLOUD_ECS_METADATA", "app")]).is_err());
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(super::presence(&Variables::default(), &directory).is_err(), "no firmware to ask");
    }
}
