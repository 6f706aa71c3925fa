"""Keys that open nothing, which every client is given, and which are searched for in what went out.

Letters and digits only, so that no encoding can hide them from who searches for them.
"""

DUMMIES = {
    "ACCESS_KEY_ID": "LTAI5tDummyKeyOfTheClients",
    "ACCESS_KEY_SECRET": "DummySecretOfTheClients1234567",
    "SECURITY_TOKEN": "CAISDummyTokenOfTheClients",
    "API_KEY": "skDummyApiKeyOfTheClients",
}


def told():
    """What a suite is told of them, as environment variables."""
    return {f"DUMMY_{name}": dummy for name, dummy in DUMMIES.items()}
