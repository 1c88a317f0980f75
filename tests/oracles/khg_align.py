"""Training graphs, alignment and statistics by kaldi-hmm-gmm: see khg_env.py.

In: topo (text form) and tree (binary form, without the mark) as bytes; log_probs (num_tids + 1,); offsets, weights, means, variances of
the mixtures; the arcs of L.fst: src, ilabel, olabel, dst, arc_weights, final; words of all utterances and word_offsets, feats
(num_frames, D) and frame_offsets; beams (2,) as Kaldi counts them.
Out: tids (num_frames,), 0 where an utterance has no path; scores (U,), per utterance, of path and frames at acoustic scale 1; sums (G,
1 + 2 D); seconds (3,): CPU time of graphs, alignment and statistics; peak_rss in MB after each, from before the first on (4,).
"""

import itertools
import sys
import time
from pathlib import Path

import kaldi_hmm_gmm as khg  # before kaldifst
import kaldifst
import numpy as np

ACOUSTIC_SCALE, SELF_LOOP_SCALE = 0.1, 0.1
given = dict(np.load(sys.argv[1]))


def make_transitions():
    topology = khg.HmmTopology()
    topology.read(given["topo"].tobytes().decode())
    tree = khg.ContextDependency.__new__(khg.ContextDependency)
    tree.__setstate__((given["tree"].astype(np.int8).tolist(),))
    plain = khg.TransitionModel(tree, topology)
    *state, log_probs, _ = plain.__getstate__()
    log_probs = given["log_probs"].astype(np.float32).tolist()
    leaving = [0.0] * plain.num_transition_states
    for tid in range(1, plain.num_transition_ids + 1):
        if plain.is_self_loop(tid):
            leaving[plain.id2state[tid] - 1] = float(np.log1p(-np.exp(log_probs[tid])))
    model = khg.TransitionModel.__new__(khg.TransitionModel)
    model.__setstate__((*state, log_probs, [0.0, *leaving]))
    return tree, model


def make_mixtures():
    mixtures = khg.AmDiagGmm()
    for start, stop in itertools.pairwise(given["offsets"].tolist()):
        gmm = khg.DiagGmm(nmix=stop - start, dim=given["means"].shape[1])
        gmm.set_weights(given["weights"][start:stop].astype(np.float32))
        gmm.set_invvars_and_means((1 / given["variances"][start:stop]).astype(np.float32), given["means"][start:stop].astype(np.float32))
        gmm.compute_gconsts()
        mixtures.add_pdf(gmm)
    return mixtures


def make_lexicon():
    fst = kaldifst.StdVectorFst()
    for _ in range(1 + int(max(given["src"].max(), given["dst"].max(), given["final"]))):
        fst.add_state()
    fst.start = 0
    fst.set_final(int(given["final"]), 0.0)
    for src, ilabel, olabel, weight, dst in zip(
        *(given[name].tolist() for name in ("src", "ilabel", "olabel", "arc_weights", "dst")), strict=True
    ):
        fst.add_arc(src, kaldifst.StdArc(ilabel, olabel, weight, dst))
    kaldifst.arcsort(fst, sort_type="olabel")
    return fst


def peak_rss():
    status = Path("/proc/self/status").read_text()  # getrusage begins with what the process that started this one had
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def spans(name):
    return itertools.pairwise(given[name].tolist())


tree, model = make_transitions()
mixtures, lexicon = make_mixtures(), make_lexicon()
rss, clocks = [peak_rss()], [time.process_time()]

options = khg.TrainingGraphCompilerOptions(transition_scale=0.0, self_loop_scale=0.0, reorder=True)
compiler = khg.TrainingGraphCompiler(model, tree, lexicon, [], options)
graphs = [compiler.compile_graph_from_text(given["words"][start:stop].tolist()) for start, stop in spans("word_offsets")]
rss.append(peak_rss())
clocks.append(time.process_time())

tids, scores = np.zeros(len(given["feats"]), np.int32), np.full(len(graphs), -np.inf)
config = khg.AlignConfig(beam=float(given["beams"][0]), retry_beam=float(given["beams"][1]), careful=False)
for number, ((start, stop), graph) in enumerate(zip(spans("frame_offsets"), graphs, strict=True)):
    weighted = graph.copy()
    khg.add_transition_probs(model, [], 1.0, SELF_LOOP_SCALE, weighted)
    decodable = khg.DecodableAmDiagGmmScaled(mixtures, model, given["feats"][start:stop], ACOUSTIC_SCALE)
    done, _, _, total, _, alignment, _ = khg.align_utterance_wrapper(
        config, str(number), ACOUSTIC_SCALE, weighted, decodable, 0, 0, 0, 0.0, 0
    )
    if done:
        tids[start:stop], scores[number] = alignment, total
rss.append(peak_rss())
clocks.append(time.process_time())

statistics = khg.AccumAmDiagGmm()
statistics.init(mixtures, khg.GmmUpdateFlags.kGmmAll if hasattr(khg.GmmUpdateFlags, "kGmmAll") else khg.str_to_gmm_flags("mvw"))
pdf_of = np.array([0, *(model.transition_id_to_pdf(tid) for tid in range(1, model.num_transition_ids + 1))])
for frame, tid in enumerate(tids.tolist()):
    if tid:
        statistics.accumulate_for_gmm(mixtures, given["feats"][frame], int(pdf_of[tid]), 1.0)
rss.append(peak_rss())
clocks.append(time.process_time())

held = [statistics.get_acc(pdf) for pdf in range(mixtures.num_pdfs)]
sums = [np.column_stack([acc.occupancy, acc.mean_accumulator, acc.variance_accumulator]) for acc in held]
np.savez(sys.argv[2], tids=tids, scores=scores, sums=np.concatenate(sums), seconds=np.diff(clocks), peak_rss=rss)
