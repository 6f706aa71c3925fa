"""`aliyun-mns-sdk`: queues of Simple Message Queue. It knows no proxy: its endpoint is a listener pinned to an account's host."""

import os
import time

import checks
import dummies
from mns.account import Account
from mns.mns_common import RequestInfo
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta

BODY = "an order <1> & 测试 é"


def account(region="cn-hangzhou", **more):
    pinned = os.environ[f"PINNED_1000000000000001_MNS_{region.upper().replace('-', '_')}_ALIYUNCS_COM"]
    return Account(pinned, dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, **more)


def made(name, of=None, **attributes):
    queue = (of or account()).get_queue(name)
    queue.create(QueueMeta(**attributes))
    return queue


def refused(act):
    return checks.raised(MNSServerException, act).type


def a_queue_is_created_with_its_attributes_and_deleted():
    queue = made("attributes", vis_timeout=7, polling_wait_sec=3)
    got = queue.get_attributes()
    checks.same((got.queue_name, got.visibility_timeout, got.polling_wait_seconds), ("attributes", 7, 3))
    queue.set_attributes(QueueMeta(vis_timeout=9))
    checks.same(queue.get_attributes().visibility_timeout, 9)
    checks.same(refused(lambda: queue.create(QueueMeta(vis_timeout=8))), "QueueAlreadyExist")
    queue.delete()
    checks.same(refused(queue.get_attributes), "QueueNotExist")


def queues_are_listed_by_page():
    of = account()
    for number in range(3):
        made(f"listed-{number}", of)
    urls, marker = of.list_queue(prefix="listed-", ret_number=2)
    more, end = of.list_queue(prefix="listed-", ret_number=2, marker=marker)
    checks.same([url.rpartition("/")[2] for url in urls + more], [f"listed-{number}" for number in range(3)])
    checks.same(end, "")


def a_message_is_sent_received_and_deleted():
    queue = made("orders")
    sent = queue.send_message(Message(BODY))
    peeked = queue.peek_message_with_str_body()
    checks.same((peeked.message_body, peeked.dequeue_count), (BODY, 0))
    got = queue.receive_message_with_str_body()
    checks.same((got.message_body, got.message_id, got.dequeue_count), (BODY, sent.message_id, 1))
    checks.same((sent.message_body_md5, got.message_body_md5), (sent.message_body_md5,) * 2)
    queue.delete_message(got.receipt_handle)
    checks.same(refused(lambda: queue.receive_message(0)), "MessageNotExist")


def a_message_that_becomes_due_ends_a_long_poll():
    queue, other = made("polled"), account().get_queue("polled")
    other.send_message(Message("late", delay_seconds=1))
    begun = time.monotonic()
    got = queue.receive_message_with_str_body(wait_seconds=20)
    took = time.monotonic() - begun
    checks.same(got.message_body, "late")
    assert 0.2 < took < 10, took


def a_long_poll_that_finds_nothing_ends_after_its_time():
    queue, begun = made("empty"), time.monotonic()
    checks.same(refused(lambda: queue.receive_message(wait_seconds=2)), "MessageNotExist")
    took = time.monotonic() - begun
    assert 1.5 < took < 10, took


def messages_go_in_batches():
    queue = made("batches")
    sent = queue.batch_send_message([Message(f"{BODY} {number}") for number in range(5)])
    checks.same(len({one.message_id for one in sent}), 5)
    got = queue.batch_receive_message_with_str_body(16, wait_seconds=1)
    checks.same(sorted(one.message_body for one in got), [f"{BODY} {number}" for number in range(5)])
    queue.batch_delete_message([one.receipt_handle for one in got])
    checks.same(refused(lambda: queue.batch_peek_message(16)), "MessageNotExist")


def a_message_becomes_visible_again_when_it_is_told_to():
    queue = made("visible", vis_timeout=60)
    queue.send_message(Message("again"))
    first = queue.receive_message_with_str_body()
    changed = queue.change_message_visibility(first.receipt_handle, 1)
    again = queue.receive_message_with_str_body(wait_seconds=10)
    checks.same((again.message_id, again.dequeue_count), (first.message_id, 2))
    checks.same(refused(lambda: queue.delete_message(changed.receipt_handle)), "ReceiptHandleError")


def a_dummy_token_is_replaced_like_a_dummy_key():
    queue = made("far", account("cn-beijing", security_token=dummies.SECURITY_TOKEN))
    queue.send_message(Message("far"))
    checks.same(queue.receive_message_with_str_body().message_body, "far")


def an_error_of_the_cloud_reaches_the_caller_whole():
    error = checks.raised(MNSServerException, lambda: account().get_queue("none").send_message(Message("x")))
    checks.same((error.type, error.host_id), ("QueueNotExist", "http://1000000000000001.mns.cn-hangzhou.aliyuncs.com"))
    assert len(error.request_id) >= 24 and error.message, (error.request_id, error.message)


def the_callers_own_id_of_a_request_goes_along():
    # It is one of the `x-mns-*` headers, which are signed.
    queue = made("ids")
    checks.same(queue.send_message(Message("x"), RequestInfo("my-request-1")).message_id != "", True)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    return refused(lambda: account(region).get_queue("orders").get_attributes())


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), "SignatureDoesNotMatch")


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), "SignatureDoesNotMatch")


def a_request_that_comes_to_another_region_finds_no_queue_there():
    # Version 2 of the signature, which this SDK takes, covers the path and not the host.
    checks.same(refused_in("cn-qingdao"), "QueueNotExist")


checks.run(
    a_queue_is_created_with_its_attributes_and_deleted,
    queues_are_listed_by_page,
    a_message_is_sent_received_and_deleted,
    a_message_that_becomes_due_ends_a_long_poll,
    a_long_poll_that_finds_nothing_ends_after_its_time,
    messages_go_in_batches,
    a_message_becomes_visible_again_when_it_is_told_to,
    a_dummy_token_is_replaced_like_a_dummy_key,
    an_error_of_the_cloud_reaches_the_caller_whole,
    the_callers_own_id_of_a_request_goes_along,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_finds_no_queue_there,
)
