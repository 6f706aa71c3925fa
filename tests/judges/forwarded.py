"""Requests that countersign forwards, replayed into nginx, haproxy, Node and h11: all must hear what was meant.

What was meant is known from what was asked for; the bytes are those that a tap caught behind the product.
"""

import random
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import quote_from_bytes

import parsers
from product import Product, Tap, split_head

ECS = "ecs.cn-hangzhou.aliyuncs.com"
ROA = "cs.cn-hangzhou.aliyuncs.com"
OSS = "bkt1.oss-cn-hangzhou.aliyuncs.com"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
# Of what is asked for so much must have been forwarded: else too little was judged.
FORWARDED_LEAST = 0.95
SHOWN_MOST = 5

KEYS = [
    b"a", b"a b", b"a+b", b"a/b//c", b"/leading", b"trailing/", b"...", b"a/./b", b"a/../b", b"%2F", b"100%", b"a?b#c", b"a&b=c;d", "ключ/你好/🔑".encode(),
    b"\x01\x02\x1f\x7f", b"\xff\xfe", b"a\r\nX-Evil: 1", b"a\tb", b"'\"<>\\^`{|}", b"~-_.!*()", b"k" * 1000, b"HTTP/1.1", b" ", b"a ", b"@:$,", b"../up", b"nul\0",
]
NAMES = ["X-Own", "x-own.dot", "x_under_score", "X-!#$%&'*+^`|~", "x", "X-0", "Accept-Language", "X-ORIGINAL-Url", "X-HTTP-Method-Override", "Cookie2"]
# What proxies say of a request's origin is never passed on: the cloud would believe it.
NOT_FORWARDED = [b"x-original-url"]
VALUES = [b"1", b"a, b;c=\"d\"", b"a\tb", b"a  b", b"", b"\\\"", b"{[()]}", b"=?utf-8?B?eA==?=", b"x" * 900, b"0\\r\\n", b"chunked", b"GET / HTTP/1.1"]
DATA = [b"", b"x", b"0\r\n\r\n", b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", bytes(range(256)), b"y" * 70_000, b"\r\n", b"{\"a\": 1}"]


class Meant:
    """One request, as the caller sends it and as it must be heard."""

    def __init__(self, rng):
        self.rng = rng
        self.headers = []
        for _ in range(rng.choice((0, 1, 3))):
            self.headers.append((rng.choice(NAMES), rng.choice(VALUES)))
        self.body = None
        self.keeps_target = True
        self.dropped = ""
        rng.choice((self.acs3, self.by_path, self.rpc, self.oss, self.oss))()

    def acs3(self):
        """An operation in a header: the target stays as it is."""
        self.method, self.host = self.rng.choice(METHODS), ECS
        self.target = "/" + self.query()
        self.headers += [("x-acs-action", b"DescribeRegions"), ("x-acs-version", b"2014-05-26")]
        self.data()

    def by_path(self):
        self.method, self.host = self.rng.choice(METHODS), ROA
        segments = [quote_from_bytes(self.rng.choice((b"clusters", b"a b", "é".encode(), b"c%d", b"x:y@z", b"k,l;m"))) for _ in range(self.rng.choice((1, 2, 4)))]
        self.target = "/" + "/".join(segments) + self.query()
        self.headers += [("x-acs-action", b"DescribeClusters"), ("x-acs-version", b"2015-12-15")]
        self.data()

    def rpc(self):
        """What names the operation by parameters. An RPC signature goes into the query, and so the target changes."""
        self.method, self.host, self.keeps_target = self.rng.choice(("GET", "POST", "POST")), ECS, False
        operation = "Action=DescribeRegions&Version=2014-05-26"
        kind = self.rng.choice(("query", "signed", "form") if self.method == "POST" else ("query", "signed"))
        if self.method == "POST":
            self.headers.append(("Content-Type", b"application/x-www-form-urlencoded"))
            self.body = self.rng.choice((b"a=b", b"Tag.1.Key=%E4%BD%A0&x=+", b"b=" + b"z" * 5000))
        if kind == "form":
            self.target, self.body = "/", self.body + b"&" + operation.encode()
        else:
            self.target = "/?" + operation + self.query().replace("?", "&", 1)
        if kind == "signed":
            # By a key that opens nothing: it leaves as what it came as.
            self.dropped = "&AccessKeyId=x&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=1&Timestamp=2026-01-01T00%3A00%3A00Z&Signature=eA%3D%3D"

    def oss(self):
        self.method, self.host = self.rng.choice(("GET", "HEAD", "PUT", "DELETE", "PUT")), OSS
        self.key = self.rng.choice(KEYS)
        safe = self.rng.choice(("/", "/~-_.", "/!*'()~", ""))
        self.target = "/" + quote_from_bytes(self.key, safe=safe) + self.rng.choice(("", "", "?acl", "?uploads", "?partNumber=1&uploadId=x%2Fy", self.query()))
        if self.rng.random() < 0.4:
            self.headers.append(("x-oss-meta-" + self.rng.choice(("a", "b.c", "d_e")), self.rng.choice((b"1", "ключ".encode(), "é ü".encode(), b"a b"))))
        if self.method == "PUT":
            self.data()

    def query(self):
        return self.rng.choice(("", "?a=b", "?a", "?a=&b=%20&c=+", "?x=%E4%BD%A0&x=2&X=3", "?q=" + "l" * 4000, "?a=/?:@!$'()*,;~", "?&&a=1&"))

    def data(self):
        if self.rng.random() < 0.7:
            self.body = self.rng.choice(DATA)

    def bytes(self):
        """As it is sent, its body in chunks or counted."""
        lines = [f"{self.method} {self.target}{self.dropped} HTTP/1.1".encode(), f"Host: {self.host}".encode()]
        lines += [name.encode() + b": " + value for name, value in self.headers]
        body = self.body or b""
        if self.body is not None and self.rng.random() < 0.5:
            lines.append(b"Transfer-Encoding: chunked")
            body, rest = b"", body
            while rest:
                piece, rest = (rest[: (cut := self.rng.choice((1, 7, 5000, 100_000)))], rest[cut:]) if len(rest) < 1000 else (rest, b"")
                body += b"%x\r\n" % len(piece) + piece + b"\r\n"
            body += b"0\r\n\r\n"
        elif self.body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def meant_target(self):
        """Pieces of a query that hold nothing are left out; everything else stays as it is."""
        path, question, query = self.target.partition("?")
        pieces = [piece for piece in query.split("&") if piece]
        return (path + (question if pieces else "") + "&".join(pieces)).encode()

    def faults(self, heard):
        """What of it a parser did not hear as it was meant."""
        if heard["method"] != self.method.encode():
            yield f"the method was {heard['method']}"
        target = self.meant_target()
        if self.keeps_target and heard["target"] != target:
            yield f"the target was {heard['target']}, not {target}"
        path, _, query = heard["target"].partition(b"?")
        wanted_path, _, wanted = target.partition(b"?")
        if path != wanted_path or not set(wanted.split(b"&")) <= {*query.split(b"&"), b""}:
            yield f"the target {heard['target']} does not hold all of {target}"
        if self.dropped and self.dropped.encode() in heard["target"]:
            yield f"the caller's own signature is in the target {heard['target']}"
        wanted = parsers.said(b"", b"", [], self.body or b"")
        if (heard["length"], heard["sha256"]) != (wanted["length"], wanted["sha256"]):
            yield f"the body had {heard['length']} bytes, not {wanted['length']}, or others"
        for name in {name.lower().encode() for name, _ in self.headers}:
            meant = [value for other, value in self.headers if other.lower().encode() == name]
            meant = [] if name in NOT_FORWARDED else meant
            found = [value for other, value in heard["headers"] if other == name]
            if found != meant:
                yield f"the header {name} was {found}, not {meant}"


def is_refused_by_design(judge, meant):
    """nginx maps paths onto files, and refuses one that climbs above the root or holds a NUL, encoded or not."""
    key = getattr(meant, "key", b"")
    return judge.name == "nginx" and (key.startswith(b"../") or b"\0" in key)


def heard_by(judge, text):
    """What a parser heard, or why nothing. Headers that frame a message differ by right: both proxies frame anew."""
    try:
        heard = judge.hear(text + parsers.MARKER)
    except Exception as error:  # noqa: BLE001: whatever it is, it is the finding
        return None, f"{type(error).__name__}: {error}"
    if len(heard) != 2 or heard[1]["target"] != b"/marker" or heard[1]["length"] != 0:
        return None, f"the marker is not the second request: {heard}"
    return heard[0], None


def without_framing(headers):
    framing = (b"content-length", b"transfer-encoding", b"connection", b"keep-alive")
    return [header for header in headers if header[0] not in framing]


def compare(binary, seed, count):
    """Prints what came of the replays, and returns how many checks passed and failed."""
    rng = random.Random(seed)
    print(f"seed {seed}, {count} requests")
    with tempfile.TemporaryDirectory(prefix="countersign-judges-") as scratch:
        scratch = Path(scratch)
        tap = Tap()
        product = Product(binary, scratch, (ECS, ROA, OSS), tap)
        try:
            caught, refused = catch(product, tap, [Meant(rng) for _ in range(count)])
        finally:
            product.stop()
        print(f"  {len(caught)} forwarded; refused: {dict(refused)}")
        checks = [(f"at least {FORWARDED_LEAST:.0%} were forwarded", len(caught) >= FORWARDED_LEAST * count)]
        checks += [(f"{method} was among them", any(meant.method == method for meant, _ in caught)) for method in METHODS]
        for kind in parsers.ALL:
            judge = kind(scratch)
            try:
                faults, unjudged = judged(judge, caught)
            finally:
                judge.stop()
            print(f"  {judge.name}: {len(caught) - unjudged} judged, {unjudged} not taken by design, {len(faults)} differ")
            checks.append((f"{judge.name} hears what was meant", not faults and unjudged <= 0.1 * count))
            for meant, text, fault in faults[:SHOWN_MOST]:
                print(f"    {fault}\n      sent:      {meant.method} {meant.target[:200]} {meant.headers}\n      forwarded: {text[:1500]!r}")
    for sentence, holds in checks:
        print(f"  {'ok' if holds else 'FAILED'} {sentence}")
    failed = sum(not holds for _, holds in checks)
    return len(checks) - failed, failed


def catch(product, tap, asked):
    """Sends each through the product, and returns those that arrived with the bytes that did."""
    caught, refused = [], Counter()
    for meant in asked:
        before = len(tap.kept)
        status, headers = product.ask(meant.bytes())
        arrived = tap.kept[before:]
        if status == 200 and len(arrived) == 1:
            caught.append((meant, arrived[0]))
        else:
            refused[(headers.get(b"x-countersign-error", b"").decode(), len(arrived))] += 1
    return caught, refused


def judged(judge, caught):
    """The requests that were heard otherwise than they were meant, and how many could not be judged."""
    faults, unjudged = [], 0
    for meant, text in caught:
        if is_refused_by_design(judge, meant):
            unjudged += 1
            continue
        heard, why = heard_by(judge, text)
        if heard is None:
            faults.append((meant, text, why))
            continue
        first, headers = split_head(text.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
        found = list(meant.faults(heard))
        if heard["target"] != first.split(b" ")[1]:
            found.append(f"the target is not that of the bytes: {heard['target']}")
        if without_framing(heard["headers"]) != without_framing(sorted(headers, key=lambda header: header[0])):
            found.append(f"the headers are not those of the bytes: {heard['headers']}")
        if found:
            faults.append((meant, text, "; ".join(found)))
    return faults, unjudged
