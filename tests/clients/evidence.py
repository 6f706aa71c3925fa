"""What is checked once all clients are done: the exit code, the access lines, and the bytes that went to the cloud."""

import json
import re
from collections import Counter, defaultdict

import dummies
import regions

# Where each scheme names the key. Dataplus takes none of STS, and is left out.
KEY_ON_THE_WIRE = re.compile(
    rb"(?:Credential=|AccessKeyId=|[Xx]-[Oo]ts-[Aa]ccess[Kk]ey[Ii]d: ?|\r\n[Aa]uthorization: ?(?:acs|DATAHUB|FC|LOG|MNS|MQ|ODPS|OSS|SLS) )"
    rb"([^/,&:; \r\n]+)"
)

# With these the sandbox refuses what a relay has spoilt.
SPOILT_CODES = {
    "A403IS",
    "InvalidApiKey",
    "InvalidArgument",
    "InvalidSignature",
    "OTSAuthFailed",
    "SignatureDoesNotMatch",
    "SignatureNotMatch",
    "Unauthorized",
}
# Where what was spoilt arrives, and is refused. No suite calls `ELSEWHERE` itself.
SPOILT_AT = (set(regions.SPOILT) - regions.MISLED) | {regions.ELSEWHERE}

# So many hosts and codes the sandbox tells apart (`SUBJECTS` in src/sandbox/news.rs); the rest it tells as one.
TOLD_APART = 100


def lines(countersign, code, suites):
    """`ok SENTENCE` or `FAILED SENTENCE: WHY`, one a check."""
    return told(checks(countersign, code, suites))


def of_lines(countersign, code, suites):
    """The same without what only an embedded sandbox and a relay can tell."""
    return told(of_access(countersign, code, suites))


def told(checks_):
    for sentence, check in checks_:
        wrong = check()
        yield f"FAILED {sentence}: {wrong}" if wrong else f"ok {sentence}"


def checks(countersign, code, suites):
    """Sentences, and functions that return what contradicts them."""
    heard = countersign.relays.kept.heard()
    access = countersign.access_lines()
    yield from of_access(countersign, code, suites)
    yield "the sandbox issued a credential to each role", lambda: not_issued(countersign.log(), suites)
    yield "it refused what was spoilt on the way, and nothing else", lambda: refusals(countersign.log())
    yield "the log warns of the relays and of what they spoilt, and of nothing else", lambda: warnings(countersign.log())
    for name, dummy in dummies.DUMMIES.items():
        yield f"no {spelled([name.lower()])} of a client went out", lambda d=dummy: found(d, heard)
    yield "every key that went out is one of the sandbox's STS, one a role", lambda: keys(heard, suites)


def of_access(countersign, code, suites):
    """What the exit code and the access lines tell."""
    access = countersign.access_lines()
    yield "SIGTERM ends it with exit code 0", lambda: code != 0 and f"it ended with {code}"
    yield "every request was forwarded", lambda: others(access, lambda line: line["outcome"] == "forwarded")
    yield "every request was sent once", lambda: others(access, lambda line: line["attempts"] == 1)
    for suite in suites:
        own = [line for line in access if line["role"] == suite.role]
        yield f"the requests of {suite.role} left as {spelled(suite.schemes)}", lambda s=suite, o=own: schemes(s, o)
        if suite.is_spoilt:
            yield f"{suite.role} called every region where requests are spoilt", lambda o=own: not_called(o)


def others(access, is_right):
    return [line for line in access if not is_right(line)]


def schemes(suite, own):
    if len(own) < suite.requests_least:
        return f"{len(own)} requests, of at least {suite.requests_least}"
    seen = Counter(line.get("scheme") for line in own)
    return set(seen) != suite.schemes and dict(seen)


def schemes_by_role(countersign):
    """What each role's requests left as."""
    seen = defaultdict(set)
    for line in countersign.access_lines():
        seen[line["role"]].add(line.get("scheme", "unsigned"))
    return seen


def not_called(own):
    called = {line.get("region") for line in own}
    missing = set(regions.SPOILT) - regions.MISLED - called
    return missing | (set() if called & regions.MISLED else regions.MISLED)


def found(dummy, heard):
    at = heard.find(dummy.encode())
    return at >= 0 and heard[max(0, at - 80) : at + 80]


def keys(heard, suites):
    seen = Counter(KEY_ON_THE_WIRE.findall(heard))
    expected = sum(suite.is_relayed for suite in suites)
    are_issued = all(key.startswith(b"STS.N") for key in seen)
    return (len(seen) != expected or not are_issued) and dict(seen)


def of_the_sandbox(log):
    return [json.loads(line) for line in log.splitlines() if '"sandbox: ' in line]


def not_issued(log, suites):
    issued = {line["role"].rpartition("/")[2] for line in of_the_sandbox(log) if "issued a credential" in line["message"]}
    missing = {f"sandbox-{suite.role}" for suite in suites} - issued
    return missing and f"nothing was issued to {missing}"


def refused_by_the_sandbox(log):
    """One line at least for each host and code: it tells each at once, and later how often it has come since."""
    return [line for line in of_the_sandbox(log) if "refused" in line["message"]]


def is_spoilt(line):
    """Whether a refusal is of what a relay has spoilt: by its code, and by the region in the name of the host it came to."""
    return line["code"] in SPOILT_CODES and any(region in line["host"] for region in SPOILT_AT)


def refusals(log):
    """What the sandbox turned away that nobody had spoilt."""
    refused = refused_by_the_sandbox(log)
    told = [(line.get("role"), line.get("host"), line.get("code")) for line in of_the_sandbox(log)]
    if len(set(told)) >= TOLD_APART:
        return f"{len(set(told))} kinds of news are too many to be told apart"
    return [line for line in refused if not is_spoilt(line)]


def warnings(log):
    """What the log warns of, but for the relays, of which it must, and for what they spoilt."""
    lines = [json.loads(line) for line in log.splitlines() if '"level":"WARN"' in line or '"level":"ERROR"' in line]
    relayed = [line for line in lines if "leave in the clear" in line["message"]]
    # The sandbox's own are looked at by host.
    excused = relayed + refused_by_the_sandbox(log)
    # The proxy's are of the region that was called. It tells one in ten seconds, and so cannot stand for the sandbox's.
    # A host of one's own has none.
    where = (None, *regions.SPOILT)
    excused += [line for line in lines if line.get("code") in SPOILT_CODES and line.get("region") in where]
    # Model Studio's proof is its key itself, so that a spoilt one is taken for one that has ended.
    excused += [line for line in lines if line["message"].startswith("the cloud rejected") and line["role"].startswith("env.")]
    return [line for line in lines if line not in excused] or (not relayed and "no word of the relays")


def spelled(words):
    return " and ".join(sorted(word.replace("_", " ") for word in words))
