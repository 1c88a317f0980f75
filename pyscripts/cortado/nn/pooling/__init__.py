"""Poolings: the frames of an utterance to one vector. One file each; the contract is in `cortado.nn`."""
