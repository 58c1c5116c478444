"""Show how a fit goes on: a bar where somebody looks, lines where a log is kept."""

from __future__ import annotations

import sys
import time
from typing import Any

from skorch.callbacks import Callback

# Seconds between two lines of a log.
LINE_SECONDS = 10.0


class Progress(Callback):
    """Show epochs, losses and the time left, on standard error.

    Parameters
    ----------
    epochs : int
        Epochs at the most.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        self.bar_ = _Bar(self.epochs) if _has_terminal() else _Lines(self.epochs)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        row = net.history[-1]
        losses = {key: f"{row[key]:.4f}" for key in ("train_loss", "valid_loss") if key in row}
        self.bar_.show(row["epoch"], ", ".join(f"{key}={losses[key]}" for key in losses))

    def close(self) -> None:
        """Leave what is shown as it stands, however the fit ended."""
        if hasattr(self, "bar_"):
            self.bar_.close()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "bar_"}


class _Bar:
    """A bar that is drawn over itself, in a terminal or a notebook."""

    def __init__(self, epochs: int) -> None:
        from tqdm.auto import tqdm

        self.bar = tqdm(total=epochs, desc="fit", unit="epoch")

    def show(self, epoch: int, losses: str) -> None:
        self.bar.set_postfix_str(losses, refresh=False)
        self.bar.update(epoch - self.bar.n)  # epochs of a resumed fit were done before

    def close(self) -> None:
        self.bar.close()


class _Lines:
    """A line now and then, and one for the last epoch."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.start = self.latest = time.monotonic()
        self.before: int | None = None  # epochs of a resumed fit, which took no time in this one
        self.unwritten = ""

    def show(self, epoch: int, losses: str) -> None:
        if self.before is None:
            self.before = epoch - 1
        now = time.monotonic()
        self.unwritten = self._line(epoch, losses, now - self.start)
        if now - self.latest >= LINE_SECONDS:
            self.latest = now
            self.close()

    def close(self) -> None:
        if self.unwritten:
            sys.stderr.write(self.unwritten + "\n")
            sys.stderr.flush()
            self.unwritten = ""

    def _line(self, epoch: int, losses: str, seconds: float) -> str:
        from tqdm import tqdm

        # at the pace of the epochs of this process
        countdown = seconds / (epoch - (self.before or 0)) * (self.epochs - epoch)
        clock = tqdm.format_interval
        return f"fit: {epoch}/{self.epochs} epochs [{clock(seconds)}<{clock(countdown)}, {losses}]"


def _has_terminal() -> bool:
    """Return whether standard error is a terminal or a notebook's output."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")
