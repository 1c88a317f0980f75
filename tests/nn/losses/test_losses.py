"""Losses that take each row by itself, against their papers' equations in numpy float64, identities between them, and their limits."""

import math

import numpy as np
import pytest
import torch

from cortado.nn.cost import num_parameters
from cortado.nn.losses.a_softmax import ASoftmax
from cortado.nn.losses.aam_softmax import AAMSoftmax
from cortado.nn.losses.am_softmax import AMSoftmax
from cortado.nn.losses.normalised_softmax import NormalisedSoftmax
from cortado.nn.losses.softmax import Softmax

DIM, NUM_CLASSES = 6, 5


def cross_entropy(logits, labels):
    """-mean log softmax_y, by definition."""
    return float(np.mean([np.log(np.exp(row - row[y]).sum()) for row, y in zip(logits, labels, strict=True)]))


def angles(loss, embeddings):
    """theta in [0, pi] between each embedding and each class vector."""
    e, w = embeddings.detach().double().numpy(), loss.weight.detach().double().numpy()
    cosines = (e @ w.T) / np.linalg.norm(e, axis=1, keepdims=True) / np.linalg.norm(w, axis=1)
    return np.arccos(np.clip(cosines, -1, 1))


def softmax_formula(loss, e, labels):
    """log-softmax of W e + b."""
    weight, bias = (p.detach().double().numpy() for p in loss.classifier.parameters())
    return cross_entropy(e.detach().double().numpy() @ weight.T + bias, labels)


def am_formula(loss, e, labels):
    """Wang et al. 2018, equation 6: s (cos theta_y - m) for the true class, s cos theta_j for the others."""
    logits, rows = np.cos(angles(loss, e)), np.arange(len(labels))
    logits[rows, labels] -= loss.margin * loss.margin_scale
    return cross_entropy(loss.scale * logits, labels)


def aam_formula(loss, e, labels):
    """Deng et al. 2019, equation 3: s cos(theta_y + m); beyond pi the line cos theta - (1 - cos m)."""
    theta, m = angles(loss, e), loss.margin * loss.margin_scale
    logits, rows = np.cos(theta), np.arange(len(labels))
    true = theta[rows, labels]
    logits[rows, labels] = np.where(true + m <= np.pi, np.cos(true + m), np.cos(true) - 1 + np.cos(m))
    return cross_entropy(loss.scale * logits, labels)


def modified_formula(loss, e, labels):
    """Liu et al. 2017, equation 5: |e| cos theta_j."""
    return cross_entropy(np.linalg.norm(e.detach().double().numpy(), axis=1)[:, None] * np.cos(angles(loss, e)), labels)


def a_softmax_formula(loss, e, labels):
    """Liu et al. 2017, equations 7 and 8: |e| psi(theta_y) for the true class, mixed with lambda parts of |e| cos(theta_y)."""
    theta, norms, rows, m = angles(loss, e), np.linalg.norm(e.detach().double().numpy(), axis=1), np.arange(len(labels)), loss.margin
    logits, true = norms[:, None] * np.cos(theta), theta[rows, labels]
    k = np.floor(m * true / np.pi)
    psi = (-1.0) ** k * np.cos(m * true) - 2 * k
    part = float(loss.current_lambda())
    logits[rows, labels] = norms * (part * np.cos(true) + psi) / (1 + part)
    return cross_entropy(logits, labels)


LOSSES = [
    pytest.param(Softmax, {}, softmax_formula, id="softmax"),
    pytest.param(AMSoftmax, {"scale": 30.0, "margin": 0.2}, am_formula, id="am"),
    pytest.param(AMSoftmax, {"scale": 15.0, "margin": 0.35}, am_formula, id="am-0.35"),
    pytest.param(AAMSoftmax, {"scale": 30.0, "margin": 0.2}, aam_formula, id="aam"),
    pytest.param(AAMSoftmax, {"scale": 64.0, "margin": 1.5}, aam_formula, id="aam-1.5"),
    pytest.param(NormalisedSoftmax, {}, modified_formula, id="modified"),
    pytest.param(ASoftmax, {"lambda_start": 0.0, "lambda_min": 0.0}, a_softmax_formula, id="a"),
    pytest.param(ASoftmax, {"lambda_start": 0.0, "lambda_min": 5.0}, a_softmax_formula, id="a-annealed"),
    pytest.param(ASoftmax, {"lambda_start": 0.0, "lambda_min": 0.0, "margin": 3}, a_softmax_formula, id="a-3"),
]
all_losses = pytest.mark.parametrize("cls, arguments, formula", LOSSES)


