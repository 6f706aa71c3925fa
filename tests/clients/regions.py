"""The regions whose hosts the proxy reaches through a relay, and what each relay does to what it carries.

Which host a client calls decides what happens to its request, so that no suite needs a switch: a call to Shanghai arrives
with a spoilt signature, whatever the product.
"""

from relay import Relay
from spoil import another_region, changed_date, spoilt_signature

KEPT = "cn-beijing"
# Where misled requests end. No suite calls it, so what the sandbox refuses there was misled.
ELSEWHERE = "cn-chengdu"
SPOILT = {
    "cn-shanghai": spoilt_signature,
    "cn-shenzhen": changed_date,
    "cn-qingdao": lambda head: another_region(head, "cn-qingdao", ELSEWHERE),
    # For MaxCompute and DataHub, which are not in Qingdao.
    "ap-southeast-1": lambda head: another_region(head, "ap-southeast-1", ELSEWHERE),
}
MISLED = {"cn-qingdao", "ap-southeast-1"}
# Those that hosts of one's own are there for.
ALL = ("cn-hangzhou", KEPT, ELSEWHERE, *SPOILT)

# Of products that the sandbox plays; `*.` stands for all tenants.
HOSTS = (
    "cs.{}.aliyuncs.com",
    "ecs.{}.aliyuncs.com",
    "sts.{}.aliyuncs.com",
    "vpc.{}.aliyuncs.com",
    "oss-{}.aliyuncs.com",
    "*.oss-{}.aliyuncs.com",
    "s3.oss-{}.aliyuncs.com",
    "*.s3.oss-{}.aliyuncs.com",
    "{}.log.aliyuncs.com",
    "*.{}.log.aliyuncs.com",
    "*.{}.ots.aliyuncs.com",
    "service.{}.maxcompute.aliyun.com",
    "dt.{}.maxcompute.aliyun.com",
    "dh-{}.aliyuncs.com",
    "*.mns.{}.aliyuncs.com",
    "*.mqrest.{}.aliyuncs.com",
    "*.{}.fc.aliyuncs.com",
    "fcv3.{}.aliyuncs.com",
    "*.{}.maas.aliyuncs.com",
)
NOT_IN_QINGDAO = {"service.{}.maxcompute.aliyun.com", "dt.{}.maxcompute.aliyun.com", "dh-{}.aliyuncs.com"}


class Relays:
    """One relay a region."""

    def __init__(self):
        self.kept = Relay()
        self.by_region = {KEPT: self.kept} | {region: Relay(spoil) for region, spoil in SPOILT.items()}

    def lead_to(self, address):
        """`127.0.0.1:PORT` of the sandbox."""
        for relay in self.by_region.values():
            relay.lead_to(address)

    def connect_to(self, own):
        """The rows of `[connect_to]`, for the hosts of the table and for one's `own`."""
        for region, relay in self.by_region.items():
            for host in (*HOSTS, *own):
                if region == "cn-qingdao" and host in NOT_IN_QINGDAO:
                    continue
                yield f'"{host.format(region)}" = "http://127.0.0.1:{relay.port}"'
