"""Poolings: the frames of an utterance to one vector. One file each; the contract is in `cortado.nn`.

Those that attend have `attention(x, lengths=None) -> (batch, heads, time)`, the very weights that forward uses: each head's
are positive, sum to 1 over the valid frames and are exactly 0 in the padding. Softmax, sums and the attention's own layers
run in float32 under autocast and with half weights alike: a logit that is off by 0.3 is a weight that is off by a third.

`cross_attentive` is the exception to the contract: it pools pairs of utterances.
"""
