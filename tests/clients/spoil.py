"""What may happen to a signed request between the proxy and the cloud: a head in, another head out.

Each of these holds for every scheme. A head in which there is nothing to spoil is a mistake of the suite, which would pass
for a wrong reason: it ends the connection, and the call fails otherwise than the suite expects.
"""

import re

# In a parameter of RPC version 1; `Signature=` within a header (ACS3, V4 schemes of OSS and S3); the whole of a header (API
# Gateway, Tablestore); behind the colon that follows the key's id (`OSS id:signature`, and so most products). Base64 may
# begin with `+` or `/`, and those be escaped: the letter that is changed is the first one behind them.
SIGNATURES = (
    rb"^[^\r]*[?&]Signature=(?:%2[BbFf])*()([A-Za-z0-9])",
    rb"\r\nauthorization:[^\r]*Signature[=:] ?[+/]*()([A-Za-z0-9])",
    rb"\r\n(x-ca-signature|x-ots-signature|x-ots-signaturev4): *[+/]*([A-Za-z0-9])",
    rb"\r\nauthorization: *()[^\r]*:[+/]*([A-Za-z0-9])",
    rb"\r\n(authorization): *Bearer [^\r]*([A-Za-z0-9])\r\n",
)

# The last digit of the seconds, in every form that a signed date has: a parameter, ISO's (short, long, with a fraction), HTTP's.
DATES = (
    rb"^[^\r]*[?&]Timestamp=[^& ]*?(\d)Z",
    rb"\r\n(?:x-acs-date|x-oss-date|x-amz-date|x-log-date|x-ots-date|x-ots-signdate|x-mns-date|date): *[^\r]*?\d(\d)(?:\.\d+)?(?:Z| GMT)",
    rb"\r\nx-ca-timestamp: *\d+(\d)\r",
)


class NothingToSpoil(Exception):
    """The head has no such thing."""


def replaced(head, patterns, change):
    for pattern in patterns:
        if found := re.search(pattern, head, re.IGNORECASE):
            at = found.start(found.lastindex)
            return head[:at] + change(head[at : at + 1]) + head[at + 1 :]
    raise NothingToSpoil(head.split(b"\r\n")[0])


def spoilt_signature(head):
    """The signature has one other character, which hexadecimal and base64 both have."""
    return replaced(head, SIGNATURES, lambda letter: b"b" if letter in b"aA" else b"a")


def changed_date(head):
    """The date, which every scheme signs, is off by less than ten seconds: by no skew."""
    return replaced(head, DATES, lambda digit: b"1" if digit == b"0" else b"0")


def another_region(head, region, other):
    """The request has come to another region's endpoint: `Host` alone says so."""
    host = re.search(rb"\r\nhost: *[^\r]*", head, re.IGNORECASE)
    misled = host and host[0].replace(region.encode(), other.encode())
    if not misled or misled == host[0]:
        raise NothingToSpoil(head.split(b"\r\n")[0])
    return head.replace(host[0], misled, 1)
