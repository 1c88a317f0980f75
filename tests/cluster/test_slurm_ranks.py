"""Members of several ranks on several nodes of a real Slurm."""

ALL_REDUCE = """
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor([2.0 ** dist.get_rank()])
dist.all_reduce(total)
print(os.environ["SLURMD_NODENAME"], os.environ["LOCAL_RANK"], os.environ["LOCAL_WORLD_SIZE"], int(total), flush=True)
dist.barrier()
dist.destroy_process_group()
"""
SHOW = "echo $SLURMD_NODENAME $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $MASTER_PORT $OMP_NUM_THREADS $(nproc)"
SAVES = """
import os, pathlib, signal, sys, time
if pathlib.Path("saved").exists():
    sys.exit(0)
def save(*_):
    time.sleep(0.3 * int(os.environ["RANK"]))
    pathlib.Path("saved").touch()
    sys.exit(75)
signal.signal(signal.SIGUSR1, save)
pathlib.Path("up." + os.environ["RANK"]).write_text("up")
time.sleep(100)
"""


def test_ranks_on_two_nodes_find_each_other_by_torchruns_variables(folder):
    status, said = folder.run("--nodes", 2, "--ntasks", 2, "--mem", "2G", "x.log", "python3", "-c", ALL_REDUCE)
    assert (status, said) == (0, "")
    assert sorted(folder.output("x.log").split("\n")) == ["", "node1 0 1 3", "node2 0 1 3"]


def test_every_rank_has_its_place_and_threads(folder):
    options = ["--nodes", 2, "--ntasks", 4, "--num-threads", 2]
    assert folder.run(*options, "JOB=1:2", "x.JOB.log", "bash", "-c", SHOW)[0] == 0
    for log in ("x.1.log", "x.2.log"):
        ranks = sorted(line.split()[:5] for line in folder.output(log).splitlines())
        nodes = sorted({node for node, *_ in ranks})
        assert ranks == [[nodes[rank // 2], str(rank), str(rank % 2), "4", "2"] for rank in range(4)]
    ports = {line.split()[5] for log in ("x.1.log", "x.2.log") for line in folder.output(log).splitlines()}
    assert len(ports) == 2 and all(20000 <= int(port) < 40000 for port in ports)


def test_dead_rank_ends_the_others_at_once(folder):
    script = '[ "$RANK" = 3 ] && exit 7; sleep 100; touch survived'
    status, said = folder.run("--nodes", 2, "--ntasks", 4, "x.log", "bash", "-c", script)
    assert status == 1
    assert "task 3: Exited with exit code 7" in said
    assert "# Accounting: time=" in said and float(said.rpartition("time=")[2].split()[0]) < 60
    assert not (folder.path / "survived").exists()


def test_ranks_that_save_their_state_on_sigusr1_run_again_though_they_do_not_end_together(folder):
    run = folder.start("--nodes", 2, "--ntasks", 2, "x.log", "python3", "-c", SAVES)
    folder.until("up.0")
    folder.until("up.1")
    folder.cluster.slurm("scancel", "--batch", "--signal=USR1", *folder.jobs())
    status, said = folder.end(run)
    assert status == 0
    assert said.count("member 1 has saved its state and goes on in a new Slurm job") == 1


def test_ranks_that_cannot_be_started_fail_with_the_reason(folder):
    status, said = folder.run("--nodes", 2, "--ntasks", 2, "x.log", "no-such-command")
    assert status == 1
    assert "cannot run no-such-command: No such file" in said
