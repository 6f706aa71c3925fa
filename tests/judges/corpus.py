"""Requests as bytes, made from a seed: sound ones, and ones that are wrong or odd where HTTP parsers are known to differ.

Each case is what a caller might send on one connection: usually one request, sometimes more, sometimes one hidden in
the body of another.
"""

import random

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"]
TARGETS = [
    b"/",
    b"/?Action=DescribeRegions&Version=2014-05-26",
    b"/a/b%20c/%E4%BD%A0?x=%2F&&y=&z",
    b"http://ecs.cn-hangzhou.aliyuncs.com/?Action=A",
    b"/a;b,c/d@e:f!g$h&i'j(k)l*m+n=o~p",
    b"//double//slashes/../..//.",
    b"/%",
    b"/" + b"long/" * 200,
]
HOSTS = [b"ecs.cn-hangzhou.aliyuncs.com", b"a", b"127.0.0.1:9110", b"[::1]:9110", b"A.Example:443"]
NAMES = [b"X-A", b"x-acs-action", b"Accept", b"Content-Type", b"User-Agent", b"x-oss-meta-a", b"Te", b"Cookie", b"!#$%&'*+-.^_`|~"]
VALUES = [
    b"", b"1", b"a b  c", b"text/plain; charset=utf-8", b"\"quoted, with a comma\"", b"a\tb", b"*/*", b"=?x:y;z",
    b"0\r\n".strip() + b"0", b"{}<>()[]\\|", b"v" * 300,
]

# The headers that frame a message, and what people have sent there to be read in two ways.
LENGTHS = [
    b"+5", b"-1", b"0x5", b"5 ", b" 5", b"05", b"5,5", b"5, 5", b"5,6", b"5;5", b"5.0", b"5e0", b"", b" ", b"\t5", b"5\t", b"5_0",
    b"18446744073709551615", b"18446744073709551616", b"99999999999999999999999", b"\xb2", b"5\x00", b"0", b"00", b"5 5", b"\"5\"",
    b"5\x0b", b"\x0c5", b"0005", b"1_0", b"\xd9\xa5",
]
CODINGS = [
    b"chunked", b"Chunked", b"CHUNKED", b" chunked", b"chunked ", b"\tchunked", b"chunked\t", b"chunked,", b",chunked", b"chunked, chunked",
    b"identity", b"identity, chunked", b"chunked, identity", b"gzip, chunked", b"gzip", b"xchunked", b"chunkedx", b"chunked;q=1",
    b"\"chunked\"", b"chunked\x00", b"\x0bchunked", b"chunked\x0c", b"chun\r\n ked", b"", b"chunke\xe4", b"c\x68unked",
    b"chunked\xa0", b"trailers, chunked",
]
ENDS = [b"\n", b"\r", b"\r\r\n", b"\n\r", b"\n\n", b"\x0b", b"\x0c", b"\x85", b"\xe2\x80\xa8", b"", b" \r\n", b"\t\r\n", b"\r\n ", b"\r\n\t"]
ODD = [b"\x00", b"\x01", b"\x08", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b"\x80", b"\x85", b"\xa0", b"\xff", b"\xc3\xa9", b" ", b"\t", b":", b"\"", b"(", b"/", b"@", b"\xef\xbb\xbf"]
VERSIONS = [
    b"HTTP/1.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/1", b"HTTP/1.1 ", b"HTTP/01.1", b"HTTP/1.01", b"http/1.1", b"HTTP/1,1", b"HTTP/1.1\t",
    b"", b"HTTP/11", b"HTTP /1.1", b"HTTP/1.1x", b"HTTP/1.\xb9", b"ICY",
]
BAD_METHODS = [b"get", b"CONNECT", b"TRACE", b"PRI", b"BREW", b"G ET", b"", b"GET\x00", b"G\xc3\x8bT", b"GET:", b"(GET)", b"M-SEARCH", b"GET/", b"\xef\xbb\xbfGET", b"POST,"]
BAD_TARGETS = [
    b"", b"*", b"a", b"/a b", b"/a\tb", b"/\x00", b"/\x7f", b"/\xc3\xa9", b"/\xff", b"/a#b", b"?", b"ecs.cn-hangzhou.aliyuncs.com:443", b"/\"<>\\^`{|}", b"http://", b"/\x0b",
    b"HTTP/1.1", b"/ ", b" /", b"https://a/", b"/\xe2\x80\xa8",
]
SIZES = [
    b"%x;a=b", b"%x ;a", b"%x ", b" %x", b"\t%x", b"+%x", b"-%x", b"0x%x", b"0%x", b"0000000000000000%x", b"%x\x00", b"%x,", b"%xg", b"%x;", b"%x;\n", b"%x\t",
    b"1000000000000000%x", b"ffffffffffffffff%x", b"%x.0", b"_%x", b"%x;a=\"\r\n\"", b"\r\n%x", b"", b"%x\r", b"00000000%x",
]
TRAILERS = [b"X: 1\r\n", b"Content-Length: 5\r\n", b"x: 1\r\n folded\r\n", b"no colon\r\n", b"Host: b\r\n", b"X : 1\r\n", b"\n", b" \r\n", b"X: 1\n"]


