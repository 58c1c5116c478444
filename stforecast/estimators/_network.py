"""What forecasters and classifiers share: a network, trained on standardised windows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from stforecast._composite import Composite
from stforecast._constraints import (
    SEED,
    Constraint,
    Flags,
    Instances,
    Integers,
    Nothing,
    Numbers,
    Part,
    Rule,
)
from stforecast._fit_tasks import CallbackSupportMixin, FitTasks
from stforecast._training.checkpoint import Checkpoint, fit_name
from stforecast._training.engine import (
    DOUBLE_VALUES,
    build_net,
    predict_batches,
    prepend_history,
    take_optimizer,
)
from stforecast._training.epochs import run_epochs
from stforecast._training.execution.cores import Cores
from stforecast._training.execution.devices import resolve_device
from stforecast._training.execution.global_state import seeded
from stforecast._training.samples import Samples
from stforecast._training.training import Training
from stforecast._training.versions import versions
from stforecast.estimators._input_checks import check_parts, draw_seed
from stforecast.estimators._rules import (
    device_of_this_machine,
    float16_on_gpu,
    parameters_of_skorch,
    processes_shuffle_alike,
)
from stforecast.estimators._scaling import Standardizer, fit_part, identity
from stforecast.estimators._shapes import NetShapes
from stforecast.estimators.parts.decoders import DECODER, make_decoder
from stforecast.exceptions import MissingValuesError
from stforecast.nn import Backbone, ForecastNet
from stforecast.windows import Windows
from stforecast.windows._blocks import map_frames
from stforecast.windows._coerce import as_windows, check_windows


class NetEstimator(CallbackSupportMixin, Composite):
    """A network on windows; subclasses say what its targets are and name its backbone."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "decoder": DECODER,
        "lr": Numbers(0, closed="neither"),
        "max_epochs": Integers(1),
        "batch_size": Integers(1),
        "training": Part(Training) | Nothing(Training),
        "device": Instances("'auto', the name of a torch device", (str,))
        | Instances("a torch.device", (torch.device,)),
        "random_state": SEED,
        "verbose": Integers(0) | Flags(),
        "net_params": Instances("a dict", (Mapping,)) | None,
    }
    _rules: ClassVar[tuple[Rule, ...]] = (
        device_of_this_machine,
        parameters_of_skorch,
        float16_on_gpu,
        processes_shuffle_alike,
    )

    @abstractmethod
    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        """Return the module that reads the window, and the rows and columns of its output."""

    @abstractmethod
    def _targets(self, y: Any, precision: Any) -> Any:
        """Return checked targets as the criterion takes them."""

    @abstractmethod
    def _criterion(self, X: Windows, y: Any) -> torch.nn.Module:
        """Return the loss."""

    @abstractmethod
    def _split(self, X: Windows, y: Any, groups: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of samples to train on and of those held back."""

    @abstractmethod
    def _scalers(self) -> dict[str, Standardizer]:
        """Return scalers of windows (``x``), parts (``part_`` and the name) and targets (``y``)."""

    @property
    def history_(self) -> pd.DataFrame:
        """Losses and seconds of each epoch, one row an epoch."""
        rows = [{k: v for k, v in row.items() if k != "batches"} for row in self.net_.history]
        return pd.DataFrame(rows).set_index("epoch")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _training(self) -> Training:
        return Training() if self.training is None else self.training

    def _goes_on(self) -> bool:
        return hasattr(self, "net_") and getattr(self.training, "warm_start", False)

    def _net_params(self) -> dict[str, Any]:
        theirs = dict(self.net_params or {})
        ours = make_decoder(self.decoder).callbacks()
        return {**theirs, "callbacks": [*ours, *(theirs.get("callbacks") or [])]}

    def _inputs(self) -> tuple[str, ...]:
        """Return the names of the parts that the backbone reads beside the window."""
        return ()

    def _build(self, shapes: NetShapes) -> ForecastNet:
        backbone, grid = self._backbone(shapes)
        head = make_decoder(self.decoder).build(backbone, grid, shapes)
        return ForecastNet(backbone, head, self._inputs())

    def _fit_inputs(self, X: Windows) -> None:
        self._x_scaler = (
            fit_part(X) if self.standardize else identity(X.shape[2] if X.ndim > 2 else 1, 2)
        )
        self._part_scalers = {
            name: fit_part(part) if self.standardize else identity(part.shape[-1], part.ndim - 1)
            for name, part in X.parts.items()
        }

    def _arithmetic(self, device: str) -> AbstractContextManager[Cores | None]:
        H, W = self.shapes_.frame[1:]
        return self._training().arithmetic().applied(H * W, device)

    def _train_anew(self, X: Windows, y: Any, groups: Any = None) -> None:
        seed, device = draw_seed(self.random_state), resolve_device(self.device)
        with seeded(seed, device), self._arithmetic(device) as cores:
            self._train(self._build(self.shapes_), X, y, groups, seed, device, cores)

    def _train_further(self, X: Windows, y: Any, groups: Any = None) -> None:
        before, module = self.net_, deepcopy(self.net_.module_)
        seed, device = draw_seed(self.random_state), resolve_device(self.device)
        with seeded(seed, device), self._arithmetic(device) as cores:
            self._train(module, X, y, groups, seed, device, cores, before)

    def _samples(self, X: Windows, y: Any = None, precision: Any = np.float32) -> Samples:
        parts = {
            name: scaled(X.parts[name], scaler, precision)
            for name, scaler in self._part_scalers.items()
        }
        targets = None if y is None else self._targets(y, precision)
        return Samples(scaled(replace(X, parts={}), self._x_scaler, precision), parts, targets)

    def _train(
        self,
        module: ForecastNet,
        X: Windows,
        y: Any,
        groups: Any,
        seed: int,
        device: str,
        cores: Cores | None,
        before: Any = None,
    ) -> None:
        training, samples = self._training(), self._samples(X, y)
        compute = training.arithmetic()
        train, valid = self._split(X, y, groups, seed)
        held = samples.take(valid).held(device) if len(valid) else None
        batches = -(-len(train) // self.batch_size)
        verbose = self.verbose if compute.leads() else 0
        net = self._new_net(module, self._criterion(X, y), device, batches, held, seed, verbose)
        compute.join(net, cores)
        samples = samples.take(train, teach=module.head.reads_target).held(device)
        checkpoint = None
        if before is not None:
            take_optimizer(net, before)
        elif training.checkpoint is not None:
            checkpoint = Checkpoint(training.checkpoint, fit_name(self, seed, samples, held))
        tasks = FitTasks(self, X, y, net.max_epochs)
        keep = training.keep_interrupted
        interrupt = run_epochs(net, samples, tasks, checkpoint=checkpoint, keep_interrupted=keep)
        self._take(net, before)
        if interrupt is not None:
            raise interrupt
        tasks.end()

    def _new_net(
        self,
        module: ForecastNet,
        criterion: torch.nn.Module,
        device: str,
        batches: int,
        held: Samples | None,
        seed: int,
        verbose: int,
    ) -> Any:
        training = self._training()
        return build_net(
            module,
            criterion,
            training=training,
            lr=self.lr,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            device=device,
            batches=batches,
            valid=held,
            seed=seed,
            verbose=verbose,
            net_params=self._net_params(),
        )

    def _untrained_net(self) -> Any:
        """Return a net of the fitted shapes, to take weights from a file."""
        device = resolve_device(self.device)
        with seeded(0, device):
            module = self._build(self.shapes_)
            # training further makes a net of its own, with the right loss
            return self._new_net(module, torch.nn.MSELoss(), device, 1, None, 0, 0)

    def _input_scalers(self) -> dict[str, Standardizer]:
        parts = {f"part_{name}": scaler for name, scaler in self._part_scalers.items()}
        return {"x": self._x_scaler, **parts}

    def _take(self, net: Any, before: Any) -> None:
        net.train_split = None  # it holds the validation samples
        net.ranks_ = net.cores_ = None
        if before is not None:
            prepend_history(net, before)
        self.net_, self.versions_ = net, versions()

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs for windows, float64."""
        X = as_windows(check_windows(self, X, reset=False))
        check_parts(X, self.shapes_.parts)
        device = resolve_device(self.device)
        module, precision = self.net_.module_, np.float32
        if device == "cpu" and X.size <= DOUBLE_VALUES:
            module, precision = deepcopy(module).double(), np.float64
        samples = self._samples(X, precision=precision)
        module, size = module.to(device), max(256, self.batch_size)
        with self._arithmetic(device) as cores:
            batches = predict_batches(module, samples, batch_size=size, device=device, cores=cores)
            found = list(batches)
        return np.concatenate(found) if found else np.empty((0, self.shapes_.outputs))


def check_outputs(values: np.ndarray, what: str) -> np.ndarray:
    """Return what a network gave, or raise if some of it is no number."""
    if np.isfinite(values).all():
        return values
    raise MissingValuesError(
        f"The windows give {int((~np.isfinite(values)).sum())} {what} that are no numbers, since "
        "they hold NaN or infinity. Fill those rows first."
    )


def scaled(values: Any, scaler: Standardizer, precision: Any) -> Any:
    """Return standardised values: lazy windows stay lazy."""
    scaler = replace(scaler, precision=precision)
    return map_frames(values, scaler) if isinstance(values, Windows) else scaler(values)
