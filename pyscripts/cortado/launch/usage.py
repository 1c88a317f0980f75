"""What --help prints: the contract that all back ends share, and what each says about itself."""

from cortado.launch.message import PROGRAM

CALL = f"""usage: {PROGRAM} [options] [JOB=1:4] [options] LOG COMMAND [ARGUMENT...]

Run COMMAND once for each JOB from 1 to 4, several at a time, each with its own log, and wait for all of them.
JOB (any name will do) is replaced by the number wherever it stands in LOG, in the arguments and in --input and --output,
inside words too. COMMAND is no shell text: arguments arrive as they are given, so write a pipe as
    {PROGRAM} JOB=1:4 exp/log/count.JOB.log bash -c 'set -o pipefail; zcat x.JOB.gz | sort -u > y.JOB'

Options, as --a b or --a=b:
  --max-jobs-run N   at most N members at a time; given twice, the smaller one holds
  --num-threads N    a member (each rank of it) uses N threads: sets OMP_, MKL_ and OPENBLAS_NUM_THREADS (default: they stay as they are)
  --gpu N            a member needs N GPUs on each of its nodes; CUDA_VISIBLE_DEVICES shows it no others (default 0: none)
  --ntasks N         start COMMAND N times in each member, as ranks that find torchrun's variables (RANK, WORLD_SIZE, ...); default 1
  --nodes N          on so many nodes, of which --ntasks is a multiple (default 1; 1 on one machine)
  --input FILE       the command reads FILE: a member whose FILE has new contents runs again (may be repeated)
  --output FILE      the command makes FILE: a member whose FILE is missing or has another size runs again (may be repeated)
  --mem 4G, --time 10:00:00, --config FILE, --sbatch "ARGUMENTS"
                     for a cluster; on one machine they are checked for form and not enforced
"""

RERUN = """
The same call again runs only the members that have not yet succeeded. A member has succeeded when it left a done-file with
code 0 (in q/, beside the log directory) from the same command, range, working directory and contents of its --input files,
and its log and its --output files are there, of the size that it left. To run a member again, delete its log. Another range or
command under the same LOG forgets the earlier one, so q/ holds one folder for each LOG and one file for each member.
A second call for the same LOG waits until the first has ended.

All members run to the end, even after one failed. When COMMAND ends, what it left running has 5 seconds to end too.
Exit status: 0 all succeeded, 1 some failed, 255 wrong call, 128+n stopped by signal n (with everything it started)."""


def text(about_back_end: str) -> str:
    """The whole help, with the back end's own paragraph in its middle."""
    return f"{CALL}\n{about_back_end.format(program=PROGRAM)}\n{RERUN}"
