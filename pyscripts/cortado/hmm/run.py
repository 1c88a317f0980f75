"""Training a model from a data directory to a finished folder: what each rank does, in the order it is done."""

import json
import shutil
from argparse import Namespace

import numpy as np

from cortado.config import dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.distributed import from_first, rank, say, world_size
from cortado.errors import ConfigError, CortadoError
from cortado.files import atomic_write, file_digest, write_json
from cortado.hmm.chunks import Chunk, chunks_of_rank
from cortado.hmm.corpus import read_corpus
from cortado.hmm.features import FeatureReader
from cortado.hmm.first_alignment import FirstAligner
from cortado.hmm.initial import write_feats, write_graphs
from cortado.hmm.model import read_model, write_model
from cortado.hmm.model_folder import (
    FINAL_MATRIX,
    FINAL_MODEL,
    SPEAKER_INDEPENDENT_MODEL,
    ModelFolder,
    write_front_end,
    write_matrix,
    write_speaker_transforms,
)
from cortado.hmm.output import write_alignments_of_rank, write_reports
from cortado.hmm.phone_graph import pronunciation_table
from cortado.hmm.settings import HmmConfig
from cortado.hmm.shard import Shard
from cortado.hmm.snapshot import Snapshot
from cortado.hmm.start import Start, load_start, monophone_start, save_start, triphone_start
from cortado.hmm.topology import read_topology
from cortado.hmm.training import AcousticTraining, FirstAlign
from cortado.hmm.training_graph import GraphBuilder
from cortado.hmm.transition_model import TransitionModel
from cortado.ivector.em import EmState, run_em
from cortado.ivector.model_file import identify
from cortado.lang.lang import Lang, lexicon_files
from cortado.train.crops import ArkCrops, fingerprint


