"""`alibabacloud_sts20150401`: who the caller is, in the cloud's eyes. Pointed at the proxy by its configuration."""

import asyncio
import os

import checks
import dummies
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

# The role that `run --sandbox` assumes, in a session that is named after the role of the settings.
ARN = f"acs:ram::1000000000000001:assumed-role/demo/sandbox-{os.environ['ROLE']}"


def client(**more):
    return Client(
        Config(
            access_key_id=dummies.ACCESS_KEY_ID,
            access_key_secret=dummies.ACCESS_KEY_SECRET,
            protocol="http",
            http_proxy=os.environ["FORWARD"],
            **more,
        )
    )


def the_caller_is_the_proxys_role_and_nobody_else():
    body = client(endpoint="sts.cn-hangzhou.aliyuncs.com").get_caller_identity().body
    checks.same((body.arn, body.identity_type), (ARN, "AssumedRoleUser"))
    checks.same(body.account_id, "1000000000000001")
    checks.same(body.principal_id, f"{body.role_id}:sandbox-{os.environ['ROLE']}")
    assert len(body.request_id) == 36, body.request_id


def the_endpoint_that_the_sdk_finds_for_a_region_is_known():
    checks.same(client(region_id="eu-central-1").get_caller_identity().body.arn, ARN)


def the_central_endpoint_is_known():
    checks.same(client(endpoint="sts.aliyuncs.com").get_caller_identity().body.arn, ARN)


def an_asynchronous_call_is_the_same_caller():
    of = client(endpoint="sts.cn-hangzhou.aliyuncs.com")
    checks.same(asyncio.run(of.get_caller_identity_async()).body.arn, ARN)


def a_dummy_token_does_not_change_who_calls():
    of = client(endpoint="sts.cn-beijing.aliyuncs.com", security_token=dummies.SECURITY_TOKEN)
    checks.same(of.get_caller_identity().body.arn, ARN)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(ClientException, client(region_id=region).get_caller_identity)
    return error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (400, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (400, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "SignatureDoesNotMatch"))


checks.run(
    the_caller_is_the_proxys_role_and_nobody_else,
    the_endpoint_that_the_sdk_finds_for_a_region_is_known,
    the_central_endpoint_is_known,
    an_asynchronous_call_is_the_same_caller,
    a_dummy_token_does_not_change_who_calls,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
