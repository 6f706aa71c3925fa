"""The suites: one an SDK, each with a role of its own, so that access lines and credentials tell them apart."""

from dataclasses import dataclass

ACS3 = "ACS3-HMAC-SHA256"
API_KEY = "API-KEY"
DATAPLUS = "DATAPLUS-HMAC-SHA1"
FC3 = "FC3-HMAC-SHA256"
GATEWAY = "CA-HMAC-SHA256"
MNS2 = "MNS2-HMAC-SHA1"
MQ = "MQ-HMAC-SHA1"
RPC1 = "RPC1-HMAC-SHA1"
ROA1 = "ROA1-HMAC-SHA1"
OSS4 = "OSS4-HMAC-SHA256"
OTS2 = "OTS2-HMAC-SHA1"
OTS4 = "OTS4-HMAC-SHA256"
AWS4 = "AWS4-HMAC-SHA256"
SLS1 = "SLS1-HMAC-SHA1"
SLS4 = "SLS4-HMAC-SHA256"
ODPS2 = "ODPS2-HMAC-SHA1"
ODPS4 = "ODPS4-HMAC-SHA1"
DATAHUB = "DATAHUB-HMAC-SHA1"


@dataclass(frozen=True)
class Suite:
    """One client."""

    role: str
    sdk: str
    """Its package, by the name that its registry knows. The version is found in the language's own list."""
    product: str
    """Whose service it calls, as a reader of the table knows it."""
    way: str
    """How it is pointed at the proxy, for the table: one line of Markdown."""
    file: str
    """Its program, below `tests/clients`."""
    schemes: frozenset[str]
    """What its requests must leave as: each of these, and no other."""
    requests_least: int
    """Fewer access lines than this mean that it went around the proxy."""
    pins: tuple[str, ...] = ()
    """The endpoints of the listeners it gets besides its forward listener."""
    by_environment: bool = False
    """Whether the SDK is pointed at the proxy by `http_proxy` in its environment."""
    hosts: tuple[tuple[str, str], ...] = ()
    """Hosts of its own, with `{}` for the region that a call to it is for, and the product that answers there."""
    unix: tuple[str, ...] = ()
    """The endpoints of its unix sockets."""
    is_relayed: bool = True
    """Whether its calls to `cn-beijing`, where every byte is kept, name a key of STS. A product that does not exist there has
    none, and some take other keys."""
    is_spoilt: bool = True
    """Whether it calls the regions where what the proxy sends is spoilt."""
    faults: str = ""
    """The product, by its code, whose bad days its SDK is tried on, in its language's `faults` program. None: not tried."""
    reads_dates: bool = False
    """Whether its SDK refuses an answer that is dated far from its own clock, signed as that date is: no proxy can mend it."""
    is_pinned: bool = False
    """Whether it reaches the cloud of those days by the listener of its first pin."""
    more: str = ""
    """What else of this SDK the suite is about, where it has several."""
