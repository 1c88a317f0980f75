"""Average and statistics pooling against numpy."""

import numpy as np
import torch

from cortado.nn.pooling.average import AveragePooling
from cortado.nn.pooling.statistics import StatisticsPooling


def test_statistics_are_the_mean_and_the_population_deviation_of_each_row():
    x, lengths = 5.0 + torch.randn(3, 40, 6, dtype=torch.float64), torch.tensor([40, 3, 17])
    pooled = StatisticsPooling(6)(x, lengths).numpy()
    for row, n in enumerate(lengths):
        valid = x[row, :n].numpy()
        np.testing.assert_allclose(pooled[row], np.concatenate([valid.mean(axis=0), valid.std(axis=0)]), rtol=1e-9)


def test_the_first_half_of_statistics_is_the_average():
    x, lengths = torch.randn(3, 40, 6), torch.tensor([40, 3, 17])
    assert torch.equal(StatisticsPooling(6)(x, lengths)[:, :6], AveragePooling(6)(x, lengths))


def test_deviation_of_a_constant_is_the_root_of_the_floor():
    assert torch.allclose(StatisticsPooling(2, variance_floor=1e-4)(torch.ones(1, 5, 2))[0, 2:], torch.tensor(1e-2))


def test_gradients_agree_with_finite_differences():
    x = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: StatisticsPooling(3)(x, torch.tensor([5, 3])), (x,))
