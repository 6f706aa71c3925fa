"""countersign's `wire` against h11, on a generated corpus: whatever both accept, both must frame alike.

The two share no code: ours answers through `frame`, a program of the product's own parts; h11 runs here.
"""

import json
import struct
import subprocess
import threading
from collections import Counter

import h11

import corpus

# Of all cases at least so many must be taken by both, and refused by both: else the corpus judges nothing.
BOTH_LEAST = 0.25
NEITHER_LEAST = 0.15
# Each kind of case that the corpus knows must have come so often.
KIND_LEAST = 0.004
SHOWN_MOST = 10
SHOWN_BYTES = 2_000


def ours(program, cases):
    """What countersign makes of each case."""
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed():
        for _, text, step in cases:
            process.stdin.write(struct.pack("<II", len(text), step) + text)
        process.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    for line in process.stdout:
        yield json.loads(line)
    if process.wait() != 0:
        raise SystemExit(f"{program} ended with {process.returncode}")


def theirs(text):
    """What h11 makes of the same bytes: the requests on the connection, and why there are no more."""
    requests, at = [], 0
    while True:
        request, end, why = one_of_theirs(text[at:])
        if request is None:
            return {"requests": requests, "then": why}
        requests.append(request)
        if end is None:
            return {"requests": requests, "then": "body"}
        at += end
        request["end"] = at
        if not request["keeps"]:
            return {"requests": requests, "then": "close"}


def one_of_theirs(text):
    """The request that `text` begins with, and where it ends. Without one: why not."""
    if not text:
        return None, None, "end"
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=32 * 1024)
    try:
        connection.receive_data(text)
        event = connection.next_event()
    except h11.RemoteProtocolError as error:
        return None, None, str(error)
    if event is h11.NEED_DATA:
        return None, None, "end"
    request = {
        "method": event.method.decode(),
        "target": event.target.hex(),
        "version": event.http_version.decode(),
        "fields": [[name.hex(), value.hex()] for name, value in event.headers.raw_items()],
        "framing": framing(event.headers),
        "continue": connection.they_are_waiting_for_100_continue,
    }
    data, state, end = b"", "partial", None
    try:
        while True:
            event = connection.next_event()
            if type(event) is h11.Data:
                data += bytes(event.data)
            elif type(event) is h11.EndOfMessage:
                state, end = "whole", len(text) - len(connection.trailing_data[0])
                break
            else:
                break
    except h11.RemoteProtocolError as error:
        state = str(error)
    # Whether it keeps the connection, it says only now.
    request["keeps"] = connection.their_state is not h11.MUST_CLOSE
    request["body"], request["state"] = data.hex(), state
    return request, end, ""


def framing(headers):
    """As h11 itself decides: the coding before the length."""
    found = dict(headers)
    if b"transfer-encoding" in found:
        return "chunked"
    return int(found[b"content-length"]) if b"content-length" in found else "none"


def differs(our, their):
    """In what two readings of one request differ, or nothing. Of a body that one refuses, only the head is compared."""
    for part in ("method", "target", "version", "fields", "framing", "continue"):
        if plain(part, our) != plain(part, their):
            return part
    states = {our["state"], their["state"]}
    if states <= {"whole", "partial"}:
        for part in ("state", "body"):
            if our[part] != their[part]:
                return part
    if states == {"whole"}:
        for part in ("end", "keeps"):
            if our[part] != their[part]:
                return part
    return None


def plain(part, request):
    """h11 writes a coding in lower case."""
    if part != "fields":
        return request[part]
    coding = b"transfer-encoding"
    decoded = [(bytes.fromhex(name), bytes.fromhex(value)) for name, value in request["fields"]]
    return [(name, value.lower() if name.lower() == coding else value) for name, value in decoded]


