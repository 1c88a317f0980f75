"""Members on a real Slurm: what they run with, which run again, and what is said of those that fail or are killed."""

import json
import re
import time

TORTURE = ["it's", "$HOME", "a  b ", "", "|", "new\nline", "back\\slash", "ünï 語", "%j", "\x01"]
ALLOCATE = "block = bytearray(1 << 30); block[::4096] = bytes([1]) * len(block[::4096]); import time; time.sleep(60)"


def test_failing_member_fails_the_run_and_only_it_runs_again(folder):
    call = ["JOB=1:6", "exp/log/x.JOB.log", "bash", "-c", "echo JOB >> ran; [ JOB != 4 ] || [ -e mended ]"]
    status, said = folder.run(*call)
    assert status == 1
    assert "1 / 6 failed, log is in exp/log/x.*.log" in said and "==> exp/log/x.4.log <==" in said
    assert "# Ended (code 1) at " in folder.read("exp/log/x.4.log")
    (folder.path / "mended").touch()
    assert folder.run(*call)[0] == 0
    assert sorted(folder.read("ran").split()) == ["1", "2", "3", "4", "4", "5", "6"]
    assert folder.run(*call)[0] == 0
    assert len(folder.read("ran").split()) == 7
    assert sorted(path.name for path in (folder.path / "exp/q/x.JOB").iterdir()) == [*(f"done.{n}" for n in range(1, 7)), "lock"]


def test_arguments_paths_and_environment_arrive_as_given(folder):
    code = "import json, os, sys; json.dump([sys.argv[1:], os.getcwd(), os.environ['MARK']], open('seen', 'w'))"
    status, said = folder.run("log dir/ü %j.log", "python3", "-c", code, *TORTURE, MARK="a 'b' $c")
    assert (status, said) == (0, "")
    assert json.loads(folder.read("seen")) == [TORTURE, str(folder.path), "a 'b' $c"]
    assert re.search("# Running on .*, Slurm job [0-9]+\n", folder.read("log dir/ü %j.log"))


def test_resources_reach_slurm_and_the_member(folder):
    show = "echo $SLURM_CPUS_PER_TASK $OMP_NUM_THREADS $SLURM_MEM_PER_NODE gpus=$CUDA_VISIBLE_DEVICES $SLURM_JOB_ACCOUNT $(squeue -h -j $SLURM_JOB_ID -o %l)"
    assert folder.run("--num-threads", 2, "--mem", "300M", "--gpu", 1, "--time", "1:00:00", "x.log", "bash", "-c", show)[0] == 0
    assert re.fullmatch("2 2 300 gpus=[01] 1:00:00\n", folder.output("x.log"))
    assert folder.run("--sbatch", "--time=30 --mem=200M", "y.log", "bash", "-c", show)[0] == 0
    assert folder.output("y.log").split()[-3:] == ["200", "gpus=", "30:00"]


def test_member_beyond_its_memory_fails_with_what_slurm_says_of_it(folder):
    status, said = folder.run("--mem", "200M", "JOB=1:2", "x.JOB.log", "bash", "-c", f'[ JOB = 1 ] || exec python3 -c "{ALLOCATE}"')
    assert status == 1
    assert re.search("member 2 ended without a done-file: Slurm says FAILED .*; slurmstepd.* exceeded memory limit", said)
    assert "1 / 2 failed" in said
    assert "exceeded memory limit" in folder.read("x.2.log").splitlines()[-1]


def test_member_whose_wrapper_is_killed_on_its_node_fails_and_leaves_no_process(folder):
    script = "[ JOB = 1 ] && exit; echo $PPID > parent; echo $$ > itself; exec sleep 60"
    run = folder.start("JOB=1:2", "x.JOB.log", "bash", "-c", script)
    folder.until("itself")
    folder.kill("parent")
    status, said = folder.end(run)
    assert status == 1
    assert "member 2 ended without a done-file: Slurm says FAILED" in said and "1 / 2 failed" in said
    assert not folder.is_alive("itself")


def test_members_cancelled_by_somebody_fail_whether_they_run_or_wait_and_the_others_go_on(folder):
    run = folder.start("--max-jobs-run", 2, "JOB=1:6", "x.JOB.log", "bash", "-c", "echo > up.JOB; until [ -e go ]; do sleep 0.1; done")
    folder.until("up.2")
    array = folder.jobs()[0].split("_")[0]
    time.sleep(5)  # by now slurm.py has asked for its members, and knows those that wait
    folder.cluster.slurm("scancel", f"{array}_2", f"{array}_[5-6]")
    folder.until(lambda: f"{array}_2" not in folder.jobs())  # else it might find `go` before the signal finds it
    (folder.path / "go").touch()
    status, said = folder.end(run)
    assert status == 1
    assert "3 / 6 failed" in said
    assert "member 2 ended with code 143: Slurm says CANCELLED" in said
    assert "member 6 ended without a done-file: Slurm knows nothing of it, though it was PENDING" in said
    assert all("# Ended (code 0)" in folder.read(f"x.{n}.log") for n in (1, 3, 4))


def test_command_that_saved_its_state_runs_again_and_continues_its_log(folder):
    script = "echo try; echo >> tries; [ $(wc -l < tries) = 3 ] || exit 75"
    status, said = folder.run("JOB=1:2", "x.JOB.log", "bash", "-c", f"[ JOB = 1 ] || {{ {script}; }}")
    assert status == 0
    assert said.count("member 2 has saved its state and goes on in a new Slurm job") == 2
    assert folder.output("x.2.log") == "try\n" * 3
    assert [line.split(" at ")[0] for line in folder.read("x.2.log").splitlines() if "Ended" in line] == [
        "# Ended (code 75)",
        "# Ended (code 75)",
        "# Ended (code 0)",
    ]


def test_command_that_saved_its_state_because_somebody_cancelled_it_does_not_run_again(folder):
    run = folder.start("x.log", "bash", "-c", "trap 'exit 75' TERM; echo >> up; while :; do sleep 0.1; done")
    folder.until("up")
    folder.cluster.slurm("scancel", *folder.jobs())
    status, said = folder.end(run)
    assert status == 1
    assert "member 1 ended with code 75: Slurm says CANCELLED" in said
    assert folder.read("up") == "\n"
