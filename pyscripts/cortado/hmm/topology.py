"""The hidden Markov model of each phone: Kaldi's HmmTopology, file `topo` (kaldi/src/hmm/hmm-topology.h).

A phone has states 0, 1, ...; one enters at state 0 and has left in the last one, which emits nothing. Each other state has a class of
pdf, which the tree turns into a pdf, and transitions with the probabilities that training starts from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.errors import CortadoError, DataError
from cortado.hmm.kaldi_io import KaldiReader, KaldiWriter, open_reader, write_file

NO_PDF = -1
_TOLERANCE = 0.01  # by which the probabilities out of a state may differ from 1, as in Kaldi's check


class HmmState(NamedTuple):
    """A state: `pdf_class` of frames that enter it, `self_loop_pdf_class` of those that stay (NO_PDF both: it emits nothing).

    `transitions`: (state, probability) each, in the order that numbers transition ids.
    """

    pdf_class: int
    self_loop_pdf_class: int
    transitions: tuple[tuple[int, float], ...]

    @property
    def shape(self) -> tuple:
        """All but the probabilities."""
        return self.pdf_class, self.self_loop_pdf_class, tuple(target for target, _ in self.transitions)

    @classmethod
    def emitting(cls, pdf_class: int, transitions: Sequence[tuple[int, float]]) -> "HmmState":
        """A state of one pdf class."""
        return cls(pdf_class, pdf_class, tuple(transitions))


FINAL_STATE = HmmState(NO_PDF, NO_PDF, ())
Entry = tuple[HmmState, ...]  # the states of one phone, the final one last


@dataclass(frozen=True)
class Topology:
    """`entries`: the models that occur; `phone_to_entry`: which of them each phone has. Raises CortadoError where Kaldi's check would."""

    entries: tuple[Entry, ...]
    phone_to_entry: dict[int, int]

    def __post_init__(self):
        for phone, entry in self.phone_to_entry.items():
            if phone < 1 or not 0 <= entry < len(self.entries):
                raise CortadoError(f"topology: phone {phone} has the entry {entry} of {len(self.entries)}; phones count from 1")
        if set(self.phone_to_entry.values()) != set(range(len(self.entries))):
            raise CortadoError("topology: there is an entry that no phone has")
        for index, entry in enumerate(self.entries):
            _check_entry(entry, min(phone for phone in self.phones if self.phone_to_entry[phone] == index))

    @cached_property
    def phones(self) -> list[int]:
        """All phones, ascending."""
        return sorted(self.phone_to_entry)

    @cached_property
    def is_hmm(self) -> bool:
        """Whether frames that enter a state and frames that stay have one pdf, as everywhere but in chain models."""
        return all(state.pdf_class == state.self_loop_pdf_class for entry in self.entries for state in entry)

    def entry(self, phone: int) -> Entry:
        """The states of `phone`. Raises CortadoError for a phone that is not in the topology."""
        if phone not in self.phone_to_entry:
            raise CortadoError(f"phone {phone} is not in the topology")
        return self.entries[self.phone_to_entry[phone]]

    def num_pdf_classes(self, phone: int) -> int:
        """How many classes of pdf `phone` has."""
        return 1 + max(max(state.pdf_class, state.self_loop_pdf_class) for state in self.entry(phone))

    def min_num_frames(self, phone: int) -> int:
        """The fewest frames in which `phone` can be passed."""
        entry = self.entry(phone)
        return _min_frames(entry)[len(entry) - 1]


def make_topology(
    nonsilence: Sequence[int], silence: Sequence[int], num_states: int = 3, num_sil_states: int = 5, skips: bool = False
) -> Topology:
    """What Kaldi's gen_topo writes: chains of `num_states`, for silences `num_sil_states` of which the inner ones are all connected.

    With `skips`, the state after the next may also be entered, in the chains. Raises CortadoError for fewer than one state, for two
    states of silence, and for a phone that is given twice.
    """
    if min(num_states, num_sil_states) < 1:
        raise CortadoError(f"a phone needs at least one state, not {min(num_states, num_sil_states)}")
    if num_sil_states == 2:
        raise CortadoError("silence cannot have 2 states: those between the first and the last lead on; give it 1, or 3 or more")
    phones = [*nonsilence, *silence]
    if len(set(phones)) < len(phones):
        raise CortadoError(f"topology: phone {max(phones, key=phones.count)} is given twice")
    models = [(nonsilence, _chain(num_states, skips)), (silence, _silence(num_sil_states))]
    used = [(members, entry) for members, entry in models if members]
    return Topology(tuple(entry for _, entry in used), {phone: index for index, (members, _) in enumerate(used) for phone in members})


