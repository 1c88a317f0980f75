"""Cortado: speaker verification, singer identification and lip reading, from recordings to result tables, on torch.

Ground floor: `errors`, `files`, `command`, `config`. Above it, each room importing only rooms named before it:
`ark`, `datadir`, `feats`, `synth`, `nn`, `train`, `score`, `report`; `launch` stands apart and uses the standard library
alone.
"""
