"""path.sh: the environment of every script, from any directory, through links, in strict shells, and on first use."""

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

TOOLS = ("bash", "dirname", "readlink", "cmp")


def make_wheel(folder: Path, name: str) -> None:
    """A package of one empty module, version 1.0, as a wheel."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_first_use_gives_a_shell_whose_python_has_the_packages_and_the_second_needs_no_network(tree, tmp_path):
    """The one test with a real virtual environment and a real pip."""
    make_wheel(tmp_path / "wheels", "alpha")
    recipe = tree.root / "egs/toy/sv"
    recipe.mkdir(parents=True)
    (recipe / "path.sh").symlink_to("../../../path.sh")
    real = {"STUB_PYTHON": sys._base_executable, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "wheels")}
    script = '. ./path.sh; type -p python3; python3 -c "import alpha, sys; print(sys.prefix)"; echo "$ROOT"'
    first = tree.bash(script, cwd=recipe, env=real)
    assert first.returncode == 0, first.stderr
    answers = [f"{tree.root}/.venv/bin/python3", f"{tree.root}/.venv", f"{tree.root}"]
    assert first.stdout.splitlines()[-3:] == answers
    unreachable = {**real, "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9"}
    second = tree.bash(script, cwd=recipe, env=unreachable)
    assert (second.returncode, second.stdout, second.stderr) == (0, "\n".join([*answers, ""]), "")


def test_can_be_sourced_from_any_directory(tree):
    run = tree.bash('. "$TREE/path.sh"; echo "$ROOT|$PYTHONPATH|$LC_ALL|${PATH%%:*}"', cwd="/")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == f"{tree.root}|{tree.root}/pyscripts|C|{tree.root}/.venv/bin"


def test_sourcing_twice_leaves_path_as_it_was(tree):
    run = tree.bash('. "$TREE/path.sh" > /dev/null; once=$PATH; . "$TREE/path.sh"; [ "$PATH" = "$once" ]')
    assert run.returncode == 0, run.stderr


def test_a_strict_shell_without_any_variable_can_source_it(tree):
    keep = {"PATH": tree.env["PATH"], "STUB_PYTHON": tree.env["STUB_PYTHON"], "STUB_LOG": tree.env["STUB_LOG"]}
    settings = " ".join(f"{name}='{value}'" for name, value in keep.items())
    run = tree.bash(f"""env -i {settings} bash -euo pipefail -c '. "$0"; echo done' "$TREE/path.sh" """)
    assert run.stdout.endswith("done\n"), run.stderr


def test_the_threads_asked_for_are_kept_and_one_is_the_default(tree):
    run = tree.bash(
        'unset OMP_NUM_THREADS; . "$TREE/path.sh" > /dev/null; echo $OMP_NUM_THREADS; OMP_NUM_THREADS=3; . "$TREE/path.sh"; echo $OMP_NUM_THREADS'
    )
    assert run.stdout.split() == ["1", "3"]


@pytest.fixture
def bare_path(tmp_path) -> str:
    """A PATH with what every Linux machine has, but no Python."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return str(folder)


def test_a_machine_without_python_stops_the_script_with_one_sentence(tree, bare_path):
    run = tree.bash('. "$TREE/path.sh"; echo went on', env={"PATH": bare_path})
    assert run.returncode == 1 and run.stdout == ""
    assert len(run.stderr.splitlines()) == 1 and "python3 was not found" in run.stderr


def test_a_failed_set_up_stops_the_script(tree):
    run = tree.bash('. "$TREE/path.sh"; echo went on', env={"STUB_PIP": "exit 1"})
    assert run.returncode == 1 and "went on" not in run.stdout


@pytest.mark.parametrize("broken", ["bin/python3", "installed-requirements.txt"])
def test_an_environment_without_its_python_or_its_stamp_is_made_anew(tree, broken):
    tree.bash('. "$TREE/path.sh"')
    (tree.root / ".venv" / broken).unlink()
    run = tree.bash('. "$TREE/path.sh"')
    assert run.returncode == 0 and "making it anew" in run.stdout
    assert len(tree.pip_calls()) == 2
