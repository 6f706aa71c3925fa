"""Made-up credentials: secret and token follow from the id. `bench/tools/credentials.rs` has the same two lines."""

TOKEN_BYTES = 700


def environment(key_id="STS.bench.default.0"):
    """The variables that hand one to the product; a long-lived key has no token."""
    variables = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"secret-of-{key_id}"}
    if key_id.startswith("STS."):
        token = (f"CAIS{key_id}+x/" * TOKEN_BYTES)[:TOKEN_BYTES]
        variables["ALIBABA_CLOUD_SECURITY_TOKEN"] = token
    return variables
