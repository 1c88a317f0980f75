"""Training graphs, alignment and statistics of a GMM-HMM, against kaldi-hmm-gmm: one thread each, the same model, features and words.

kaldi-hmm-gmm runs in a process of its own, between two halves of our passes (tests/oracles/khg_align.py). Its graphs come from FSTs, its
beams are Kaldi's 10 and 40, which is 100 and 400 nats; ours are 300 and 1200. Times are CPU seconds for an hour of audio, of ours the
median of six passes. Memory is the peak of a process that does one pass, ours another one than that of the times; and by how much that is above
the peak before the pass, with libraries (ours are torch and numba), model and features read, and in ours one utterance aligned, which brings the
compiled code in. On made-up speech of 40 phones and 300 words; or with a model of steps/train_*.sh on its data. Prints one line.
Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_hmm_alignment.py [<number of utterances, default 200> | <data-dir> <lang-dir> <model-dir>]
"""

import multiprocessing
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
from khg_env import run_oracle
from khg_inputs import lexicon_inputs, model_inputs, speech_inputs

from cortado.datadir import DataDir
from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.align import find_alignments
from cortado.hmm.chunks import Chunk
from cortado.hmm.corpus import Utterance, read_corpus
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model_folder import ModelFolder
from cortado.hmm.phone_graph import pronunciation_table
from cortado.hmm.settings import AlignSettings
from cortado.hmm.topology import make_topology
from cortado.hmm.training_graph import GraphBuilder
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import ConstantNode, SplitNode, TableNode, Tree, windows_of
from cortado.lang.files import WordPhones
from cortado.lang.lang import Lang

SIL, NUM_PHONES, NUM_WORDS, DIM, GAUSS_OF_PDF = 1, 41, 300, 39, 5
FRAMES_PER_HOUR = 360_000


class Task(NamedTuple):
    """What is aligned with what."""

    pronunciations: list[WordPhones]
    sil_prob: float
    tree: Tree
    transitions: TransitionModel
    gmms: DiagGmms
    utterances: list[Utterance]
    feats: np.ndarray


def made_up(num_utterances: int) -> Task:
    """Speech drawn from a model whose tree asks of phones 2 to 41 whether the phone before, and the one after, is below 22."""
    rng = np.random.default_rng(0)
    topology, numbers, low = make_topology(range(2, NUM_PHONES + 1), [SIL]), iter(range(10_000)), frozenset(range(22))

    def leaf(*keys: int):
        return SplitNode(keys[0], low, leaf(*keys[1:]), leaf(*keys[1:])) if keys else ConstantNode(next(numbers))

    roots = [None, TableNode(-1, tuple(leaf() for _ in range(5)))]
    roots += [TableNode(-1, tuple(leaf(*keys) for keys in ((0,), (), (2,)))) for _ in range(2, NUM_PHONES + 1)]
    tree = Tree(3, 1, TableNode(1, tuple(roots)))
    size = tree.num_pdfs * GAUSS_OF_PDF
    centres = np.repeat(3 * rng.normal(size=(tree.num_pdfs, DIM)), GAUSS_OF_PDF, axis=0)
    offsets, weights = np.arange(0, size + 1, GAUSS_OF_PDF), np.full(size, 1 / GAUSS_OF_PDF)
    gmms = DiagGmms(offsets, weights, centres + rng.normal(size=(size, DIM)), rng.uniform(2, 10, (size, DIM)))
    said = [WordPhones(word, 0.0, tuple(rng.integers(2, NUM_PHONES + 1, rng.integers(2, 8)).tolist())) for word in range(1, NUM_WORDS + 1)]
    words = [rng.integers(1, NUM_WORDS + 1, 8).astype(np.int32) for _ in range(num_utterances)]
    feats = [
        speak(rng, [SIL, *(phone for word in transcript for phone in said[word - 1].phones), SIL], topology, tree, gmms)
        for transcript in words
    ]
    utterances = [Utterance(f"u{i}", "s", transcript, len(matrix)) for i, (transcript, matrix) in enumerate(zip(words, feats, strict=True))]
    return Task(said, 0.5, tree, TransitionModel.from_tree(tree, topology), gmms, utterances, np.concatenate(feats))


