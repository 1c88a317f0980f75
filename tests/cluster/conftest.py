"""A real Slurm on this machine for the whole session, and what tests do with it."""

import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("slurm_cluster.sh")
GUARD = 600  # seconds that anything may take: more than all here, less than for ever
# As conf/slurm.conf, but for tests: Slurm is asked often, and loopback needs no grace.
CONF = "\n".join(line for line in (ROOT / "conf/slurm.conf").read_text().splitlines() if not line.startswith("timing"))
CONF += "\ntiming poll=1 grace=2\n"


class Cluster(dict):
    """The environment of a process that uses the cluster: SLURM_CONF, and CORTADO_CMD=slurm."""

    def control(self, *words: str) -> subprocess.CompletedProcess:
        """slurm_cluster.sh start, kill node3, ..."""
        return subprocess.run([SCRIPT, *words], env=self, capture_output=True, text=True, timeout=GUARD)

    def slurm(self, *words: str) -> str:
        """What a command of Slurm prints."""
        return subprocess.run(words, env=self, capture_output=True, text=True, timeout=GUARD).stdout


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if not all(shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("munged", "slurmctld", "slurmd", "sbatch")):
        pytest.skip(f"Slurm is not installed: {SCRIPT.relative_to(ROOT)} install")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    environment = Cluster(outside, CLUSTER_DIR=str(tmp_path_factory.mktemp("cluster")), CORTADO_CMD="slurm", GLOO_SOCKET_IFNAME="lo")
    started = environment.control("start")
    try:
        if started.returncode:
            pytest.fail(f"Slurm is installed and cannot be started: {started.stderr}")
        environment["SLURM_CONF"] = re.search("SLURM_CONF=(.*)", started.stdout)[1]
        yield environment
    finally:
        environment.control("stop")


class Folder:
    """A folder of its own for one test, and slurm.py called in it."""

    def __init__(self, path: Path, cluster: Cluster):
        self.path, self.cluster, self.started = path, cluster, []
        (path / "conf").mkdir(parents=True)
        self.configure(CONF)

    def configure(self, text: str) -> None:
        (self.path / "conf/slurm.conf").write_text(text)

    def start(self, *words: object, program: str = "slurm.py", **environment: str) -> subprocess.Popen:
        """A slurm.py in the background, in a process group of its own."""
        call = [ROOT / "utils" / program, *map(str, words)]
        before = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        options = {"cwd": self.path, "env": {**self.cluster, **environment}, "start_new_session": True, "preexec_fn": before}
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
        self.started.append(process)
        return process

    def end(self, process: subprocess.Popen) -> tuple[int, str]:
        """Wait for it; its exit status and what it said."""
        said = process.communicate(timeout=GUARD)[1]
        return process.returncode, said

    def first_line(self, process: subprocess.Popen) -> str:
        """The first thing that it says."""
        assert select.select([process.stderr], [], [], GUARD)[0], "it said nothing"
        return process.stderr.readline()

    def run(self, *words: object, **options: str) -> tuple[int, str]:
        """Start it and wait for it: its exit status and what it said."""
        return self.end(self.start(*words, **options))

    def read(self, name: str) -> str:
        """A file of the folder; nothing when there is none."""
        path = self.path / name
        return path.read_text() if path.exists() else ""

    def until(self, what: str | Callable[[], object]) -> None:
        """Wait until there is something in this file, or until this is true."""
        give_up = time.monotonic() + GUARD
        while not (self.read(what) if isinstance(what, str) else what()):
            assert time.monotonic() < give_up, f"waited in vain for {what}"
            time.sleep(0.05)

    def output(self, log: str) -> str:
        """What the command itself wrote into its log."""
        return "".join(line for line in self.read(log).splitlines(keepends=True) if not line.startswith("#"))

    def jobs(self) -> list[str]:
        """The members of this folder's arrays that are in the queue, as 12_3."""
        rows = [row.split("|", 1) for row in self.cluster.slurm("squeue", "-h", "-r", "-o", "%i|%Z").splitlines()]
        return [job for job, folder in rows if folder == str(self.path)]

    def kill(self, name: str) -> None:
        """SIGKILL to the process whose id is in this file."""
        os.kill(int(self.read(name)), signal.SIGKILL)

    def is_alive(self, name: str) -> bool:
        return Path(f"/proc/{self.read(name).strip()}").exists()

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                self.end(process)


@pytest.fixture
def folder(tmp_path, cluster):
    made = Folder(tmp_path / "my ünï folder", cluster)
    yield made
    made.close()


# --- what takes more than half a minute begins before the first test, and is looked at when its test comes

STOPPED_ONCE = """
import pathlib, signal, sys, time
if pathlib.Path("began").exists():
    print("went on")
    sys.exit(0)
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(75))
pathlib.Path("began").touch()
time.sleep(300)
"""


@pytest.fixture(scope="session")
def begin(tmp_path_factory, cluster):
    """begin(argument, ...) -> a folder, and the slurm.py that has been started in it."""
    folders = []

    def start(*words: str) -> tuple[Folder, subprocess.Popen]:
        folders.append(Folder(tmp_path_factory.mktemp("slow") / "folder", cluster))
        return folders[-1], folders[-1].start(*words)

    yield start
    for folder in folders:
        folder.close()


@pytest.fixture(scope="session")
def beyond_its_time(begin):
    return begin("--time", "1", "x.log", "sleep", "300")


@pytest.fixture(scope="session")
def saving_in_time(begin):
    return begin("--time", "1", "x.log", "python3", "-c", STOPPED_ONCE)


@pytest.fixture(scope="session")
def on_a_dying_node(begin, cluster):
    folder, process = begin("--sbatch", "--nodelist=node3 --exclusive", "x.log", "bash", "-c", "echo > up; sleep 300")
    folder.until("up")
    cluster.control("kill", "node3")
    return folder, process


@pytest.fixture(scope="session", autouse=True)
def slow_runs_begin_first(request):
    for name in ("beyond_its_time", "saving_in_time", "on_a_dying_node"):
        if any(name in getattr(item, "fixturenames", ()) for item in request.session.items):
            request.getfixturevalue(name)
