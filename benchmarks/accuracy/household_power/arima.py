"""Write the 322 daily forecasts of ARIMA(7, 0, 0) to the file that the demo reads.

Run: ``python -m benchmarks.accuracy.household_power.arima`` (10 s). The model is fitted anew before
each of the 46 test weeks, on every day before it.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from statsmodels.tsa.arima.model import ARIMA

from benchmarks.accuracy.household_power.baselines import ARIMA_FILE
from benchmarks.accuracy.household_power.protocol import FIRST_WEEK, WEEK, load_daily, test_weeks
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.scores import rmse


def main() -> int:
    """Fit, forecast, write, and print the error."""
    started = time.perf_counter()
    weeks = test_weeks(load_daily())
    forecasts = np.array([_forecast(weeks.days[FIRST_WEEK:start]) for start in weeks.starts])
    table = pd.DataFrame({"forecast": forecasts.ravel()}, pd.Index(weeks.dates, name="date"))
    ARIMA_FILE.parent.mkdir(exist_ok=True)
    table.to_csv(ARIMA_FILE, float_format="%.3f")
    print(f"ARIMA(7, 0, 0): RMSE {rmse(forecasts, weeks.truth):.1f} over {len(forecasts)} weeks")
    print(f"{describe_machine('statsmodels')}, {time.perf_counter() - started:.0f} s")
    return 0


def _forecast(days: np.ndarray) -> np.ndarray:
    return ARIMA(days, order=(7, 0, 0)).fit().forecast(WEEK)


if __name__ == "__main__":
    sys.exit(main())
