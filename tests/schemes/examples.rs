//! Worked examples of `docs/signing.md` whose schemes have no file of their own here: each signature is made again from the text
//! that the page shows, with nothing of the signer's.

use sha2::{Digest, Sha256};

use super::oss::{base64, hex, mac1, mac256};
use super::page::{example, example_of};

/// The key of one day, for a region and a product.
fn day_key(region: &str, product: &str) -> Vec<u8> {
    let mut key = b"aliyun_v4testsecret".to_vec();
    for part in ["20260131", region, product, "aliyun_v4_request"] {
        key = mac256(&key, part);
    }
    key
}

#[test]
fn acs3_is_worked_out_as_it_is_printed() {
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    let (text, signature) = example_of("ACS3", &["--nonce", "n-1", url]);
    let empty = hex(&Sha256::digest(b""));
    let names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
    let lines = format!(
        "host:ecs.cn-hangzhou.aliyuncs.com\nx-acs-action:DescribeRegions\nx-acs-content-sha256:{empty}\n\
         x-acs-date:2026-01-31T12:00:00Z\nx-acs-signature-nonce:n-1\nx-acs-version:2014-05-26\n"
    );
    let canonical = format!("GET\n/\nAction=DescribeRegions\n{lines}\n{names}\n{empty}");
    assert_eq!(text, format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical.as_bytes()))));
    assert_eq!(hex(&mac256(b"testsecret", &text)), signature);
}

#[test]
fn rpc_version_1_is_worked_out_as_it_is_printed() {
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions&AccessKeyId=any&Signature=any";
    let (text, proof) = example_of("RPC version 1", &["--nonce", "n-1", url]);
    let signature = base64(&mac1("testsecret&", &text)).replace('=', "%3D");
    assert_eq!(proof, format!("Signature={signature}"));
}

#[test]
fn oss_version_4_is_worked_out_as_it_is_printed() {
    for (section, url, product, resource) in [
        (
            "OSS V4",
            "https://examplebucket.oss-cn-hangzhou.aliyuncs.com/report.pdf",
            "oss",
            "/examplebucket/report.pdf\n",
        ),
        (
            "OSS vectors and tables",
            "https://examplebucket-1234567890123456.cn-hangzhou.oss-vectors.aliyuncs.com/?list",
            "oss",
            "/acs%3Aossvector%3Acn-hangzhou%3A1234567890123456%3Aexamplebucket/\nlist",
        ),
        (
            "OSS tables",
            "https://cn-hangzhou.oss-tables.aliyuncs.com/buckets/acs%3Aosstables%3Acn-hangzhou%3A1234567890123456%3Abucket%2Fexamplebucket",
            "osstables",
            "/acs%3Aosstables%3Acn-hangzhou%3A1234567890123456%3Abucket/examplebucket\
             /buckets/acs%3Aosstables%3Acn-hangzhou%3A1234567890123456%3Abucket/examplebucket\n",
        ),
    ] {
        let (text, signature) = example(section, url);
        let headers = "x-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20260131T120000Z\n";
        let canonical = format!("GET\n{resource}\n{headers}\n\nUNSIGNED-PAYLOAD");
        let hash = hex(&Sha256::digest(canonical.as_bytes()));
        assert!(text.ends_with(&format!("/{product}/aliyun_v4_request\n{hash}")), "{section}: {text}");
        assert_eq!(hex(&mac256(&day_key("cn-hangzhou", product), &text)), signature, "{section}");
    }
}

#[test]
fn version_4_of_log_service_is_worked_out_as_it_is_printed() {
    let url = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores?size=10";
    let caller = "Authorization: SLS4-HMAC-SHA256 any";
    let (text, signature) = example_of("Log Service, version 4", &["-H", caller, url]);
    assert_eq!(hex(&mac256(&day_key("cn-hangzhou", "sls"), &text)), signature);
}

#[test]
fn version_4_of_tablestore_is_worked_out_as_it_is_printed() {
    let url = "https://my-instance.cn-hangzhou.ots.aliyuncs.com/ListTable";
    let [proof, id] = ["x-ots-signaturev4: any", "x-ots-accesskeyid: any"];
    let [region, day] = ["x-ots-signregion: cn-hangzhou", "x-ots-signdate: 20260131"];
    let arguments = ["-X", "POST", "-H", proof, "-H", id, "-H", region, "-H", day, url];
    let (text, proof) = example_of("Tablestore, version 4", &arguments);
    let key = base64(&day_key("cn-hangzhou", "ots"));
    assert_eq!(proof, format!("x-ots-signaturev4: {}", base64(&mac256(key.as_bytes(), &text))));
}

#[test]
fn version_4_of_maxcompute_is_worked_out_as_it_is_printed() {
    let url = "https://service.cn-hangzhou.maxcompute.aliyun.com/api/projects/my_project/tables?maxitems=10&expectmarker";
    let scope = "20260131/cn-hangzhou/odps/aliyun_v4_request";
    let caller = format!("Authorization: ODPS any/{scope}:any");
    let (text, proof) = example_of("MaxCompute, version 4", &["-H", &caller, url]);
    let mut mac =
        <hmac::Hmac<sha1::Sha1> as hmac::KeyInit>::new_from_slice(&day_key("cn-hangzhou", "odps")).unwrap();
    hmac::Mac::update(&mut mac, text.as_bytes());
    let signature = base64(&hmac::Mac::finalize(mac).into_bytes());
    assert_eq!(proof, format!("Authorization: ODPS testid/{scope}:{signature}"));
}