def speak(rng, phones, topology, tree, gmms) -> np.ndarray:
    pdfs = [
        tree.pdf_ids(window[None], np.array([state.pdf_class]))[0]
        for phone, window in zip(phones, windows_of(np.array(phones), 3, 1), strict=True)
        for state in topology.entry(phone)[:-1]
    ]
    pdfs = np.repeat(pdfs, 1 + rng.poisson(1.5, len(pdfs)))
    gauss = rng.integers(gmms.offsets[pdfs], gmms.offsets[pdfs + 1])
    return (gmms.means[gauss] + np.sqrt(gmms.variances[gauss]) * rng.normal(size=(len(gauss), DIM))).astype(np.float32)


def of_model(data_dir: str, lang_dir: str, model_dir: str) -> Task:
    data, lang, model = DataDir(data_dir), Lang.read(lang_dir), ModelFolder(model_dir)
    utterances, reader, adapted = read_corpus(data, lang).utterances, model.features(data), model.speaker_transforms()
    feats = [reader.read(utterance.name, adapted.get(utterance.speaker)) for utterance in utterances]
    return Task(lang.pronunciations, lang.sil_prob, model.tree, *model.model, utterances, np.concatenate(feats))


def seconds(work) -> tuple[float, object]:
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def our_passes(task: Task, silence: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds (count, 3) of graphs, alignment and statistics, and the alignment."""
    lexicon = pronunciation_table(task.pronunciations, silence, task.sil_prob)
    chunk, settings = Chunk(task.utterances, Path("unused")), AlignSettings()
    words, times = [utterance.words for utterance in task.utterances], []
    for _ in range(count):
        builder = GraphBuilder(lexicon, task.tree, task.transitions)
        of_graphs, graphs = seconds(lambda: builder.build(words))  # noqa: B023 (called at once)
        of_paths, paths = seconds(lambda: find_alignments(task.feats, chunk, graphs, task.transitions, task.gmms, settings, 1))  # noqa: B023
        pdfs, statistics = task.transitions.tid_to_pdf[paths.tids], new_statistics(task.gmms)
        of_statistics, _ = seconds(lambda: accumulate(statistics, task.feats, pdfs, task.gmms))  # noqa: B023
        times.append((of_graphs, of_paths, of_statistics))
    return np.array(times), paths.tids


def memory_of_a_pass(task: Task, silence: int) -> tuple[float, float]:
    """Peak memory of this process before and after a pass, in MB."""
    first = task.utterances[:1]
    our_passes(task._replace(utterances=first, feats=task.feats[: first[0].num_frames]), silence, 1)
    before = peak_rss()
    our_passes(task, silence, 1)
    return before, peak_rss()


def peak_rss() -> float:
    status = Path("/proc/self/status").read_text()  # getrusage begins with what the process that started this one had
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main():
    with_model = len(sys.argv) == 4
    task = of_model(*sys.argv[1:]) if with_model else made_up(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    silence = Lang.read(sys.argv[2]).optional_silence if with_model else SIL
    our_passes(task, silence, 1)  # compiles
    before, tids = our_passes(task, silence, 3)
    words = [utterance.words for utterance in task.utterances]
    frame_offsets = np.cumsum([0, *(utterance.num_frames for utterance in task.utterances)])
    theirs = run_oracle(
        "khg_align.py",
        **model_inputs(task.tree, task.transitions, task.gmms),
        **lexicon_inputs(task.pronunciations, silence, task.sil_prob),
        **speech_inputs(words, task.feats, frame_offsets, beams=(10, 40)),
    )
    after, _ = our_passes(task, silence, 3)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        start, peak = pool.apply(memory_of_a_pass, (task, silence))
    their_start, *_, their_peak = theirs["peak_rss"]
    hours = len(task.feats) / FRAMES_PER_HOUR
    ours, peer = np.median(np.concatenate([before, after]), axis=0) / hours, theirs["seconds"] / hours
    parts = [
        f"{name} {mine:.3f} s, kaldi-hmm-gmm {other:.2f} s, {other / mine:.1f} times ours"
        for name, mine, other in zip(("graphs", "alignment", "statistics"), ours, peer, strict=True)
    ]
    print(
        f"an hour of audio ({hours:.2f} measured, {task.gmms.num_pdfs} pdfs, {task.gmms.num_gauss} Gaussians): {'; '.join(parts)}; "
        f"{100 * np.mean(tids == theirs['tids']):.4f} % of frames aligned alike; memory {peak:.0f} MB, {peak - start:.0f} of it for the pass, "
        f"kaldi-hmm-gmm {their_peak:.0f} MB, {their_peak - their_start:.0f} of it for the pass"
    )


if __name__ == "__main__":
    main()
