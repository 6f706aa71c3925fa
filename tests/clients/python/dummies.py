"""Keys that open nothing. Letters and digits only, so that no encoding can hide them from who searches for them."""

ACCESS_KEY_ID = "LTAI5tDummyKeyOfTheClients"
ACCESS_KEY_SECRET = "DummySecretOfTheClients1234567"
SECURITY_TOKEN = "CAISDummyTokenOfTheClients"
API_KEY = "skDummyApiKeyOfTheClients"