class Request:
    """One request in parts, each of which a mutation may spoil before it is put together."""

    def __init__(self, rng):
        self.rng = rng
        self.before = b""
        self.method = rng.choice(METHODS)
        self.target = rng.choice(TARGETS)
        self.version = b"HTTP/1.1"
        self.separators = [b" ", b" "]
        self.ends = {}
        self.headers = [(b"Host", b": ", rng.choice(HOSTS))]
        for _ in range(rng.choice((0, 0, 1, 2, 4))):
            self.headers.insert(rng.randint(0, len(self.headers)), (rng.choice(NAMES), rng.choice((b": ", b":", b":  ", b":\t")), rng.choice(VALUES)))
        self.body = b""
        self.kind = rng.choice(("none", "none", "length", "length", "chunked", "chunked"))
        data = bytes(rng.choice(b"abc\r\n0 5:;GETx\x00\xff") for _ in range(rng.choice((0, 1, 5, 5, 16, 40))))
        if self.kind == "length":
            self.frame(b"Content-Length", b"%d" % len(data))
            self.body = data
        elif self.kind == "chunked":
            self.frame(b"Transfer-Encoding", b"chunked")
            self.chunk(data)
        if rng.random() < 0.05:
            self.headers.append((b"Connection", b": ", rng.choice((b"close", b"keep-alive", b"Keep-Alive, x", b"CLOSE", b" close , te"))))
        if rng.random() < 0.03:
            self.headers.append((b"Expect", b": ", rng.choice((b"100-continue", b"100-Continue", b"200-ok"))))

    def frame(self, name, value):
        name = self.rng.choice((name, name, name.lower(), name.upper()))
        self.headers.insert(self.rng.randint(0, len(self.headers)), (name, b": ", value))

    def chunk(self, data):
        """The body, in chunks whose sizes are spelled in one of the ways that are right."""
        pieces, rest = [], data
        while rest:
            piece, rest = rest[: self.rng.randint(1, 16)], None
            rest = data[sum(map(len, pieces)) + len(piece) :]
            pieces.append(piece)
        self.chunks = [[self.rng.choice((b"%x", b"%X", b"0%x", b"000%X")) % len(piece), b"\r\n", piece, b"\r\n"] for piece in pieces]
        self.chunks.append([self.rng.choice((b"0", b"0", b"000")), b"\r\n", b"", b"\r\n"])
        self.trailers = b""

    def bytes(self):
        lines = [self.method + self.separators[0] + self.target + self.separators[1] + self.version]
        lines += [name + colon + value for name, colon, value in self.headers]
        lines.append(b"")
        head = b"".join(line + self.ends.get(place, b"\r\n") for place, line in enumerate(lines))
        if hasattr(self, "chunks"):
            parts = [part for chunk in self.chunks for part in chunk]
            self.body = b"".join(parts[:-1]) + self.trailers + parts[-1]
        return self.before + head + self.body


def add_header(request, name, value, colon=b": "):
    request.headers.insert(request.rng.randint(0, len(request.headers)), (name, colon, value))


def put(rng, text, piece):
    at = rng.randint(0, len(text))
    return text[:at] + piece + text[at:]


def spoil_length(request):
    add_header(request, b"Content-Length", request.rng.choice(LENGTHS))


