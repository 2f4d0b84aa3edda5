"""A real S3 server on loopback: OpenStack Swift with its S3 interface, one copy of everything, in one process.

    python tests/support/s3_server.py FOLDER SECRET_KEY

keeps its files in FOLDER, prints its port when it is ready, and runs until it is stopped. The access key is
`test:tester`. The folder's file system must have extended attributes.
"""

# ruff: noqa: E402
import eventlet

eventlet.monkey_patch()

import socket
import sys
from pathlib import Path

import eventlet.wsgi
from swift.common import utils, wsgi
from swift.common.ring import RingBuilder

STORES = ("account", "container", "object")
PIPELINE = "catch_errors proxy-logging listing_formats bulk s3api tempauth slo proxy-logging proxy-server"
CLUSTER = """
[swift-hash]
swift_hash_path_suffix = test
[storage-policy:0]
name = one
default = yes
"""


def listen() -> socket.socket:
    """A socket on a free port of loopback."""
    return eventlet.listen(("127.0.0.1", 0))


def write_ring(folder: Path, store: str, port: int) -> None:
    """Say where a store's server is: one device, one replica."""
    ring = RingBuilder(part_power=1, replicas=1, min_part_hours=1)
    place = {"id": 0, "region": 0, "zone": 0, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1}
    ring.add_dev(place)
    ring.rebalance()
    ring.get_ring().save(str(folder / f"{store}.ring.gz"))


def write_settings(folder: Path, secret_key: str) -> None:
    """Write the settings of the three stores and of the proxy before them."""
    common = f"[DEFAULT]\nswift_dir = {folder}\ndevices = {folder}/devices\nmount_check = false\n"
    for store in STORES:
        pipeline = f"[pipeline:main]\npipeline = {store}-server\n[app:{store}-server]\nuse = egg:swift#{store}\n"
        (folder / f"{store}.conf").write_text(common + pipeline)
    parts = [f"[pipeline:main]\npipeline = {PIPELINE}\n"]
    parts += [
        f"[filter:{name}]\nuse = egg:swift#{name.replace('-', '_')}\n" for name in set(PIPELINE.split()[:-1])
    ]
    user = f"user_test_tester = {secret_key} .admin\n"
    text = common + "".join(parts).replace("swift#tempauth\n", f"swift#tempauth\n{user}")
    (folder / "proxy.conf").write_text(
        f"{text}[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    )
    (folder / "swift.conf").write_text(CLUSTER)


def serve(folder: Path, secret_key: str) -> None:
    """Run the stores and the proxy until stopped."""
    (folder / "devices/disk").mkdir(parents=True)
    write_settings(folder, secret_key)
    utils.set_swift_dir(str(folder))
    with (folder / "log").open("w") as log:
        for store in STORES:
            server = listen()
            write_ring(folder, store, server.getsockname()[1])
            app = wsgi.loadapp(str(folder / f"{store}.conf"), global_conf={"log_name": store})
            eventlet.spawn(eventlet.wsgi.server, server, app, log=log)
        front = listen()
        proxy = wsgi.loadapp(str(folder / "proxy.conf"), global_conf={"log_name": "proxy"})
        print(front.getsockname()[1], flush=True)
        eventlet.wsgi.server(front, proxy, log=log)


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve(), sys.argv[2])