def read_topology(path: str | Path) -> Topology:
    """The topology in a file, binary or text. Raises DataError."""
    reader = open_reader(path)
    topology = parse_topology(reader)
    reader.expect_end()
    return topology


def write_topology(path: str | Path, topology: Topology, is_binary: bool = False) -> None:
    """Write a file of its own: `topo` in a lang or model folder, which is text by custom."""
    writer = KaldiWriter(is_binary)
    put_topology(writer, topology)
    write_file(path, writer)


def parse_topology(reader: KaldiReader) -> Topology:
    """The topology that stands next. Raises DataError."""
    reader.expect("<Topology>")
    entries, phone_to_entry = _parse_binary(reader) if reader.is_binary else _parse_text(reader)
    reader.expect("</Topology>")
    try:
        return Topology(entries, phone_to_entry)
    except CortadoError as error:
        raise DataError(reader.name, str(error)) from None


def put_topology(writer: KaldiWriter, topology: Topology) -> None:
    """Add `topology` to what `writer` has."""
    writer.line("<Topology>")
    if writer.is_binary:
        _put_binary(writer, topology)
    else:
        for index, entry in enumerate(topology.entries):
            _put_text(writer, entry, [phone for phone in topology.phones if topology.phone_to_entry[phone] == index])
    writer.line("</Topology>")


def _check_entry(entry: Entry, phone: int) -> None:
    if len(entry) < 2 or entry[-1] != FINAL_STATE:
        raise CortadoError(f"topology of phone {phone}: the last of at least two states must be without pdf and transitions")
    for number, state in enumerate(entry[:-1]):
        _check_state(state, f"topology of phone {phone}, state {number}", len(entry))
    if unreached := set(range(len(entry))) - _min_frames(entry).keys():
        raise CortadoError(f"topology of phone {phone}: no path leads to state {min(unreached)}")
    classes = {pdf_class for state in entry[:-1] for pdf_class in (state.pdf_class, state.self_loop_pdf_class)}
    if classes != set(range(len(classes))):
        raise CortadoError(f"topology of phone {phone}: pdf classes must be numbered from 0 without gaps, not {sorted(classes)}")


def _min_frames(entry: Entry) -> dict[int, int]:
    """State -> the fewest frames before it is entered, for those that can be."""
    frames, newest, passed = {0: 0}, {0}, 0
    while newest:
        passed += 1
        newest = {target for state in newest for target, _ in entry[state].transitions} - frames.keys()
        frames.update(dict.fromkeys(newest, passed))
    return frames


def _check_state(state: HmmState, where: str, num_states: int) -> None:
    if min(state.pdf_class, state.self_loop_pdf_class) < 0:
        raise CortadoError(f"{where}: every state but the last must have a pdf class")
    targets = [target for target, _ in state.transitions]
    if len(set(targets)) < len(targets) or not set(targets) <= set(range(num_states)):
        raise CortadoError(f"{where}: its transitions lead to {targets}, but there are the states 0 to {num_states - 1}, each once")
    probs = [prob for _, prob in state.transitions]
    if not (min(probs, default=0) > 0 and abs(sum(probs) - 1) <= _TOLERANCE):  # so that NaN fails, too
        raise CortadoError(f"{where}: its transition probabilities {probs} must be positive and sum to 1")


def _chain(num_states: int, skips: bool) -> Entry:
    states = []
    for state in range(num_states):
        transitions = [(state, 0.75), (state + 1, 0.25)]
        if skips and state + 2 <= num_states:
            transitions = [(state, 0.5), (state + 1, 0.25), (state + 2, 0.25)]
        states.append(HmmState.emitting(state, transitions))
    return (*states, FINAL_STATE)


def _silence(num_states: int) -> Entry:
    if num_states == 1:
        return _chain(1, skips=False)
    last = num_states - 1
    first = HmmState.emitting(0, [(target, 1 / last) for target in range(last)])
    inner = [HmmState.emitting(state, [(target, 1 / last) for target in range(1, num_states)]) for state in range(1, last)]
    return (first, *inner, HmmState.emitting(last, [(last, 0.75), (last + 1, 0.25)]), FINAL_STATE)