def batch(num=40, dtype=torch.float32, scale=3.0):
    generator = torch.Generator().manual_seed(3)
    embeddings = scale * torch.randn(num, DIM, generator=generator, dtype=dtype)
    return embeddings, torch.randint(NUM_CLASSES, (num,), generator=generator)


def make(cls, arguments, dtype=torch.float32):
    torch.manual_seed(4)
    return cls(DIM, NUM_CLASSES, **arguments).to(dtype)


@all_losses
def test_loss_is_the_equation_of_its_paper(cls, arguments, formula):
    loss, (embeddings, labels) = make(cls, arguments, torch.float64), batch(dtype=torch.float64)
    assert loss(embeddings, labels).item() == pytest.approx(formula(loss, embeddings, labels.numpy()), rel=1e-9)


@all_losses
def test_gradients_agree_with_finite_differences(cls, arguments, formula):
    loss, (embeddings, labels) = make(cls, arguments, torch.float64), batch(4, torch.float64)
    names, parameters = zip(*loss.named_parameters(), strict=True)

    def value(embeddings, *parameters):
        return torch.func.functional_call(loss, dict(zip(names, parameters, strict=True)), (embeddings, labels))

    inputs = [t.detach().clone().requires_grad_() for t in (embeddings, *parameters)]
    assert torch.autograd.gradcheck(value, inputs)


@all_losses
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_computes_in_float32(cls, arguments, formula, dtype):
    loss, (embeddings, labels) = make(cls, arguments), batch()
    embeddings = embeddings.to(dtype)
    with torch.autocast("cpu", torch.bfloat16):
        value, logits = loss(embeddings, labels), loss.logits(embeddings)
    assert value.dtype == logits.dtype == torch.float32
    assert value.item() == pytest.approx(formula(loss, embeddings, labels.numpy()), rel=1e-5)


@all_losses
def test_huge_zero_and_aligned_embeddings_stay_finite_forward_and_backward(cls, arguments, formula):
    loss = make(cls, arguments)
    vectors = next(loss.parameters()).detach()
    for embeddings in (vectors * 1e4, -vectors * 1e4, vectors, torch.zeros_like(vectors), 1e-20 * vectors):
        e = embeddings.clone().requires_grad_()
        value = loss(e, torch.arange(NUM_CLASSES))
        value.backward()
        assert value.isfinite() and e.grad.isfinite().all()
        assert all(p.grad.isfinite().all() for p in loss.parameters())


@all_losses
def test_logits_have_no_margin_and_one_column_per_class(cls, arguments, formula):
    loss, (embeddings, labels) = make(cls, arguments), batch()
    logits = loss.logits(embeddings)
    assert logits.shape == (len(labels), NUM_CLASSES)
    loss.margin_scale = 0.0
    loss.lambda_min = math.inf
    plain = torch.nn.functional.cross_entropy(logits, labels)
    assert loss(embeddings, labels).item() == pytest.approx(plain.item(), rel=1e-6)


def test_am_without_margin_and_scale_is_softmax_on_normalised_vectors():
    am, softmax, (embeddings, labels) = make(AMSoftmax, {"scale": 1.0, "margin": 0.0}), make(Softmax, {}), batch()
    with torch.no_grad():
        softmax.classifier.weight.copy_(torch.nn.functional.normalize(am.weight))
        softmax.classifier.bias.zero_()
    normalised = torch.nn.functional.normalize(embeddings)
    torch.testing.assert_close(am(embeddings, labels), softmax(normalised, labels))


def test_aam_without_margin_is_am_without_margin():
    embeddings, labels = batch()
    am, aam = make(AMSoftmax, {"margin": 0.0}), make(AAMSoftmax, {"margin": 0.0})
    assert torch.equal(am(embeddings, labels), aam(embeddings, labels))


def test_a_softmax_with_margin_one_is_the_modified_softmax():
    embeddings, labels = batch()
    modified, a = make(NormalisedSoftmax, {}), make(ASoftmax, {"margin": 1, "lambda_start": 0.0, "lambda_min": 0.0})
    torch.testing.assert_close(a(embeddings, labels), modified(embeddings, labels))


