"""What a network stands on: which regressor, and how blocks decide between the two."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
from sklearn.base import clone

from stforecast._composite import Composite
from stforecast._constraints import Constraint, Integers, Options, Part, Regressors, ShortNames
from stforecast.estimators._inner_estimator import flatten_for_tables
from stforecast.estimators.baselines.advection import Advection
from stforecast.estimators.baselines.climatology import Climatology, DampedAnomaly
from stforecast.estimators.baselines.naive import Persistence
from stforecast.estimators.baselines.ridge import WindowRidge
from stforecast.estimators.baselines.stacked import StackedBaseline
from stforecast.estimators.baselines.stencil import StencilForecaster
from stforecast.windows._windows import Windows

__all__ = ["Baseline"]

REGRESSORS: dict[str, type] = {
    "ridge": WindowRidge,
    "stencil": StencilForecaster,
    "stacked": StackedBaseline,
    "persistence": Persistence,
    "climatology": Climatology,
    "damped_anomaly": DampedAnomaly,
    "advection": Advection,
}
FORMS = ("residuals", "targets")


class Baseline(Composite):
    """What a network stands on, and how blocks in time decide its share.

    Parameters
    ----------
    regressor : str or regressor, default="auto"
        The baseline: "ridge", "stencil", "persistence", "climatology", "damped_anomaly",
        "advection", "stacked", which is a `StackedBaseline`, or any regressor or pipeline; one that
        reads tables only gets the windows as rows. "auto" takes a `WindowRidge` for tables and
        panels, and a `StackedBaseline` where `make_windows` made maps to forecast from maps; other
        targets of maps, and plain arrays of maps, which do not say what they hold, get none, which
        is the network alone.
    blocks : int, default=2
        Blocks of consecutive origins, each of which is forecast by a baseline and a network that
        did not learn from it: the latest of one more blocks of equal length. More of them judge
        better, and each takes another training. Above 5,000 windows, and for a panel, there is one,
        the latest origins (of each series).
    form : {"residuals", "targets"} or None, default=None
        What the network learns: what the baseline leaves, or the targets themselves, which are
        then averaged with the baseline: the nearer the share is to 1, the less the baseline counts.
        None tries both on the latest block, for a quarter of the epochs, and takes the usual one
        unless the other loses less by more than a standard error. Usual are residuals, and targets
        for panels; above 5,000 windows of tables and panels the usual one is taken untried.

    Examples
    --------
    >>> from stforecast.estimators import Baseline, LSTMForecaster, WindowRidge
    >>> LSTMForecaster(baseline=Baseline(WindowRidge(log=True), blocks=4))
    LSTMForecaster(baseline=Baseline(blocks=4, regressor=WindowRidge(log=True)))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "regressor": Options("auto") | ShortNames(REGRESSORS) | Regressors(),
        "blocks": Integers(1),
        "form": Options(*FORMS) | None,
    }

    def __init__(
        self, regressor: Any = "auto", *, blocks: int = 2, form: str | None = None
    ) -> None:
        self.regressor = regressor
        self.blocks = blocks
        self.form = form


# What the parameter `baseline` of a forecaster may be.
BASELINE = ShortNames({"auto": Baseline, **REGRESSORS}) | Part(Baseline) | Regressors() | None


def make_baseline(value: Any, X: Windows) -> tuple[Any, Baseline] | None:
    """Return the regressor to stand on, unfitted, and how; None for the network alone."""
    if value is None:
        return None
    part = value if isinstance(value, Baseline) else Baseline(value)
    regressor = part.regressor
    if isinstance(regressor, str):
        regressor = _auto(X) if regressor == "auto" else REGRESSORS[regressor]()
    return None if regressor is None else (flatten_for_tables(clone(regressor)), part)


def candidate_forms(X: Windows) -> tuple[str, ...]:
    """Return what a network may learn, the usual form of this kind of windows first.

    A mixture with the targets comes near the network alone, which is ahead on panels.
    """
    return ("targets", "residuals") if is_panel(X) else FORMS


def is_panel(X: Windows) -> bool:
    """Return whether the windows are those of several series."""
    return isinstance(X.index, pd.MultiIndex)


def has_map_targets(X: Windows) -> bool:
    """Return whether `make_windows` made targets that are maps of the cells of a series of maps."""
    return X.target is not None and X.target.horizon > 0 and X.target.frame[1:] == X.base.shape[2:]


def has_map_windows(X: Windows) -> bool:
    """Return whether the windows, as they were made, are those of maps."""
    return len(X.base.shape) == 4


def _auto(X: Windows) -> Any:
    """Return the baseline of a kind of windows, None where maps are to give something else."""
    if not has_map_windows(X):
        return WindowRidge()
    return StackedBaseline() if has_map_targets(X) else None
