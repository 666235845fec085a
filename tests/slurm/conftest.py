"""A real SLURM on this machine: munged, slurmctld and slurmd of the distribution, as root,
without systemd, in a folder and on loopback ports of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

BIN = Path(os.environ["PYTRACER_BIN"])
PYTRACER = BIN / "pytracer"
DAEMONS = ("munged", "slurmctld", "slurmd")

CONF = """\
ClusterName=pytracer
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
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
MinJobAge=300
MaxArraySize={max_array}
JobRequeue=1
SlurmdParameters=config_overrides
SchedulerParameters=sched_min_interval=100000,sched_interval=1,bf_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE OverTimeLimit=0 State=UP
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def daemon(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


class Cluster:
    def __init__(self, folder, max_array=6):
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.processes = []
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir()
        (folder / "munge").chmod(0o700)
        (folder / "munge/key").write_bytes(os.urandom(1024))
        (folder / "munge/key").chmod(0o600)
        self.conf = folder / "slurm.conf"
        self.conf.write_text(CONF.format(host=self.host, folder=folder, max_array=max_array,
                                         ports=[free_port(), free_port()]))
        os.environ["SLURM_CONF"] = str(self.conf)

    def start(self):
        f = self.folder
        self.spawn("munged", "--foreground", "--force", f"--key-file={f}/munge/key",
                   f"--socket={f}/munge.socket", f"--pid-file={f}/munge/pid",
                   f"--log-file={f}/munge/log", f"--seed-file={f}/munge/seed")
        self.until("munged", lambda: (f / "munge.socket").exists())
        self.spawn("slurmctld", "-D", "-f", str(self.conf))
        self.spawn("slurmd", "-D", "-f", str(self.conf), "-N", self.host)
        self.until("slurm", lambda: "idle" in self.ask("sinfo", "-h", "-o", "%t"))

    def spawn(self, name, *args):
        log = open(self.folder / f"{name}.out", "wb")
        self.processes.append(subprocess.Popen([daemon(name), *args], stdin=subprocess.DEVNULL,
                                               stdout=log, stderr=log))

    def ask(self, *command, check=False):
        return subprocess.run(command, capture_output=True, text=True, check=check).stdout

    def until(self, what, condition, seconds=60):
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


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    missing = [name for name in (*DAEMONS, "sbatch", "srun") if not daemon(name)]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: apt-get install slurm-wlm munge")
    if os.geteuid() != 0:
        pytest.skip("a SLURM of our own is started as root")
    # Its sockets have long names otherwise: a path in /tmp of ours.
    folder = Path(subprocess.run(["mktemp", "-d", "/tmp/pt-slurm.XXXXXX"], check=True,
                                 capture_output=True, text=True).stdout.strip())
    folder.chmod(0o755)
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pytracer(tmp_path, slurm):
    def call(*args, cwd=tmp_path, timeout=180, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("PYTRACER_") and
               (k == "SLURM_CONF" or not k.startswith("SLURM_"))}
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        env.update(more)
        return subprocess.run([PYTRACER, *map(str, args)], cwd=cwd, env=env, text=True,
                              capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
    return call
