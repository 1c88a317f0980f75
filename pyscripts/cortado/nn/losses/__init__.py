"""Training losses on embeddings and speaker labels. One file each.

Every loss is made and called in the same way, so that the training loop need not know which one it has:

    __init__(embedding_dim, num_classes, ...)     num_classes: the training speakers; unused where no class vectors are trained
    forward(embeddings, labels) -> scalar         embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes)
    utterances_per_speaker: int                   what a batch must look like, for the sampler
    logits(embeddings) -> (batch, num_classes)    only where class vectors are trained

`utterances_per_speaker` 1: a loss that takes each row by itself, so any rows in any order make a batch. M of 2 or more: a
loss on episodes (`episode.EpisodeLoss`), which compares the rows of a batch with each other. Such a batch is N speakers, each
with M utterances one after the other: rows 0 to M-1 are one speaker's, rows M to 2M-1 another's. No speaker comes twice.
Its length is thus a multiple of M, and it has at least two speakers. The order within a speaker matters only to
the prototypical losses: the first `num_support` utterances are the prototype, the others are the queries.

All compute in float32 (or float64) whatever the autocast, and average over the batch. Under DistributedDataParallel a
loss that takes rows by themselves sees its rank's rows, and the average of the ranks is that of the whole batch. A loss on
episodes, in training, first collects the rows of all ranks: its value and gradients are those of one process with all N
speakers. So each rank must hold whole speakers, equally many of them, and none that another rank holds.
"""
