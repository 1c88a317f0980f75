"""Arks and scps: the one place where they are opened. kaldiio codes and decodes; torch is never imported here."""

from cortado.ark.reader import read, read_part, read_shape
from cortado.ark.sequential import Entry, scan
from cortado.ark.table import merge_scps, open_table, read_scp
from cortado.ark.writer import ArkWriter

__all__ = ["ArkWriter", "Entry", "merge_scps", "open_table", "read", "read_part", "read_scp", "read_shape", "scan"]
