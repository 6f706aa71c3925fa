"""`aliyun-python-sdk-core` and `-ecs`: the SDK before the current one, RPC-signed. Pointed at the proxy by `http_proxy`."""

import json
import os

import checks
import dummies
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkecs.request.v20140526.DeleteInstancesRequest import DeleteInstancesRequest
from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
from aliyunsdkecs.request.v20140526.DescribeRegionsRequest import DescribeRegionsRequest
from aliyunsdkecs.request.v20140526.RunInstancesRequest import RunInstancesRequest
from aliyunsdkecs.request.v20140526.StopInstanceRequest import StopInstanceRequest

TAGS = [{"Key": "équipe", "Value": "网 络"}]

ARN = f"acs:ram::1000000000000001:assumed-role/demo/sandbox-{os.environ['ROLE']}"


def client(region="cn-hangzhou"):
    return AcsClient(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, region)


def client_with_token(region="cn-hangzhou"):
    token = StsTokenCredential(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, dummies.SECURITY_TOKEN)
    return AcsClient(region_id=region, credential=token)


def answer(of, request):
    """The answer's JSON: the SDK asks for it, and leaves the parsing to its user."""
    return json.loads(of.do_action_with_exception(request))


def instances(**parameters):
    request = DescribeInstancesRequest()
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    return request


def order(**parameters):
    request = RunInstancesRequest()
    for name, value in ({"ImageId": "aliyun_3", "InstanceType": "ecs.c8i.large", "Tags": TAGS} | parameters).items():
        getattr(request, f"set_{name}")(value)
    return request


def delete(*ids):
    """So that the next check finds what it expects."""
    request = DeleteInstancesRequest()
    request.set_InstanceIds(list(ids))
    request.set_Force(True)
    answer(client(), request)


def identity_request(host, method="GET"):
    request = CommonRequest(domain=host, version="2015-04-01", action_name="GetCallerIdentity")
    request.set_method(method)
    return request


def the_regions_come_back_as_json():
    got = answer(client(), DescribeRegionsRequest())
    checks.same([one["RegionId"] for one in got["Regions"]["Region"]][:2], ["cn-hangzhou", "cn-shanghai"])
    checks.same(len(got["Regions"]["Region"]), 6)


def pages_of_two_hold_every_instance_once():
    of, names = client(), []
    for number in (1, 2, 3):
        got = answer(of, instances(PageSize=2, PageNumber=number))
        checks.same((got["PageNumber"], got["TotalCount"]), (number, 5))
        names += [one["InstanceName"] for one in got["Instances"]["Instance"]]
    checks.same(names, [f"web-{number}" for number in range(1, 6)])


def parameters_with_lists_and_unicode_are_signed_as_they_are_sent():
    (first,) = answer(client(), order(InstanceName="a b+c/d=e&f*~测试é"))["InstanceIdSets"]["InstanceIdSet"]
    found = answer(client(), instances(InstanceName="a b+c/d=e&f*~测*é", Tags=TAGS))["Instances"]["Instance"]
    checks.same([(one["InstanceId"], one["InstanceName"]) for one in found], [(first, "a b+c/d=e&f*~测试é")])
    delete(first)


def an_order_by_post_with_a_form_is_done():
    request = order()
    request.set_method("POST")
    for name, value in {"InstanceName": "web + *~测试", "Amount": 2, "Tag.2.Key": "env", "Tag.2.Value": "x y"}.items():
        request.add_body_params(name, value)
    ids = answer(client(), request)["InstanceIdSets"]["InstanceIdSet"]
    one = answer(client(), instances(InstanceIds=json.dumps(ids)))["Instances"]["Instance"][1]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in one["Tags"]["Tag"]}
    checks.same((one["InstanceName"], tags), ("web + *~测试", {"équipe": "网 络", "env": "x y"}))
    delete(*ids)


def an_instance_is_stopped_once():
    (first,) = answer(client(), order())["InstanceIdSets"]["InstanceIdSet"]
    request = StopInstanceRequest()
    request.set_InstanceId(first)
    answer(client(), request)
    error = checks.raised(ServerException, lambda: answer(client(), request))
    checks.same((error.get_http_status(), error.get_error_code()), (403, "IncorrectInstanceStatus"))
    delete(first)


def a_call_by_post_with_a_form_is_answered():
    request = instances(PageSize=3)
    request.set_method("POST")
    request.add_body_params("InstanceName", "web*")
    request.add_body_params("PageNumber", 2)
    got = answer(client(), request)
    checks.same([one["InstanceName"] for one in got["Instances"]["Instance"]], ["web-4", "web-5"])


def the_caller_is_the_proxys_role_and_nobody_else():
    got = answer(client(), identity_request("sts.cn-hangzhou.aliyuncs.com"))
    checks.same((got["Arn"], got["AccountId"]), (ARN, "1000000000000001"))


def the_caller_is_the_same_by_post():
    got = answer(client(), identity_request("sts.aliyuncs.com", "POST"))
    checks.same(got["Arn"], ARN)


def a_dummy_token_does_not_change_who_calls():
    for method in ("GET", "POST"):
        got = answer(client_with_token(), identity_request("sts.cn-beijing.aliyuncs.com", method))
        checks.same(got["Arn"], ARN)


def an_error_of_the_cloud_reaches_the_caller_whole():
    request = instances()
    request.add_query_param("RegionId", "mars-1")
    request.set_endpoint("ecs.cn-hangzhou.aliyuncs.com")
    error = checks.raised(ServerException, lambda: client().do_action_with_exception(request))
    checks.same((error.get_http_status(), error.get_error_code()), (404, "InvalidRegionId.NotFound"))
    checks.same(error.get_error_msg(), "The specified RegionId does not exist.")
    assert len(error.get_request_id()) == 36, error.get_request_id()


def another_region_of_the_same_listener_answers_for_itself():
    for of in (client("cn-beijing"), client_with_token("cn-beijing")):
        first = answer(of, instances())["Instances"]["Instance"][0]
        checks.same(first["InstanceId"], "i-sandboxcnbeijing0001")


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(ServerException, lambda: answer(client(region), instances()))
    return error.get_http_status(), error.get_error_code()


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (400, "SignatureDoesNotMatch"))


def a_parameter_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (400, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    """The signature of RPC version 1 does not cover the host, but the parameter RegionId does not belong there."""
    checks.same(refused_in("cn-qingdao"), (404, "InvalidRegionId.NotFound"))


checks.run(
    the_regions_come_back_as_json,
    pages_of_two_hold_every_instance_once,
    parameters_with_lists_and_unicode_are_signed_as_they_are_sent,
    a_call_by_post_with_a_form_is_answered,
    an_order_by_post_with_a_form_is_done,
    an_instance_is_stopped_once,
    the_caller_is_the_proxys_role_and_nobody_else,
    the_caller_is_the_same_by_post,
    a_dummy_token_does_not_change_who_calls,
    an_error_of_the_cloud_reaches_the_caller_whole,
    another_region_of_the_same_listener_answers_for_itself,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_parameter_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
