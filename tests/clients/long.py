"""The long run: OSS with objects of 1 GiB (or OBJECT_MIB), through a proxy whose cloud is another process, so that its memory is its own."""

import http.client
import os

import evidence
import proxy
from suites.python import CALLS

# Fewer checks than this means that a file was lost, not that it passed.
CHECKS_LEAST = 30

OBJECT_MIB = int(os.environ.get("OBJECT_MIB", "1024"))

# What a large object may cost the proxy more than a small one, in KiB. It holds no body.
MEMORY_MORE = 2 * 1024

# A minute on an idle machine.
SUITE_SECONDS = 1800

PIECE = bytes(range(256)) * 256


def run(perform, command, path, scratch):
    """Lines of all checks."""
    with proxy.Cloud(path, scratch / "cloud", scratch) as cloud:
        lines = list(memory(path, scratch, cloud))
        print("\n".join(lines), flush=True)
        own = scratch / "calls"
        own.mkdir()
        with proxy.Countersign(path, own, CALLS, cloud) as countersign:
            for suite in CALLS:
                lines += perform(suite, countersign, command, SUITE_SECONDS, OBJECT_MIB=str(OBJECT_MIB))
                print(f"  so far the proxy has had {countersign.peak_memory()} KiB", flush=True)
            code = countersign.stop()
        afterwards = list(evidence.of_lines(countersign, code, CALLS))
        print("\n".join(f"  {line}" for line in afterwards))
        return lines + afterwards


def memory(path, scratch, cloud):
    """What a proxy has had at the most after an object went there and back: a small one, a large one."""
    peaks = {}
    for name, size in (("1 KiB", 1 << 10), (f"{OBJECT_MIB} MiB", OBJECT_MIB << 20)):
        own = scratch / name.replace(" ", "-")
        own.mkdir()
        with proxy.Countersign(path, own, CALLS[:1], cloud) as countersign:
            at = countersign.listeners[CALLS[0].role][None]
            there, back = there_and_back(at, size)
            peaks[name] = countersign.peak_memory()
        print(f"{name} there and back: {peaks[name]} KiB at the most", flush=True)
        yield f"ok {name} came back" if there == back == size else f"FAILED {name}: {there} there, {back} back"
    small, large = peaks.values()
    sentence = f"a large object costs at most {MEMORY_MORE} KiB of memory more than a small one"
    yield f"ok {sentence}" if large - small <= MEMORY_MORE else f"FAILED {sentence}: {large - small} KiB"


def there_and_back(at, size):
    """PUTs and GETs an object of this size, unsigned, and returns how many bytes went each way."""
    headers = {"Host": "demo.oss-cn-hangzhou.aliyuncs.com", "Content-Length": str(size)}
    body = (PIECE[: min(len(PIECE), size - start)] for start in range(0, size, len(PIECE)))
    host, port = at.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=600)
    connection.request("PUT", "/memory", body=body, headers=headers)
    put = connection.getresponse()
    put.read()
    there = size if put.status == 200 else 0
    del headers["Content-Length"]
    connection.request("GET", "/memory", headers=headers)
    got, back = connection.getresponse(), 0
    while piece := got.read(1 << 20):
        back += len(piece)
    connection.close()
    return there, back
