"""`mq_http_sdk`: RocketMQ 4 over HTTP. It knows no proxy: its endpoint is a listener pinned to an account's host."""

import os
import time

import checks
import dummies
from mq_http_sdk.mq_client import MQClient
from mq_http_sdk.mq_exception import MQServerException
from mq_http_sdk.mq_producer import TopicMessage

INSTANCE = "MQ_INST_1000000000000001_demo"
BODY = "an order <1> & 测试 é"


def client(region="cn-hangzhou", **more):
    pinned = os.environ[f"PINNED_1000000000000001_MQREST_{region.upper().replace('-', '_')}_ALIYUNCS_COM"]
    return MQClient(pinned, dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, **more)


def publish(topic, body, tag="", of=None, **properties):
    message = TopicMessage(body, tag)
    for name, value in properties.items():
        message.put_property(name, value)
    return (of or client()).get_producer(INSTANCE, topic).publish_message(message)


def consumer(topic, tag="", of=None, group="GID_demo"):
    return (of or client()).get_consumer(INSTANCE, topic, group, tag)


def refused(act):
    return checks.raised(MQServerException, act).type


def a_message_is_published_consumed_and_acknowledged():
    sent = publish("orders", BODY, "new", colour="red", shop="测试")
    of = consumer("orders")
    (got,) = of.consume_message(batch_size=16, wait_seconds=3)
    checks.same((got.message_body, got.message_id, got.message_tag), (BODY, sent.message_id, "new"))
    checks.same((got.get_property("colour"), got.get_property("shop")), ("red", "测试"))
    checks.same((got.message_body_md5, got.consumed_times), (sent.message_body_md5, 1))
    of.ack_message([got.receipt_handle])
    checks.same(refused(of.consume_message), "MessageNotExist")


def a_long_poll_ends_when_something_is_there():
    late = TopicMessage("late", "")
    late.set_start_deliver_time(int(time.time() * 1000) + 1500)
    client().get_producer(INSTANCE, "polled").publish_message(late)
    begun = time.monotonic()
    (got,) = consumer("polled").consume_message(wait_seconds=20)
    took = time.monotonic() - begun
    checks.same(got.message_body, "late")
    assert took < 10, took


def a_long_poll_that_finds_nothing_ends_after_its_time():
    begun = time.monotonic()
    checks.same(refused(lambda: consumer("empty").consume_message(wait_seconds=2)), "MessageNotExist")
    took = time.monotonic() - begun
    assert 1.5 < took < 10, took


def every_group_gets_each_message_and_a_tag_is_a_filter():
    for tag in ("a", "b"):
        publish("tagged", f"of {tag}", tag)
    both = consumer("tagged", group="GID_both").consume_message(batch_size=16, wait_seconds=1)
    checks.same(sorted(one.message_body for one in both), ["of a", "of b"])
    (one,) = consumer("tagged", "b", group="GID_b").consume_message(batch_size=16, wait_seconds=1)
    checks.same(one.message_body, "of b")


def messages_are_consumed_in_order():
    for number in range(3):
        publish("ordered", f"{number}", __SHARDINGKEY="one")
    got = consumer("ordered").consume_message_orderly(batch_size=3, wait_seconds=1)
    checks.same([one.message_body for one in got], ["0", "1", "2"])


def a_handle_that_is_none_is_told_by_itself():
    error = checks.raised(MQServerException, lambda: consumer("orders").ack_message(["none"]))
    checks.same(error.sub_errors[0]["ReceiptHandle"], "none")
    checks.same(error.sub_errors[0]["ErrorCode"], "ReceiptHandleError")


def a_dummy_token_is_replaced_like_a_dummy_key():
    of = client("cn-beijing", security_token=dummies.SECURITY_TOKEN)
    publish("far", "far", of=of)
    (got,) = consumer("far", of=of).consume_message(wait_seconds=1)
    checks.same(got.message_body, "far")


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(MQServerException, consumer("orders", of=client(region)).consume_message)
    assert len(error.request_id) == 24 and error.host_id.startswith("http://1000000000000001.mqrest."), error
    return error.type


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), "SignatureDoesNotMatch")


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), "SignatureDoesNotMatch")


def a_request_that_comes_to_another_region_finds_nothing_there():
    # The signature covers the path and not the host: a topic of this name is another one there, and has no message.
    publish("orders", BODY)
    checks.same(refused_in("cn-qingdao"), "MessageNotExist")


checks.run(
    a_message_is_published_consumed_and_acknowledged,
    a_long_poll_ends_when_something_is_there,
    a_long_poll_that_finds_nothing_ends_after_its_time,
    every_group_gets_each_message_and_a_tag_is_a_filter,
    messages_are_consumed_in_order,
    a_handle_that_is_none_is_told_by_itself,
    a_dummy_token_is_replaced_like_a_dummy_key,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_finds_nothing_there,
)
