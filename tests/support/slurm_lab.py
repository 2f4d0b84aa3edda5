"""A real SLURM on one machine, for the tests: munge, slurmdbd on MariaDB, slurmctld, and several slurmd under
pretended node names with one pretended GPU each. No systemd, all on loopback; needs root.

    python tests/support/slurm_lab.py install          # Debian's packages, where they are missing
    python tests/support/slurm_lab.py start FOLDER     # prints what to export, for a person to try it by hand
    python tests/support/slurm_lab.py stop FOLDER
"""

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

PACKAGES = {
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "srun": "slurm-client",
    "munged": "munge",
    "slurmdbd": "slurmdbd",
    "mariadbd": "mariadb-server",
}
"""Debian's package of each program."""

CONF = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
GresTypes=gpu,shard
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdTimeout=10
KillWait=60
MinJobAge=300
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={dbd_port}
AccountingStoragePass={folder}/run/munge.socket
AccountingStorageTRES=gres/gpu,gres/shard
AccountingStorageEnforce=associations
{nodes}
PartitionName=gpu Nodes={gpu} Default=YES MaxTime=1440 DefMemPerCPU=100
PartitionName=unsafe Nodes={unsafe} MaxTime=1440 DefMemPerCPU=100
PartitionName=shared Nodes={shared} MaxTime=1440 DefMemPerCPU=100
"""

DBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket
DbdHost=localhost
DbdPort={dbd_port}
SlurmUser=root
PidFile={folder}/run/slurmdbd.pid
LogFile={folder}/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageUser=root
StorageLoc=slurm_acct
"""

GPU_NODES = ["n1", "n2"]
"""Of the partition `gpu`, where nothing is broken."""
UNSAFE_NODES = ["n3", "n4", "n5", "n6", "n7", "n8", "n9"]
"""Of the partition `unsafe`, where tests break things."""
SHARED_NODE = "n10"
"""The only one of the partition `shared`, where runs share a GPU."""
NODES = [*GPU_NODES, *UNSAFE_NODES, SHARED_NODE]


