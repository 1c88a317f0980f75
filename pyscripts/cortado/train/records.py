"""What a run writes down of itself: a JSON line and a TensorBoard point per logged update."""

import json
from contextlib import suppress
from pathlib import Path

from cortado.errors import CortadoError

LOG_EVERY = 20  # updates between two recorded lines


class Records:
    """Append-only figures of a run in `train.jsonl` and, under `tensorboard/`, the same as curves.

    `resume_at` is the update that a restart continues with: lines of later updates, written by a run that was killed before
    its next checkpoint, are dropped, so that each update is recorded once.
    """

    def __init__(self, directory: Path, resume_at: int):
        from torch.utils.tensorboard import SummaryWriter  # slow to import; only training pays for it

        path = directory / "train.jsonl"
        kept = [line for line in _complete_lines(path) if json.loads(line)["update"] <= resume_at]
        partial = path.with_name("." + path.name + ".tmp")
        partial.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
        partial.replace(path)
        self._lines = open(path, "a", encoding="utf-8")  # noqa: SIM115 (closed by close)
        self._curves = SummaryWriter(str(directory / "tensorboard"), purge_step=resume_at + 1)

    def end_update(self, update: int, figures: dict[str, float], seconds: float, waited: float) -> None:
        """Record the figures of every LOG_EVERY-th update. Raises CortadoError on a full disk."""
        if update % LOG_EVERY == 0:
            self.write("train", update, figures)

    def end_epoch(self, epoch: int, update: int, figures: dict[str, float]) -> None:
        """Record the figures of an epoch. Raises CortadoError on a full disk."""
        self.write("valid", update, figures)

    def write(self, kind: str, update: int, figures: dict[str, float]) -> None:
        """Record `figures` of `kind` ("train" or "valid") after update number `update`. Raises CortadoError on a full disk."""
        rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
        try:
            self._lines.write(json.dumps({"kind": kind, "update": update, **rounded}) + "\n")
            self._lines.flush()
        except OSError as error:
            raise CortadoError(f"cannot write {self._lines.name}: {error.strerror}") from error
        for name, value in figures.items():
            self._curves.add_scalar(f"{kind}/{name}", value, update)

    def close(self) -> None:
        with suppress(OSError):  # it tries once more to write what `write` has said that it could not
            self._lines.close()
        self._curves.close()


def _complete_lines(path: Path) -> list[str]:
    """The lines of an earlier run; the last one is left out when a kill cut it short."""
    if not path.exists():
        return []
    return [line.rstrip("\n") for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
