"""HCLG: costs of paths from their parts, equality with a plain composition, and what must not be left in it."""

import math
from itertools import pairwise

import kaldifst
import numpy as np
import pytest
from toy_recogniser import LEXICON, cheapest_path, interpolated_arpa, make_lang, make_models

from cortado.errors import CortadoError
from cortado.graph.check import check_phones, check_words, stochasticity
from cortado.graph.exchange import from_kaldifst, to_kaldifst
from cortado.graph.fst import NOT_FINAL, Fst
from cortado.graph.grammar_fst import ngram_grammar, word_labels
from cortado.graph.hclg import KALDIS_SCALES, Scales, make_hclg
from cortado.graph.lexicon_graph import lexicon_graph
from cortado.graph.slot_grammar import slot_grammar
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, windows_of
from cortado.lang import Lang
from cortado.lm import read_arpa

TOLERANCE = 0.01  # determinising compares weights to 1/1024, minimising rounds them to that


@pytest.fixture
def ngram(tmp_path):
    """G of a model of the order asked for."""

    def make(lang: Lang, order: int) -> Fst:
        (tmp_path / "arpa").write_text(interpolated_arpa(order))
        model = read_arpa(tmp_path / "arpa")
        return ngram_grammar(model, word_labels(model, lang.words)[0], lang.word_disambig)

    return make


def build(lang: Lang, grammar: Fst, tree: Tree, transitions: TransitionModel, scales: Scales = KALDIS_SCALES) -> Fst:
    return make_hclg(lexicon_graph(lang, disambig=True), grammar, lang.disambig_phones, tree, transitions, scales).fst


def random_sentence(lang: Lang, rng: np.random.Generator) -> tuple[list[int], list[int], float]:
    """Words, phones with silences between them, and the cost of pronunciations and silences."""
    words = [lang.words[word] for word in rng.choice(list(LEXICON), size=rng.integers(1, 6)).tolist()]
    phones, cost = [], 0.0
    for word in [None, *words]:
        if word is not None:
            _, log_prob, spoken = [entry for entry in lang.pronunciations if entry[0] == word][-1]
            phones += spoken
            cost -= log_prob
        silent = rng.random() < 0.5
        phones += [lang.optional_silence] if silent else []
        cost -= math.log(lang.sil_prob if silent else 1 - lang.sil_prob)
    return words, phones, cost


def random_alignment(phones: list[int], tree: Tree, model: TransitionModel, scales: Scales, rng) -> tuple[list[int], float]:
    """Transition ids of random ways through the states of `phones`, self-loops behind the forward transitions; and their cost."""
    tids, cost = [], 0.0
    windows = windows_of(np.array(phones), tree.context_width, tree.central_position)
    for phone, window in zip(phones, windows, strict=True):
        entry = model.topology.entry(phone)
        states = [0]
        while states[-1] < len(entry) - 1:
            forward = [target for target, _ in entry[states[-1]].transitions if target != states[-1]]
            states.append(int(rng.choice(forward)))
        for state, following in pairwise(states):
            pdf = tree.pdf_ids(window[None], np.array([entry[state].pdf_class]))
            row = int(model.find_states(np.array([phone]), np.array([state]), pdf)[0])
            targets = [target for target, _ in entry[state].transitions]
            first = int(model.first_tid[row])
            leave, stay = first + targets.index(following), first + targets.index(state)
            num_loops = int(rng.integers(0, 3))
            leaving = math.log(1 - math.exp(model.log_probs[stay]))
            tids += [leave] + [stay] * num_loops
            cost -= scales.transition * (model.log_probs[leave] - leaving)
            cost -= scales.self_loop * (leaving + num_loops * model.log_probs[stay])
    return tids, cost


