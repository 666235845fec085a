"""A real SLURM on this machine: munged, slurmctld and slurmd of the distribution, as root,
without systemd, in a folder and on loopback ports of their own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
PYTRACER = BIN / "pytracer"
DAEMONS = ("munged", "slurmctld", "slurmd")

CONF = """\
ClusterName=pytracer
SlurmctldHost={nodes[0].name}({nodes[0].address})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
SwitchType=switch/none
ReturnToService=2
KillWait=5
MessageTimeout=100
TCPTimeout=20
MinJobAge=300
MaxArraySize={max_array}
JobRequeue=1
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=100000,sched_interval=1,bf_interval=1
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE OverTimeLimit=0 State=UP
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def daemon(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


class Node:
    """This machine."""
    inside = ()  # what stands before a command that is to run on the node

    def __init__(self):
        self.name = socket.gethostname().split(".")[0]
        self.address = "127.0.0.1"


class Namespace(Node):
    """A machine of its own, as far as SLURM and MPI can see: network, name, /dev/shm, /tmp.
    What is `shared` is seen on every node, wherever it is."""

    def __init__(self, name, address, folder, shared):
        self.name, self.address = name, address
        self.net = f"{name}-{os.getpid()}"
        tmp = folder / f"tmp.{name}"
        binds = ""
        for path in sorted({p.parts[2] for p in shared if p.parts[1] == "tmp" and len(p.parts) > 2}):
            binds += f"mkdir -p {tmp / path} && mount --rbind {Path('/tmp') / path} {tmp / path} && "
        script = (f"hostname {name} && mount --make-rprivate / && mount -t tmpfs tmpfs /dev/shm && "
                  f"mount --bind {folder}/hosts /etc/hosts && mkdir -p {tmp} && {binds}"
                  f'mount --rbind {tmp} /tmp && cd "$PWD" && exec "$@"')
        self.inside = ("nsenter", f"--net=/run/netns/{self.net}",
                       "unshare", "--uts", "--mount", "--ipc", "sh", "-c", script, "sh")


def connect(first, second):
    """Two namespaces with a cable between them."""
    def ip(*args):
        subprocess.run([daemon("ip"), *args], check=True, capture_output=True, text=True)

    for node in (first, second):
        ip("netns", "add", node.net)
    ip("-n", first.net, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", second.net)
    for node in (first, second):
        ip("-n", node.net, "address", "add", f"{node.address}/24", "dev", "cable")
        ip("-n", node.net, "link", "set", "cable", "up")
        ip("-n", node.net, "link", "set", "lo", "up")


def disconnect(*nodes):
    for node in nodes:
        subprocess.run([daemon("ip"), "netns", "delete", node.net], capture_output=True)


class Cluster:
    def __init__(self, folder, nodes, cpus, max_array=6):
        self.folder, self.nodes = folder, nodes
        self.processes = []
        for name in ("state", "munge"):
            (folder / name).mkdir()
        (folder / "munge").chmod(0o700)
        (folder / "munge/key").write_bytes(os.urandom(1024))
        (folder / "munge/key").chmod(0o600)
        self.conf = folder / "slurm.conf"
        text = CONF.format(nodes=nodes, folder=folder, max_array=max_array,
                           ports=[free_port(), free_port()])
        for node in nodes:
            text += f"NodeName={node.name} NodeAddr={node.address} CPUs={cpus} State=UNKNOWN\n"
        self.conf.write_text(text)

    def start(self):
        f = self.folder
        self.spawn(self.nodes[0], "munged", "--foreground", "--force", f"--key-file={f}/munge/key",
                   f"--socket={f}/munge.socket", f"--pid-file={f}/munge/pid",
                   f"--log-file={f}/munge/log", f"--seed-file={f}/munge/seed")
        self.until("munged", lambda: (f / "munge.socket").exists())
        self.spawn(self.nodes[0], "slurmctld", "-D", "-f", str(self.conf))
        for node in self.nodes:
            self.spawn(node, "slurmd", "-D", "-f", str(self.conf), "-N", node.name)
        self.until("slurm", lambda: self.ask("sinfo", "-h", "-N", "-o", "%t").split() ==
                   ["idle"] * len(self.nodes))

    def spawn(self, node, name, *args):
        log = open(self.folder / f"{name}.{node.name}.out", "wb")
        self.processes.append(subprocess.Popen([*node.inside, daemon(name), *args],
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                               env=self.environment()))

    def environment(self):
        return dict(os.environ, SLURM_CONF=str(self.conf))

    def ask(self, *command, check=False):
        """What a user of the first node is told."""
        return subprocess.run([*self.nodes[0].inside, *command], capture_output=True, text=True,
                              check=check, env=self.environment()).stdout

    def until(self, what, condition, seconds=180):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(p.read_text(errors="replace")[-2000:]
                                 for p in [*self.folder.glob("*.log"), *self.folder.glob("*.out")])
                raise AssertionError(f"{what}: not within {seconds} s\n{logs}")
            time.sleep(0.2)

    def stop(self):
        self.ask("scancel", "--full", "-u", "root")
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def need(*programs):
    missing = [name for name in (*DAEMONS, "sbatch", "srun", *programs) if not daemon(name)]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: apt-get install slurm-wlm munge iproute2 util-linux")
    if os.geteuid() != 0:
        pytest.skip("a SLURM of our own is started as root")


@contextlib.contextmanager
def running(folder, nodes, **size):
    cluster = Cluster(folder, nodes, **size)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def short_folder():
    """Sockets have long names in the tests' own folders: one in /tmp."""
    folder = Path(tempfile.mkdtemp(prefix="pt-slurm."))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def slurm():
    """One node: this machine."""
    need()
    with short_folder() as folder, running(folder, [Node()], cpus=8) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def two_nodes(tmp_path_factory):
    need("ip", "nsenter", "unshare")
    with short_folder() as folder:
        shared = [folder, tmp_path_factory.getbasetemp(), BIN, Path(sys.executable)]
        nodes = [Namespace(f"ptn{i}", f"10.213.77.{i}", folder, shared) for i in (1, 2)]
        (folder / "hosts").write_text("127.0.0.1 localhost\n" +
                                      "".join(f"{n.address} {n.name}\n" for n in nodes))
        try:
            connect(*nodes)
            subprocess.run([*nodes[0].inside, "true"], check=True, capture_output=True, text=True)
        except (subprocess.CalledProcessError, OSError) as error:
            disconnect(*nodes)
            pytest.skip(f"no network namespaces here: {getattr(error, 'stderr', error)}")
        try:
            with running(folder, nodes, cpus=4, max_array=20) as cluster:
                yield cluster
        finally:
            disconnect(*nodes)


def caller(cluster, folder):
    """Calls pytracer as a user of the cluster's first node."""
    def call(*args, cwd=folder, timeout=400, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("PYTRACER_", "SLURM_"))}
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        env["SLURM_CONF"] = str(cluster.conf)
        env.update(more)
        return subprocess.run([*cluster.nodes[0].inside, PYTRACER, *map(str, args)], cwd=cwd, env=env,
                              text=True, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
    return call


@pytest.fixture
def pytracer(tmp_path, slurm):
    return caller(slurm, tmp_path)
