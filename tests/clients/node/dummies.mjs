// Keys that open nothing. Letters and digits only, so that no encoding can hide them from who searches for them.
// The same as Python's, which are searched for (../python/dummies.py).

export const ACCESS_KEY_ID = "LTAI5tDummyKeyOfTheClients";
export const ACCESS_KEY_SECRET = "DummySecretOfTheClients1234567";
export const SECURITY_TOKEN = "CAISDummyTokenOfTheClients";
