"""scikit-learn's own checks, all of them, on instances with settings that learn."""

from __future__ import annotations

import pytest
import sklearn
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import CNNLSTMForecaster, ConvLSTMForecaster, LSTMForecaster, Training

LEARNS = {
    "lr": 0.03,
    "max_epochs": 25,
    "batch_size": 16,
    "random_state": 0,
    "training": Training(validation_fraction=0),
}
INSTANCES = [
    LSTMForecaster(16, **LEARNS),
    ConvLSTMForecaster(8, 1, **LEARNS),
    CNNLSTMForecaster((8,), hidden_channels=16, **LEARNS),
]
# scikit-learn 1.6 has fewer checks than 1.9's 53; an estimator whose tags say that it takes no
# 2-D arrays gets one
LEAST = 53 if sklearn.__version__ >= "1.9" else 40


@pytest.mark.parametrize("estimator", INSTANCES, ids=lambda one: type(one).__name__)
def test_every_check_passes_and_none_is_skipped(estimator):
    checks = check_estimator(estimator, on_skip=None, on_fail=None)
    assert [
        (one["check_name"], one["exception"]) for one in checks if one["status"] != "passed"
    ] == []
    assert len(checks) >= LEAST
