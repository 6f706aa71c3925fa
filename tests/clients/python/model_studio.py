"""`dashscope`: chat with Model Studio, whole and in events, by both of its clients. Pointed at the proxy by its base URL."""

import asyncio
import os

import checks
import dashscope
import dummies
from dashscope import AioGeneration, Client, Generation, Models
from dashscope.v2.errors import AuthenticationError, NotFoundError

# What is for a pinned listener must not go by the proxy that the workspaces' hosts are reached through.
os.environ["no_proxy"] = "127.0.0.1"
PINNED = os.environ["PINNED_DASHSCOPE_ALIYUNCS_COM"]
MESSAGES = [{"role": "system", "content": "You repeat."}, {"role": "user", "content": "hello, 测试 é"}]
SAID = "You said: hello, 测试 é"


def asked(base=PINNED, kind=Generation, **more):
    """What the client of version 1 returns: it raises nothing, the answer has the error's status and code."""
    dashscope.base_http_api_url = f"{base}/api/v1"
    usual = {"model": "qwen-plus", "api_key": dummies.API_KEY, "messages": MESSAGES, "result_format": "message"}
    return kind.call(**(usual | more))


def workspace(region):
    """The host of a workspace in a region, to which `http_proxy` is the way."""
    return f"http://ws-1.{region}.maas.aliyuncs.com"


def client(base=f"{PINNED}/compatible-mode/v1", protocol="openai"):
    return Client(api_key=dummies.API_KEY, base_url=base, protocol=protocol, max_retries=0)


def completion(of, **more):
    return of.chat.completions.create(**({"model": "qwen-plus", "messages": MESSAGES} | more))


def a_question_is_answered_whole():
    answer = asked()
    checks.same((answer.status_code, answer.output.choices[0].message.content), (200, SAID))
    checks.same((answer.output.choices[0].finish_reason, len(answer.request_id)), ("stop", 36))
    checks.same((answer.usage.input_tokens, answer.usage.output_tokens), (11, 21))
    checks.same(asked(messages=None, prompt="text", result_format="text").output.text, "You said: text")


def events_come_one_by_one_with_what_is_new_or_with_all_so_far():
    new = [event.output.choices[0].message.content for event in asked(stream=True, incremental_output=True)]
    checks.same(("".join(new), len(new) > 2), (SAID, True))
    so_far = [event.output.choices[0].message.content for event in asked(stream=True)]
    checks.same(so_far, ["".join(new[: at + 1]) for at in range(len(new))])


def an_asynchronous_client_is_answered_too():
    async def gather():
        answer = await asked(kind=AioGeneration)
        events = await asked(kind=AioGeneration, stream=True, incremental_output=True)
        new = [event.output.choices[0].message.content async for event in events]
        await dashscope.close_shared_aio_session()
        return answer, new

    answer, new = asyncio.run(gather())
    checks.same((answer.output.choices[0].message.content, "".join(new)), (SAID, SAID))


def the_second_clients_dialect_of_openai_is_answered_whole_and_in_events():
    with client() as of:
        answer = completion(of)
        checks.same((answer.choices[0].message.content, answer.usage.total_tokens), (SAID, 32))
        checks.same("".join(completion(of, stream=True).text_stream), SAID)


def the_second_clients_native_dialect_is_answered_whole_and_in_events():
    with client(f"{PINNED}/api/v1", "native") as of:
        checks.same(completion(of).choices[0].message.content, SAID)
        checks.same("".join(completion(of, stream=True).text_stream), SAID)


def the_models_are_listed():
    names = [model["id"] for model in Models.list(api_key=dummies.API_KEY).output["models"]]
    checks.same(names, ["qwen-max", "qwen-plus", "qwen-turbo"])


def a_workspace_is_reached_through_http_proxy():
    checks.same(asked(workspace("cn-beijing")).output.choices[0].message.content, SAID)


def an_error_of_the_cloud_reaches_the_caller_whole():
    answer = asked(model="none")
    checks.same((answer.status_code, answer.code, len(answer.request_id)), (404, "ModelNotFound", 36))
    assert "none" in answer.message, answer.message
    answer = next(iter(asked(model="none", stream=True)))
    checks.same((answer.status_code, answer.code), (404, "ModelNotFound"))
    with client() as of:
        error = checks.raised(NotFoundError, lambda: completion(of, model="none"))
    checks.same((error.status_code, error.code), (404, "model_not_found"))


def a_spoilt_key_is_the_sdks_own_error():
    # A key proves nothing about the request that carries it: no change of a header and no other region can be told from it.
    answer = asked(workspace("cn-shanghai"))
    checks.same((answer.status_code, answer.code), (401, "InvalidApiKey"))
    answer = next(iter(asked(workspace("cn-shanghai"), stream=True)))
    checks.same((answer.status_code, answer.code), (401, "InvalidApiKey"))
    with client(f"{workspace('cn-shanghai')}/compatible-mode/v1") as of:
        error = checks.raised(AuthenticationError, lambda: completion(of))
    checks.same((error.status_code, error.code), (401, "invalid_api_key"))


checks.run(
    a_question_is_answered_whole,
    events_come_one_by_one_with_what_is_new_or_with_all_so_far,
    an_asynchronous_client_is_answered_too,
    the_second_clients_dialect_of_openai_is_answered_whole_and_in_events,
    the_second_clients_native_dialect_is_answered_whole_and_in_events,
    the_models_are_listed,
    a_workspace_is_reached_through_http_proxy,
    an_error_of_the_cloud_reaches_the_caller_whole,
    a_spoilt_key_is_the_sdks_own_error,
)
