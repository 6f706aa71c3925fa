"""`alibabacloud_cs20151215`: an ROA product, with parameters in the path, in the query and in JSON bodies."""

import asyncio
import os

import checks
import dummies
from alibabacloud_cs20151215 import models
from alibabacloud_cs20151215.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config


def client(region="cn-hangzhou", **more):
    return Client(
        Config(
            access_key_id=dummies.ACCESS_KEY_ID,
            access_key_secret=dummies.ACCESS_KEY_SECRET,
            region_id=region,
            protocol="http",
            http_proxy=os.environ["FORWARD"],
            **more,
        )
    )


def order(region="cn-hangzhou", **more):
    tags = [models.Tag(key="équipe", value="a b+c/d=e&f*~测试")]
    return models.CreateClusterRequest(
        region_id=region, cluster_type="ManagedKubernetes", tags=tags, **({"name": "lab-集群"} | more)
    )


def names(of, **more):
    body = of.describe_clusters_v1(models.DescribeClustersV1Request(**more)).body
    return [one.name for one in body.clusters], body.page_info.total_count


def a_cluster_is_created_described_and_deleted():
    of = client()
    made = of.create_cluster(order(kubernetes_version="1.33.0", vpcid="vpc-1"))
    checks.same(made.status_code, 202)
    assert made.body.task_id.startswith("T-") and len(made.body.request_id) == 36, made.body
    detail = of.describe_cluster_detail(made.body.cluster_id).body
    checks.same((detail.cluster_id, detail.name, detail.state), (made.body.cluster_id, "lab-集群", "running"))
    checks.same((detail.current_version, detail.vpc_id), ("1.33.0", "vpc-1"))
    checks.same([(tag.key, tag.value) for tag in detail.tags], [("équipe", "a b+c/d=e&f*~测试")])
    gone = of.delete_cluster(made.body.cluster_id, models.DeleteClusterRequest(retain_all_resources=True))
    checks.same((gone.status_code, gone.body.cluster_id), (202, made.body.cluster_id))
    error = checks.raised(ClientException, lambda: of.describe_cluster_detail(made.body.cluster_id))
    checks.same((error.status_code, error.code), (404, "ErrorClusterNotFound"))


def clusters_are_listed_in_both_ways_and_by_page():
    of = client()
    listed = of.describe_clusters(models.DescribeClustersRequest()).body
    checks.same([one.name for one in listed], ["staging", "shop"])
    checks.same(names(of, page_size=1, page_number=2), (["shop"], 2))


def a_query_with_unicode_and_signs_is_signed_as_it_is_sent():
    of = client()
    name = "a-é-测试"
    made = of.create_cluster(order(name=name)).body
    checks.same(names(of, name=name), ([name], 1))
    checks.same(names(of, name="a b+c/d=e&f*~测试"), ([], 0))
    of.delete_cluster(made.cluster_id, models.DeleteClusterRequest())


def an_id_that_must_be_encoded_in_the_path_is_signed_as_it_is_sent():
    for strange in ("c 1", "c+1%2F", "集群", "c*~'()"):
        error = checks.raised(ClientException, lambda: client().describe_cluster_detail(strange))
        checks.same((error.status_code, error.code), (404, "ErrorClusterNotFound"))
        assert strange in error.message, error.message


def what_is_wrong_with_an_order_reaches_the_caller_whole():
    error = checks.raised(ClientException, lambda: client().create_cluster(order(name="-lab")))
    checks.same((error.status_code, error.code), (400, "InvalidParameter"))
    assert "does not begin with a hyphen" in error.message, error.message


def a_protected_cluster_stays():
    of = client()
    asked = models.DeleteClusterRequest()
    error = checks.raised(ClientException, lambda: of.delete_cluster("c5b1sandbox0001", asked))
    checks.same((error.status_code, error.code), (403, "InvalidOperation.DeletionProtection"))
    checks.same(of.describe_cluster_detail("c5b1sandbox0001").body.name, "staging")


def an_asynchronous_call_is_answered_too():
    body = asyncio.run(client().describe_cluster_detail_async("c5b1sandbox0002")).body
    checks.same((body.name, body.region_id), ("shop", "cn-hangzhou"))


def another_region_with_a_dummy_token_answers_for_itself():
    of = client("cn-beijing", security_token=dummies.SECURITY_TOKEN, type="sts")
    made = of.create_cluster(order("cn-beijing")).body
    checks.same(of.describe_cluster_detail(made.cluster_id).body.region_id, "cn-beijing")
    checks.raised(ClientException, lambda: client().describe_cluster_detail(made.cluster_id))
    of.delete_cluster(made.cluster_id, models.DeleteClusterRequest())


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(ClientException, lambda: client(region).describe_cluster_detail("c5b1sandbox0001"))
    return error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (400, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (400, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "SignatureDoesNotMatch"))


checks.run(
    a_cluster_is_created_described_and_deleted,
    clusters_are_listed_in_both_ways_and_by_page,
    a_query_with_unicode_and_signs_is_signed_as_it_is_sent,
    an_id_that_must_be_encoded_in_the_path_is_signed_as_it_is_sent,
    what_is_wrong_with_an_order_reaches_the_caller_whole,
    a_protected_cluster_stays,
    an_asynchronous_call_is_answered_too,
    another_region_with_a_dummy_token_answers_for_itself,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
