"""`alibabacloud_vpc20160428`: a product that the sandbox does not play. It verifies the call, and then says so."""

import asyncio
import os

import checks
import dummies
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vpc20160428 import models
from alibabacloud_vpc20160428.client import Client


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


def is_not_played(act):
    """Whatever is wrong with a signature has another code: the sandbox looks at that first."""
    error = checks.raised(ClientException, act)
    checks.same((error.status_code, error.code), (404, "InvalidAction.NotFound"))
    assert "Specified api is not found" in error.message, error.message
    assert len(error.request_id) == 36, error.request_id


def a_call_is_verified_and_then_not_played():
    is_not_played(lambda: client().describe_vpcs(models.DescribeVpcsRequest(region_id="cn-hangzhou", page_size=10)))


def a_call_with_lists_and_unicode_is_verified_too():
    tags = [models.DescribeVpcsRequestTag(key="équipe", value="a b+c/d=e&f*~测试")]
    asked = models.DescribeVpcsRequest(region_id="cn-hangzhou", vpc_name="网 络", tag=tags)
    is_not_played(lambda: client().describe_vpcs(asked))


def an_asynchronous_call_is_verified_too():
    asked = models.DescribeVSwitchesRequest(region_id="cn-hangzhou")
    is_not_played(lambda: asyncio.run(client().describe_vswitches_async(asked)))


def another_region_with_a_dummy_token_is_verified_too():
    of = client("cn-beijing", security_token=dummies.SECURITY_TOKEN, type="sts")
    is_not_played(lambda: of.create_vpc(models.CreateVpcRequest(region_id="cn-beijing", cidr_block="10.0.0.0/8")))


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    asked = models.DescribeVpcsRequest(region_id=region)
    error = checks.raised(ClientException, lambda: client(region).describe_vpcs(asked))
    return error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (400, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (400, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "SignatureDoesNotMatch"))


checks.run(
    a_call_is_verified_and_then_not_played,
    a_call_with_lists_and_unicode_is_verified_too,
    an_asynchronous_call_is_verified_too,
    another_region_with_a_dummy_token_is_verified_too,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
