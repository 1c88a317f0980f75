"""The one training loop of all three lines of research, and what a line brings to it.

`loop.train` takes a `Task`: a model, batches that are a pure function of their number, and a loss. Everything that makes
a run exact and resumable (order of the data, checkpoints, schedules, averaging) is here and knows nothing of speech.
"""
