"""scikit-learn's callbacks are told of the epochs of the network inside."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from stforecast.series import SeriesForecaster, forecast_scorer
from tests.estimators.data import noise, small

pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9")
TABLE = pd.DataFrame(noise(60), columns=["a", "b"])


class Record:
    """A callback that notes the tasks that have ended."""

    max_propagation_depth = None

    def __init__(self):
        self.told = []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        self.told.append(f"{context.estimator_name} {context.task_name}")


@pytest.mark.parametrize("calibration", [0, 10])
def test_a_fit_tells_of_the_epochs_inside(calibration):
    record = Record()
    model = SeriesForecaster(small(max_epochs=3), lookback=5, calibration=calibration)
    model.set_callbacks(record).fit(TABLE)
    assert record.told.count("LSTMForecaster epoch") == 3
    assert record.told[-1] == "SeriesForecaster fit"


def test_a_search_on_the_table_tells_of_every_epoch():
    record = Record()
    search = GridSearchCV(
        SeriesForecaster(small(max_epochs=3), lookback=5),
        {"lookback": [3, 5]},
        cv=TimeSeriesSplit(2),
        scoring=forecast_scorer("neg_mean_squared_error"),
    )
    search.set_callbacks(record).fit(TABLE)
    assert record.told.count("LSTMForecaster epoch") == 3 * (2 * 2 + 1)
