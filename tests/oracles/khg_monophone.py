"""The tree without context by kaldi-hmm-gmm: see khg_env.py.

In: phones of all sets one after another, set_sizes, phone_to_num_classes (indexed by phone). Out: tree, the bytes of its file.
"""

import sys
import tempfile
from pathlib import Path

import kaldi_hmm_gmm as khg
import numpy as np

given = np.load(sys.argv[1])
phone_sets = np.split(given["phones"], np.cumsum(given["set_sizes"])[:-1])
tree = khg.monophone_context_dependency_shared([phone_set.tolist() for phone_set in phone_sets], given["phone_to_num_classes"].tolist())
with tempfile.TemporaryDirectory() as folder:
    tree.write(True, f"{folder}/tree")
    np.savez(sys.argv[2], tree=np.frombuffer(Path(folder, "tree").read_bytes(), np.uint8))