def test_modified_softmax_of_vectors_of_length_s_is_am_of_scale_s_without_margin():
    embeddings, labels = batch()
    am, modified = make(AMSoftmax, {"scale": 30.0, "margin": 0.0}), make(NormalisedSoftmax, {})
    torch.testing.assert_close(modified(30 * torch.nn.functional.normalize(embeddings), labels), am(embeddings, labels))


@pytest.mark.parametrize("margin", [1, 2, 3, 4])
def test_psi_falls_without_a_step_from_one_to_one_minus_twice_the_margin(margin):
    loss = make(ASoftmax, {"margin": margin}, torch.float64)
    values = loss.psi(torch.linspace(0, math.pi, 20_001, dtype=torch.float64).cos())
    assert values[0].item() == pytest.approx(1) and values[-1].item() == pytest.approx(1 - 2 * margin)
    assert (values.diff() <= 1e-9).all() and values.diff().abs().max() < 1e-3


def test_a_softmax_anneals_with_training_batches_and_a_checkpoint_remembers_how_far():
    loss, again, (embeddings, labels) = make(ASoftmax, {}), make(ASoftmax, {}), batch()
    seen = []
    for _ in range(3):
        seen.append(loss.current_lambda().item())
        loss(embeddings, labels)
        loss.eval()(embeddings, labels)  # does not count
        loss.train()
    assert seen == pytest.approx([1000, 1000 / 1.12, 1000 / 1.24])
    again.load_state_dict(loss.state_dict())
    assert again.current_lambda().item() == pytest.approx(1000 / 1.36)
    loss.num_batches.fill_(10**6)
    assert loss.current_lambda().item() == 5


@all_losses
def test_any_rows_make_a_batch(cls, arguments, formula):
    assert make(cls, arguments).utterances_per_speaker == 1


@pytest.mark.parametrize(
    "cls, embedding_dim, num_classes, size",
    [
        (NormalisedSoftmax, 512, 5994, 3_068_928),  # cross attentive pooling
        (NormalisedSoftmax, 256, 5994, 1_534_464),
        (AMSoftmax, 400, 5994, 2_397_600),  # double multi-head attention
        (AMSoftmax, 512, 1211, 620_032),  # multi-resolution attention
        (Softmax, 512, 5994, 8_333_162 - 5_258_240),  # serialized attention
    ],
)
def test_class_matrices_have_the_sizes_of_the_papers(cls, embedding_dim, num_classes, size):
    with torch.device("meta"):
        assert num_parameters(cls(embedding_dim, num_classes)) == size


@pytest.mark.parametrize("cls", [AMSoftmax, AAMSoftmax])
def test_loss_grows_with_margin_scale_and_starts_at_no_margin(cls):
    loss, none, (embeddings, labels) = make(cls, {}), make(cls, {"margin": 0.0}), batch()
    values = []
    for margin_scale in (0.0, 0.25, 0.5, 1.0):
        loss.margin_scale = margin_scale
        values.append(loss(embeddings, labels).item())
    assert values[0] == none(embeddings, labels).item()
    assert values == sorted(values) and values[0] < values[-1]


@pytest.mark.parametrize("cls", [AMSoftmax, AAMSoftmax])
def test_length_of_embeddings_and_of_class_vectors_does_not_matter(cls):
    loss, (embeddings, labels) = make(cls, {}), batch()
    before = loss(embeddings, labels)
    with torch.no_grad():
        loss.weight.mul_(torch.rand(NUM_CLASSES, 1) + 0.5)
    torch.testing.assert_close(loss(7.0 * embeddings, labels), before)


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.5, 1.5, math.pi])
def test_aam_target_falls_without_a_step_from_angle_zero_to_pi(margin):
    """Without the rule beyond pi, cos(theta + m) rises again there and rewards the worst embeddings."""
    loss = make(AAMSoftmax, {"margin": margin}, torch.float64)
    theta = torch.linspace(0, math.pi, 20_001, dtype=torch.float64)
    steps = loss.with_margin(theta.cos()).diff()
    assert (steps <= 1e-6).all()
    assert steps.abs().max() < 1e-3


def test_a_margin_makes_the_true_class_harder_and_leaves_the_others():
    loss, (embeddings, labels) = make(AMSoftmax, {"scale": 1.0, "margin": 0.3}), batch(1)
    logits = loss.logits(embeddings)[0]
    others = torch.cat([logits[: labels[0]], logits[labels[0] + 1 :]])
    expected = torch.log1p((others - (logits[labels[0]] - 0.3)).exp().sum())
    torch.testing.assert_close(loss(embeddings, labels), expected)
