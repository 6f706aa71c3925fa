//! What is behind the gateway: products that are played, by query, form, path and body, and one that is not.

use super::client::{Visit, request};
use crate::sandbox::Outcome;

const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
const CS: &str = "cs.cn-hangzhou.aliyuncs.com";

#[tokio::test]
async fn a_product_that_is_not_played_is_verified_first() {
    let visit = Visit::new().await;
    let vpc = "vpc.cn-hangzhou.aliyuncs.com";
    let answer = visit.acs3(&visit.user(), ("POST", vpc, "/"), "DescribeVpcs").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "InvalidAction.NotFound"));
    assert_eq!(visit.sandbox.verdicts()[0].outcome, Outcome::Verified);
    assert_eq!(
        visit.send(&request("POST", vpc, "/", "Action=DescribeVpcs")).await.code(),
        "MissingAccessKeyId"
    );
}

#[tokio::test]
async fn an_roa_product_lists_its_clusters() {
    let visit = Visit::new().await;
    let cs = "cs.cn-hangzhou.aliyuncs.com";
    let answer = visit.acs3(&visit.user(), ("GET", cs, "/api/v1/clusters"), "DescribeClustersV1").await;
    assert_eq!(answer.json()["page_info"]["total_count"], 2);
    let answer = visit.acs3(&visit.user(), ("GET", cs, "/clusters"), "DescribeClusters").await;
    assert_eq!(answer.json()[0]["region_id"], "cn-hangzhou");
    let answer = visit.acs3(&visit.user(), ("GET", cs, "/nodes"), "DescribeClusters").await;
    assert_eq!(answer.code(), "InvalidAction.NotFound");
}

#[tokio::test]
async fn a_cluster_is_created_described_and_deleted_by_path() {
    let visit = Visit::new().await;
    let order = r#"{"name":"lab","region_id":"cn-hangzhou"}"#;
    let made = visit.acs3_json(&visit.user(), ("POST", CS, "/clusters"), "CreateCluster", order).await;
    assert_eq!(made.status, 202, "{}", made.text());
    let made = made.json();
    assert_eq!(made["request_id"].as_str().map(str::len), Some(36));
    let path = format!("/clusters/{}", made["cluster_id"].as_str().unwrap());
    let detail = visit.acs3(&visit.user(), ("GET", CS, &path), "DescribeClusterDetail").await;
    assert_eq!(
        (&detail.json()["name"], &detail.json()["created"]),
        (&"lab".into(), &"2024-03-07T08:09:05Z".into())
    );
    assert_eq!(visit.acs3(&visit.user(), ("DELETE", CS, &path), "DeleteCluster").await.status, 202);
    let gone = visit.acs3(&visit.user(), ("GET", CS, &path), "DescribeClusterDetail").await;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (404, "ErrorClusterNotFound"));
}

#[tokio::test]
async fn an_instance_is_run_by_query_and_by_form_alike() {
    let visit = Visit::new().await;
    let order = [
        ("Action", "RunInstances"),
        ("Version", "2014-05-26"),
        ("Format", "JSON"),
        ("ImageId", "aliyun_3"),
        ("InstanceType", "ecs.c8i.large"),
        ("Tag.1.Key", "équipe"),
        ("Tag.1.Value", "a b+c/d=e&f*~"),
    ];
    for (answer, id) in [
        (visit.rpc(&visit.user(), ECS, &order).await, "i-sandboxcnhangzhou0006"),
        (visit.rpc_form(&visit.user(), ECS, &order).await, "i-sandboxcnhangzhou0007"),
    ] {
        assert_eq!(answer.json()["InstanceIdSets"]["InstanceIdSet"][0], id, "{}", answer.text());
    }
    let asked = [("Action", "DescribeInstances"), order[1], order[2], order[5], order[6]];
    assert_eq!(visit.rpc(&visit.user(), ECS, &asked).await.json()["TotalCount"], 2);
    let asked = [("Action", "StopInstance"), order[1], ("InstanceId", "i-sandboxcnhangzhou0006")];
    let answer = visit.rpc_form(&visit.user(), ECS, &asked).await;
    // XML, since no format was asked for.
    assert!(answer.text().contains("<StopInstanceResponse><RequestId>"), "{}", answer.text());
}