def change_length(request):
    names = [name.lower() for name, _, _ in request.headers]
    if b"content-length" in names:
        at = names.index(b"content-length")
        name, colon, value = request.headers[at]
        length = len(request.body)
        values = [*LENGTHS, value + b", " + value, b"%d" % (length + 1), b"%d" % max(0, length - 1)]
        request.headers[at] = (name, colon, request.rng.choice(values))


def repeat_length(request):
    for _ in range(request.rng.choice((1, 2))):
        add_header(request, b"content-length", b"%d" % len(request.body))


def spoil_coding(request):
    add_header(request, b"Transfer-Encoding", request.rng.choice(CODINGS))


def change_coding(request):
    for at, (name, colon, _) in enumerate(request.headers):
        if name.lower() == b"transfer-encoding":
            request.headers[at] = (name, colon, request.rng.choice(CODINGS))


def both_framings(request):
    spoil = request.rng.choice(((b"Content-Length", b"%d" % len(request.body)), (b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"0")))
    add_header(request, *spoil)


def spoil_framing_name(request):
    name = request.rng.choice((b"Transfer-Encoding ", b"Transfer_Encoding", b"Transfer-Encoding\t", b" Transfer-Encoding", b"Transfer-Encoding\x00", b"\xef\xbb\xbfTransfer-Encoding", b"Content-Length ", b"Content_Length", b"Content-Length\x0b", b"X\nTransfer-Encoding", b"X\rTransfer-Encoding", b"Transfer-Encod\xe4ng"))
    add_header(request, name, b"chunked" if b"oding" in name or b"ncod" in name else b"5", request.rng.choice((b": ", b":", b" : ", b"")))


def fold(request):
    at = request.rng.randrange(len(request.headers))
    name, colon, value = request.headers[at]
    request.headers[at] = (name, colon, put(request.rng, value, request.rng.choice((b"\r\n ", b"\r\n\t", b"\n ", b"\r\n \r\n ", b"\r\n  Content-Length: 5"))))


def spoil_end(request):
    request.ends[request.rng.randint(0, len(request.headers) + 1)] = request.rng.choice(ENDS)


def all_bare(request):
    end = request.rng.choice((b"\n", b"\r"))
    request.ends = dict.fromkeys(range(len(request.headers) + 2), end)


def odd_byte_in_name(request):
    at = request.rng.randrange(len(request.headers))
    name, colon, value = request.headers[at]
    request.headers[at] = (put(request.rng, name, request.rng.choice(ODD)), colon, value)


def odd_byte_in_value(request):
    at = request.rng.randrange(len(request.headers))
    name, colon, value = request.headers[at]
    request.headers[at] = (name, colon, put(request.rng, value, request.rng.choice(ODD)))


def odd_colon(request):
    at = request.rng.randrange(len(request.headers))
    name, _, value = request.headers[at]
    request.headers[at] = (name, request.rng.choice((b" : ", b" :", b"\t:", b"", b" ", b"::", b":\x0b", b":\r\n ", b";", b"=")), value)


def odd_line(request):
    add_header(request, request.rng.choice((b"", b"X", b":", b" ", b"GET / HTTP/1.1", b"X Y: z", b"\x00")), b"", b"")


def odd_version(request):
    request.version = request.rng.choice(VERSIONS)


def old_version(request):
    request.version = b"HTTP/1.0"


def odd_method(request):
    request.method = request.rng.choice(BAD_METHODS)


def odd_target(request):
    request.target = request.rng.choice(BAD_TARGETS)


def odd_separator(request):
    request.separators[request.rng.randrange(2)] = request.rng.choice((b"  ", b"\t", b"", b"\x0b", b"\x0c", b"\r", b" \t", b"\x00", b"\xa0"))


def something_before(request):
    request.before = request.rng.choice((b"\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b"\xef\xbb\xbf", b"\x16\x03\x01", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"))


def hosts(request):
    what = request.rng.choice(("none", "two", "odd"))
    if what == "none":
        request.headers = [header for header in request.headers if header[0].lower() != b"host"] or [(b"X", b": ", b"1")]
    elif what == "two":
        add_header(request, request.rng.choice((b"Host", b"HOST")), request.rng.choice(HOSTS))
    else:
        request.headers = [(name, colon, request.rng.choice((b"", b"a b", b"a,b", b"a@b", b"a/b", b"\xc3\xa9.example", b"a\x00")) if name == b"Host" else value) for name, colon, value in request.headers]


