"""conf/slurm.conf: Kaldi's and ESPnet's lines become the arguments of sbatch that they mean; a wrong line names itself."""

import pytest

from cortado.launch.arguments import parse
from cortado.launch.message import LaunchError
from cortado.launch.slurm_conf import DEFAULT, conf_path, read_conf, sbatch_call, time_seconds, warning_seconds

KALDI = """# a comment with an apostrophe's trouble
command sbatch --export=PATH  --partition shared
option time=* --time $0   # of the job
option mem=* --mem-per-cpu $0
option mem=0          # Do not add anything to qsub_opts
option num_threads=* --cpus-per-task $0 --ntasks-per-node=1
option num_threads=1 --cpus-per-task 1
option num_nodes=* --nodes $0
default gpu=0
option gpu=0 -p cpu
option gpu=* -p gpu --gres=gpu:$0 -c $0
option max_jobs_run=*
default gpu_limit=200
option gpu_limit=*
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """call(conf text, option, ...) -> the words of sbatch."""
    monkeypatch.chdir(tmp_path)

    def words(text, *options):
        (tmp_path / "slurm.conf").write_text(text)
        return sbatch_call(read_conf(tmp_path / "slurm.conf"), parse([*options, "x.log", "true"]))

    return words


def site_words(words):
    """What comes from the file: all before our own."""
    return " ".join(words[: words.index("--nodes=1")])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "-p cpu"),
        (["--gpu", "0"], "-p cpu"),
        (["--gpu", "2", "--num-threads", "1"], "-p gpu --gres=gpu:2 -c 2 --cpus-per-task 1"),
        (["--mem", "0"], "-p cpu"),
        (
            ["--mem", "4G", "--time", "1-00", "--num-threads", "8"],
            "--time 1-00 --mem-per-cpu 4G -p cpu --cpus-per-task 8 --ntasks-per-node=1",
        ),
    ],
)
def test_exact_value_goes_before_star_and_the_value_is_filled_in(call, options, expected):
    assert site_words(call(KALDI, *options)) == f"sbatch --export=PATH --partition shared {expected}"


def test_our_own_words_are_stronger_than_the_files_and_the_users_stronger_than_ours(call):
    words = call(KALDI, "--nodes", "2", "--ntasks", "6", "--num-threads", "4", "--sbatch", "--signal=USR2 --comment='a b'", "--sbatch=-A x")
    assert words.index("--ntasks-per-node=1") < words.index("--ntasks-per-node=3")
    assert words.index("--export=PATH") < words.index("--export=ALL")
    assert words.index("--signal=B:USR1@120") < words.index("--signal=USR2")
    assert words[words.index("--signal=USR2") :] == ["--signal=USR2", "--comment=a b", "-A", "x", "--export=ALL"]
    assert {"--nodes=2", "--ntasks=6", "--no-requeue"} < set(words)


def test_default_stands_in_for_an_option_that_is_not_given(call):
    text = "command sbatch\ndefault time=24:00:00\noption time=* -t $0\n"
    assert site_words(call(text)) == "sbatch -t 24:00:00"
    assert site_words(call(text, "--time", "5")) == "sbatch -t 5"


def test_shipped_file_takes_every_option_and_names_no_partition():
    words = sbatch_call(read_conf(DEFAULT), parse(["--mem", "4G", "--time", "60", "--num-threads", "2", "--gpu", "1", "x.log", "true"]))
    assert site_words(words) == "sbatch --time=60 --mem=4G --gres=gpu:1 --cpus-per-task=2"
    assert site_words(sbatch_call(read_conf(DEFAULT), parse(["x.log", "true"]))) == "sbatch"


def test_option_that_the_file_does_not_know_is_an_error_that_says_what_to_add(call):
    with pytest.raises(LaunchError, match=r"--mem 4G: .*slurm.conf does not say .*: option mem=\*"):
        call("command sbatch\noption mem=8G --mem=8G\n", "--mem", "4G")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("command sbatch\nopton mem=* --mem $0\n", "slurm.conf:2: expected command, option NAME=VALUE"),
        ("command sbatch\noption mem\n", "slurm.conf:2: expected"),
        ("command sbatch 'x\n", "slurm.conf:1: No closing quotation"),
        ("command sbatch\ntiming pol=3\n", "slurm.conf:2: timing knows poll and grace, not pol"),
        ("command sbatch\ntiming poll=20s\n", "slurm.conf:2: timing poll is a number of seconds above 0, not '20s'"),
        ("command sbatch\ntiming grace=-1\n", "slurm.conf:2: timing grace is a number of seconds above 0, not '-1'"),
        ("option mem=* --mem $0\n", "slurm.conf: a line is missing"),
    ],
)
def test_wrong_line_is_an_error_with_its_number(call, text, message):
    with pytest.raises(LaunchError, match=message):
        call(text)


def test_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "slurm.conf").write_bytes("command sbatch # für alle".encode("latin-1"))
    with pytest.raises(LaunchError, match=r"slurm\.conf: the text is not UTF-8"):
        read_conf(tmp_path / "slurm.conf")


def test_file_of_the_folder_goes_before_that_of_the_repository_and_a_named_one_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert conf_path(parse(["x.log", "true"])) == DEFAULT
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/slurm.conf").touch()
    assert conf_path(parse(["x.log", "true"])) == tmp_path / "conf/slurm.conf"
    with pytest.raises(LaunchError, match=r"--config no\.conf: no such file"):
        conf_path(parse(["--config", "no.conf", "x.log", "true"]))


@pytest.mark.parametrize(  # the forms of sbatch's manual
    ("text", "seconds"),
    [("5", 300), ("5:30", 330), ("1:02:03", 3723), ("2-3", 183600), ("2-3:04", 183840), ("2-3:04:05", 183845), ("0", 0)],
)
def test_times_as_slurm_writes_them(text, seconds):
    assert time_seconds(text) == seconds


@pytest.mark.parametrize(("limit", "seconds"), [(None, 120), ("1", 15), ("8", 120), ("10:00:00", 120), ("0", 120), ("UNLIMITED", 120)])
def test_warning_comes_two_minutes_before_the_end_or_a_quarter_of_a_short_time(limit, seconds):
    assert warning_seconds(limit) == seconds
