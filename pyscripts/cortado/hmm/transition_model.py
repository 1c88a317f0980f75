"""Transition ids and their probabilities: Kaldi's TransitionModel, the first half of `final.mdl` (kaldi/src/hmm/transition-model.h).

A transition state is a (phone, HMM state, pdf) that the tree allows; sorted, they are the rows of the arrays of TransitionModel, from 0
(Kaldi's transition states are these numbers plus 1). Transition ids number the transitions of all states one after another,
from 1: 0 is epsilon in graphs. They are what alignments consist of.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError, DataError
from cortado.hmm.kaldi_io import KaldiReader, KaldiWriter
from cortado.hmm.topology import HmmState, Topology, parse_topology, put_topology
from cortado.hmm.tree import Tree

_SMALLEST_LEAVING_PROB = 1e-10  # of a state that as good as never ends
_FLOORINGS = 3


class TransitionUpdate(NamedTuple):
    """What an update did: log-likelihood gained, transitions counted, states left as they were, probabilities raised to the floor."""

    objf_impr: float
    count: float
    num_skipped: int
    num_floored: int


@dataclass(frozen=True, eq=False)
class TransitionModel:
    """phones, hmm_states, forward_pdfs, self_loop_pdfs: (num_states,) int32, sorted; log_probs: (num_tids + 1,) float32, natural.

    log_probs and all arrays named tid_to_... are indexed by transition id; their entry 0 means nothing.
    """

    topology: Topology
    phones: np.ndarray
    hmm_states: np.ndarray
    forward_pdfs: np.ndarray
    self_loop_pdfs: np.ndarray
    log_probs: np.ndarray

    def __post_init__(self):
        rows = np.column_stack(self._columns())
        if not len(rows) or rows.min() < 0 or not np.array_equal(rows, np.unique(rows, axis=0)):
            raise CortadoError("transition model: its states must be distinct and ascending")
        for phone, hmm_state in zip(self.phones.tolist(), self.hmm_states.tolist(), strict=True):
            if hmm_state >= len(self.topology.entry(phone)) - 1:
                raise CortadoError(f"transition model: phone {phone} has no emitting state {hmm_state} in the topology")
        if self.log_probs.shape != (self.num_tids + 1,) or not np.isfinite(self.log_probs).all():
            raise CortadoError(f"transition model: there must be {self.num_tids} finite log probabilities, one a transition id")

    @classmethod
    def from_tree(cls, tree: Tree, topology: Topology) -> "TransitionModel":
        """All states that `tree` allows, with the probabilities of the topology. Raises CortadoError for a chain topology."""
        if not topology.is_hmm:
            raise CortadoError("states of two pdf classes, as in chain topologies, can be read and written but not made from a tree")
        states = [
            (phone, hmm_state, pdf)
            for phone in topology.phones
            for hmm_state, state in enumerate(topology.entry(phone)[:-1])
            for pdf in tree.pdfs_of(phone, state.pdf_class)
        ]
        phones, hmm_states, pdfs = np.array(sorted(states), np.int32).T
        probs = [prob for phone, hmm_state, _ in sorted(states) for _, prob in topology.entry(phone)[hmm_state].transitions]
        log_probs = np.concatenate([[0], np.log(np.array(probs, np.float32))]).astype(np.float32)
        return cls(topology, phones, hmm_states, pdfs, pdfs, log_probs)

    @property
    def num_states(self) -> int:
        return len(self.phones)

    @property
    def num_tids(self) -> int:
        return int(self.first_tid[-1]) - 1

    @cached_property
    def num_pdfs(self) -> int:
        """One more than the greatest pdf id."""
        return 1 + int(max(self.forward_pdfs.max(), self.self_loop_pdfs.max()))

    @cached_property
    def first_tid(self) -> np.ndarray:
        """(num_states + 1,) int64: state s has the transition ids from first_tid[s] up to, not with, first_tid[s + 1]."""
        return np.cumsum([1, *(len(state.transitions) for state in self._states)])

    @cached_property
    def tid_to_state(self) -> np.ndarray:
        """int32: the row of its state; -1 for 0."""
        return np.repeat(np.arange(-1, self.num_states, dtype=np.int32), np.diff(self.first_tid, prepend=0))

    @cached_property
    def tid_to_phone(self) -> np.ndarray:
        """int32."""
        return self._by_tid(self.phones)

    @cached_property
    def tid_to_hmm_state(self) -> np.ndarray:
        """int32: the state of the phone from which it starts."""
        return self._by_tid(self.hmm_states)

    @cached_property
    def tid_to_next_hmm_state(self) -> np.ndarray:
        """int32: the state of the phone to which it leads."""
        return np.array([-1, *(target for state in self._states for target, _ in state.transitions)], np.int32)

    @cached_property
    def tid_to_pdf(self) -> np.ndarray:
        """int32: the pdf of a frame that has this transition id; -1 for 0."""
        return np.where(self.tid_is_self_loop, self._by_tid(self.self_loop_pdfs, -1), self._by_tid(self.forward_pdfs, -1))

    @cached_property
    def tid_to_pdf_class(self) -> np.ndarray:
        """int32: the class of that pdf, by which the tree finds it; -1 for 0."""
        forward = np.array([state.pdf_class for state in self._states], np.int32)
        staying = np.array([state.self_loop_pdf_class for state in self._states], np.int32)
        return np.where(self.tid_is_self_loop, self._by_tid(staying, -1), self._by_tid(forward, -1))

    @cached_property
    def tid_is_self_loop(self) -> np.ndarray:
        """bool."""
        is_loop = self.tid_to_next_hmm_state == self.tid_to_hmm_state
        is_loop[0] = False
        return is_loop

    @cached_property
    def tid_is_final(self) -> np.ndarray:
        """bool: whether it leaves the phone."""
        final = np.array([len(self.topology.entry(phone)) - 1 for phone in self.phones.tolist()], np.int32)
        return self.tid_to_next_hmm_state == self._by_tid(final, missing=-2)

    def self_loop_tid(self, state: int | np.ndarray) -> int | np.ndarray:
        """The transition id of the self-loop of a state, or of each of an array of them; 0 where it has none."""
        return self._self_loop_tids[state]

    def non_self_loop_log_prob(self, state: int | np.ndarray) -> float | np.ndarray:
        """The log probability of leaving a state, or each of an array of them, at a frame."""
        return self._non_self_loop_log_probs[state]

    def find_states(self, phones: np.ndarray, hmm_states: np.ndarray, pdfs: np.ndarray) -> np.ndarray:
        """The rows of the states (phone, HMM state, pdf); (n,) each. Raises CortadoError naming the first that the model has not."""
        wanted = np.stack([phones, hmm_states, pdfs])
        bounds = np.array([[self.phones.max()], [self.hmm_states.max()], [self.num_pdfs]], np.int64) + 1
        keys = np.where(((wanted >= 0) & (wanted < bounds)).all(0), _joined(wanted, bounds), -1)
        table = _joined(np.stack([self.phones, self.hmm_states, self.forward_pdfs]), bounds)
        rows = np.minimum(np.searchsorted(table, keys), len(table) - 1)
        if len(wrong := np.flatnonzero(table[rows] != keys)):
            phone, hmm_state, pdf = wanted[:, wrong[0]].tolist()
            raise CortadoError(f"the transition model has no state of phone {phone}, HMM state {hmm_state} and pdf {pdf}")
        return rows

    def update(self, counts: np.ndarray, floor: float = 0.01, min_count: float = 5.0) -> tuple["TransitionModel", TransitionUpdate]:
        """Maximum-likelihood probabilities as Kaldi estimates them, in float32. counts: (num_tids + 1,), of each transition id.

        A state with fewer than `min_count`, or with one transition, stays as it is.
        """
        starts = self.first_tid[:-1]
        of_state = self.tid_to_state[1:]
        sizes, counts = np.diff(self.first_tid), np.asarray(counts, np.float64)
        totals = np.add.reduceat(counts, starts)
        updated = (sizes > 1) & (totals >= min_count)
        probs = (counts[1:] / np.where(updated, totals, 1)[of_state]).astype(np.float32)
        for _ in range(_FLOORINGS):  # as Kaldi does: after the last there is no more division by the sum
            sums = np.add.reduceat(probs, starts - 1)
            probs = np.maximum(probs / np.where(updated, sums, 1)[of_state], np.float32(floor))
        changed = np.concatenate([[False], updated[of_state]])
        log_probs = np.where(changed, np.log(np.concatenate([[1], probs])), self.log_probs).astype(np.float32)
        gain = counts[changed] @ (log_probs[changed].astype(np.float64) - self.log_probs[changed])
        num_floored = np.count_nonzero(probs[changed[1:]] == np.float32(floor))
        num_skipped = np.count_nonzero((sizes > 1) & ~updated)
        return replace(self, log_probs=log_probs), TransitionUpdate(float(gain), float(totals[sizes > 1].sum()), num_skipped, num_floored)

    @cached_property
    def _states(self) -> list[HmmState]:
        """What the topology says of each row."""
        return [self.topology.entry(phone)[state] for phone, state in zip(self.phones.tolist(), self.hmm_states.tolist(), strict=True)]

    @cached_property
    def _self_loop_tids(self) -> np.ndarray:
        tids = np.zeros(self.num_states, np.int32)
        loops = np.flatnonzero(self.tid_is_self_loop)
        tids[self.tid_to_state[loops]] = loops
        return tids

    @cached_property
    def _non_self_loop_log_probs(self) -> np.ndarray:
        staying = np.where(self._self_loop_tids > 0, np.exp(self.log_probs[self._self_loop_tids]), 0)
        return np.log(np.maximum(1 - staying, _SMALLEST_LEAVING_PROB)).astype(np.float32)

    def _columns(self) -> tuple[np.ndarray, ...]:
        return self.phones, self.hmm_states, self.forward_pdfs, self.self_loop_pdfs

    def _by_tid(self, by_state: np.ndarray, missing: int = 0) -> np.ndarray:
        by_tid = by_state[self.tid_to_state]
        by_tid[0] = missing
        return by_tid


def parse_transition_model(reader: KaldiReader) -> TransitionModel:
    """The transition model that stands next. Raises DataError."""
    reader.expect("<TransitionModel>")
    topology = parse_topology(reader)
    kind = reader.expect("<Triples>", "<Tuples>")
    width = 3 if kind == "<Triples>" else 4
    rows = [[reader.int32() for _ in range(width)] for _ in range(reader.int32())]
    reader.expect(f"</{kind[1:]}")
    reader.expect("<LogProbs>")
    with np.errstate(over="ignore"):  # told as not finite by TransitionModel
        log_probs = reader.vector().astype(np.float32)
    reader.expect("</LogProbs>")
    reader.expect("</TransitionModel>")
    columns = np.array(rows, np.int32).reshape(-1, width).T
    try:
        return TransitionModel(topology, *columns[:3], columns[-1], log_probs)
    except CortadoError as error:
        raise DataError(reader.name, str(error)) from None


def put_transition_model(writer: KaldiWriter, model: TransitionModel) -> None:
    """Add `model` to what `writer` has."""
    is_hmm = np.array_equal(model.forward_pdfs, model.self_loop_pdfs)
    kind, width = ("Triples", 3) if is_hmm else ("Tuples", 4)
    writer.line("<TransitionModel>")
    put_topology(writer, model.topology)
    writer.token(f"<{kind}>")
    writer.int32(model.num_states)
    writer.newline()
    for row in np.column_stack([model.phones, model.hmm_states, model.forward_pdfs, model.self_loop_pdfs])[:, :width].tolist():
        writer.int32(*row)
        writer.newline()
    writer.line(f"</{kind}>")
    writer.line("<LogProbs>")
    writer.floats(model.log_probs)
    writer.line("</LogProbs>")
    writer.line("</TransitionModel>")


def _joined(columns: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """One int64 for each row of `columns` (3, n), in the order of the rows, where all are below `bounds` (3, 1)."""
    (_, states, pdfs), (phone, hmm_state, pdf) = bounds, columns.astype(np.int64)
    return (phone * states + hmm_state) * pdfs + pdf
