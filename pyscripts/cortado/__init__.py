"""Cortado: speaker verification, singer identification and lip reading, from recordings to result tables, on torch.

Ground floor: `errors`, `files`, `command`, `config`, `stop`, `distributed`. Above it, each room importing only rooms named
before it: `ark`, `datadir`, `feats`, `synth`, `nn`, `train`, `ivector`, `score`, `report`; `launch` and `ledger` stand apart
and use the standard library alone.
"""
