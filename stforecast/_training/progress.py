"""Show how a fit goes on: a bar where somebody looks, lines where a log is kept."""

from __future__ import annotations

import sys
import time
from typing import Any

from skorch.callbacks import Callback

# Seconds between two lines of a log.
LINE_SECONDS = 10.0
# Seconds of training before the estimate is made, and the estimate below which none is shown.
PACE_SECONDS = 1.0
SHORT_SECONDS = 10.0


class Outlook:
    """How long a whole fit takes, said once, after its first epochs.

    Parameters
    ----------
    work : float
        Samples times epochs of all that may be trained, one network after the other.
    text : str
        What that is.
    """

    def __init__(self, work: float, text: str) -> None:
        self.work = work
        self.text = text
        self.is_said = False

    def describe(self, ends: list[float], samples: int, epochs: int) -> str | None:
        """Return what there is to say after some epochs on `samples` samples; None if nothing is.

        `ends` are the time at which the training began and those at which its epochs ended;
        `epochs` is how many there will be.
        """
        done, seconds = len(ends) - 1, ends[-1] - ends[0]
        if self.is_said or (seconds < PACE_SECONDS and done < epochs):
            return None
        self.is_said = True
        # the first epoch of a process sets up a good deal, so that the others tell the pace
        pace = seconds if done == 1 else (ends[-1] - ends[1]) / (done - 1)
        total = seconds + pace * (self.work / samples - done)
        return (
            None if total < SHORT_SECONDS else f"about {describe_duration(total)} for {self.text}"
        )


def describe_duration(seconds: float) -> str:
    """Return a length of time in words, as exact as an estimate can be.

    Examples
    --------
    >>> from stforecast._training.progress import describe_duration
    >>> [describe_duration(seconds) for seconds in (42, 130, 12_000)]
    ['40 s', '2 min', '3.3 h']
    """
    if seconds < 90:
        return f"{round(seconds, -1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Progress(Callback):
    """Show epochs, losses, the time left, and how long it will all take, on standard error.

    Parameters
    ----------
    title : str, default="fit"
        What is trained.
    outlook : Outlook, optional
        All that is to be trained; this network alone by default.
    refit_samples : int, default=0
        Samples on which the network is then trained anew, 0 where it is not.
    """

    def __init__(
        self, title: str = "fit", outlook: Outlook | None = None, refit_samples: int = 0
    ) -> None:
        self.title = title
        self.outlook = outlook
        self.refit_samples = refit_samples

    def on_train_begin(self, net: Any, X: Any = None, **kwargs: Any) -> None:
        kind = _Bar if _has_terminal() else _Lines
        self.bar_ = kind(net.max_epochs, self.title)
        self.samples_, self.ends_ = len(X), []

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        if self.ends_:
            return
        # a checkpoint brings its epochs after the training began; this one is in the history too
        self.epochs_ = net.max_epochs - (len(net.history) - 1)
        self.outlook_ = self._network_outlook(net) if self.outlook is None else self.outlook
        self.ends_.append(time.monotonic())

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        row = net.history[-1]
        losses = {key: f"{row[key]:.4f}" for key in ("train_loss", "valid_loss") if key in row}
        self.bar_.show(row["epoch"], ", ".join(f"{key}={losses[key]}" for key in losses))
        self.ends_.append(time.monotonic())
        sentence = self.outlook_.describe(self.ends_, self.samples_, self.epochs_)
        if sentence is not None:
            self.bar_.write(f"fit: {sentence}")

    def close(self) -> None:
        """Leave what is shown as it stands, however the fit ended."""
        if hasattr(self, "bar_"):
            self.bar_.close()

    def _network_outlook(self, net: Any) -> Outlook:
        most = "at most " if net.train_split is not None else ""
        work = self.epochs_ * self.samples_ + net.max_epochs * self.refit_samples
        again = ", and then on all windows" if self.refit_samples else ""
        return Outlook(work, f"{most}{self.epochs_} epochs{again}")

    def __getstate__(self) -> dict[str, Any]:
        # bar, clock and outlook belong to a training that goes on
        return {key: value for key, value in self.__dict__.items() if not key.endswith("_")}


class _Bar:
    """A bar that is drawn over itself, in a terminal or a notebook."""

    def __init__(self, epochs: int, title: str) -> None:
        from tqdm.auto import tqdm

        self.bar = tqdm(total=epochs, desc=title, unit="epoch")

    def show(self, epoch: int, losses: str) -> None:
        self.bar.set_postfix_str(losses, refresh=False)
        self.bar.update(epoch - self.bar.n)  # epochs of a resumed fit were done before

    def write(self, line: str) -> None:
        """Write a line above the bar."""
        self.bar.write(line, file=sys.stderr)

    def close(self) -> None:
        self.bar.close()


class _Lines:
    """A line now and then, and one for the last epoch."""

    def __init__(self, epochs: int, title: str) -> None:
        self.epochs = epochs
        self.title = title
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

    def write(self, line: str) -> None:
        """Write a line."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self.unwritten:
            self.write(self.unwritten)
            self.unwritten = ""

    def _line(self, epoch: int, losses: str, seconds: float) -> str:
        from tqdm import tqdm

        # at the pace of the epochs of this process
        countdown = seconds / (epoch - (self.before or 0)) * (self.epochs - epoch)
        clock = tqdm.format_interval
        times = f"{clock(seconds)}<{clock(countdown)}"
        return f"{self.title}: {epoch}/{self.epochs} epochs [{times}, {losses}]"


def _has_terminal() -> bool:
    """Return whether standard error is a terminal or a notebook's output."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")
