"""What is checked once all clients are done: the exit code, the access lines, and the bytes that went to the cloud."""

import json
import re
from collections import Counter

from python import dummies
from suites import SUITES

# Where each scheme names the key.
KEY_ON_THE_WIRE = re.compile(rb"(?:Credential=|AccessKeyId=)([^/,& \r\n]+)")


def lines(countersign, code):
    """`ok SENTENCE` or `FAILED SENTENCE: WHY`, one a check."""
    return told(checks(countersign, code))


def of_lines(countersign, code, suites):
    """The same without what only an embedded sandbox and a relay can tell."""
    return told(of_access(countersign, code, suites))


def told(checks_):
    for sentence, check in checks_:
        wrong = check()
        yield f"FAILED {sentence}: {wrong}" if wrong else f"ok {sentence}"


def checks(countersign, code):
    """Sentences, and functions that return what contradicts them."""
    heard = countersign.relay.heard()
    yield from of_access(countersign, code, SUITES)
    yield "the sandbox issued a credential to each role and refused no request", lambda: refusals(countersign.log())
    yield "the log warns of the relay in the clear, and of nothing else", lambda: warnings(countersign.log())
    for name, dummy in vars(dummies).items():
        if name.isupper():
            yield f"no {spelled([name.lower()])} of a client went out", lambda d=dummy: found(d, heard)
    yield "every key that went out is one of the sandbox's STS, one a role", lambda: keys(heard)


def of_access(countersign, code, suites):
    """What the exit code and the access lines tell."""
    access = countersign.access_lines()
    yield "SIGTERM ends it with exit code 0", lambda: code != 0 and f"it ended with {code}"
    yield "every request was forwarded", lambda: others(access, lambda line: line["outcome"] == "forwarded")
    yield "every request was sent once", lambda: others(access, lambda line: line["attempts"] == 1)
    for suite in suites:
        own = [line for line in access if line["role"] == suite.role]
        yield f"the requests of {suite.role} left as {spelled(suite.schemes)}", lambda s=suite, o=own: schemes(s, o)


def others(access, is_right):
    return [line for line in access if not is_right(line)]


def schemes(suite, own):
    if len(own) < suite.requests_least:
        return f"{len(own)} requests, of at least {suite.requests_least}"
    seen = Counter(line.get("scheme") for line in own)
    return set(seen) != suite.schemes and dict(seen)


def found(dummy, heard):
    at = heard.find(dummy.encode())
    return at >= 0 and heard[max(0, at - 80) : at + 80]


def keys(heard):
    seen = Counter(KEY_ON_THE_WIRE.findall(heard))
    are_issued = all(key.startswith(b"STS.N") for key in seen)
    return (len(seen) != len(SUITES) or not are_issued) and dict(seen)


def refusals(log):
    """What the sandbox says that it turned away: a signature, a key, a date. It tells each kind at least once."""
    said = [json.loads(line) for line in log.splitlines() if '"sandbox: ' in line]
    issued = {line["role"].rpartition("/")[2] for line in said if "issued a credential" in line["message"]}
    if missing := {f"sandbox-{suite.role}" for suite in SUITES} - issued:
        return f"nothing was issued to {missing}"
    return [line for line in said if "refused" in line["message"]]


def warnings(log):
    """What the log warns of, but for the relay: of that it must."""
    lines = [line for line in log.splitlines() if '"level":"WARN"' in line or '"level":"ERROR"' in line]
    relayed = [line for line in lines if "cn-beijing.aliyuncs.com leave in the clear" in line]
    return [line for line in lines if line not in relayed] or (not relayed and "no word of the relay")


def spelled(words):
    return " and ".join(sorted(word.replace("_", " ") for word in words))
