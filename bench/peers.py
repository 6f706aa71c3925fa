"""The programs under test: the product, and what it is compared with, each one worker with kept connections to the upstream."""

import os
import time
import urllib.error
import urllib.request
from pathlib import Path

import credentials
import machine
from calls import ECS
from process import Process, Wrong, free_port

# Connections that a peer may keep to the upstream: more than any run offers.
KEPT = 2048


class Countersign(Process):
    """The product, with its settings in a directory of its own."""

    is_signed = True

    def __init__(
        self, rig, binary, tls=False, access="stdout", roles=0, assumes=False, workers=1, before=(), environment=None
    ):
        directory = rig.place("countersign")
        self.ports = [free_port() for _ in range(max(roles, 1))]
        self.admin = free_port()
        self.settings = directory / "countersign.toml"
        self.settings.write_text(f"workers = {workers}\n" + self.text(rig, tls, access, roles, assumes))
        self.settings.chmod(0o600)
        self.environment = credentials.environment("LTAIbench" if assumes else "STS.bench.default.0")
        command = [*before, binary, "run", "--config", self.settings]
        with open(directory / "stdout", "ab") as lines:
            super().__init__(
                command,
                machine.TEST,
                directory / "log",
                env=self.environment | (environment or {}),
                cwd=directory,
                stdout=lines,
            )
        self.name = "countersign"
        self.listening(self.ports[-1])

    def text(self, rig, tls, access, roles, assumes):
        """The settings. With roles, each has a listener, and the environment's credential or one of its own from STS."""
        url = f"https://127.0.0.1:{rig.origin.tls}" if tls else f"http://127.0.0.1:{rig.origin.plain}"
        lines = ['[tenants]\noss = ["bkt1"]', "[limits]\nconnections = 8192", f'[log]\naccess = "{access}"']
        lines += [f'[admin]\naddress = "127.0.0.1:{self.admin}"']
        lines += ["[connect_to]"]
        lines += [f'"{host}" = "{url}"' for host in (ECS, "*.oss-cn-hangzhou.aliyuncs.com", "sts.aliyuncs.com")]
        if tls:
            lines += [f'[upstream]\nextra_ca = "{rig.origin.directory / "ca.pem"}"']
        for index, port in enumerate(self.ports):
            name = f"role-{index}" if roles else "default"
            lines += [f'[[listen]]\naddress = "127.0.0.1:{port}"\nrole = "{name}"']
        for index in range(roles):
            lines += [f'[role.role-{index}]\nsource = "environment"\nrequired = true']
            arn = f"acs:ram::1000000000000001:role/app-{index}"
            if assumes:
                lines += [f'assume = [{{ role_arn = "{arn}", session_name = "bench" }}]']
        return "\n".join(lines) + "\n"


    def ready(self, seconds):
        """Waits until every role has a credential."""
        end = time.monotonic() + seconds
        while True:
            self.alive()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5):
                    return
            except urllib.error.HTTPError as unready:
                if time.monotonic() > end:
                    raise Wrong(f"not ready after {seconds} s: {unready.read(500)!r}") from None
                time.sleep(0.2)


class Nginx(Process):
    """Debian's nginx, unsigned: `proxy_pass`, one process, its access log off. `padding`: bytes of a header that it adds."""

    is_signed = False

    def __init__(self, rig, tls=False, streams=False, padding=0):
        directory = rig.place("nginx")
        self.ports = [free_port()]
        self.padding = f'proxy_set_header X-Padding "{"x" * padding}";' if padding else ""
        self.settings = directory / "nginx.conf"
        self.settings.write_text(self.text(rig, directory, tls, streams))
        super().__init__(["nginx", "-p", directory, "-c", self.settings], machine.TEST, directory / "log")
        self.name = "nginx"
        self.listening(self.ports[0])

    def text(self, rig, directory, tls, streams):
        """Its settings. Bodies are not written to files, as the product does not: else nginx would look worse than it need."""
        port = rig.origin.tls if tls else rig.origin.plain
        temporary = "".join(
            f"{kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        secure = (
            f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {rig.origin.directory}/ca.pem;"
            f" proxy_ssl_name {ECS}; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.2 TLSv1.3;"
        )
        return f"""daemon off; master_process off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 8192; }}
http {{
access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
{temporary}
upstream origin {{ server 127.0.0.1:{port}; keepalive {KEPT}; keepalive_requests 1000000000; }}
server {{
  listen 127.0.0.1:{self.ports[0]} backlog=8192;
  location / {{
    proxy_pass {"https" if tls else "http"}://origin; proxy_http_version 1.1; proxy_set_header Connection ""; {self.padding}
    proxy_max_temp_file_size 0; {"proxy_request_buffering off;" if streams else ""} {secure if tls else ""}
  }}
}}
}}
"""


class Haproxy(Process):
    """Debian's haproxy, unsigned, one thread."""

    is_signed = False

    def __init__(self, rig, tls=False):
        directory = rig.place("haproxy")
        self.ports = [free_port()]
        self.settings = directory / "haproxy.cfg"
        port = rig.origin.tls if tls else rig.origin.plain
        secure = (
            f"ssl verify required ca-file {rig.origin.directory}/ca.pem sni str({ECS}) verifyhost {ECS}" if tls else ""
        )
        self.settings.write_text(f"""global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
frontend callers
  bind 127.0.0.1:{self.ports[0]} backlog 8192
  default_backend origin
backend origin
  server one 127.0.0.1:{port} {secure}
""")
        super().__init__(["haproxy", "-db", "-f", self.settings], machine.TEST, directory / "log")
        self.name = "haproxy"
        self.listening(self.ports[0])


class Sigv4(Process):
    """aws-sigv4-proxy, which signs for another cloud: the nearest thing to the product. $SIGV4_PROXY names the binary."""

    is_signed = False

    def __init__(self, rig, binary):
        directory = rig.place("sigv4")
        self.ports = [free_port()]
        command = [binary, "--port", f":{self.ports[0]}", "--name", "ecs", "--region", "cn-hangzhou"]
        command += ["--host", f"127.0.0.1:{rig.origin.plain}", "--upstream-url-scheme", "http"]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = credentials.environment()
        key = {
            "AWS_ACCESS_KEY_ID": given["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": given["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            "AWS_SESSION_TOKEN": given["ALIBABA_CLOUD_SECURITY_TOKEN"],
            # As many threads as the others have.
            "GOMAXPROCS": "1",
        }
        super().__init__(command, machine.TEST, directory / "log", env=kept | key)
        self.name = "aws-sigv4-proxy"
        self.listening(self.ports[0])

    @staticmethod
    def binary():
        """Where it is, if there is one."""
        given = os.environ.get("SIGV4_PROXY")
        return Path(given).resolve() if given else None


class Direct:
    """No proxy: the upstream itself. It costs nothing, and is what latency is added to."""

    is_signed = False
    name = "direct"

    def __init__(self, rig):
        self.ports = [rig.origin.plain]

    def cpu(self):
        """None of its own."""
        return 0.0

    def modes(self):
        """None of its own."""
        return 0.0, 0.0

    def pin(self, core):
        """Nothing to pin."""

    def stop(self):
        """Nothing to stop."""
