"""Find the fitted network inside what holds it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from stforecast.series import SeriesForecaster

# where a fitted meta-estimator keeps the estimator that forecasts
_INSIDE = ("estimator_", "best_estimator_", "regressor_", "forecaster_")


def check_forecasts_series(caller: str, model: Any, name: str = "model") -> None:
    """Raise unless a model forecasts series."""
    if not isinstance(model, SeriesForecaster):
        raise TypeError(
            f"{caller}.from_estimator needs a fitted SeriesForecaster, got {model!r:.60} as "
            f"{name}. Of a search pass its best_estimator_; draw other forecasts with "
            "from_predictions."
        )


def steps_to_network(model: Any) -> tuple[list[Any], Any]:
    """Return the fitted window transformers before a network, and the network's estimator."""
    if isinstance(model, Pipeline):
        steps = [step for _, step in model.steps[:-1] if step not in (None, "passthrough")]
        inner, network = steps_to_network(model[-1])
        return steps + inner, network
    if hasattr(model, "network_"):
        return [], model
    inner = next((getattr(model, name) for name in _INSIDE if hasattr(model, name)), None)
    if inner is None:
        raise TypeError(
            f"A display of a network needs a fitted forecaster with net_, or what holds one, got "
            f"{model!r:.60} as model. Fit it first; of an ensemble pass one of its estimators_."
        )
    return steps_to_network(inner)