# Why we take what h11 refuses. Nothing else may be the reason: a case that none of these is true of fails the run.
ONLY_OURS = [
    (
        "one empty line before the request line, which RFC 9112, 2.2, asks servers to pass over",
        lambda rest, one, why: rest.startswith(b"\r\n") and why == "no request line received",
    ),
    (
        "UTF-8 in the target, which is refused one stage later, with a code of its own",
        lambda rest, one, why: max(bytes.fromhex(one["target"])) > 0x7E
        and one["later"] in ("bad_target", "bad_path", "bad_authority"),
    ),
]


def compare(program, seed, count):
    """Prints what came of the comparison, and returns how many checks passed and failed."""
    print(f"seed {seed}, {count} cases, h11 {h11.__version__}")
    classes, kinds, reasons, ours_refuse = Counter(), Counter(), Counter(), Counter()
    faults = []
    cases = list(corpus.cases(seed, count))
    for (name, text, step), our in zip(cases, ours(program, cases), strict=True):
        kinds[name] += 1
        their = theirs(text)
        verdict = judge(text, our, their, reasons, ours_refuse)
        classes[verdict if verdict in ("both", "only ours", "only h11", "neither") else "differ"] += 1
        if verdict.startswith("differ") or verdict == "unexplained":
            faults.append((verdict, name, step, text, our, their))
    return report(classes, kinds, reasons, ours_refuse, faults, count)


def judge(text, our, their, reasons, ours_refuse):
    """Request by request, as long as both go on. The class of a case is that of its first request."""
    verdict = None
    for place in range(max(len(our["requests"]), len(their["requests"])) + 1):
        at = our["requests"][place - 1].get("end") if place else 0
        one = our["requests"][place] if place < len(our["requests"]) else None
        other = their["requests"][place] if place < len(their["requests"]) else None
        if one and other and (part := differs(one, other)):
            return f"differ in {part} of request {place}"
        takes = [bool(one) and one["state"] == "whole", bool(other) and other["state"] == "whole"]
        if takes == [True, False]:
            why = other["state"] if other else their["then"]
            reason = next((reason for reason, holds in ONLY_OURS if holds(text[at:], one, why)), None)
            if reason is None:
                return "unexplained"
            reasons[reason] += 1
        if takes == [False, True]:
            ours_refuse[one["state"] if one else our["then"]] += 1
        if verdict is None:
            verdict = {(True, True): "both", (True, False): "only ours", (False, True): "only h11", (False, False): "neither"}[tuple(takes)]
        if takes != [True, True] or not one["keeps"]:
            break
    return verdict


def report(classes, kinds, reasons, ours_refuse, faults, count):
    """Says what was found, and whether the corpus was worth the name."""
    for name in ("both", "only ours", "only h11", "neither", "differ"):
        print(f"  {classes[name]:7} {name}")
    for reason, times in reasons.most_common():
        print(f"  {times:7} only ours: {reason}")
    for code, times in ours_refuse.most_common():
        print(f"  {times:7} only h11; we: {code}")
    checks = [
        ("whatever both accept, both frame alike, and what only we accept has a reason", not faults),
        (f"at least {BOTH_LEAST:.0%} of the corpus is accepted by both", classes["both"] >= BOTH_LEAST * count),
        (f"at least {NEITHER_LEAST:.0%} of it is refused by both", classes["neither"] >= NEITHER_LEAST * count),
        (
            f"{len(corpus.MUTATIONS) + 4} kinds of case came, each often",
            len(kinds) == len(corpus.MUTATIONS) + 4 and min(kinds.values()) >= KIND_LEAST * count,
        ),
        ("every reason was met", len(reasons) == len(ONLY_OURS)),
    ]
    for text, holds in checks:
        print(f"  {'ok' if holds else 'FAILED'} {text}")
    for verdict, name, step, text, our, their in faults[:SHOWN_MOST]:
        shown = [repr(part)[:SHOWN_BYTES] for part in (text, our, their)]
        print(f"  {verdict} ({name}, pieces of {step}):\n    {shown[0]}\n    ours: {shown[1]}\n    h11:  {shown[2]}")
    if len(faults) > SHOWN_MOST:
        print(f"  … and {len(faults) - SHOWN_MOST} more")
    failed = sum(not holds for _, holds in checks)
    return len(checks) - failed, failed
