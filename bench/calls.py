"""The requests, as bytes in files: what SDKs and people send, in the sizes that they have."""

import hashlib

ECS = "ecs.cn-hangzhou.aliyuncs.com"
OSS = "bkt1.oss-cn-hangzhou.aliyuncs.com"
AGENT = "AlibabaCloud (Linux; x86_64) Python/3.11.2 Core/0.4.6 TeaDSL/2"
QUERY = "RegionId=cn-hangzhou&PageSize=10&PageNumber=1&Tag.1.Key=env&Tag.1.Value=prod"
DUMMY = (
    "AccessKeyId=dummy&Format=JSON&Signature=x%3D&SignatureMethod=HMAC-SHA1&SignatureNonce=1&SignatureVersion=1.0"
    "&Timestamp=2026-01-01T00%3A00%3A00Z"
)
FORM_BYTES = 4096


def request(line, host, headers=(), body=b""):
    """A request's bytes."""
    common = [f"Host: {host}", "Accept: application/json", f"User-Agent: {AGENT}"]
    lines = [f"{line} HTTP/1.1", *common, *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def with_body(line, host, kind, body, headers=()):
    """A request with a body of its length."""
    return request(line, host, [f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers], body)


def large(method, size):
    """The head of a request whose body, or whose answer's body, is large."""
    if method == "GET":
        return request(f"GET /get-{size}", OSS)
    return request("PUT /put", OSS, ["Content-Type: application/octet-stream", f"Content-Length: {size}"])


FORM = f"Action=RunInstances&Version=2014-05-26&{QUERY}&UserData=".encode()
FORM += b"d" * (FORM_BYTES - len(FORM))
JSON = b'{"name": "' + b"j" * (FORM_BYTES - 12) + b'"}'
VERSION = "x-acs-version: 2014-05-26"

# By name: small requests, each with the scheme that it leaves with.
CALLS = {
    "ACS3": request(f"GET /?{QUERY}", ECS, ["x-acs-action: DescribeInstances", VERSION]),
    "RPC v1": request(f"GET /?Action=DescribeInstances&Version=2014-05-26&{QUERY}&{DUMMY}", ECS),
    "OSS V4": request(
        "GET /photos/2026/a%20b.jpg?versionId=CAEQNhiBgM0BYiIDc4MGZjZGI2OTBjOTRmNTE5NmU5NmFhZjhjYmY", OSS
    ),
    "form of 4 KiB, held": with_body("POST /", ECS, "application/x-www-form-urlencoded", FORM),
    "JSON of 4 KiB, hashed by the caller": with_body(
        "POST /",
        ECS,
        "application/json",
        JSON,
        ["x-acs-action: RunInstances", VERSION, f"x-acs-content-sha256: {hashlib.sha256(JSON).hexdigest()}"],
    ),
}
