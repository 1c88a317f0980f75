"""The classes of a CTC network: characters, or the pieces of a sentencepiece model, with what stands between words; 0 is the blank.

A token sequence spells words by one rule for both kinds: the tokens' symbols are put together, and "▁" (U+2581, as in sentencepiece)
divides words. Among characters it is a token of its own; pieces begin with it where they begin a word.

T. Kudo and J. Richardson, SentencePiece: a simple and language independent subword tokenizer, 2018.
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from cortado.errors import ConfigError, CortadoError
from cortado.files import atomic_write
from cortado.lang.symbols import SymbolTable

BLANK, BOUNDARY = 0, "▁"
_TABLE, _MODEL, _NUM_CLASSES = "tokens.txt", "sentencepiece.model", "num_classes"


class Tokens:
    """`table`: symbols and their classes; its <eps>, 0, is the blank. `model`: the bytes of a sentencepiece model, None for characters."""

    def __init__(self, table: SymbolTable, model: bytes | None = None):
        self.table, self._model = table, model
        self._processor = SentencePieceProcessor(model_proto=model) if model else None

    @classmethod
    def characters(cls, sentences: Iterable[str]) -> "Tokens":
        """Every character of the sentences, in their code points' order, and the boundary. Raises CortadoError when there are none."""
        found = set().union(*sentences) - set(" \t")
        if not found:
            raise CortadoError("the text has no characters to make tokens of")
        return cls(SymbolTable(sorted(found | {BOUNDARY})))

    @classmethod
    def pieces(cls, sentences: Iterable[str], num_pieces: int) -> "Tokens":
        """A unigram model of at most `num_pieces` pieces, trained on the sentences, whose text it leaves as it is.

        Raises ConfigError where it cannot be trained: more characters than pieces, say.
        """
        model = io.BytesIO()
        try:
            SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=model,
                vocab_size=num_pieces + 1,  # and <unk>, number 0 as our blank is
                hard_vocab_limit=False,
                character_coverage=1.0,
                normalization_rule_name="identity",
                unk_id=0,
                bos_id=-1,
                eos_id=-1,
                num_threads=1,
                minloglevel=2,
            )
        except (RuntimeError, OSError) as error:
            raise ConfigError(f"no {num_pieces} sentencepiece units can be made of this text: {error}") from None
        processor = SentencePieceProcessor(model_proto=model.getvalue())
        symbols = [processor.id_to_piece(number) for number in range(1, len(processor))]
        return cls(SymbolTable(symbols), model.getvalue())

    @classmethod
    def read(cls, folder: str | Path) -> "Tokens":
        """What `write` wrote. Raises DataError where a file is missing or damaged."""
        model = Path(folder, _MODEL)
        return cls(SymbolTable.read(Path(folder, _TABLE)), model.read_bytes() if model.exists() else None)

    def write(self, folder: str | Path) -> None:
        """tokens.txt, num_classes, and sentencepiece.model for pieces."""
        model = Path(folder, _MODEL)
        model.unlink(missing_ok=True)
        self.table.write(Path(folder, _TABLE))
        if self._model:
            with atomic_write(model, "wb") as out:
                out.write(self._model)
        with atomic_write(Path(folder, _NUM_CLASSES)) as out:
            out.write(f"{self.num_classes}\n")

    @property
    def num_classes(self) -> int:
        """With the blank."""
        return len(self.table)

    @property
    def symbols(self) -> list[str]:
        """Of each class from 1 on."""
        return [symbol for symbol, number in self.table if number != BLANK]

    def encode(self, text: str) -> np.ndarray:
        """(num_tokens,) int32. Raises CortadoError for a character that is in no token."""
        text = " ".join(text.split())
        symbols = self._processor.encode(text, out_type=str) if self._processor else list(text.replace(" ", BOUNDARY))
        unknown = [symbol for symbol in symbols if symbol not in self.table]
        if unknown:
            raise CortadoError(
                f"'{unknown[0]}' of '{text}' is in no token of {self.table.path}: take it out, or make tokens of a text with it"
            )
        return np.array([self.table[symbol] for symbol in symbols], np.int32)

    def words(self, tokens: Sequence[int]) -> tuple[str, ...]:
        """The words that tokens spell; blanks must be gone."""
        return tuple("".join(map(self.table.symbol, tokens)).replace(BOUNDARY, " ").split())
