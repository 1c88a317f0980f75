"""What takes Slurm its time: a time limit of a minute, a dead node. These runs began before the first test (see conftest.py)."""


def test_time_limit_ends_a_member_and_is_named(beyond_its_time):
    folder, run = beyond_its_time
    status, said = folder.end(run)
    assert status == 1
    assert "member 1 ended with code 143: Slurm says TIMEOUT" in said
    assert "# Ended (code 143; signal 15) at " in folder.read("x.log")


def test_command_that_saves_its_state_before_the_time_limit_goes_on_in_a_new_job(saving_in_time):
    folder, run = saving_in_time
    status, said = folder.end(run)
    assert status == 0
    assert said.count("member 1 has saved its state and goes on in a new Slurm job") == 1
    assert folder.output("x.log") == "went on\n"


def test_member_on_a_node_that_dies_fails_and_runs_again_when_asked(on_a_dying_node):
    folder, run = on_a_dying_node
    status, said = folder.end(run)
    assert status == 1
    assert "job failed" in said
    assert "member 1 ended without a done-file: Slurm says NODE_FAIL (NodeDown), exit code 0:0" in said
    folder.cluster.control("start")
    assert folder.run("x.log", "true")[0] == 0