def missing_packages() -> list[str]:
    """Debian's packages that are not here yet."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    found = (any((Path(folder) / program).exists() for folder in path.split(":")) for program in PACKAGES)
    return sorted({package for package, there in zip(PACKAGES.values(), found, strict=True) if not there})


def install() -> None:
    """Install what is missing."""
    if missing := missing_packages():
        print(f"installing {' '.join(missing)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "--quiet=2", *command], env=quiet, check=True)


class Lab:
    """The cluster in a folder: configuration, state, logs and sockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        port = _free_ports(2 + len(NODES))
        self._values = {
            "folder": self.folder,
            "host": socket.gethostname().split(".")[0],
            "port": port,
            "dbd_port": port + 1,
            "gpu": ",".join(GPU_NODES),
            "unsafe": ",".join(UNSAFE_NODES),
            "shared": SHARED_NODE,
        }

    @property
    def environment(self) -> dict[str, str]:
        """What makes SLURM's commands talk to this cluster."""
        path = f"{self.folder}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
        return {**os.environ, "SLURM_CONF": f"{self.folder}/etc/slurm.conf", "PATH": path}

    def ask(self, *command: str) -> str:
        """Run a command of SLURM and return what it printed."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def start(self) -> None:
        """Bring everything up and wait until all nodes are idle."""
        self._configure()
        munge = self.folder / "munge"
        self._run(
            "munged",
            f"--key-file={munge}/key",
            f"--socket={self.folder}/run/munge.socket",
            f"--pid-file={self.folder}/run/munged.pid",
            f"--log-file={self.folder}/log/munged.log",
            f"--seed-file={munge}/seed",
        )
        self._start_accounting()
        self._run("slurmctld")
        for name in NODES:
            self.start_node(name)
        wait_for(lambda: len(self.ask("sinfo", "-hN", "-t", "idle").splitlines()) == len(NODES), "idle nodes", 60)

    def start_node(self, name: str) -> None:
        """Start a node's slurmd, which daemonizes itself."""
        self._run("slurmd", "-N", name)

    def kill_node(self, name: str) -> None:
        """kill -9 a node's slurmd; what it had started lives on."""
        os.kill(int((self.folder / f"run/slurmd.{name}.pid").read_text()), signal.SIGKILL)

    def stop(self) -> None:
        """Cancel all jobs and end every daemon, children of users before what they depend on."""
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(["scancel", "--user=root"], env=self.environment, timeout=20)
        daemons = ["slurmctld", *(f"slurmd.{name}" for name in NODES)]
        for name in [*daemons, "slurmdbd", "mariadbd", "munged"]:
            file = self.folder / f"run/{name}.pid"
            if not file.exists():
                continue
            process = Path("/proc") / file.read_text().strip()
            if process.exists() and (process / "comm").read_text().strip() == name.partition(".")[0]:
                os.kill(int(process.name), signal.SIGTERM)
                wait_for(lambda process=process: _ended(process), f"end of {name}", 20)

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self.environment, check=True, timeout=60, stdout=subprocess.DEVNULL)

    def _configure(self) -> None:
        for name in ("etc", "run", "log", "state", "dev", "munge", "bin", "db"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        # munge wants every folder above its socket to be safe from other users.
        (self.folder / "munge").chmod(0o700)
        self._write_private("munge/key", secrets.token_bytes(1024))
        first = self._values["port"] + 2
        nodes = "\n".join(
            f"NodeName={name} NodeHostname={self._values['host']} NodeAddr=127.0.0.1 Port={first + number}"
            " CPUs=8 RealMemory=64000 Gres=gpu:1,shard:2"
            for number, name in enumerate(NODES)
        )
        etc = self.folder / "etc"
        (etc / "slurm.conf").write_text(CONF.format(**self._values, nodes=nodes))
        self._write_private("etc/slurmdbd.conf", DBD_CONF.format(**self._values).encode())
        gpu = self.folder / "dev/nvidia0"
        if not gpu.exists():
            os.mknod(gpu, 0o20666, os.makedev(1, 3))  # SLURM takes character devices only: another /dev/null
        (etc / "gres.conf").write_text(f"Name=gpu File={gpu}\nName=shard Count=2 File={gpu}\n")
        # A job's step starts srun without the variable that says which cluster it is on.
        srun = self.folder / "bin/srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={etc}/slurm.conf exec /usr/bin/srun "$@"\n')
        srun.chmod(0o755)

    def _write_private(self, name: str, content: bytes) -> None:
        file = self.folder / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(content)

    def _start_accounting(self) -> None:
        data, log = self.folder / "db", self.folder / "log/mariadbd.log"
        subprocess.run(["chown", "mysql", data], check=True)
        if not (data / "mysql").exists():
            command = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}"]
            options = ["--auth-root-authentication-method=socket", "--skip-test-db"]
            self._run(*command, *options)
        place = [f"--socket={data}/socket", f"--datadir={data}", f"--log-error={log}"]
        options = ["--skip-networking", "--innodb-buffer-pool-size=32M", "--user=mysql"]
        server = subprocess.Popen(
            ["mariadbd", "--no-defaults", *place, *options],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        (self.folder / "run/mariadbd.pid").write_text(str(server.pid))
        wait_for((data / "socket").exists, "the accounting's database", 60)
        environment = {**self.environment, "MYSQL_UNIX_PORT": f"{data}/socket"}
        subprocess.run(["slurmdbd"], env=environment, check=True, timeout=60)
        wait_for(lambda: self.ask("sacctmgr", "-n", "list", "cluster") is not None, "slurmdbd", 60)
        self.ask("sacctmgr", "-i", "add", "cluster", "lab")
        self.ask("sacctmgr", "-i", "add", "account", "study")
        self.ask("sacctmgr", "-i", "add", "user", "root", "account=study")


def _ended(process: Path) -> bool:
    """Whether the process of this folder in /proc is gone, or only waits for its parent to take notice."""
    return not process.exists() or (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _free_ports(count: int) -> int:
    """The first of `count` free ports in a row, by chance, so that two clusters may start at once."""
    rows = range(17100, 20000, count)
    for first in random.sample(rows, len(rows)):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise RuntimeError("no free ports between 17100 and 20000")


def wait_for(true: Callable[[], bool], what: str, seconds: float) -> None:
    """Ask again and again until it is true.

    Raises:
        TimeoutError: it was not within `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return
        except (RuntimeError, OSError, ValueError) as error:
            what = f"{what.partition(' (')[0]} ({error})"
        time.sleep(0.3)
    raise TimeoutError(f"waited {seconds:.0f} s for {what}")


def main() -> None:
    match sys.argv[1:]:
        case ["install"]:
            install()
        case ["start", folder]:
            lab = Lab(Path(folder))
            lab.start()
            print(f'export SLURM_CONF={lab.environment["SLURM_CONF"]} PATH={lab.folder}/bin:"$PATH"')
        case ["stop", folder]:
            Lab(Path(folder)).stop()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