def _parse_text(reader: KaldiReader) -> tuple[tuple[Entry, ...], dict[int, int]]:
    entries: list[Entry] = []
    phone_to_entry: dict[int, int] = {}
    while reader.peek() == "<TopologyEntry>":
        reader.expect("<TopologyEntry>")
        reader.expect("<ForPhones>")
        while reader.peek() != "</ForPhones>":
            phone = reader.int32()
            if phone in phone_to_entry:
                reader.fail(f"phone {phone} has two entries")
            phone_to_entry[phone] = len(entries)
        reader.expect("</ForPhones>")
        entries.append(_parse_text_entry(reader))
    return tuple(entries), phone_to_entry


def _parse_text_entry(reader: KaldiReader) -> Entry:
    states: list[HmmState] = []
    while reader.expect("<State>", "</TopologyEntry>") == "<State>":
        number = reader.int32()
        if number != len(states):
            reader.fail(f"states are numbered from 0 in their order: expected {len(states)}, found {number}")
        states.append(_parse_text_state(reader))
    return tuple(states)


def _parse_text_state(reader: KaldiReader) -> HmmState:
    pdf_class = self_loop_pdf_class = NO_PDF
    if reader.peek() in ("<PdfClass>", "<ForwardPdfClass>"):
        is_hmm = reader.token() == "<PdfClass>"
        pdf_class = self_loop_pdf_class = reader.int32()
        if not is_hmm:
            reader.expect("<SelfLoopPdfClass>")
            self_loop_pdf_class = reader.int32()
    transitions = []
    while reader.expect("<Transition>", "</State>") == "<Transition>":
        transitions.append((reader.int32(), reader.float32()))
    return HmmState(pdf_class, self_loop_pdf_class, tuple(transitions))


def _put_text(writer: KaldiWriter, entry: Entry, phones: list[int]) -> None:
    is_hmm = all(state.pdf_class == state.self_loop_pdf_class for state in entry)
    writer.line("<TopologyEntry>")
    writer.line("<ForPhones>")
    writer.int32(*phones)
    writer.newline()
    writer.line("</ForPhones>")
    for number, state in enumerate(entry):
        _put_text_state(writer, number, state, is_hmm)
    writer.line("</TopologyEntry>")


def _put_text_state(writer: KaldiWriter, number: int, state: HmmState, is_hmm: bool) -> None:
    writer.token("<State>")
    writer.int32(number)
    if state.pdf_class != NO_PDF:
        writer.token("<PdfClass>" if is_hmm else "<ForwardPdfClass>")
        writer.int32(state.pdf_class)
        if not is_hmm:
            writer.token("<SelfLoopPdfClass>")
            writer.int32(state.self_loop_pdf_class)
    for target, prob in state.transitions:
        writer.token("<Transition>")
        writer.int32(target)
        writer.float32(prob)
    writer.line("</State>")


def _parse_binary(reader: KaldiReader) -> tuple[tuple[Entry, ...], dict[int, int]]:
    phones, phone_to_index = reader.int_vector().tolist(), reader.int_vector().tolist()
    count = reader.int32()
    is_hmm = count != -1  # the mark of entries with two pdf classes a state
    if not is_hmm:
        count = reader.int32()
    entries = tuple(tuple(_parse_binary_state(reader, is_hmm) for _ in range(reader.int32())) for _ in range(count))
    if wrong := [phone for phone in phones if not 0 < phone < len(phone_to_index)]:
        reader.fail(f"phone {wrong[0]} is without an entry")
    return entries, {phone: phone_to_index[phone] for phone in phones}


def _parse_binary_state(reader: KaldiReader, is_hmm: bool) -> HmmState:
    pdf_class = reader.int32()
    self_loop_pdf_class = pdf_class if is_hmm else reader.int32()
    transitions = tuple((reader.int32(), reader.float32()) for _ in range(reader.int32()))
    return HmmState(pdf_class, self_loop_pdf_class, transitions)


def _put_binary(writer: KaldiWriter, topology: Topology) -> None:
    phone_to_index = np.full(topology.phones[-1] + 1, -1)
    phone_to_index[topology.phones] = [topology.phone_to_entry[phone] for phone in topology.phones]
    writer.int_vector(topology.phones)
    writer.int_vector(phone_to_index)
    if not topology.is_hmm:
        writer.int32(-1)
    writer.int32(len(topology.entries))
    for entry in topology.entries:
        writer.int32(len(entry))
        for state in entry:
            classes = (state.pdf_class,) if topology.is_hmm else (state.pdf_class, state.self_loop_pdf_class)
            writer.int32(*classes, len(state.transitions))
            for target, prob in state.transitions:
                writer.int32(target)
                writer.float32(prob)
