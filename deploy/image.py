#!/usr/bin/env python3
"""Packs files into a container image, without a container engine: the same files give the same bytes.

    deploy/image.py --name NAME:TAG --out FILE.tar --entrypoint /PATH [--user UID:GID] [--arch ARCH]
                    [--label KEY=VALUE]… [--dir /PATH=MODE]… [--link /PATH=TARGET]… SOURCE=/PATH[=MODE]…

The image has one layer and nothing in it but what is named. The file is an OCI layout and a `docker save` archive at
once, so `docker load`, `podman load`, `ctr images import` and `skopeo copy oci-archive:FILE` all take it.
"""

import argparse
import hashlib
import io
import json
import tarfile
from pathlib import Path, PurePosixPath

LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"

# When a reproducible thing was made: never.
EPOCH = "1970-01-01T00:00:00Z"


def entry(path, kind, mode):
    """A tar entry that says nothing of the machine that it was made on: root's, and made at no time."""
    info = tarfile.TarInfo(path.lstrip("/"))
    info.type, info.mode = kind, mode
    return info


def layer(files, directories, links):
    """A tar with these, their parent directories before them, in the order of their paths."""
    entries = {}
    for path, mode in directories.items():
        entries[path] = (entry(path, tarfile.DIRTYPE, mode), b"")
    for path, target in links.items():
        info = entry(path, tarfile.SYMTYPE, 0o777)
        info.linkname = target
        entries[path] = (info, b"")
    for path, (content, mode) in files.items():
        info = entry(path, tarfile.REGTYPE, mode)
        info.size = len(content)
        entries[path] = (info, content)
    for path in list(entries):
        for parent in PurePosixPath(path).parents:
            if str(parent) != "/":
                entries.setdefault(str(parent), (entry(str(parent), tarfile.DIRTYPE, 0o755), b""))
    # A path comes behind every beginning of itself, so a directory before what is in it.
    return archive(entries[path] for path in sorted(entries))


def archive(entries):
    """The bytes of a tar. Its form is named: the default has changed between versions of Python."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def encoded(value):
    """JSON with one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def pack(name, files, *, entrypoint, user, arch="amd64", directories=None, links=None, labels=None):
    """The image as the bytes of one file. `files`: path in the image → (content, mode)."""
    blobs = {}

    def blob(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    # Not compressed: compressors differ between machines, and whoever pushes an image compresses it.
    of_layer = blob(layer(files, directories or {}, links or {}), LAYER)
    of_config = blob(
        encoded({
            "architecture": arch,
            "os": "linux",
            "created": EPOCH,
            "config": {"Entrypoint": [entrypoint], "User": user, "WorkingDir": "/", "Labels": labels or {}},
            "rootfs": {"type": "layers", "diff_ids": [of_layer["digest"]]},
            "history": [{"created": EPOCH, "created_by": "deploy/image.py"}],
        }),
        CONFIG,
    )
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": of_config, "layers": [of_layer]}
    of_manifest = blob(encoded(manifest), MANIFEST)
    # containerd reads the first of these names, everybody else the second.
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rpartition(":")[2]}
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [of_manifest | {"annotations": names, "platform": {"architecture": arch, "os": "linux"}}],
    }
    path = lambda described: "blobs/sha256/" + described["digest"].removeprefix("sha256:")
    docker = [{"Config": path(of_config), "RepoTags": [name], "Layers": [path(of_layer)]}]
    blobs["oci-layout"] = encoded({"imageLayoutVersion": "1.0.0"})
    blobs["index.json"] = encoded(index)
    blobs["manifest.json"] = encoded(docker)
    entries = []
    for path, content in sorted(blobs.items()):
        info = entry(path, tarfile.REGTYPE, 0o644)
        info.size = len(content)
        entries.append((info, content))
    return archive(entries)


def main():
    """What the command line says, packed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for option in ("--name", "--out", "--entrypoint"):
        parser.add_argument(option, required=True)
    parser.add_argument("--user", default="65532:65532")
    parser.add_argument("--arch", default="amd64")
    for option in ("--label", "--dir", "--link"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("files", nargs="+", metavar="SOURCE=/PATH[=MODE]")
    told = parser.parse_args()
    files = {}
    for file in told.files:
        source, path, *mode = file.split("=")
        files[path] = (Path(source).read_bytes(), int(mode[0], 8) if mode else 0o644)
    directories = {path: int(mode, 8) for path, mode in (directory.split("=") for directory in told.dir)}
    packed = pack(
        told.name,
        files,
        entrypoint=told.entrypoint,
        user=told.user,
        arch=told.arch,
        directories=directories,
        links=dict(link.split("=", 1) for link in told.link),
        labels=dict(label.split("=", 1) for label in told.label),
    )
    Path(told.out).write_bytes(packed)


if __name__ == "__main__":
    main()
