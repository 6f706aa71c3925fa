"""The keys of one run: an authority of its own, and what it has signed."""

import subprocess


class Keys:
    """Files in a directory that root alone can enter. `certificate` is shown by every part that is asked, and by every part
    that asks: they all belong to the same run, and nobody else is let in."""

    def __init__(self, directory, addresses):
        directory.mkdir(mode=0o700)
        self.authority, authority_key = directory / "authority.crt", directory / "authority.key"
        self.certificate, self.key = directory / "run.crt", directory / "run.key"
        # Signs the tokens of service accounts.
        self.accounts = directory / "accounts.key"
        request, extensions = directory / "run.csr", directory / "extensions"
        names = ",".join(f"IP:{address}" for address in addresses)
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        # `system:masters` may do everything, whatever the rules say.
        for command in (
            ["req", "-x509", *new, "-subj", "/CN=authority", "-days", "2", "-keyout", authority_key, "-out", self.authority],
            ["req", *new, "-subj", "/O=system:masters/CN=tests", "-keyout", self.key, "-out", request],
            ["x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-CAcreateserial",
             "-days", "2", "-extfile", extensions, "-out", self.certificate],
            ["genrsa", "-out", self.accounts, "2048"],
        ):  # fmt: skip
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        authority_key.unlink()

    def kubeconfig(self, server):
        """For whoever asks the API server."""
        user = {"client-certificate": str(self.certificate), "client-key": str(self.key)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": {"server": server, "certificate-authority": str(self.authority)}}],
            "users": [{"name": "tests", "user": user}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "current-context": "tests",
        }
