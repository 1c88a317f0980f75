"""Encoders: features to frames of a deeper representation. One file each; the contract is in `cortado.nn`."""
