"""Losses on episodes against loops over their papers' equations in numpy float64, identities between them, and their limits."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from cortado.config import ClassSpec, convert
from cortado.errors import ConfigError, CortadoError
from cortado.nn.losses.angular_prototypical import AngularPrototypical
from cortado.nn.losses.contrastive import Contrastive
from cortado.nn.losses.ge2e import GE2E
from cortado.nn.losses.normalised_prototypical import NormalisedPrototypical
from cortado.nn.losses.normalised_softmax import NormalisedSoftmax
from cortado.nn.losses.np_softmax import NPSoftmax
from cortado.nn.losses.prototypical import Prototypical
from cortado.nn.losses.triplet import Triplet

DIM, NUM_CLASSES, NUM_SPEAKERS, NUM_UTTERANCES = 6, 9, 5, 4
LABELS = torch.tensor([7, 2, 0, 8, 5]).repeat_interleave(NUM_UTTERANCES)


def cosine(x, y):
    return x @ y / np.linalg.norm(x) / np.linalg.norm(y)


def unit(x):
    return x / np.linalg.norm(x)


def log_softmax_loss(scores, true):
    """-log of the softmax at `true`, by definition."""
    return np.log(np.exp(scores).sum()) - scores[true]


def by_prototypes(loss, e, similarity):
    """Mean over queries of the cross-entropy of similarity(query, prototype), the first `num_support` utterances a prototype."""
    prototypes = [speaker[: loss.num_support].mean(axis=0) for speaker in e]
    losses = []
    for true, speaker in enumerate(e):
        for query in speaker[loss.num_support :]:
            losses.append(log_softmax_loss(np.array([similarity(query, p) for p in prototypes]), true))
    return np.mean(losses)


def prototypical_formula(loss, e, labels):
    """Snell et al. 2017, equation 2, with the squared Euclidean distance."""
    return by_prototypes(loss, e, lambda q, p: -np.sum((q - p) ** 2))


def np_formula(loss, e, labels):
    """Kye et al. 2020, equation 1: the query is not normalised."""
    return by_prototypes(loss, e, lambda q, p: q @ unit(p))


def np_softmax_formula(loss, e, labels):
    """Kye et al. 2020, equation 3: plus the cross-entropy of e . w / |w| over all classes and utterances."""
    weight = loss.softmax.weight.detach().double().numpy()
    rows = [log_softmax_loss(np.array([x @ unit(w) for w in weight]), y) for x, y in zip(e.reshape(-1, DIM), labels, strict=True)]
    return np_formula(loss, e, labels) + np.mean(rows)


def angular_formula(loss, e, labels):
    """Chung et al. 2020, equation 7, with w 10 and b -5."""
    return by_prototypes(loss, e, lambda q, p: 10 * cosine(q, p) - 5)


def ge2e_similarities(e, j, i):
    """Wan et al. 2018, equation 9: S of utterance i of speaker j with each centroid, its own without itself."""
    e = e / np.linalg.norm(e, axis=2, keepdims=True)
    centroids = [np.delete(e[k], i, axis=0).mean(axis=0) if k == j else e[k].mean(axis=0) for k in range(len(e))]
    return np.array([10 * cosine(e[j, i], c) - 5 for c in centroids])


def ge2e_softmax_formula(loss, e, labels):
    """Equation 6."""
    return np.mean([log_softmax_loss(ge2e_similarities(e, j, i), j) for j in range(len(e)) for i in range(e.shape[1])])


def ge2e_contrast_formula(loss, e, labels):
    """Equation 7."""
    losses = []
    for j in range(len(e)):
        for i in range(e.shape[1]):
            p = 1 / (1 + np.exp(-ge2e_similarities(e, j, i)))
            losses.append(1 - p[j] + max(p[k] for k in range(len(e)) if k != j))
    return np.mean(losses)


def rows_and_speakers(e):
    return [unit(x) for speaker in e for x in speaker], [j for j, speaker in enumerate(e) for _ in speaker]


def contrastive_formula(loss, e, labels):
    """Hadsell et al. 2006, equation 4, averaged over pairs of one speaker and of two apart."""
    rows, speakers = rows_and_speakers(e)
    near, far = [], []
    for a in range(len(rows)):
        for b in range(a):
            distance = np.linalg.norm(rows[a] - rows[b])
            if speakers[a] == speakers[b]:
                near.append(distance**2 / 2)
            else:
                far.append(max(0, loss.margin - distance) ** 2 / 2)
    return np.mean(near) + np.mean(far)


def triplet_formula(loss, e, labels):
    """Schroff et al. 2015, equation 3, with the nearest negative of equation 4, or the farthest where there is none."""
    rows, speakers = rows_and_speakers(e)
    losses = []
    for a in range(len(rows)):
        negatives = [np.sum((rows[a] - x) ** 2) for x, speaker in zip(rows, speakers, strict=True) if speaker != speakers[a]]
        for p in range(len(rows)):
            if p != a and speakers[p] == speakers[a]:
                near = np.sum((rows[a] - rows[p]) ** 2)
                beyond = [d for d in negatives if d > near]
                losses.append(max(0, near - (min(beyond) if beyond else max(negatives)) + loss.margin))
    return np.mean(losses)


M = {"utterances_per_speaker": NUM_UTTERANCES}
LOSSES = [
    pytest.param(Prototypical, M, prototypical_formula, id="prototypical"),
    pytest.param(Prototypical, {**M, "num_support": 3}, prototypical_formula, id="prototypical-3"),
    pytest.param(NormalisedPrototypical, M, np_formula, id="np"),
    pytest.param(NPSoftmax, M, np_softmax_formula, id="np-softmax"),
    pytest.param(AngularPrototypical, M, angular_formula, id="angular"),
    pytest.param(AngularPrototypical, {**M, "num_support": 3}, angular_formula, id="angular-3"),
    pytest.param(GE2E, M, ge2e_softmax_formula, id="ge2e-softmax"),
    pytest.param(GE2E, {**M, "variant": "contrast"}, ge2e_contrast_formula, id="ge2e-contrast"),
    pytest.param(Contrastive, M, contrastive_formula, id="contrastive"),
    pytest.param(Triplet, M, triplet_formula, id="triplet"),
    pytest.param(Triplet, {**M, "margin": 1.5}, triplet_formula, id="triplet-1.5"),
]
all_losses = pytest.mark.parametrize("cls, arguments, formula", LOSSES)


def episode(dtype=torch.float64, seed=3):
    """(batch, DIM): speakers apart from each other, but not so far that nothing is left to learn."""
    generator = torch.Generator().manual_seed(seed)
    speakers = torch.randn(NUM_SPEAKERS, 1, DIM, generator=generator, dtype=torch.float64)
    noise = torch.randn(NUM_SPEAKERS, NUM_UTTERANCES, DIM, generator=generator, dtype=torch.float64)
    return (speakers + noise).flatten(0, 1).to(dtype)


def speakers_apart():
    """(batch, DIM): all of a speaker equal, speakers at right angles."""
    return torch.eye(DIM, dtype=torch.float64)[:NUM_SPEAKERS].repeat_interleave(NUM_UTTERANCES, 0)


def make(cls, arguments, dtype=torch.float64):
    torch.manual_seed(4)
    return cls(DIM, NUM_CLASSES, **arguments).to(dtype)


def expected(formula, loss, embeddings):
    return formula(loss, embeddings.double().numpy().reshape(NUM_SPEAKERS, NUM_UTTERANCES, DIM), LABELS.numpy())


@all_losses
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_loss_is_the_equation_of_its_paper(cls, arguments, formula, seed):
    loss, embeddings = make(cls, arguments), episode(seed=seed)
    assert loss(embeddings, LABELS).item() == pytest.approx(expected(formula, loss, embeddings), rel=1e-9)


@all_losses
def test_gradients_agree_with_finite_differences(cls, arguments, formula):
    loss = make(cls, arguments)
    names = [name for name, _ in loss.named_parameters()]

    def value(embeddings, *parameters):
        return torch.func.functional_call(loss, dict(zip(names, parameters, strict=True)), (embeddings, LABELS))

    inputs = [t.detach().clone().requires_grad_() for t in (episode(), *loss.parameters())]
    assert torch.autograd.gradcheck(value, inputs)


@all_losses
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(cls, arguments, formula, dtype):
    loss, embeddings = make(cls, arguments, torch.float32), episode(dtype)
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(embeddings, LABELS)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected(formula, loss, embeddings.float()), rel=1e-4)


@all_losses
def test_equal_zero_tiny_and_large_embeddings_stay_finite_forward_and_backward(cls, arguments, formula):
    loss = make(cls, arguments, torch.float32)
    one = torch.ones(len(LABELS), DIM)
    for embeddings in (one, 0 * one, 1e-20 * one, 1e3 * episode(torch.float32), -one):
        e = embeddings.clone().requires_grad_()
        value = loss(e, LABELS)
        value.backward()
        assert value.isfinite() and e.grad.isfinite().all()
        assert all(p.grad.isfinite().all() for p in loss.parameters())


@all_losses
def test_order_of_speakers_does_not_matter(cls, arguments, formula):
    loss, embeddings = make(cls, arguments), episode()
    order = torch.arange(len(LABELS)).view(NUM_SPEAKERS, -1)[torch.tensor([3, 0, 4, 1, 2])].flatten()
    torch.testing.assert_close(loss(embeddings[order], LABELS[order]), loss(embeddings, LABELS))


@all_losses
def test_a_step_down_the_gradient_lowers_the_loss(cls, arguments, formula):
    loss, embeddings = make(cls, arguments), episode().requires_grad_()
    before = loss(embeddings, LABELS)
    before.backward()
    assert loss((embeddings - 1e-3 * embeddings.grad).detach(), LABELS) < before


@all_losses
def test_a_batch_of_another_form_is_refused(cls, arguments, formula):
    loss, embeddings = make(cls, arguments), episode()
    with pytest.raises(CortadoError, match="19 rows is no whole number of speakers with 4 each"):
        loss(embeddings[:-1], LABELS[:-1])
    with pytest.raises(CortadoError, match="one after the other"):
        loss(embeddings, LABELS.roll(1))
    with pytest.raises(CortadoError, match="at least 2 speakers"):
        loss(embeddings[:NUM_UTTERANCES], LABELS[:NUM_UTTERANCES])


@all_losses
def test_the_sampler_learns_the_number_of_utterances_from_a_loss_built_from_a_config(cls, arguments, formula):
    spec = convert({"class": f"{cls.__module__}.{cls.__name__}", **arguments}, ClassSpec, "loss")
    assert spec.build(embedding_dim=DIM, num_classes=NUM_CLASSES).utterances_per_speaker == NUM_UTTERANCES
    with pytest.raises(ConfigError, match="at least 2, not 1"):
        cls(DIM, NUM_CLASSES, utterances_per_speaker=1)


@all_losses
def test_only_losses_with_class_vectors_have_logits(cls, arguments, formula):
    loss = make(cls, arguments)
    assert hasattr(loss, "logits") == (cls is NPSoftmax)
    if cls is NPSoftmax:
        assert loss.logits(episode()).shape == (len(LABELS), NUM_CLASSES)


@pytest.mark.parametrize("num_support", [0, 4])
def test_prototypes_must_leave_queries(num_support):
    with pytest.raises(ConfigError, match=f"num_support.*not {num_support}"):
        Prototypical(DIM, NUM_CLASSES, NUM_UTTERANCES, num_support)


# -- identities and limits ----------------------------------------------------------------------------------------------


def test_angular_of_scale_one_is_np_of_queries_of_length_one():
    angular, plain, embeddings = make(AngularPrototypical, M), make(NormalisedPrototypical, M), normalize(episode())
    with torch.no_grad():
        angular.scale.w.fill_(1.0)
    torch.testing.assert_close(angular(embeddings, LABELS), plain(embeddings, LABELS))


def test_np_of_queries_of_length_w_is_angular_of_scale_w():
    torch.testing.assert_close(
        make(NormalisedPrototypical, M)(10 * normalize(episode()), LABELS), make(AngularPrototypical, M)(episode(), LABELS)
    )


def test_shift_of_angular_and_of_ge2e_softmax_does_not_matter():
    for loss in (make(AngularPrototypical, M), make(GE2E, M)):
        before = loss(episode(), LABELS)
        with torch.no_grad():
            loss.scale.b.fill_(3.0)
        torch.testing.assert_close(loss(episode(), LABELS), before)


def test_squared_distances_of_unit_vectors_are_cosines_of_scale_two():
    angular, plain = make(AngularPrototypical, M), make(Prototypical, M)
    with torch.no_grad():
        angular.scale.w.fill_(2.0)
    torch.testing.assert_close(plain(normalize(episode()), LABELS), angular(episode(), LABELS))


def test_np_softmax_is_the_sum_of_its_two_parts():
    both, plain = make(NPSoftmax, M), make(NormalisedPrototypical, M)
    parts = plain(episode(), LABELS) + both.softmax(episode(), LABELS)
    assert isinstance(both.softmax, NormalisedSoftmax)
    torch.testing.assert_close(both(episode(), LABELS), parts)


def test_ge2e_of_two_utterances_takes_the_other_one_as_own_centroid():
    loss = make(GE2E, {"utterances_per_speaker": 2})
    utterances = episode().view(NUM_SPEAKERS, NUM_UTTERANCES, DIM)[:, :2]
    own = loss.similarities(utterances)[torch.arange(NUM_SPEAKERS), :, torch.arange(NUM_SPEAKERS)]
    torch.testing.assert_close(own, 10 * torch.cosine_similarity(utterances, utterances.flip(1), dim=2) - 5)


def test_ge2e_contrast_of_perfect_and_of_equal_embeddings():
    """All of a speaker equal, speakers orthogonal: 1 - sigmoid(5) + sigmoid(-5). All equal: 1."""
    loss, apart = make(GE2E, {**M, "variant": "contrast"}), speakers_apart()
    assert loss(apart, LABELS).item() == pytest.approx(2 / (1 + np.exp(5)))
    assert loss(torch.ones_like(apart), LABELS).item() == pytest.approx(1)


def test_a_scale_that_became_negative_counts_as_nearly_zero_and_learns_to_be_positive_again():
    loss, apart = make(AngularPrototypical, M), speakers_apart()
    with torch.no_grad():
        loss.scale.w.fill_(-3.0)
    value = loss(apart, LABELS)
    value.backward()
    assert value.item() == pytest.approx(np.log(NUM_SPEAKERS), abs=1e-5)
    assert loss.scale.w.grad.item() < -0.1  # a step down the gradient raises it


def test_triplet_of_separated_speakers_is_zero_and_of_equal_embeddings_the_margin():
    loss, apart = make(Triplet, {**M, "margin": 0.5}), speakers_apart()
    assert loss(apart, LABELS).item() == 0
    assert loss(torch.ones_like(apart), LABELS).item() == pytest.approx(0.5)


def test_contrastive_of_separated_speakers_is_zero_and_of_equal_embeddings_half_the_squared_margin():
    loss, apart = make(Contrastive, {**M, "margin": 1.4}), speakers_apart()
    assert loss(apart, LABELS).item() == 0
    assert loss(torch.ones_like(apart), LABELS).item() == pytest.approx(1.4**2 / 2)
