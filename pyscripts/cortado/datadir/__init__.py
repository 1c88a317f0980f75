"""Data directories, Kaldi's own type: reading, checking, mending, splitting, subsets, combining; audio; trials.

`layout` says which file is keyed by what. What needs numpy or soundfile (`audio`, `trials`) is imported by its own name.
"""

from cortado.datadir.datadir import DataDir, Segment, spk2utt_to_utt2spk, utt2spk_to_spk2utt
from cortado.datadir.table import read_table, write_table

__all__ = ["DataDir", "Segment", "read_table", "spk2utt_to_utt2spk", "utt2spk_to_spk2utt", "write_table"]
