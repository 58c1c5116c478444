"""scikit-learn's own checks, all of them: as forecasters come, and on networks alone."""

from __future__ import annotations

import pytest
import sklearn
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import CNNLSTMForecaster, ConvLSTMForecaster, LSTMForecaster
from tests.estimators.data import ALL_SAMPLES, FORECASTERS

# what a network needs to learn the checks' regression, whatever its kind
LEARNS = {
    "baseline": None,
    "lr": 0.03,
    "max_epochs": 25,
    "batch_size": 16,
    "random_state": 0,
    "training": ALL_SAMPLES,
}
INSTANCES = [
    *(kind(random_state=0) for kind in FORECASTERS),
    LSTMForecaster(16, **LEARNS),
    ConvLSTMForecaster(8, 1, **LEARNS),
    CNNLSTMForecaster((8,), 1, 16, **LEARNS),
]
# scikit-learn 1.6 has fewer checks than 1.9's 53; an estimator whose tags say that it takes no
# 2-D arrays gets one
LEAST = 53 if sklearn.__version__ >= "1.9" else 40


@pytest.mark.checks
@pytest.mark.parametrize("estimator", INSTANCES, ids=str)
def test_every_check_passes_and_none_is_skipped(estimator):
    checks = check_estimator(estimator, on_skip=None, on_fail=None)
    assert [
        (one["check_name"], one["exception"]) for one in checks if one["status"] != "passed"
    ] == []
    assert len(checks) >= LEAST
