"""API Gateway and Dataplus on hosts of one's own, by plain HTTP: nobody signs, or with what a client took for its key.

No SDK of API Gateway is an official package here: each API has its own, generated. They raise what HTTP answers.
"""

import os

import checks
import dummies
import requests


def asked(host, path="/", method="POST", **more):
    proxies = {"http": os.environ["FORWARD"]}
    return requests.request(method, f"http://{host}{path}", proxies=proxies, timeout=10, **more)


def gateway(region="cn-hangzhou", **more):
    return asked(f"api-{region}.example.com", **more)


def dataplus(region="cn-hangzhou", **more):
    return asked(f"speech-{region}.example.com", **more)


def refused_by_gateway(region):
    """API Gateway says in headers why it refuses, and has no body."""
    answer = gateway(region)
    return answer.status_code, answer.headers["x-ca-error-code"], answer.text


def refused_by_dataplus(region):
    answer = dataplus(region)
    return answer.status_code, answer.json()["code"]


def an_api_gets_what_was_sent_with_the_proof_of_an_app():
    answer = gateway(path="/weather?city=Z%C3%BCrich&days=", json={"测": 1}, headers={"x-own": "1", "x-ca-stage": "PRE"})
    told = answer.json()
    checks.same((told["method"], told["path"], told["query"]), ("POST", "/weather", "city=Z%C3%BCrich&days="))
    checks.same((told["headers"]["x-own"], told["headers"]["x-ca-stage"]), ("1", "PRE"))
    assert "x-ca-stage" in told["headers"]["x-ca-signature-headers"], told
    checks.same(told["headers"]["host"], "api-cn-hangzhou.example.com")
    assert answer.headers["x-ca-request-id"], answer.headers


def a_forms_fields_are_signed_as_they_are_sent():
    told = gateway(path="/form?b=2", data={"a": "1 é", "empty": ""}).json()
    checks.same((told["body"], told["query"]), ("a=1+%C3%A9&empty=", "b=2"))


def every_method_of_an_api_arrives():
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        checks.same(gateway(method=method, path="/m").json()["method"], method)


def what_a_client_signed_with_a_dummy_key_is_signed_anew():
    headers = {
        "X-Ca-Key": dummies.ACCESS_KEY_ID,
        "X-Ca-Signature": dummies.ACCESS_KEY_SECRET,
        "X-Ca-Signature-Headers": "X-Ca-Key,X-Ca-Timestamp",
        "X-Ca-Timestamp": "1",
    }
    checks.same(gateway("cn-beijing", headers=headers).status_code, 200)
    headers = {"Authorization": f"Dataplus {dummies.ACCESS_KEY_ID}:{dummies.ACCESS_KEY_SECRET}", "Date": "now"}
    checks.same(dataplus("cn-beijing", headers=headers).status_code, 200)


def dataplus_gets_what_was_sent_with_the_proof_of_a_lasting_key():
    told = dataplus(path="/recognize?model=a%20b", data=b"\xff\x00", headers={"content-type": "audio/pcm"}).json()
    checks.same((told["path"], told["query"], told["body"]), ("/recognize", "model=a%20b", "/wA="))
    assert told["headers"]["date"].endswith(" GMT"), told


def a_spoilt_signature_is_refused():
    checks.same(refused_by_gateway("cn-shanghai"), (403, "A403IS", ""))
    checks.same(refused_by_dataplus("cn-shanghai"), (403, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_refused():
    checks.same(refused_by_gateway("cn-shenzhen"), (403, "A403IS", ""))
    checks.same(refused_by_dataplus("cn-shenzhen"), (403, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_cannot_be_told():
    # Neither signature covers the host: who answers there with the same key takes it.
    checks.same(gateway("cn-qingdao").json()["headers"]["host"], "api-cn-chengdu.example.com")
    checks.same(dataplus("cn-qingdao").json()["headers"]["host"], "speech-cn-chengdu.example.com")


checks.run(
    an_api_gets_what_was_sent_with_the_proof_of_an_app,
    a_forms_fields_are_signed_as_they_are_sent,
    every_method_of_an_api_arrives,
    what_a_client_signed_with_a_dummy_key_is_signed_anew,
    dataplus_gets_what_was_sent_with_the_proof_of_a_lasting_key,
    a_spoilt_signature_is_refused,
    a_header_changed_after_signing_is_refused,
    a_request_that_comes_to_another_region_cannot_be_told,
)
