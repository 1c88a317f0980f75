"""Graphs of weighted finite-state transducers: G, context, H, self-loops and the decoding graph HCLG made of them."""
