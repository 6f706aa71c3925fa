"""`alibabacloud_ecs20140526`: the current SDK, generated for one product. Pointed at the proxy by its configuration."""

import asyncio
import os

import checks
import dummies
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException


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


def instances(of, region="cn-hangzhou", **more):
    return of.describe_instances(models.DescribeInstancesRequest(region_id=region, **more)).body


def the_regions_come_back_parsed():
    body = client().describe_regions(models.DescribeRegionsRequest()).body
    by_id = {region.region_id: region for region in body.regions.region}
    checks.same(len(by_id), 6)
    checks.same(by_id["cn-beijing"].region_endpoint, "ecs.cn-beijing.aliyuncs.com")
    checks.same(by_id["eu-central-1"].local_name, "Germany (Frankfurt)")
    assert len(body.request_id) == 36, body.request_id


def an_instance_comes_back_with_its_nested_fields():
    first = instances(client()).instances.instance[0]
    checks.same((first.instance_id, first.instance_name), ("i-sandboxcnhangzhou0001", "web-1"))
    checks.same((first.cpu, first.memory, first.status), (2, 8192, "Running"))
    checks.same(first.vpc_attributes.private_ip_address.ip_address, ["192.168.0.1"])


def pages_of_two_hold_every_instance_once():
    of, names = client(), []
    for number in (1, 2, 3):
        body = instances(of, page_size=2, page_number=number)
        checks.same((body.page_number, body.page_size, body.total_count), (number, 2, 5))
        names += [one.instance_name for one in body.instances.instance]
    checks.same(names, [f"web-{number}" for number in range(1, 6)])


def parameters_with_lists_and_unicode_are_signed_as_they_are_sent():
    tags = [models.DescribeInstancesRequestTag(key="équipe", value="a b+c/d=e&f*~测试")]
    body = instances(client(), tag=tags, instance_name="web-*", instance_ids='["i-1", "i-2"]')
    checks.same(body.total_count, 5)


def an_asynchronous_call_is_answered_too():
    request = models.DescribeInstancesRequest(region_id="cn-hangzhou", page_size=3)
    body = asyncio.run(client().describe_instances_async(request)).body
    checks.same([one.instance_name for one in body.instances.instance], ["web-1", "web-2", "web-3"])


def a_dummy_token_is_replaced_like_a_dummy_key():
    body = instances(client(security_token=dummies.SECURITY_TOKEN, type="sts"))
    checks.same(body.total_count, 5)


def an_error_of_the_cloud_reaches_the_caller_whole():
    error = checks.raised(AlibabaCloudException, lambda: instances(client(), region="mars-1"))
    checks.same((error.status_code, error.code), (404, "InvalidRegionId.NotFound"))
    assert "The specified RegionId does not exist." in error.message, error.message


def another_region_of_the_same_listener_answers_for_itself():
    first = instances(client("cn-beijing"), "cn-beijing").instances.instance[0]
    checks.same((first.instance_id, first.zone_id), ("i-sandboxcnbeijing0001", "cn-beijing-b"))
    # Again with a token: this region is the one whose bytes are kept and searched.
    body = instances(client("cn-beijing", security_token=dummies.SECURITY_TOKEN), "cn-beijing")
    checks.same(body.total_count, 5)


checks.run(
    the_regions_come_back_parsed,
    an_instance_comes_back_with_its_nested_fields,
    pages_of_two_hold_every_instance_once,
    parameters_with_lists_and_unicode_are_signed_as_they_are_sent,
    an_asynchronous_call_is_answered_too,
    a_dummy_token_is_replaced_like_a_dummy_key,
    an_error_of_the_cloud_reaches_the_caller_whole,
    another_region_of_the_same_listener_answers_for_itself,
)
