"""Models of every kind, under the names that a table gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.dummy import DummyRegressor

from stforecast._constraints import Options, Regressors
from stforecast.comparison._outcome import Model
from stforecast.comparison._sktime_models import SktimeModel, is_sktime_forecaster
from stforecast.comparison._window_models import RegressorModel, SeriesModel
from stforecast.estimators import SeasonalNaive
from stforecast.estimators._network import NetEstimator
from stforecast.estimators.baselines.baseline import REGRESSORS
from stforecast.exceptions import ParameterError
from stforecast.series import SeriesForecaster

# what the table and the picture tell apart
NETWORK, BASELINE, OTHER_KIND = "network", "baseline", "other"


@dataclass(frozen=True)
class Entry:
    """A model under its name.

    Parameters
    ----------
    name : str
        What the table calls it.
    kind : {"network", "baseline", "other"}
        Whether it is or holds a network of this library, was named, or is something else.
    model : Model
        The model itself.
    """

    name: str
    kind: str
    model: Model


def make_entries(models: Any, season: int) -> list[Entry]:
    """Return models under their names, from a mapping or a list."""
    entries = [_make_entry(name, model, season) for name, model in _name_models(models)]
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise ParameterError(
            f"models must have names of their own, got {names}. Pass a dict from name to model."
        )
    return entries


def _name_models(models: Any) -> list[tuple[str, Any]]:
    if isinstance(models, Mapping) and models and all(isinstance(name, str) for name in models):
        return list(models.items())
    if isinstance(models, Sequence) and not isinstance(models, str) and len(models):
        return [
            (model if isinstance(model, str) else type(model).__name__, model) for model in models
        ]
    raise ParameterError(
        f"models must be a dict from name to model, or a list, got {models!r:.60}. Pass "
        "{'ridge': 'ridge'}, say."
    )


def _make_entry(name: str, model: Any, season: int) -> Entry:
    if isinstance(model, str):
        return Entry(name, BASELINE, RegressorModel(_make_baseline(model, season)))
    if is_sktime_forecaster(model):
        return Entry(name, _model_kind(model), SktimeModel(model))
    if isinstance(model, SeriesForecaster):
        return Entry(name, _model_kind(model), SeriesModel(model))
    if Regressors().admits(model):
        return Entry(name, _model_kind(model), RegressorModel(model))
    raise ParameterError(
        "models must be regressors on windows, SeriesForecasters, sktime forecasters or names of "
        f"baselines, got {model!r:.40} as {name!r}. {Regressors().remedy(model)}"
    )


def _model_kind(model: Any) -> str:
    """Return whether a model is, or holds, a network of this library."""
    parts = [model, *model.get_params(deep=True).values()]
    by_default = type(model).__name__ == "SktimeForecaster" and model.estimator is None
    network = by_default or any(isinstance(part, NetEstimator) for part in parts)
    return NETWORK if network else OTHER_KIND


def _make_baseline(name: str, season: int) -> Any:
    """Return a baseline by its name, in which spaces may stand for underscores."""
    kind = _BASELINES.get(name.replace(" ", "_"))
    if kind is None:
        raise Options(*(baseline.replace("_", " ") for baseline in _BASELINES)).error(
            "models", name
        )
    return kind(season) if kind is SeasonalNaive else kind()


_BASELINES: dict[str, type] = {
    "mean": DummyRegressor,
    "seasonal_naive": SeasonalNaive,
    **REGRESSORS,
}
