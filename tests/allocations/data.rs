//! Log Service, Tablestore, MaxCompute, DataHub and the message queues.

use countersign::sign::{odps, ots};

use countersign::names::Region;

use super::*;

#[test]
fn both_versions_of_log_service_allocate_nothing() {
    let mut worker = Worker::new();
    let v1 = "Authorization: LOG d:c2ln\r\nx-log-apiversion: 0.6.0\r\n";
    let sha256 = "Authorization: LOG d:c2ln\r\nx-log-signaturemethod: hmac-sha256\r\n";
    let v4 = "Authorization: SLS4-HMAC-SHA256 Credential=d/20200101/r/sls/aliyun_v4_request,Signature=00\r\n";
    for size in SIZES {
        for (headers, scheme) in
            [("", Scheme::SlsV1), (v1, Scheme::SlsV1), (sha256, Scheme::SlsV1), (v4, Scheme::SlsV4)]
        {
            let line = format!("GET /logstores/a%2Fb?{}", many(size));
            let request = request(&line, "project-1.cn-hangzhou.log.aliyuncs.com", headers, size);
            assert_eq!(worker.measure(&request, None, scheme), 0, "{size} {headers}");
        }
    }
}

#[test]
fn datahub_allocates_nothing() {
    let mut worker = Worker::new();
    let dummy = "Authorization: DATAHUB d:c2ln\r\nx-datahub-client-version: 1.1\r\nContent-Length: 9\r\n";
    for size in SIZES {
        let line = format!("POST /projects/p/topics/a%20b/shards/0?{}", many(size));
        for headers in ["", dummy] {
            let request = request(&line, "dh-cn-hangzhou.aliyuncs.com", headers, size);
            assert_eq!(worker.measure(&request, None, Scheme::DataHub), 0, "{size} {headers}");
        }
    }
}

#[test]
fn the_message_queues_allocate_nothing() {
    let mut worker = Worker::new();
    let (account, region) = ("1234567890123456.mns.cn-hangzhou.aliyuncs.com", "cn-hangzhou.mns.aliyuncs.com");
    let v4 = "Authorization: MNS4-HMAC-SHA256 Credential=d/20200101/r/mns/aliyun_v4_request,Signature=00\r\n\
              x-mns-date: Wed, 01 Jan 2020 00:00:00 GMT\r\nContent-Length: 9\r\n";
    for size in SIZES {
        for (headers, host, scheme) in [
            ("", account, Scheme::MnsV2),
            ("Authorization: MNS d:c2ln\r\nx-mns-date: d\r\nContent-Length: 9\r\n", account, Scheme::MnsV2),
            ("", region, Scheme::MnsV4),
            (v4, region, Scheme::MnsV4),
            (
                "Authorization: MQ d:c2ln\r\n",
                "1234567890123456.mqrest.cn-hangzhou.aliyuncs.com",
                Scheme::MqHttp,
            ),
        ] {
            let line = format!("POST /topics/a%20b/messages?{}", many(size));
            let request = request(&line, host, headers, size).replace("x-other-m", "x-mns-m");
            assert_eq!(worker.measure(&request, None, scheme), 0, "{size} {headers}");
        }
    }
}

#[test]
fn both_versions_of_tablestore_and_of_maxcompute_allocate_nothing() {
    let mut worker = Worker::new();
    let v2 = "x-ots-signature: d\r\nx-ots-contentmd5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\nContent-Length: 9\r\n";
    let v4 = "x-ots-signaturev4: d\r\nx-ots-signdate: 20200101\r\nx-ots-signregion: r\r\n";
    let odps = "Authorization: ODPS d:c2ln\r\nx-odps-user-agent: a\r\nContent-Length: 9\r\n";
    let scoped = "Authorization: ODPS d/20200101/r/odps/aliyun_v4_request:c2ln\r\n";
    for size in SIZES {
        let table = "POST /PutRow".to_owned();
        let project = format!("PUT /projects/a%5Fb/tables/t?x-odps-a=b{}", many(size));
        for (line, host, headers, scheme) in [
            (&table, "inst-1.cn-hangzhou.ots.aliyuncs.com", "", Scheme::OtsV2),
            (&table, "inst-1.cn-hangzhou.ots.aliyuncs.com", v2, Scheme::OtsV2),
            (&table, "inst-1.cn-hangzhou.ots.aliyuncs.com", v4, Scheme::OtsV4),
            (&project, "dt.cn-hangzhou.maxcompute.aliyun.com", "", Scheme::OdpsV2),
            (&project, "dt.cn-hangzhou.maxcompute.aliyun.com", odps, Scheme::OdpsV2),
            (&project, "dt.cn-hangzhou.maxcompute.aliyun.com", scoped, Scheme::OdpsV4),
        ] {
            let product = if scheme == Scheme::OdpsV4 { odps::PRODUCT } else { ots::PRODUCT };
            worker.day_key = worker.key.scope_key(calendar::day(0), Region::new("cn-hangzhou"), product);
            let request = request(line, host, headers, size);
            assert_eq!(worker.measure(&request, None, scheme), 0, "{size} {headers}");
        }
    }
}
