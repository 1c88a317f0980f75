"""What scoring leaves in a decoding folder, in Kaldi's layout: wer_<LM weight>_<penalty>, scoring_kaldi/ and result.json."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from cortado.datadir.table import read_text, write_table
from cortado.decode.sweep import Hypotheses, Weights
from cortado.errors import CortadoError, DataError
from cortado.files import atomic_write
from cortado.score.wer import Interval, WordErrors, Words, per_utterance, trn_lines


def remove_scores(folder: Path) -> None:
    """Remove what an earlier scoring left, result.json first, so that no figure stands beside another scoring's files."""
    (folder / "result.json").unlink(missing_ok=True)
    for path in folder.glob("wer_*"):
        path.unlink()
    shutil.rmtree(folder / "scoring_kaldi", ignore_errors=True)


def write_sweep(
    folder: Path, references: Mapping[str, Words], hypotheses: Mapping[Weights, Hypotheses], errors: Mapping[Weights, WordErrors]
) -> None:
    """The references, and the hypotheses and the errors of each point of the grid."""
    scoring = folder / "scoring_kaldi"
    write_table(scoring / "test_filt.txt", _texts(references))
    for weights, found in hypotheses.items():
        write_table(scoring / f"penalty_{weights.word_penalty}" / f"{weights.lm_weight:g}.txt", _texts(found))
        _write(folder / f"wer_{weights}", [errors[weights].report()])


def write_best(
    folder: Path, references: Mapping[str, Words], hypotheses: Hypotheses, weights: Weights, errors: WordErrors, interval: Interval
) -> None:
    """The best of the grid with its details, its interval, and sclite's files and reports, if sclite is installed."""
    scoring = folder / "scoring_kaldi"
    details = scoring / "wer_details"
    _write(scoring / "best_wer", [errors.report().split("\n")[0], f" {folder}/wer_{weights}\n"])
    _write(details / "lmwt", [f"{weights.lm_weight:g}\n"])
    _write(details / "wip", [f"{weights.word_penalty}\n"])
    _write(details / "per_utt", per_utterance(references, hypotheses))
    low, high = 100 * interval.low, 100 * interval.high
    _write(details / "wer_bootci", [f"Set1: %WER {100 * interval.value:.2f} 95% Conf Interval [ {low:.2f}, {high:.2f} ]\n"])
    _write(scoring / "sclite" / "ref.trn", trn_lines(references))
    _write(scoring / "sclite" / "hyp.trn", trn_lines({utt: hypotheses.get(utt, ()) for utt in references}))
    run_sclite(scoring / "sclite")


def run_sclite(folder: Path) -> None:
    """sclite's reports (hyp.trn.sys, hyp.trn.dtl, ...) of the two .trn files in `folder`, where it is installed (Debian: sctk)."""
    sclite = ["sclite"] if shutil.which("sclite") else ["sctk", "sclite"] if shutil.which("sctk") else None
    if not sclite:
        return
    command = [*sclite, "-r", "ref.trn", "trn", "-h", "hyp.trn", "trn", "-i", "spu_id", "-o", "sum", "dtl", "pra"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CortadoError(f"{' '.join(command)} failed in {folder}: {(done.stderr or done.stdout).strip()}")


def read_best_weights(folder: Path) -> Weights:
    """The LM weight and penalty that an earlier scoring chose. Raises DataError when there was none."""
    details = folder / "scoring_kaldi" / "wer_details"
    try:
        return Weights(float(read_text(details / "lmwt")), float(read_text(details / "wip")))
    except ValueError:
        raise DataError(details / "lmwt", "this and wip should hold one number each; score this folder anew") from None


def _texts(sentences: Mapping[str, Words]) -> dict[str, str]:
    return {utterance: " ".join(words) for utterance, words in sentences.items()}


def _write(path: Path, lines: Iterable[str]) -> None:
    with atomic_write(path) as out:
        out.writelines(lines)
