"""The ways to say a transcript: a graph of phones with alternative pronunciations and optional silence before, after and between words."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cortado.hmm.ragged import ListsByKey, offsets_of, ranges
from cortado.lang.files import WordPhones

START = -1  # the source of an arc that begins a path


class PronunciationTable(NamedTuple):
    """The lexicon as arrays: word w has the pronunciations of_word[w] to of_word[w + 1], pronunciation p the phones
    of_pronunciation[p] to of_pronunciation[p + 1] of `phones`. Costs are negative natural logs of probabilities.
    """

    of_word: np.ndarray  # (num_words + 1,) int64
    of_pronunciation: np.ndarray  # (num_pronunciations + 1,) int64
    phones: np.ndarray  # int32
    costs: np.ndarray  # (num_pronunciations,) float64
    silence: int  # the phone
    silence_cost: float  # of silence between two words, inf where there never is any
    no_silence_cost: float


class PhoneGraphs(NamedTuple):
    """The graphs of several utterances. Nodes are phones (or phones in context), each after all that lead to it.

    The nodes of utterance u are node_offsets[u] to node_offsets[u + 1].
    """

    node_offsets: np.ndarray  # (U + 1,) int64
    nodes: np.ndarray  # (N,) int32: phones
    arc_sources: np.ndarray  # (A,) int64: a node, or START
    arc_targets: np.ndarray  # (A,) int64
    arc_costs: np.ndarray  # (A,) float64
    final_nodes: np.ndarray  # (F,) int64: where a path may end
    final_costs: np.ndarray  # (F,) float64


def pronunciation_table(pronunciations: Sequence[WordPhones], silence: int, sil_prob: float) -> PronunciationTable:
    """The lexicon as a Lang has it. `sil_prob`: the probability of the phone `silence` between two words, from 0 to below 1."""
    entries = sorted(pronunciations)
    words, lengths = [entry.word for entry in entries], [len(entry.phones) for entry in entries]
    return PronunciationTable(
        of_word=np.searchsorted(words, np.arange(words[-1] + 2)),
        of_pronunciation=offsets_of(lengths),
        phones=np.concatenate([entry.phones for entry in entries]).astype(np.int32),
        costs=np.array([-entry.log_prob for entry in entries]),
        silence=silence,
        silence_cost=-math.log(sil_prob) if sil_prob else math.inf,
        no_silence_cost=-math.log1p(-sil_prob),
    )


class _Layout(NamedTuple):
    """Where things lie. Boundaries are numbered through all utterances: word i (of all) of utterance u stands between i + u and
    i + u + 1. What is said are the pronunciations of all words, one after another.
    """

    said: np.ndarray  # (P,) rows of the PronunciationTable
    before: np.ndarray  # (P,) the boundary before each
    first_nodes: np.ndarray  # (P,)
    last_nodes: np.ndarray  # (P,)
    node_at: np.ndarray  # (num_boundaries,): the node of silence, where there is silence; else the node that follows
    first_boundaries: np.ndarray  # (U,) of each utterance
    last_boundaries: np.ndarray  # (U,)


def build_phone_graphs(transcripts: Sequence[np.ndarray], lexicon: PronunciationTable) -> PhoneGraphs:
    """transcripts: words (num_words,) int of each utterance, at least one, all of them in `lexicon`.

    As in Kaldi's L.fst, silence or none, with its cost, precedes the first word and follows each.
    """
    layout = _lay_out(transcripts, lexicon)
    lengths = layout.last_nodes - layout.first_nodes + 1
    phone_nodes = ranges(layout.first_nodes, lengths)
    has_silence = lexicon.silence_cost < math.inf
    nodes = np.full(lengths.sum() + len(layout.node_at) * has_silence, lexicon.silence, np.int32)
    nodes[phone_nodes] = lexicon.phones[ranges(lexicon.of_pronunciation[layout.said], lengths)]

    ends = np.concatenate([np.full(len(transcripts), START), layout.last_nodes])
    end_boundaries = np.concatenate([layout.first_boundaries, layout.before + 1])
    silences = np.arange(len(layout.node_at) if has_silence else 0)
    exits = np.concatenate([ends, layout.node_at[silences]])  # what a word, or the end, may follow
    exit_costs = np.repeat([lexicon.no_silence_cost, 0.0], [len(ends), len(silences)])
    exits_at = ListsByKey(np.concatenate([end_boundaries, silences]), len(layout.node_at))

    inner = np.setdiff1d(phone_nodes, layout.first_nodes, assume_unique=True)
    into_silence = slice(len(ends) if has_silence else 0)
    entries, entering = exits_at.look_up(layout.before)
    finals, _ = exits_at.look_up(layout.last_boundaries)
    return PhoneGraphs(
        node_offsets=np.append(layout.node_at[layout.first_boundaries], len(nodes)),
        nodes=nodes,
        arc_sources=np.concatenate([inner - 1, ends[into_silence], exits[entries]]),
        arc_targets=np.concatenate([inner, layout.node_at[end_boundaries[into_silence]], layout.first_nodes[entering]]),
        arc_costs=np.concatenate(
            [
                np.zeros(len(inner)),
                np.full(len(ends[into_silence]), lexicon.silence_cost),
                exit_costs[entries] + lexicon.costs[layout.said[entering]],
            ]
        ),
        final_nodes=exits[finals],
        final_costs=exit_costs[finals],
    )


def _lay_out(transcripts: Sequence[np.ndarray], lexicon: PronunciationTable) -> _Layout:
    words, num_words = np.concatenate(transcripts), np.array([len(transcript) for transcript in transcripts])
    num_said = lexicon.of_word[words + 1] - lexicon.of_word[words]
    said = ranges(lexicon.of_word[words], num_said)
    before = np.repeat(np.arange(len(words)) + np.repeat(np.arange(len(transcripts)), num_words), num_said)
    offsets = offsets_of(lexicon.of_pronunciation[said + 1] - lexicon.of_pronunciation[said])
    boundaries = np.arange(len(words) + len(transcripts))
    has_silence = lexicon.silence_cost < math.inf
    first_boundaries = offsets_of(num_words + 1)[:-1]
    return _Layout(
        said=said,
        before=before,
        first_nodes=offsets[:-1] + (before + 1) * has_silence,
        last_nodes=offsets[1:] + (before + 1) * has_silence - 1,
        node_at=offsets[np.searchsorted(before + 1, boundaries, "right")] + boundaries * has_silence,
        first_boundaries=first_boundaries,
        last_boundaries=first_boundaries + num_words,
    )
