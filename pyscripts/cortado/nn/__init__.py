"""Networks. A speaker network is an encoder (frames), a pooling (one vector), a head (the embedding) and a loss.

Each of the four is named in a config by its class path, so a new one is one file and no registry:

    encoder:  __init__(feat_dim, ...); forward(x, lengths) -> (frames, frame_lengths); attribute out_dim
    pooling:  __init__(dim, ...); forward(x, lengths=None) -> (batch, out_dim); attribute out_dim
    head:     __init__(dim, embedding_dim, ...); forward(pooled) -> what the loss sees; embed(pooled) -> what is stored
    loss:     __init__(embedding_dim, num_classes, ...); forward(embeddings, labels) -> scalar; logits(embeddings)

`lengths` is (batch,) int64, the valid frames of each row, or None when every row is full. Padded frames never change a
valid one, so in evaluation mode a batch gives what its utterances give one by one.
"""

from cortado.nn.heads import LinearHead, XVectorHead
from cortado.nn.speaker import EmbeddingNetwork

__all__ = ["EmbeddingNetwork", "LinearHead", "XVectorHead"]