class TrainingRun:
    """One call of train_hmm.py: `args` are its arguments, `stop` is of cortado.stop.stop_requests. Rank 0 alone writes results."""

    def __init__(self, args: Namespace, stop: list[int]):
        self.args, self.stop, self.exp_dir = args, stop, args.exp_dir
        self.config = load_config(HmmConfig, args.config, args.set)
        self.old = ModelFolder(args.ali_dir) if args.ali_dir else None
        if self.config.front_end is None and self.old is None:
            raise ConfigError(f"{args.config}: front_end is missing; only with --ali-dir it can be that of an earlier model")
        self.front_end = self.config.front_end or self.old.front_end
        self.data_dir, self.lang = DataDir(args.data_dir), Lang.read(args.lang_dir)
        if self.old is not None:
            self.old.check_phones(self.lang)
        self.corpus = read_corpus(self.data_dir, self.lang)
        self.lexicon = pronunciation_table(self.lang.pronunciations, self.lang.optional_silence, self.lang.sil_prob)
        self.identity = identify(
            dump_yaml(self.config), *map(str, (args.num_gauss, args.num_leaves, args.seed)), *from_first(self._digests)
        )

    def train(self) -> None:
        """Raises Interrupted."""
        if from_first(self._is_finished):
            return
        say(self.corpus.describe(self.lang.words.symbol(self.lang.oov_word)))
        chunks = chunks_of_rank(self.corpus.utterances, self.exp_dir / "spool")
        shard = Shard(chunks, self.corpus.speakers, self.lang.silence_phones, self.args.num_threads)
        start = self._start(shard)
        transitions = TransitionModel.from_tree(start.model.tree, read_topology(self.args.lang_dir / "topo"))
        builder = GraphBuilder(self.lexicon, start.model.tree, transitions)
        write_graphs(chunks, builder)
        first = Snapshot.of(transitions, start.model.gmms, start.transforms)
        first_align = None if self.old else self._first_align(transitions)
        training = AcousticTraining(shard, transitions, first, self.config, self.args.num_gauss, self.args.seed, first_align)
        state = run_em(training, training.num_iterations, self.exp_dir / "em.pt", self.identity, self.stop)
        self._finish(shard, training, state, start)

    def _digests(self) -> list[str]:
        """Of the files that determine the result."""
        lang, old = self.args.lang_dir, self.args.ali_dir
        lexicon, *sil_prob = lexicon_files(lang)
        paths = [self.data_dir.path / "text", lang / "words.txt", lang / "phones.txt", lexicon, lang / "oov.int", *sil_prob, lang / "topo"]
        paths += sorted((lang / "phones").glob("*.int"))
        if old is not None:
            paths += [old / FINAL_MODEL, *sorted(old.glob("ali.*.gz")), *sorted(old.glob("trans.*"))]
        return [fingerprint(ArkCrops(self.data_dir)), *map(file_digest, paths)]

    def _is_finished(self) -> bool:
        info = self.exp_dir / "info.json"
        if not info.exists():
            return False
        if json.loads(info.read_text(encoding="utf-8"))["identity"] != self.identity:
            raise CortadoError(
                f"{self.exp_dir} was trained with another config, seed, lang or data; remove it or train into another directory"
            )
        print(f"{self.exp_dir} is already trained, with this very config, seed, lang and data")
        return True

    def _start(self, shard: Shard) -> Start:
        """Where EM begins, or began; the features of the chunks are written."""
        args, reader = self.args, FeatureReader(self.data_dir, self.front_end)
        start = from_first(lambda: load_start(self.exp_dir, self.identity))
        if start is not None:
            write_feats(shard.chunks, reader, start.matrix)
            return start
        topology = read_topology(args.lang_dir / "topo")
        if self.old is None:
            start = monophone_start(shard, reader, self.lang, topology)
        else:
            start = triphone_start(shard, reader, self.lang, topology, self.old, args.num_leaves, self.config)
        if rank() == 0:
            save_start(self.exp_dir, self.identity, start)
        return start

    def _first_align(self, transitions: TransitionModel) -> FirstAlign:
        aligner = FirstAligner(self.lexicon, transitions, self.args.seed)

        def align(chunk: Chunk, feats: np.ndarray) -> np.ndarray:
            tids = np.zeros(chunk.num_frames, np.int32)
            for utterance, start, end in zip(chunk.utterances, chunk.frame_offsets[:-1], chunk.frame_offsets[1:], strict=True):
                found = aligner.align(utterance.name, utterance.words.tolist(), feats[start:end, 0])
                if found is not None:
                    tids[start:end] = found
            return tids

        return align

    def _finish(self, shard: Shard, training: AcousticTraining, state: EmState, start: Start) -> None:
        """Write the model, align with what was written, and write the rest; info.json comes last and says that all is done."""
        final, folder = Snapshot.from_tensors(state.model, "now"), self.exp_dir
        if rank() == 0:
            write_model(folder / FINAL_MODEL, training.transitions(final), final.gmms)
            self._write_features_of_model(start, final)
        written = from_first(lambda: Snapshot.of(*read_model(folder / FINAL_MODEL), final.transforms))
        report = training.align_finally(written)
        write_alignments_of_rank(folder, shard.chunks)
        if self.config.fmllr:
            gmms = training.speaker_independent(written)
            if rank() == 0:
                write_model(folder / SPEAKER_INDEPENDENT_MODEL, training.transitions(final), gmms)
        if rank() == 0:
            write_reports(folder, self.corpus, report)
            self._write_info(state, final)
            shutil.rmtree(folder / "spool")
            for name in ("em.pt", "start.pt"):
                (folder / name).unlink()

    def _write_features_of_model(self, start: Start, final: Snapshot) -> None:
        """What turns features on disk into those of the model, and the phones."""
        folder, matrix = self.exp_dir, start.matrix
        write_front_end(folder, self.front_end)
        if self.config.mllt:
            rotation = final.transforms[0][:, :-1]
            matrix = rotation if matrix is None else rotation @ matrix
        if matrix is not None:
            write_matrix(folder / FINAL_MATRIX, matrix)
        if self.config.fmllr:
            write_speaker_transforms(folder, dict(zip(self.corpus.speakers, final.transforms, strict=True)))
        self.lang.phones.write(folder / "phones.txt")

    def _write_info(self, state: EmState, final: Snapshot) -> None:
        folder, hours = self.exp_dir, self.corpus.num_frames / 360_000
        info = {
            "identity": self.identity,
            "num_gauss": final.gmms.num_gauss,
            "num_leaves": final.gmms.num_pdfs,
            "utterances": len(self.corpus.utterances),
            "hours": round(hours, 3),
            "training_seconds": round(state.seconds, 1),
            "training_cpu_seconds": round(state.cpu_seconds, 1),
            "training_threads": self.args.num_threads,
            "training_ranks": world_size(),
        }
        with atomic_write(folder / "config.yaml") as out:
            out.write(dump_yaml(self.config))
        write_json(folder / "em.json", {"log_likes_per_frame": state.log_likes})
        write_json(folder / "info.json", info)
        say(f"trained {info['num_gauss']} Gaussians in {info['training_cpu_seconds']} CPU-seconds for {hours:.2f} hours of audio")
