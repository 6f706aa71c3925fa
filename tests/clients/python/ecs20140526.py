"""`alibabacloud_ecs20140526`: the current SDK, generated for one product. Pointed at the proxy by its configuration."""

import asyncio
import json
import os

import checks
import dummies
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException, ClientException
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

TAGS = {"équipe": "a b+c/d=e&f*~测试", "env": ""}


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


def run(of, region="cn-hangzhou", **more):
    """Runs instances, and returns their ids."""
    tags = [models.RunInstancesRequestTag(key=key, value=value) for key, value in TAGS.items()]
    usual = {"image_id": "aliyun_3", "instance_type": "ecs.c8i.large", "tag": tags}
    body = of.run_instances(models.RunInstancesRequest(region_id=region, **(usual | more))).body
    return body.instance_id_sets.instance_id_set


def delete(of, *ids):
    """So that the next check finds what it expects."""
    of.delete_instances(models.DeleteInstancesRequest(region_id="cn-hangzhou", instance_id=list(ids), force=True))


def shown(of, instance_id):
    (one,) = instances(of, instance_ids=json.dumps([instance_id])).instances.instance
    return one


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
    of = client()
    run(of, instance_name="a b+c/d=e&f*~测试", amount=2)
    tags = [models.DescribeInstancesRequestTag(key=key, value=value) for key, value in TAGS.items()]
    body = instances(of, tag=tags, instance_name="a b+c/d=e&f*~*")
    checks.same(body.total_count, 2)
    ids = [one.instance_id for one in body.instances.instance]
    checks.same(instances(of, instance_ids=json.dumps([*ids, "i-none"])).total_count, 2)
    delete(of, *ids)


def an_instance_is_run_stopped_started_and_deleted():
    of = client()
    (first,) = run(of, instance_name="job")
    checks.same(shown(of, first).status, "Running")
    of.stop_instance(models.StopInstanceRequest(instance_id=first, force_stop=True))
    one = shown(of, first)
    checks.same((one.status, one.instance_name, one.image_id), ("Stopped", "job", "aliyun_3"))
    checks.same({tag.tag_key: tag.tag_value for tag in one.tags.tag}, TAGS)
    again = checks.raised(ClientException, lambda: of.stop_instance(models.StopInstanceRequest(instance_id=first)))
    checks.same((again.status_code, again.code), (403, "IncorrectInstanceStatus"))
    of.start_instance(models.StartInstanceRequest(instance_id=first))
    asked = models.StopInstancesRequest(region_id="cn-hangzhou", instance_id=[first])
    stopped = of.stop_instances(asked).body.instance_responses.instance_response[0]
    checks.same((stopped.previous_status, stopped.current_status, stopped.code), ("Running", "Stopped", "200"))
    of.delete_instance(models.DeleteInstanceRequest(instance_id=first))
    gone = checks.raised(ClientException, lambda: of.stop_instance(models.StopInstanceRequest(instance_id=first)))
    checks.same((gone.status_code, gone.code), (404, "InvalidInstanceId.NotFound"))


def the_same_client_token_runs_nothing_twice():
    of = client()
    first = run(of, client_token="once", amount=2)
    checks.same(run(of, client_token="once", amount=2), first)
    error = checks.raised(ClientException, lambda: run(of, client_token="once", amount=3))
    checks.same((error.status_code, error.code), (400, "IdempotentParameterMismatch"))
    delete(of, *first)


def what_an_order_lacks_reaches_the_caller_by_name():
    error = checks.raised(ClientException, lambda: run(client(), image_id=None))
    checks.same((error.status_code, error.code), (400, "MissingParameter"))
    assert "ImageId" in error.message, error.message
    error = checks.raised(ClientException, lambda: run(client(), dry_run=True))
    checks.same((error.status_code, error.code), (400, "DryRunOperation"))


def tags_are_set_listed_and_removed():
    of = client()
    (first,) = run(of)
    where = {"region_id": "cn-hangzhou", "resource_type": "instance", "resource_id": [first]}
    of.tag_resources(models.TagResourcesRequest(tag=[models.TagResourcesRequestTag(key="env", value="x")], **where))
    of.untag_resources(models.UntagResourcesRequest(tag_key=["équipe"], **where))
    listed = of.list_tag_resources(models.ListTagResourcesRequest(**where)).body.tag_resources.tag_resource
    checks.same([(tag.resource_id, tag.tag_key, tag.tag_value) for tag in listed], [(first, "env", "x")])
    delete(of, first)


def an_order_in_a_form_is_verified_as_well_as_one_in_the_query():
    # The generic call of the same SDK, which sends what it is given as a form.
    params = Params(
        action="RunInstances", version="2014-05-26", protocol="HTTP", pathname="/", method="POST", auth_type="AK",
        style="RPC", req_body_type="formData", body_type="json",
    )
    body = {"RegionId": "cn-hangzhou", "ImageId": "aliyun_3", "InstanceType": "ecs.c8i.large"}
    body |= {"InstanceName": "form + 测试", "Tag.1.Key": "équipe", "Tag.1.Value": "a b"}
    of = client()
    answer = of.call_api(params, OpenApiRequest(body=body), RuntimeOptions())
    (first,) = answer["body"]["InstanceIdSets"]["InstanceIdSet"]
    one = shown(of, first)
    checks.same((one.instance_name, one.tags.tag[0].tag_value), ("form + 测试", "a b"))
    delete(of, first)


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


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(ClientException, lambda: instances(client(region), region))
    return error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (400, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (400, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "SignatureDoesNotMatch"))


checks.run(
    the_regions_come_back_parsed,
    an_instance_comes_back_with_its_nested_fields,
    pages_of_two_hold_every_instance_once,
    parameters_with_lists_and_unicode_are_signed_as_they_are_sent,
    an_instance_is_run_stopped_started_and_deleted,
    the_same_client_token_runs_nothing_twice,
    what_an_order_lacks_reaches_the_caller_by_name,
    tags_are_set_listed_and_removed,
    an_order_in_a_form_is_verified_as_well_as_one_in_the_query,
    an_asynchronous_call_is_answered_too,
    a_dummy_token_is_replaced_like_a_dummy_key,
    an_error_of_the_cloud_reaches_the_caller_whole,
    another_region_of_the_same_listener_answers_for_itself,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
