"""`alibabacloud_fc20230330`: functions of Function Compute 3.0, and their HTTP triggers on hosts of one's own.

The SDK is pointed at the proxy by its configuration. A trigger is called without any SDK: by plain HTTP, unsigned.
"""

import asyncio
import json
import os

import checks
import dummies
import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from darabonba.runtime import RuntimeOptions

PAYLOAD = b'{"order": 1, "\xe6\xb5\x8b": "\xc3\xa9"}\x00\xff'


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


def create(of, name):
    code = models.InputCodeLocation(zip_file="UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")
    asked = models.CreateFunctionInput(
        function_name=name, runtime="python3.10", handler="index.handler", memory_size=512, code=code
    )
    return of.create_function(models.CreateFunctionRequest(body=asked))


def invoke(of, name, body=PAYLOAD, **headers):
    asked = models.InvokeFunctionRequest(body=body)
    return of.invoke_function_with_options(name, asked, models.InvokeFunctionHeaders(**headers), RuntimeOptions())


def trigger(region="cn-hangzhou", path="/hook", **more):
    """A call of a trigger whose host is named under `[hosts]`."""
    url = f"http://f-demo.{region}.fcapp.run{path}"
    return requests.request("POST", url, proxies={"http": os.environ["FORWARD"]}, timeout=10, **more)


def a_function_is_created_shown_and_deleted():
    of = client()
    made = create(of, "shown")
    checks.same((made.status_code, made.body.function_name, made.body.state), (201, "shown", "Active"))
    got = of.get_function("shown", models.GetFunctionRequest()).body
    checks.same((got.function_arn, got.memory_size), ("acs:fc:cn-hangzhou:1000000000000001:functions/shown", 512))
    again = checks.raised(ClientException, lambda: create(of, "shown"))
    checks.same((again.status_code, again.code), (409, "FunctionAlreadyExists"))
    checks.same(of.delete_function("shown").status_code, 204)
    gone = checks.raised(ClientException, lambda: of.get_function("shown", models.GetFunctionRequest()))
    checks.same((gone.status_code, gone.code), (404, "FunctionNotFound"))


def functions_are_listed_by_page():
    of = client()
    for number in range(3):
        create(of, f"listed-{number}")
    names, token = [], None
    while token is not None or not names:
        asked = models.ListFunctionsRequest(prefix="listed-", limit=2, next_token=token)
        page = of.list_functions(asked).body
        names += [one.function_name for one in page.functions]
        token = page.next_token
    checks.same(names, ["listed-0", "listed-1", "listed-2"])


def a_function_returns_what_it_was_called_with_to_the_byte():
    of = client()
    create(of, "echo")
    got = invoke(of, "echo", x_fc_log_type="Tail")
    checks.same((got.status_code, got.body.read()), (200, PAYLOAD))
    assert got.headers["x-fc-log-result"] and got.headers["x-fc-request-id"].startswith("1-"), got.headers
    large = bytes(range(256)) * 4096
    checks.same(invoke(of, "echo", large).body.read(), large)
    later = invoke(of, "echo", x_fc_invocation_type="Async")
    checks.same((later.status_code, later.body.read()), (202, b""))


def an_asynchronous_client_is_answered_too():
    of = client()
    create(of, "awaited")
    got = asyncio.run(of.invoke_function_async("awaited", models.InvokeFunctionRequest(body=b"text")))
    checks.same((got.status_code, got.body.read()), (200, b"text"))


def a_dummy_token_is_replaced_like_a_dummy_key():
    of = client("cn-beijing", security_token=dummies.SECURITY_TOKEN)
    create(of, "far")
    checks.same(invoke(of, "far", b"far").body.read(), b"far")


def an_error_of_the_cloud_reaches_the_caller_whole():
    error = checks.raised(ClientException, lambda: invoke(client(), "none"))
    checks.same((error.status_code, error.code), (404, "FunctionNotFound"))
    assert "none" in error.message, error.message


def a_trigger_that_is_ones_own_is_called_without_a_signature():
    told = trigger(path="/a%20b?q=%C3%A9&q=2", data="text é".encode(), headers={"x-own": "1"}).json()
    checks.same((told["method"], told["path"], told["query"], told["body"]), ("POST", "/a%20b", "q=%C3%A9&q=2", "text é"))
    checks.same(told["headers"]["x-own"], "1")
    assert "x-acs-date" in told["headers"], json.dumps(told)
    checks.same(trigger("cn-beijing").status_code, 200)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    asked = models.GetFunctionRequest()
    error = checks.raised(ClientException, lambda: client(region).get_function("shown", asked))
    return error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (403, "SignatureNotMatch"))
    answer = trigger("cn-shanghai")
    checks.same((answer.status_code, answer.json()["ErrorCode"]), (403, "SignatureNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (403, "SignatureNotMatch"))
    answer = trigger("cn-shenzhen")
    checks.same((answer.status_code, answer.json()["ErrorCode"]), (403, "SignatureNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (403, "SignatureNotMatch"))
    # A trigger's signature does not cover the host: who has its function elsewhere is not told apart.
    checks.same(trigger("cn-qingdao").json()["headers"]["host"], "f-demo.cn-chengdu.fcapp.run")


checks.run(
    a_function_is_created_shown_and_deleted,
    functions_are_listed_by_page,
    a_function_returns_what_it_was_called_with_to_the_byte,
    an_asynchronous_client_is_answered_too,
    a_dummy_token_is_replaced_like_a_dummy_key,
    an_error_of_the_cloud_reaches_the_caller_whole,
    a_trigger_that_is_ones_own_is_called_without_a_signature,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
