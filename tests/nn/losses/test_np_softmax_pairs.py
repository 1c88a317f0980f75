"""The loss of cross attentive pooling against loops over pairs in numpy float64, and against NPSoftmax where pairs share embeddings."""

import numpy as np
import pytest
import torch

from cortado.errors import ConfigError
from cortado.nn.losses.np_softmax import NPSoftmax
from cortado.nn.losses.np_softmax_pairs import NPSoftmaxOfPairs

DIM, NUM_CLASSES, NUM_SPEAKERS, NUM_QUERIES = 5, 7, 3, 2
OWN = torch.arange(NUM_SPEAKERS).repeat_interleave(NUM_QUERIES)
LABELS = torch.tensor([6, 0, 3])[OWN]


def make_loss(**weights):
    torch.manual_seed(0)
    return NPSoftmaxOfPairs(DIM, NUM_CLASSES, utterances_per_speaker=NUM_QUERIES + 1, **weights).double()


@pytest.fixture
def loss():
    return make_loss()


def grid():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, NUM_SPEAKERS, len(OWN), DIM, generator=generator, dtype=torch.float64).unbind()


def cross_entropy(logits, true):
    return np.log(np.sum(np.exp(logits))) - logits[true]


def test_the_loss_is_a_loop_over_pairs(loss):
    support, query = grid()
    s, q, weight = (x.detach().numpy() for x in (support, query, loss.softmax.weight))
    classes = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    prototypical, classified = [], []
    for j, (own, label) in enumerate(zip(OWN, LABELS, strict=True)):
        logits = np.array([q[i, j] @ s[i, j] / np.linalg.norm(s[i, j]) for i in range(NUM_SPEAKERS)])
        prototypical.append(cross_entropy(logits, own))
        classified += [cross_entropy(classes @ side[own, j], label) for side in (s, q)]
    for weights in ((1, 1), (1, 0), (0, 2)):
        weighted = make_loss(prototypical_weight=weights[0], softmax_weight=weights[1])(support, query, OWN, LABELS)
        expected = weights[0] * np.mean(prototypical) + weights[1] * np.mean(classified)
        assert weighted.item() == pytest.approx(expected, rel=1e-12)


def test_where_embeddings_do_not_depend_on_the_pair_it_is_np_softmax(loss):
    """With one query a speaker both classify each utterance once."""
    shared = NPSoftmax(DIM, NUM_CLASSES, utterances_per_speaker=2).double()
    shared.softmax = loss.softmax
    utterances, labels = torch.randn(NUM_SPEAKERS, 2, DIM, dtype=torch.float64), torch.tensor([6, 0, 3])
    support = utterances[:, :1].expand(NUM_SPEAKERS, NUM_SPEAKERS, DIM)
    query = utterances[:, 1].unsqueeze(0).expand(NUM_SPEAKERS, NUM_SPEAKERS, DIM)
    expected = shared(utterances.flatten(0, 1), labels.repeat_interleave(2))
    torch.testing.assert_close(loss(support, query, torch.arange(NUM_SPEAKERS), labels), expected)


def test_gradients_agree_with_finite_differences(loss):
    sides = [side.requires_grad_() for side in grid()]
    assert torch.autograd.gradcheck(lambda s, q, _: loss(s, q, OWN, LABELS), (*sides, loss.softmax.weight))


def test_an_episode_without_queries_is_refused():
    with pytest.raises(ConfigError, match="utterances_per_speaker must be at least 2, not 1"):
        NPSoftmaxOfPairs(DIM, NUM_CLASSES, utterances_per_speaker=1)
