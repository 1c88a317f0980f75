"""Topology, tree and transition model by kaldi-hmm-gmm: see khg_env.py.

In: topo (text form) and tree (binary form, without the mark) as bytes; windows (n, N), pdf_classes (n,); counts (num_tids + 1,).
Out: tree_binary, tree_text (bytes of the files it writes), pdf_ids (n,), tuples (num_states, 4), log_probs, tid_to_state (from 1),
tid_to_pdf, is_self_loop, is_final, non_self_loop_log_probs (from 1); after an update by counts: updated, objf_impr, count.
"""

import sys
import tempfile
from pathlib import Path

import kaldi_hmm_gmm as khg
import numpy as np

given = np.load(sys.argv[1])
topology = khg.HmmTopology()
topology.read(given["topo"].tobytes().decode())
topology.check()
tree = khg.ContextDependency.__new__(khg.ContextDependency)
tree.__setstate__((given["tree"].astype(np.int8).tolist(),))

out = {}
with tempfile.TemporaryDirectory() as folder:
    for name, is_binary in (("tree_binary", True), ("tree_text", False)):
        tree.write(is_binary, f"{folder}/{name}")
        out[name] = np.frombuffer(Path(folder, name).read_bytes(), np.uint8)
asked = zip(given["windows"].tolist(), given["pdf_classes"].tolist(), strict=True)
out["pdf_ids"] = [tree.compute(window, pdf_class)[1] for window, pdf_class in asked]

model = khg.TransitionModel(tree, topology)
tids = range(1, model.num_transition_ids + 1)
out["tuples"] = [row.__getstate__() for row in model.tuples]
out["log_probs"] = np.array(model.log_probs, np.float32)
out["tid_to_state"] = model.id2state
out["tid_to_pdf"] = [model.transition_id_to_pdf(tid) for tid in tids]
out["is_self_loop"] = [model.is_self_loop(tid) for tid in tids]
out["is_final"] = [model.is_final(tid) for tid in tids]
out["non_self_loop_log_probs"] = np.array(model.non_self_loop_log_probs, np.float32)
out["objf_impr"], out["count"] = model.mle_update(given["counts"], khg.MleTransitionUpdateConfig())
out["updated"] = np.array(model.log_probs, np.float32)
np.savez(sys.argv[2], **out)
