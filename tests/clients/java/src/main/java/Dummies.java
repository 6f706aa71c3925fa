/** Keys that open nothing: those of `python/dummies.py`, which the run looks for in what went out. */
final class Dummies {
    static final String ACCESS_KEY_ID = "LTAI5tDummyKeyOfTheClients";
    static final String ACCESS_KEY_SECRET = "DummySecretOfTheClients1234567";
    static final String SECURITY_TOKEN = "CAISDummyTokenOfTheClients";

    private Dummies() {}
}
