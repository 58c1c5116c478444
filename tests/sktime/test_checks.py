"""sktime's own checks, whole, on every parameter set of the class and one more."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sktime.utils.estimator_checks import check_estimator

from stforecast.sktime import SktimeForecaster
from stforecast.windows import Flatten

PIPELINE = {"estimator": make_pipeline(Flatten(), StandardScaler(), Ridge()), "lookback": 2}
CLASS_SETS = SktimeForecaster.get_test_params()  # plain, calibrated and quantile forecasters
FEWEST = 250  # checks of one instance, so that the whole of them cannot shrink unseen


# sktime checks what it itself deprecates, and intervals on series too short for their coverage
@pytest.mark.checks
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("params", [*CLASS_SETS, PIPELINE], ids=lambda p: repr(p["estimator"])[:12])
def test_sktime_checks_pass_whole(params: dict[str, Any]) -> None:
    results = check_estimator(SktimeForecaster(**params), verbose=False)
    assert {name: result for name, result in results.items() if result != "PASSED"} == {}
    assert len(results) >= FEWEST


def test_some_sets_of_the_class_have_intervals() -> None:
    tags = [SktimeForecaster(**params).get_tag("capability:pred_int") for params in CLASS_SETS]
    assert tags.count(True) == 3
    assert False in tags
