"""Networks. A speaker network is an encoder (frames), a pooling (one vector), a head (the embedding) and a loss.

Each of the four is named in a config by its class path, so a new one is one file and no registry:

    encoder:  __init__(feat_dim, ...); forward(x, lengths) -> (frames, their lengths); attribute out_dim;
              frame_lengths(lengths) -> how many frames it makes of so many, of a number or a tensor
    pooling:  __init__(dim, ...); forward(x, lengths=None) -> (batch, out_dim); attribute out_dim
    head:     __init__(dim, embedding_dim, ...); forward(pooled) -> what the loss sees, (batch, out_dim); attribute out_dim;
              embed(pooled) -> what is stored, (batch, embedding_dim)
    loss:     __init__(embedding_dim, num_classes, ...), embedding_dim being the head's out_dim; forward(embeddings, labels)
              -> scalar; attribute utterances_per_speaker

What only some have, and training asks for:

    pooling:  take_penalty() -> scalar: is added to the loss of the forward pass before it (StructuredPooling)
    loss:     logits(embeddings) -> (batch, num_classes): where class vectors are trained; gives the accuracy
    loss:     margin_scale: the share of the margin in force, which may grow from 0 (AM- and AAM-softmax)

A loss whose utterances_per_speaker is 1 takes any batch. Others take episodes, whole speakers with so many utterances each:
the form of such a batch is in `cortado.nn.losses`, and `cortado.train.episodes` makes it.

A lip reader (`lip_network`) is a visual module (`visual`: frames of mouths to vectors), a Transformer, and classes at four times the rate.

`lengths` is (batch,) int64, the valid frames of each row, or None when every row is full. Padded frames never change a
valid one, so in evaluation mode a batch gives what its utterances give one by one.
"""

from cortado.nn.heads import LinearHead, XVectorHead
from cortado.nn.speaker import EmbeddingNetwork

__all__ = ["EmbeddingNetwork", "LinearHead", "XVectorHead"]