@pytest.mark.parametrize("scales", [KALDIS_SCALES, Scales(0.7, 1.0)])
@pytest.mark.parametrize(("context_width", "order", "skips"), [(1, 1, False), (1, 2, True), (3, 3, False), (3, 4, True)])
def test_a_path_costs_the_sum_of_its_parts(context_width, order, skips, scales, ngram):
    lang = make_lang(sil_prob=0.3)
    tree, transitions = make_models(lang, context_width, skips)
    grammar = ngram(lang, order)
    graph = build(lang, grammar, tree, transitions, scales)
    rng = np.random.default_rng(order)
    for _ in range(15):
        words, phones, lexicon_cost = random_sentence(lang, rng)
        tids, hmm_cost = random_alignment(phones, tree, transitions, scales, rng)
        expected = cheapest_path(grammar, words, None, silent=lang.word_disambig) + lexicon_cost + hmm_cost
        assert cheapest_path(graph, tids, words) == pytest.approx(expected, abs=TOLERANCE)


def test_a_graph_equals_the_plain_composition_of_its_parts(ngram):
    """H, L and G as they are, composed and nothing else, against determinised and minimised: the same cost for any frames."""
    lang = make_lang()
    tree, transitions = make_models(lang, context_width=1)
    grammar = ngram(lang, 2)
    graph = build(lang, grammar, tree, transitions)
    plain = compose(plain_hmms(tree, transitions, 0.1), compose(lexicon_graph(lang, disambig=False), without(grammar, lang.word_disambig)))
    rng = np.random.default_rng(0)
    costs = []
    for _ in range(20):
        _, phones, _ = random_sentence(lang, rng)
        tids, _ = random_alignment(phones, tree, transitions, KALDIS_SCALES, rng)
        costs.append((cheapest_path(graph, tids, None), cheapest_path(plain, tids, None)))
    assert np.isfinite(costs).all()
    np.testing.assert_allclose(*np.transpose(costs), atol=TOLERANCE)


def compose(left: Fst, right: Fst) -> Fst:
    return from_kaldifst(kaldifst.compose(to_kaldifst(left.sorted_by("olabel")), to_kaldifst(right)))


def without(grammar: Fst, label: int) -> Fst:
    return grammar._replace(ilabel=np.where(grammar.ilabel == label, 0, grammar.ilabel)).sorted_by("ilabel")


def plain_hmms(tree: Tree, model: TransitionModel, self_loop_scale: float) -> Fst:
    """H of phones without context, from the topology alone: from state 0, a way through the HMM of any phone, and back."""
    arcs, num_states = [], 1  # (source, tid, phone, cost, target)
    for phone in model.topology.phones:
        entry = model.topology.entry(phone)
        entered = [num_states + 2 * state for state in range(len(entry) - 1)] + [0]
        num_states += 2 * (len(entry) - 1)
        arcs.append((0, 0, phone, 0.0, entered[0]))
        for state in range(len(entry) - 1):
            row = int(
                model.find_states(*np.array([[phone], [state], tree.pdf_ids(np.array([[phone]]), np.array([entry[state].pdf_class]))]))[0]
            )
            for index, (target, _) in enumerate(entry[state].transitions):
                tid = int(model.first_tid[row]) + index
                if target == state:
                    continue
                stay = int(model.self_loop_tid(row))
                looping = num_states  # one place for the loop behind each forward transition
                num_states += 1
                leaving = math.log(1 - math.exp(model.log_probs[stay]))
                arcs.append((entered[state], tid, 0, leaving - model.log_probs[tid], looping))
                arcs.append((looping, stay, 0, -self_loop_scale * model.log_probs[stay], looping))
                arcs.append((looping, 0, 0, -self_loop_scale * leaving, entered[target]))
    final = np.full(num_states, NOT_FINAL)
    final[0] = 0
    return Fst.from_arcs(num_states, 0, *zip(*arcs, strict=True), final)


