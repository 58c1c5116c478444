"""What forecasters and classifiers share: a network, trained on standardised windows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self

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
    NoneValue,
    Numbers,
    Options,
    Part,
)
from stforecast._fit_tasks import CallbackSupportMixin, adopt_attributes
from stforecast._parameters import Rule
from stforecast._training.budget import BATCH
from stforecast._training.engine import (
    FitPlan,
    prepend_history,
)
from stforecast._training.execution.compute import Compute
from stforecast._training.execution.devices import resolve_device
from stforecast._training.net import Net
from stforecast._training.training import Training
from stforecast._training.versions import versions
from stforecast.estimators._examples import Examples
from stforecast.estimators._input_checks import (
    check_compute,
    check_skorch_parameters,
    check_trained_windows,
    draw_seed,
)
from stforecast.estimators._net_fit import NetFit, Task
from stforecast.estimators._scaled_network import ScaledNetwork
from stforecast.estimators.parts.base import NetShapes
from stforecast.estimators.parts.decoders import DECODER, make_decoder
from stforecast.nn import Backbone, ForecastNet
from stforecast.windows import Windows
from stforecast.windows._coercion import as_windows, check_windows

# what None stands for, never changed
DEFAULT_TRAINING, DEFAULT_COMPUTE = Training(), Compute()


class NetEstimator(CallbackSupportMixin, Composite):
    """A network on windows; subclasses say what its targets are and name its backbone.

    A fitted one holds ``network_``, the trained net between its scalers, ``versions_`` and what
    `check_windows` notes of the windows.
    """

    network_: ScaledNetwork
    weighs_windows = True

    _constraints: ClassVar[dict[str, Constraint]] = {
        "decoder": DECODER,
        "lr": Numbers(0, closed="neither"),
        "max_epochs": Integers(1) | Options("auto"),
        "batch_size": Integers(1) | Options("auto"),
        "training": Part(Training) | NoneValue(Training),
        "device": Instances(
            "'auto', the name of a torch device or a torch.device", (str, torch.device)
        ),
        "random_state": SEED,
        "verbose": Integers(0) | Flags(),
        "net_params": Instances("a dict", (Mapping,)) | None,
    }
    _rules: ClassVar[tuple[Rule, ...]] = (
        check_skorch_parameters,
        check_compute,
    )

    @abstractmethod
    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        """Return the module that reads the window, and the rows and columns of its output."""

    @property
    def net_(self) -> Net:
        """The trained skorch net."""
        net: Net = self.network_.net
        return net

    @property
    def shapes_(self) -> NetShapes:
        """Shapes that the network was built for."""
        return self.network_.shapes

    @property
    def history_(self) -> pd.DataFrame:
        """Losses and seconds of each epoch, one row an epoch."""
        rows = [{k: v for k, v in row.items() if k != "batches"} for row in self.net_.history]
        return pd.DataFrame(rows).set_index("epoch")

    def build_module(self, shapes: NetShapes) -> ForecastNet:
        """Return the network that the parameters describe, to be given weights of an earlier fit.

        Parameters
        ----------
        shapes : NetShapes
            Shapes of one sample.

        Returns
        -------
        torch.nn.Module
            With weights drawn from torch's generator.
        """
        return self._module(shapes, make_plan(self, seed=0))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _inputs(self) -> tuple[str, ...]:
        """Return the names of the parts that the backbone reads beside the window."""
        return ()

    def _is_warm_start(self) -> bool:
        """Return whether `fit` is to train the network of the last fit further."""
        return (
            hasattr(self, "network_")
            and isinstance(self.training, Training)
            and self.training.warm_start
        )

    def _train(
        self, fitted: Self, X: Windows, y: Any, plan: FitPlan, task: Task, network: ScaledNetwork
    ) -> Self:
        """Train a network, or that of an earlier fit further, and take over what the fit leaves.

        All of it is made on `fitted`, a copy, until the last epoch has ended.
        """
        fit = NetFit(self, fitted, X, y, plan, network, self._module)
        net, interrupt = fit.train_net(task)
        if network.net:
            prepend_history(net, network.net)
        fitted.network_, fitted.versions_ = replace(network, net=net), versions()
        adopt_attributes(self, fitted)
        if interrupt is not None:
            raise interrupt
        fit.end()
        return self

    def _module(self, shapes: NetShapes, plan: FitPlan) -> ForecastNet:
        """Return the torch module that the parameters describe, with new weights."""
        backbone, grid = self._backbone(shapes)
        head = plan.decoder.build(backbone, grid, shapes)
        return ForecastNet(backbone, head, self._inputs())

    def _windows(self, X: Any) -> Windows:
        """Return windows of the shapes seen in `fit`."""
        X = as_windows(check_windows(self, X, reset=False))
        check_trained_windows(self, X)
        return X

    def _outputs(self, X: Windows) -> np.ndarray:
        """Return the network's outputs for windows, float64."""
        compute = (self.training or DEFAULT_TRAINING).compute or DEFAULT_COMPUTE
        size = BATCH if self.batch_size == "auto" else self.batch_size
        return self.network_.outputs(
            X, batch_size=size, device=resolve_device(self.device), compute=compute
        )


def make_plan(
    estimator: NetEstimator, seed: int | None = None, *, validation: Examples | None = None
) -> FitPlan:
    """Return what a fit of an estimator is done with; draws a seed unless one is given."""
    training = estimator.training or DEFAULT_TRAINING
    decoder, user_params = make_decoder(estimator.decoder), dict(estimator.net_params or {})
    callbacks = [*decoder.callbacks(), *(user_params.get("callbacks") or [])]
    return FitPlan(
        training=training,
        compute=training.compute or DEFAULT_COMPUTE,
        decoder=decoder,
        device=resolve_device(estimator.device),
        seed=draw_seed(estimator.random_state) if seed is None else seed,
        lr=estimator.lr,
        max_epochs=estimator.max_epochs,
        batch_size=estimator.batch_size,
        verbose=estimator.verbose,
        net_params={**user_params, "callbacks": callbacks},
        stops_early=validation is not None or bool(training.validation_fraction),
    )
