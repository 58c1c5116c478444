"""Keep the state of a fit on disk after every epoch, and go on from it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import joblib
import torch
from skorch.callbacks import EarlyStopping, LRScheduler, PassthroughScoring

from stforecast._files import atomic_write, remove_leftovers
from stforecast._training.callbacks import AverageWeights, DivergenceStop
from stforecast._training.checkpoint_file import read_state, write_state
from stforecast._training.net import Net
from stforecast._training.samples import BatchLoader, Samples
from stforecast._training.training import Training
from stforecast.exceptions import DataIntegrityError

# What each callback knows of the epochs so far. Others are kept if they have `state_dict` and
# `load_state_dict`.
_MEMORY: dict[type, tuple[str, ...]] = {
    AverageWeights: ("average_", "raw_", "steps_"),
    EarlyStopping: ("misses_", "dynamic_threshold_", "best_epoch_", "best_model_weights_"),
    LRScheduler: ("lr_scheduler_", "batch_idx_"),
    PassthroughScoring: ("best_score_",),
    DivergenceStop: ("constant_",),
}
# A state holds the weights up to six times (optimizer, best epoch, average), and the next one is
# written beside it.
_COPIES = 12


class Checkpoint:
    """The file in which one fit keeps its state.

    Parameters
    ----------
    folder : str or path
        Where the file is, made if need be.
    name : str
        Tells this fit from every other.
    """

    def __init__(self, folder: Any, name: str) -> None:
        self.path = Path(folder) / f"{name}.state"

    def begin(self, net: Net) -> None:
        """Restore the net in training if the file is there, else write it for the first time."""
        if self.path.exists():
            remove_leftovers(self.path)
            self._restore(net)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _check_space(self.path.parent, net)
            self.save(net)
        except OSError as error:
            raise OSError(
                f"The checkpoint folder {str(self.path.parent)!r} cannot be written: {error}. Free "
                "space there or name another folder in training__checkpoint."
            ) from error

    def save(self, net: Net) -> None:
        """Replace the file by the net's present state; of several processes, the first does."""
        if net.iterator_train__share[0] > 0:
            return
        with atomic_write(self.path) as file:
            write_state(file, training_state(net))

    def _restore(self, net: Net) -> None:
        try:
            restore(net, read_state(self.path, training_state(net)))
        except Exception as error:
            raise DataIntegrityError(
                f"The checkpoint {str(self.path)!r} cannot be read: {error!s:.400}. Delete it to "
                "train from the start."
            ) from error


def fit_name(
    estimator: Any, training: Training, seed: int, samples: Samples, valid: Samples | None
) -> str:
    """Return a name for the fit of an estimator on samples: another for another fit."""
    params = estimator.get_params()
    ignored = {"training", "device", "verbose"}
    ignored |= {f"training__{name}" for name in ("checkpoint", "keep_interrupted", "warm_start")}
    if not training.depends_on_epochs():
        ignored.add("max_epochs")
    settings = {name: value for name, value in params.items() if name not in ignored}
    # a generator hashes by its state, which a second run would not meet: its seed stands for it
    settings["random_state"] = None if estimator.random_state is None else seed
    digest = hashlib.blake2b(joblib.hash(settings).encode(), digest_size=8)
    for part in (samples, valid):
        if part is not None:
            _add_data(digest, part)
    return f"{type(estimator).__name__}-{digest.hexdigest()}"


def _add_data(digest: Any, samples: Samples) -> None:
    for inputs, y in BatchLoader(samples, 1024):
        for values in (inputs["x"], y, *inputs["parts"].values()):
            digest.update(values.cpu().numpy().tobytes())


def _check_space(folder: Path, net: Net) -> None:
    weights = sum(value.nbytes for value in net.module_.state_dict().values())
    free = shutil.disk_usage(folder).free
    if free < _COPIES * weights:
        raise OSError(
            f"it has {free / 1e6:.1f} MB free, but the states need {_COPIES * weights / 1e6:.1f} MB"
        )


def training_state(net: Net) -> dict[str, Any]:
    """Return what the next epoch depends on; the weights themselves, not copies."""
    cuda = torch.device(net.device).type == "cuda"
    return {
        "module": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "callbacks": {name: _memory(callback) for name, callback in net.callbacks_},
        "history": list(net.history),
        "shuffling": net.iterator_train__generator.bit_generator.state,
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(net.device) if cuda else None,
        "pieces": net.strategy_.pieces,
        "scaler": None if net.scaler_ is None else net.scaler_.state_dict(),
    }


def restore(net: Net, state: dict[str, Any]) -> None:
    """Take a net in training back to a state."""
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    for name, callback in net.callbacks_:
        _remember(callback, state["callbacks"].get(name, {}))  # a bar has no state
    net.history[:] = state["history"]
    net.iterator_train__generator.bit_generator.state = state["shuffling"]
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.device(net.device).type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], net.device)
    net.strategy_.pieces = state["pieces"]
    if net.scaler_ is not None and state["scaler"] is not None:
        net.scaler_.load_state_dict(state["scaler"])


def _memory(callback: Any) -> dict[str, Any]:
    if hasattr(callback, "state_dict"):
        return {"": callback.state_dict()}
    values = {name: getattr(callback, name) for name in _names(callback)}
    return {
        name: value.state_dict() if hasattr(value, "state_dict") else value
        for name, value in values.items()
    }


def _remember(callback: Any, memory: dict[str, Any]) -> None:
    for name, value in memory.items():
        holder = getattr(callback, name) if name else callback  # "" is the callback's own state
        if hasattr(holder, "load_state_dict"):
            holder.load_state_dict(value)
        else:
            setattr(callback, name, value)


def _names(callback: Any) -> tuple[str, ...]:
    return next((names for kind, names in _MEMORY.items() if isinstance(callback, kind)), ())
