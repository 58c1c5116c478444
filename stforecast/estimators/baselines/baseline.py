"""What a network stands on: which regressor, and how blocks decide between the two."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd
from sklearn.base import clone

from stforecast._composite import Composite
from stforecast._constraints import Constraint, Integers, Options, Part, Regressors, ShortNames
from stforecast.estimators._inner_estimator import flatten_for_tables
from stforecast.estimators.baselines.ridge import WindowRidge
from stforecast.estimators.baselines.stencil import StencilForecaster
from stforecast.windows._windows import Windows

__all__ = ["Baseline"]

REGRESSORS: dict[str, type] = {"ridge": WindowRidge, "stencil": StencilForecaster}
FORMS = ("residuals", "targets")


class Baseline(Composite):
    """What a network stands on, and how blocks in time decide its share.

    Parameters
    ----------
    regressor : {"auto", "ridge", "stencil"} or regressor, default="auto"
        The baseline: any regressor or pipeline; one that reads tables only gets the windows as
        rows. "auto" takes a `WindowRidge` for tables, and none, which is the network alone, for
        maps and panels.
    blocks : int, default=3
        Blocks of consecutive origins, each of which is forecast by a baseline and a network that
        did not learn from it. More of them judge better, and each takes another training. Above
        5,000 windows there is one, the latest origins.
    form : {"residuals", "targets"} or None, default=None
        What the network learns: what the baseline leaves, or the targets themselves, which are
        then averaged with the baseline. None takes residuals, and targets for maps.

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
        self, regressor: Any = "auto", *, blocks: int = 3, form: str | None = None
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


def learns_residuals(part: Baseline, X: Windows) -> bool:
    """Return whether the network is to learn what the baseline leaves."""
    return not shows_maps(X) if part.form is None else part.form == "residuals"


def shows_maps(X: Windows) -> bool:
    """Return whether the windows, as they were made, are those of maps."""
    return len(X.base.shape) == 4


def _auto(X: Windows) -> Any:
    if isinstance(X.index, pd.MultiIndex) or shows_maps(X):
        return None
    return WindowRidge()
