"""Gaussian mixtures by kaldi-hmm-gmm: see khg_env.py.

In: offsets (num_pdfs + 1,), weights (G,), means and variances (G, D), x (T, D). Out: log_likes (T, num_pdfs); gconsts (G,), weights,
means_invvars and inv_vars as it holds them, float32.
"""

import itertools
import sys

import kaldi_hmm_gmm as khg
import numpy as np

given = np.load(sys.argv[1])
x, offsets = given["x"], given["offsets"]
held = {"gconsts": [], "weights": [], "means_invvars": [], "inv_vars": []}
columns = []
for start, stop in itertools.pairwise(offsets):
    gmm = khg.DiagGmm(nmix=int(stop - start), dim=x.shape[1])
    gmm.set_weights(given["weights"][start:stop].astype(np.float32))
    gmm.set_invvars_and_means((1 / given["variances"][start:stop]).astype(np.float32), given["means"][start:stop].astype(np.float32))
    gmm.compute_gconsts()
    columns.append([gmm.log_likelihood(frame) for frame in x.astype(np.float32)])
    for name, values in held.items():
        values.append(np.array(getattr(gmm, name)))
np.savez(sys.argv[2], log_likes=np.array(columns).T, **{name: np.concatenate(values) for name, values in held.items()})
