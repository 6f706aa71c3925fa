"""What both OSS SDKs store: keys that a careless encoder would change, and an object too large to be held."""

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
