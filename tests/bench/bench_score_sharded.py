"""A long trial list scored by several jobs: 4 million trials by default, over 100,000 embeddings of 256 values, 1,211 speakers.

Prints the cost and the peak memory of the jobs and of the merge (which also checks for repeated pairs, writes the score file,
and makes the intervals from 1,000 draws of speakers), against what one writes first: one process that splits lines, looks names up,
takes einsum over gathered rows and writes with numpy.savetxt, and measures nothing.

Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_score_sharded.py
     OMP_NUM_THREADS=1 python3 tests/bench/bench_score_sharded.py --trials 100000000 --jobs 8 --folder /tmp/x    (13 GB there)
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.ark import ArkWriter, open_table
from cortado.score.split_list import split_trials

DIM, NUM_EMBEDDINGS, NUM_SPEAKERS = 256, 100_000, 1_211
COMMAND = Path(__file__).resolve().parents[2] / "pyscripts" / "bin" / "score_trials.py"


class Cost(NamedTuple):
    cpu: float  # seconds
    memory: float  # MiB, at its highest


def write_embeddings(folder, rng):
    """Speakers that an EER of some per cent tells apart, in the order of no speaker; returns keys and speakers."""
    speaker = rng.integers(NUM_SPEAKERS, size=NUM_EMBEDDINGS)
    centres = rng.standard_normal((NUM_SPEAKERS, DIM), dtype=np.float32)
    keys = [f"id{number:05}-{utt:08}-{utt % 1000:05}" for utt, number in enumerate(speaker)]
    with ArkWriter(folder / "x.ark", folder / "x.scp") as out:
        for key, number in zip(keys, speaker, strict=True):
            out.write(key, centres[number] + 2.5 * rng.standard_normal(DIM, dtype=np.float32))
    (folder / "utt2spk").write_text("".join(f"{key} id{number:05}\n" for key, number in zip(keys, speaker, strict=True)))
    return keys, speaker


def write_trials(folder, keys, speaker, num_trials, rng):
    """The same number of trials for each enrolment, at distances that no two of its trials share."""
    distances = 1 + rng.choice(len(keys) - 1, num_trials // len(keys), replace=False)
    with open(folder / "trials", "w") as out:
        for enrol, key in enumerate(keys):
            tests = (enrol + distances) % len(keys)
            labels = np.where(speaker[tests] == speaker[enrol], "target", "nontarget").tolist()
            out.writelines([f"{key} {keys[test]} {label}\n" for test, label in zip(tests.tolist(), labels, strict=True)])


def run_jobs(commands, at_once):
    """The cost of each command, `at_once` of them running at a time."""
    waiting, running, costs = list(commands), {}, []
    while waiting or running:
        while waiting and len(running) < at_once:
            process = subprocess.Popen(waiting.pop(0), stdout=subprocess.DEVNULL)
            running[process.pid] = process
        pid, status, usage = os.wait4(-1, 0)
        if status:
            sys.exit(f"a job ended with status {status}")
        running.pop(pid).returncode = 0  # wait4 has seen it end
        costs.append(Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return costs


def peer_seconds(folder, num_trials):
    """Processor seconds of the first trials of the list in the way that one writes first."""
    start = time.process_time()
    embeddings = dict(open_table(folder / "x.scp"))
    row = {key: number for number, key in enumerate(embeddings)}
    vectors = np.stack(list(embeddings.values()))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    begin = time.process_time()
    with open(folder / "trials") as lines:
        trials = [line.split() for line, _ in zip(lines, range(num_trials), strict=False)]
    enrol, test = (np.array([row[trial[side]] for trial in trials]) for side in (0, 1))
    scores = np.concatenate(
        [np.einsum("nd,nd->n", vectors[enrol[i : i + 100_000]], vectors[test[i : i + 100_000]]) for i in range(0, num_trials, 100_000)]
    )
    table = np.empty(num_trials, dtype=[("enrol", "U24"), ("test", "U24"), ("score", "f8")])
    table["enrol"], table["test"], table["score"] = [trial[0] for trial in trials], [trial[1] for trial in trials], scores
    np.savetxt(folder / "peer_scores", table, fmt="%s %s %.6f")
    return (begin - start), (time.process_time() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=4_000_000)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--folder", help="where to work; a temporary folder if not given")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        bench(Path(name), args.trials, args.jobs, args.at_once)


def bench(folder, num_trials, num_jobs, at_once):
    rng = np.random.default_rng(0)
    write_trials(folder, *write_embeddings(folder, rng), num_trials, rng)
    start = time.perf_counter()
    split_trials(folder / "trials", num_jobs).write(folder / "scores/parts/trials.json")
    split = time.perf_counter() - start
    call = [sys.executable, COMMAND, "--trials", folder / "trials", "--utt2spk", folder / "utt2spk", "--embeddings", folder / "x.scp"]
    call += ["--system", "x", "--condition", "y", "--out", folder / "scores"]
    start = time.perf_counter()
    jobs = run_jobs([[*call, "--part", str(job)] for job in range(1, num_jobs + 1)], at_once)
    scored = time.perf_counter()
    (merge,) = run_jobs([[*call, "--merge"]], 1)
    merged = time.perf_counter()
    fixed, peer = peer_seconds(folder, min(num_trials, 400_000))
    peer = fixed + peer * num_trials / min(num_trials, 400_000)
    cpu = sum(job.cpu for job in jobs)
    print((folder / "scores/summary").read_text(), end="")
    print(
        f"{num_trials:,} trials: split {split:.1f} s; {num_jobs} jobs, {at_once} at once, {scored - start:.0f} s, "
        f"{cpu / num_jobs:.1f} CPU s and {max(job.memory for job in jobs):.0f} MiB each; merge {merged - scored:.0f} s, "
        f"{merge.cpu:.0f} CPU s, {merge.memory:.0f} MiB; {num_trials / (merged - start + split) / 1e6:.2f} M trials/s; "
        f"peer {peer:.0f} CPU s for the scores alone, {peer / cpu:.1f} times our jobs, {peer / (cpu + merge.cpu):.1f} times all"
    )


if __name__ == "__main__":
    main()
