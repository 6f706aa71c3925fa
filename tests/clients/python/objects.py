"""What both OSS SDKs store: keys that a careless encoder would change, and an object too large to be held."""

import hashlib
import os
import random

# Each is another object than its neighbours, and only an exact signature tells a proxy from a rewriter.
KEYS = (
    "plain.txt",
    "a/nested/key.txt",
    "a//two-slashes.txt",
    "a/ends-with-slashes//",
    "a%2Fb",
    "a/b",
    "100%25 sure",
    "spaces and + plus",
    "tilde~star*quote'(paren)!",
    "query?marks&amps=1#hash",
    "semi;colon:at@comma,$",
    "中文/目录/文件 名.txt",
    "émoji-🚀-ключ.bin",
    "back\\slash-and-\"quotes\"-<angles>",
    "...dots/.hidden",
)

# Eight times what the proxy would hold of a body, and as much as it may hold of all together.
LARGE_BYTES = 64 * 1024 * 1024


def large():
    """The same bytes each time, no two stretches alike."""
    return random.Random(64).randbytes(LARGE_BYTES)

# How large the objects of the suites of all calls are: modest by default, 1 GiB in the long run.
SIZE = int(os.environ.get("OBJECT_MIB", "8")) * 1024 * 1024

# As KEYS, but at the edges of what OSS takes. The longest is of 1,023 bytes.
EDGES = (
    "+",
    " ",
    "a+b c%20d%2Bd",
    "?",
    "a?b=c&d#e=",
    "a=b&c",
    "%",
    "%zz",
    "a\\b",
    "a/",
    "a//",
    "trailing space ",
    "tab\tand\nline",
    "中" * 340 + "end",
)


def write(path):
    """Fills a file with SIZE bytes, the same each time and no two stretches alike, and returns their SHA-256."""
    source, digest = random.Random(1024), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(SIZE // (1 << 20)):
            piece = source.randbytes(1 << 20)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def digest(pieces):
    """The SHA-256 of bytes that come in pieces."""
    sum_ = hashlib.sha256()
    for piece in pieces:
        sum_.update(piece)
    return sum_.hexdigest()


def pieces(stream, block=1 << 20):
    """What can be read of a stream."""
    while piece := stream.read(block):
        yield piece


def stretch(path, start, length):
    """Bytes of a file."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)
