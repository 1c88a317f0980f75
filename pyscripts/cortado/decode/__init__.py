"""Decoding: beam search over HCLG, lattices and what is made of them (best paths, N-best lists, confusion networks, CTM)."""
