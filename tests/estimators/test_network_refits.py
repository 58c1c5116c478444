"""A fit that fails leaves an estimator as it was, whatever it is and wherever the fit ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

from stforecast.estimators import (
    ForecastAnomalyDetector,
    LSTMClassifier,
    MonteCarloDropout,
    RelativeForecaster,
    SeedEnsemble,
)
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows
from tests.estimators.data import noise, small

X, Y = make_windows(noise(60, 1), lookback=6)
QUICK = {"max_epochs": 2, "device": "cpu", "random_state": 0}
LABELS = np.arange(len(X)) % 2
# each with what it is fitted on, then on what with an error, and what it then gives as before
KINDS: dict[str, tuple[Any, tuple[Any, ...], tuple[Any, ...], str]] = {
    "forecaster": (small(), (X, Y), (X[:, :5], Y), "predict"),
    "classifier": (LSTMClassifier(3, **QUICK), (X, LABELS), (X[:, :5], LABELS), "predict_proba"),
    "ensemble": (SeedEnsemble(small(), 2, random_state=0), (X, Y), (X[:, :5], Y), "predict"),
    "dropout": (MonteCarloDropout(small(dropout=0.3), 2), (X, Y), (X[:, :5], Y), "predict"),
    "relative": (RelativeForecaster(small()), (X, Y), (X[:, :5], Y), "predict"),
    "anomaly": (ForecastAnomalyDetector(small()), (X,), (X[:, :5],), "score_samples"),
    "series": (
        SeriesForecaster(small(), lookback=6),
        (noise(60, 1),),
        (noise(60, 2),),
        "backtest",
    ),
}


class Interrupt(Callback):
    """Ends a fit as Ctrl-C does."""

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt


def interrupted(model: Any) -> dict[str, Any]:
    """Parameters with which a fit of the model is interrupted."""
    name = "net_params" if "net_params" in model.get_params() else "estimator__net_params"
    return {name: {"callbacks": [Interrupt()]}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_refit_that_is_interrupted_leaves_the_estimator_as_it_was(kind: str) -> None:
    model, data, others, method = KINDS[kind]
    model.fit(*data)
    expected, before = getattr(model, method)(data[0]), dict(vars(model))
    params = model.get_params()
    with pytest.raises(KeyboardInterrupt):
        model.set_params(**interrupted(model)).fit(*others)
    model.set_params(**{name: params[name] for name in interrupted(model)})
    assert vars(model) == before
    np.testing.assert_array_equal(getattr(model, method)(data[0]), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_fit_that_is_interrupted_leaves_nothing_that_predicts(kind: str) -> None:
    model, data, _, method = KINDS[kind]
    fresh = model.__sklearn_clone__()
    before = dict(vars(fresh.set_params(**interrupted(fresh))))
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(*data)
    assert vars(fresh) == before
    with pytest.raises(NotFittedError, match="not fitted"):
        getattr(fresh, method)(data[0])
