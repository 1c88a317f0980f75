"""One iteration of EM of the total variability model, and of the full-covariance UBM, against loops in numpy, one thread.

The peers are what one writes first: for the extractor a loop over utterances, each with its precision as one product with the
stored loadings_c' loadings_c and an inverse by scipy; for the UBM a loop over Gaussians, each with a triangular solve over all
frames. Data are random. Prints one line for each.
Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_ivector.py
"""

import time

import numpy as np
import torch
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import logsumexp

from cortado.ivector import extractor_training, ubm
from cortado.ivector.extractor import BATCH, unpack
from cortado.ivector.frames import BLOCK
from cortado.ivector.gmm import Gmm

NUM_GAUSS, DIM, IVECTOR_DIM, NUM_UTTERANCES, NUM_FRAMES = 256, 39, 200, 256, 8192


def seconds(work, *arguments):
    start = time.perf_counter()
    found = work(*arguments)
    return time.perf_counter() - start, found


def extractor_by_loops(loadings, stats):
    products = np.einsum("cdr,cds->crs", loadings, loadings, optimize=True).reshape(NUM_GAUSS, -1)
    weighted, cross = np.zeros_like(products), np.zeros_like(loadings)
    for zeroth, first in zip(stats[:, :, 0], stats[:, :, 1:], strict=True):
        precision = np.eye(IVECTOR_DIM) + (zeroth @ products).reshape(IVECTOR_DIM, IVECTOR_DIM)
        covariance = cho_solve(cho_factor(precision, lower=True), np.eye(IVECTOR_DIM))
        mean = covariance @ np.tensordot(loadings, first, ((0, 1), (0, 1)))
        weighted += np.outer(zeroth, (covariance + np.outer(mean, mean)).ravel())
        cross += first[:, :, None] * mean
    return weighted, cross


def ubm_by_loops(gmm, frames):
    log_joint = np.empty((len(frames), NUM_GAUSS))
    for c in range(NUM_GAUSS):
        root = np.linalg.cholesky(gmm.covariances[c].numpy())
        whitened = solve_triangular(root, (frames - gmm.means[c].numpy()).T, lower=True)
        constant = np.log(gmm.weights[c].numpy()) - np.log(np.diag(root)).sum() - 0.5 * DIM * np.log(2 * np.pi)
        log_joint[:, c] = constant - 0.5 * (whitened**2).sum(0)
    of_gauss = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    second = np.stack([(frames * of_gauss[:, c, None]).T @ frames for c in range(NUM_GAUSS)])
    return of_gauss.sum(0), of_gauss.T @ frames, second


def bench_extractor(rng):
    stats = rng.uniform(0, 10, size=(NUM_UTTERANCES, NUM_GAUSS, 1 + DIM))
    model = extractor_training.random_extractor(NUM_GAUSS, DIM, IVECTOR_DIM, seed=0)
    ours, sums = seconds(extractor_training.accumulate, model, torch.from_numpy(stats).split(BATCH))
    peer, (weighted, cross) = seconds(extractor_by_loops, model.loadings.numpy(), stats)
    np.testing.assert_allclose(unpack(sums.weighted, IVECTOR_DIM).flatten(1), weighted, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(sums.cross, cross.reshape(-1, IVECTOR_DIM), rtol=1e-7, atol=1e-7)
    print(
        f"i-vector E-step, {NUM_UTTERANCES} utterances, {NUM_GAUSS} Gaussians, {IVECTOR_DIM} dimensions: {ours:.2f} s, "
        f"loop over utterances {peer:.2f} s, {peer / ours:.1f} times ours"
    )


def bench_ubm(rng):
    frames = rng.normal(size=(NUM_FRAMES, DIM))
    roots = 0.1 * rng.normal(size=(NUM_GAUSS, DIM, DIM))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(DIM)
    weights, means = np.full(NUM_GAUSS, 1 / NUM_GAUSS), rng.normal(size=(NUM_GAUSS, DIM))
    gmm = Gmm(*map(torch.from_numpy, (weights, means, covariances)))
    ours, (stats, _) = seconds(ubm.accumulate, gmm, torch.from_numpy(frames).split(BLOCK))
    peer, (counts, first, _) = seconds(ubm_by_loops, gmm, frames)
    np.testing.assert_allclose(stats[:, 0], counts, rtol=1e-7)
    np.testing.assert_allclose(stats[:, 1 : 1 + DIM], first, rtol=1e-7, atol=1e-7)
    print(
        f"full-covariance UBM E-step, {NUM_FRAMES} frames of {DIM} dimensions, {NUM_GAUSS} Gaussians: {ours:.2f} s, "
        f"loop over Gaussians {peer:.2f} s, {peer / ours:.1f} times ours"
    )


def main():
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    bench_extractor(rng)
    bench_ubm(rng)


if __name__ == "__main__":
    main()
