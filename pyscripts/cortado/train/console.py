"""Progress of a training run where the user is looking: a bar on a terminal, a line now and then in a log."""

import sys
import time

SECONDS_BETWEEN_LINES = 10.0


class Console:
    """Shows loss, speed, the share of time spent waiting for data, and the time left."""

    def __init__(self, done: int, total: int, updates_per_epoch: int):
        self.first, self.total, self.updates_per_epoch = done, total, updates_per_epoch
        self.seconds = self.waited = 0.0
        self.last_line = time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=total, initial=done, unit="update", dynamic_ncols=True)

    def end_update(self, update: int, figures: dict[str, float], seconds: float, waited: float) -> None:
        """After each update: its figures, how long it took, and how much of that was waiting for data."""
        self.seconds += seconds
        self.waited += waited
        text = " ".join(f"{name} {value:.4g}" for name, value in figures.items())
        if self.bar is not None:
            self.bar.set_postfix_str(text, refresh=False)
            self.bar.update(1)
        elif time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES or update == self.total:
            self.last_line = time.monotonic()
            speed = self.seconds / (update - self.first)
            epoch = (update - 1) // self.updates_per_epoch + 1
            print(
                f"epoch {epoch} update {update} of {self.total}: {text}; {speed:.3f} s an update, "
                f"{self.waited / self.seconds:.1%} waiting for data, about {speed * (self.total - update):.0f} s left",
                flush=True,
            )

    def end_epoch(self, epoch: int, update: int, figures: dict[str, float]) -> None:
        text = f"epoch {epoch} done: " + " ".join(f"{name} {value:.4g}" for name, value in figures.items())
        if self.bar is not None:
            self.bar.write(text)
        else:
            print(text, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
