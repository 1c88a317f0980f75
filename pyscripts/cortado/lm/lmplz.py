"""KenLM's lmplz, which sorts on disk, in place of kneser_ney for texts that do not fit into memory."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cortado.errors import CortadoError
from cortado.lm.kneser_ney import FALLBACK_DISCOUNTS
from cortado.lm.packed import write_packed
from cortado.lm.sentences import read_chunks

_MEMORY = "2G"  # for sorting, the rest goes to disk; its own default is 80 % of the machine


def run_lmplz(
    program: str, text: str | Path, arpa: Path, cutoffs: Sequence[int], vocabulary: Iterable[str] | None, discount_fallback: bool
) -> None:
    """Estimate a model of order len(cutoffs) and write it to `arpa`, gzipped if its name ends in .gz. lmplz speaks on stderr.

    N-grams with a word outside the vocabulary are left out. Raises CortadoError when lmplz cannot be run or fails.
    """
    arpa.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lmplz.", dir=arpa.parent) as folder:
        command = [program, "--order", str(len(cutoffs)), "--prune", *map(str, cutoffs), "--temp_prefix", f"{folder}/", "--memory", _MEMORY]
        if discount_fallback:
            command += ["--discount_fallback", *map(str, FALLBACK_DISCOUNTS[1:])]
        if vocabulary is not None:
            words = Path(folder, "words")
            words.write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
            command += ["--limit_vocab_file", str(words)]
        with write_packed(arpa) as out:
            status = _run(command, text, out)
            if status:
                raise CortadoError(f"{program} ended with status {status}; what it said is above")


def _run(command: list[str], text: str | Path, out: BinaryIO) -> int:
    """The exit status of a command that reads all sentences of `text` before it writes `out`."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise CortadoError(f"cannot run {command[0]}: {error.strerror}") from error
    try:
        with suppress(BrokenPipeError):  # it has ended, and its status tells why
            for chunk in read_chunks(text):
                process.stdin.write(chunk)
            process.stdin.close()
        shutil.copyfileobj(process.stdout, out)
        return process.wait()
    finally:
        process.kill()  # nothing to do where it has ended
        process.wait()
