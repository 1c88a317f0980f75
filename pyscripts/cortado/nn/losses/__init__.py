"""Training losses on embeddings and speaker labels. One file each; the contract is in `cortado.nn`."""
