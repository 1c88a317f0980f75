"""Aligning a data directory with a finished model: what each rank does, in the order it is done."""

import shutil
from argparse import Namespace

import numpy as np

from cortado.datadir import DataDir
from cortado.distributed import rank, say
from cortado.errors import ConfigError
from cortado.hmm.align import align_chunks
from cortado.hmm.chunks import chunks_of_rank
from cortado.hmm.corpus import read_corpus
from cortado.hmm.estimate_transforms import adapt_speakers
from cortado.hmm.features import FeatureReader
from cortado.hmm.initial import write_feats, write_graphs
from cortado.hmm.model_folder import ModelFolder, copy_model, write_speaker_transforms
from cortado.hmm.output import write_alignments_of_rank, write_reports
from cortado.hmm.phone_graph import pronunciation_table
from cortado.hmm.settings import AlignSettings
from cortado.hmm.shard import Shard
from cortado.hmm.snapshot import Snapshot
from cortado.hmm.training_graph import GraphBuilder
from cortado.lang.lang import Lang


class AlignRun:
    """One call of align_hmm.py, whose arguments are `args`. Rank 0 writes what is not of one rank."""

    def __init__(self, args: Namespace):
        self.args, self.exp_dir = args, args.exp_dir
        try:
            self.settings = AlignSettings(beam=args.beam, retry_beam=args.retry_beam)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        self.folder, self.lang = ModelFolder(args.model_dir), Lang.read(args.lang_dir)
        self.folder.check_phones(self.lang)
        self.data_dir = DataDir(args.data_dir)
        self.corpus = read_corpus(self.data_dir, self.lang)
        chunks = chunks_of_rank(self.corpus.utterances, self.exp_dir / "spool")
        self.shard = Shard(chunks, self.corpus.speakers, self.lang.silence_phones, args.num_threads)

    def align(self) -> None:
        """Features and graphs, a first alignment without fMLLR, and one with it where that is asked for."""
        say(self.corpus.describe(self.lang.words.symbol(self.lang.oov_word)))
        write_feats(self.shard.chunks, FeatureReader(self.data_dir, self.folder.front_end), self.folder.matrix)
        transitions, _ = self.folder.model
        lexicon = pronunciation_table(self.lang.pronunciations, self.lang.optional_silence, self.lang.sil_prob)
        builder = GraphBuilder(lexicon, self.folder.tree, transitions)
        write_graphs(self.shard.chunks, builder)
        model = Snapshot.of(*self.folder.speaker_independent_model)
        _, report = align_chunks(self.shard, model, transitions, self.settings)
        if self.args.fmllr == "true":
            model = self._adapt()
            _, report = align_chunks(self.shard, model, transitions, self.settings)
        write_alignments_of_rank(self.exp_dir, self.shard.chunks)
        if rank() == 0:
            copy_model(self.folder, self.exp_dir)
            write_speaker_transforms(self.exp_dir, dict(zip(self.shard.speakers, model.transforms, strict=False)))
            write_reports(self.exp_dir, self.corpus, report)
            shutil.rmtree(self.exp_dir / "spool")

    def _adapt(self) -> Snapshot:
        """final.mdl, and fMLLR towards it for each speaker on the alignments of the chunks."""
        transitions, gmms = self.folder.model
        nothing = np.tile(np.eye(gmms.dim, gmms.dim + 1), (len(self.shard.speakers), 1, 1))
        model = Snapshot.of(transitions, gmms, nothing)
        return model._replace(transforms=adapt_speakers(self.shard, model, transitions))