@pytest.mark.parametrize("context_width", [1, 3])
def test_no_disambiguation_symbol_is_left_and_every_label_is_a_transition_id(context_width, ngram):
    lang = make_lang()
    tree, transitions = make_models(lang, context_width)
    graph = make_hclg(lexicon_graph(lang, disambig=True), ngram(lang, 3), lang.disambig_phones, tree, transitions)
    num_tids = transitions.num_tids
    assert graph.fst.ilabel.min() == 0
    assert graph.fst.ilabel.max() <= num_tids
    assert graph.disambig_tids == list(range(num_tids + 1, num_tids + 1 + len(graph.disambig_tids)))
    # those of the lexicon that occur in it, and Kaldi's #-1 where phones have a context
    assert len(graph.disambig_tids) == len(np.intersect1d(lexicon_graph(lang, disambig=True).ilabel, lang.disambig_phones)) + (
        context_width > 1
    )
    assert set(graph.fst.olabel.tolist()) - {0} == {lang.words[word] for word in LEXICON}


def test_probabilities_sum_to_one_in_every_state():
    lang = make_lang()
    tree, transitions = make_models(lang, context_width=3)
    grammar = slot_grammar([("one", ["a", "cab"]), ("two", ["ab", "bee", "aa"])], lang.words)
    least, greatest = stochasticity(build(lang, grammar, tree, transitions, Scales(1.0, 1.0)))
    assert -TOLERANCE < least <= greatest < TOLERANCE
    least, greatest = stochasticity(build(lang, grammar, tree, transitions, Scales(1.0, 0.1)))
    assert least < -0.1  # self-loops scaled down: Kaldi's default, and no distribution any more


def test_stochasticity_is_the_range_of_log_sums_of_states():
    fst = Fst.from_arcs(2, 0, [0, 0, 1], [1, 2, 3], [0, 0, 0], -np.log([0.5, 0.25, 0.9]), [1, 1, 1], [np.inf, -np.log(0.3)])
    assert stochasticity(fst) == pytest.approx((-math.log(1.2), -math.log(0.75)), abs=1e-6)


def test_the_same_inputs_give_the_same_graph(ngram):
    lang = make_lang()
    models = make_models(lang, context_width=3)
    for one, two in zip(build(lang, ngram(lang, 3), *models), build(lang, ngram(lang, 3), *models), strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_optional_silence_words_follow_each_other_at_once(ngram):
    lang = make_lang(sil_prob=0.0)
    tree, transitions = make_models(lang, context_width=3)
    graph = build(lang, ngram(lang, 2), tree, transitions)
    assert lang.optional_silence not in transitions.tid_to_phone[graph.ilabel[graph.ilabel > 0]]


def test_a_word_of_the_grammar_without_pronunciation_is_named():
    lang = make_lang()
    lexicon = lexicon_graph(lang, disambig=True)
    grammar = slot_grammar([("one", ["a", "cab"])], lang.words)
    check_words(lexicon, grammar, lang.words, lang.word_disambig)
    lexicon.olabel[lexicon.olabel == lang.words["cab"]] = 0
    with pytest.raises(CortadoError, match=r"no pronunciation in the lexicon: cab$"):
        check_words(lexicon, grammar, lang.words, lang.word_disambig)


def test_a_phone_that_the_acoustic_model_does_not_know_is_named():
    lang = make_lang()
    known = [phone for phone in lang.nonsilence_phones + lang.silence_phones if phone != lang.phones["C"]]
    with pytest.raises(CortadoError, match="phones of the lexicon are not in the acoustic model: C;"):
        check_phones(lexicon_graph(lang, disambig=True), lang.phones, lang.disambig_phones, known)


def test_a_grammar_that_says_nothing_is_refused():
    lang = make_lang()
    nothing = Fst.from_arcs(2, 0, [0], [lang.words["a"]], [lang.words["a"]], [0.0], [1], [np.inf, np.inf])
    with pytest.raises(CortadoError, match="no sentence"):
        build(lang, nothing, *make_models(lang, context_width=1))
