"""What is taken off the features: identities of each kind, and padding that never counts."""

import pytest
import torch

from cortado.nn.normalise import normalise_features

KINDS = ("none", "level", "mean", "mean_variance")


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(3, 40, 6, generator=torch.Generator().manual_seed(0)) + 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_padded_batch_gives_what_its_utterances_give_one_by_one(features, kind):
    lengths = torch.tensor([40, 13, 1])
    features[1, 13:] = 1e6
    together = normalise_features(features, lengths, kind)
    for row, length in enumerate(lengths.tolist()):
        alone = normalise_features(features[row : row + 1, :length], None, kind)
        torch.testing.assert_close(together[row : row + 1, :length], alone)


def test_none_changes_nothing(features):
    assert torch.equal(normalise_features(features, None, "none"), features)


def test_level_takes_off_one_number_an_utterance_so_that_loudness_alone_is_gone(features):
    normalised = normalise_features(features, None, "level")
    torch.testing.assert_close(normalised.mean(dim=(1, 2)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalise_features(features + torch.tensor([1.0, -3, 7])[:, None, None], None, "level"), normalised)
    taken = features - normalised
    torch.testing.assert_close(taken, taken[:, :1, :1].expand_as(taken))


def test_mean_takes_off_a_fixed_filter(features):
    normalised = normalise_features(features, None, "mean")
    torch.testing.assert_close(normalised.mean(dim=1), torch.zeros(3, 6), atol=1e-5, rtol=0)
    torch.testing.assert_close(normalise_features(features + torch.linspace(-5, 5, 6), None, "mean"), normalised, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(normalised.std(dim=1), features.std(dim=1))


def test_mean_variance_is_torch_s_instance_normalisation_over_time(features):
    expected = torch.nn.functional.instance_norm(features.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(normalise_features(features, None, "mean_variance"), expected, atol=1e-5, rtol=1e-5)


def test_a_constant_feature_has_finite_values_and_gradients_under_mean_variance():
    constant = torch.full((2, 7, 3), 4.0, requires_grad=True)
    normalised = normalise_features(constant, torch.tensor([7, 1]), "mean_variance")
    normalised.square().sum().backward()
    assert torch.equal(normalised[0], torch.zeros(7, 3)) and constant.grad.isfinite().all()