def spoil_size(request):
    if hasattr(request, "chunks"):
        chunk = request.rng.choice(request.chunks)
        chunk[0] = request.rng.choice(SIZES).replace(b"%x", b"%x" % len(chunk[2]))


def change_size(request):
    if hasattr(request, "chunks"):
        chunk = request.rng.choice(request.chunks)
        chunk[0] = b"%x" % max(0, len(chunk[2]) + request.rng.choice((-2, -1, 1, 2, 5)))


def spoil_chunk_end(request):
    if hasattr(request, "chunks"):
        request.rng.choice(request.chunks)[request.rng.choice((1, 3))] = request.rng.choice(ENDS)


def trailers(request):
    if hasattr(request, "chunks"):
        request.trailers = b"".join(request.rng.choice(TRAILERS) for _ in range(request.rng.choice((1, 1, 2))))


def no_last_chunk(request):
    if hasattr(request, "chunks"):
        request.chunks.pop()
        request.chunks = request.chunks or [[b"", b"", b"", b""]]


def many_headers(request):
    for number in range(request.rng.choice((90, 97, 101, 150))):
        request.headers.append((b"X-%d" % number, b": ", b"y"))


def long_line(request):
    length = request.rng.choice((8_000, 9_000, 33_000))
    if request.rng.random() < 0.5:
        request.target = b"/" + b"u" * length
    else:
        add_header(request, b"X-Long", b"v" * length)


def spoil_connection(request):
    add_header(request, b"Connection", request.rng.choice((b"close, transfer-encoding", b"content-length", b"host", b"x-a", b"upgrade", b"close,,", b"\"close\"")))


MUTATIONS = [
    spoil_length, change_length, repeat_length, spoil_coding, change_coding, both_framings, spoil_framing_name, fold, spoil_end,
    all_bare, odd_byte_in_name, odd_byte_in_value, odd_colon, odd_line, odd_version, old_version, odd_method, odd_target, odd_separator,
    something_before, hosts, spoil_size, change_size, spoil_chunk_end, trailers, no_last_chunk, many_headers, long_line, spoil_connection,
]


def noise(rng, text):
    """A few bytes taken out, put in, or changed, anywhere."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(text))
        what = rng.random()
        if what < 0.3:
            text = text[:at] + text[at + 1 :]
        elif what < 0.6:
            text = text[:at] + rng.choice(ODD + [b"\r", b"\n", b"\r\n"]) + text[at:]
        elif what < 0.8:
            text = text[:at] + bytes((rng.randrange(256),)) + text[at + 1 :]
        else:
            text = text[:at]
        text = text or b"\r"
    return text


def hide(rng, outer, inner):
    """A request in the body of another, with a framing that is one byte, or one reading, off."""
    if outer.kind == "length":
        for at, (name, colon, value) in enumerate(outer.headers):
            if name.lower() == b"content-length":
                length = len(outer.body) + rng.choice((0, len(inner), len(inner) - 1, len(inner) + 1))
                outer.headers[at] = (name, colon, b"%d" % length)
    return outer.bytes() + inner


def case(rng):
    """The bytes of one connection, and the name of what is wrong or odd in it."""
    request = Request(rng)
    kind = rng.random()
    if kind < 0.22:
        text, name = request.bytes(), "sound"
        if rng.random() < 0.4:
            text += Request(rng).bytes()
            name = "sound, pipelined"
    elif kind < 0.28:
        text, name = hide(rng, request, Request(rng).bytes()), "hidden"
    elif kind < 0.36:
        text, name = noise(rng, request.bytes()), "noise"
    else:
        mutations = rng.sample(MUTATIONS, rng.choice((1, 1, 1, 2)))
        for mutation in mutations:
            mutation(request)
        text, name = request.bytes(), mutations[0].__name__.replace("_", " ")
        if rng.random() < 0.5:
            # What a parser that reads the first in another way would take for the second.
            text += Request(rng).bytes()
    return name, text


def cases(seed, count):
    """Always the same for a seed: `(name, bytes, size of the pieces it arrives in)`."""
    rng = random.Random(seed)
    for _ in range(count):
        name, text = case(rng)
        yield name, text, rng.choice((0, 0, 0, 1, 2, 7, 64, 500))
