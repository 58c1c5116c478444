"""Write the files that every later release reads: ``python -m tests.persistence.golden.write``.

Run it where the format changes before the first release. Afterwards files are added, under the
name of the release that writes them, and those that are there stay.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import stforecast as st
from stforecast.persistence import save
from stforecast.windows import Flatten, Framewise

FOLDER = Path(__file__).parent
DAYS = pd.date_range(
    "2024-03-04", periods=40, freq=pd.offsets.CustomBusinessDay(holidays=["2024-05-01"])
)
TABLE = pd.DataFrame({"load": 5 + np.sin(np.arange(40.0)), "price": np.arange(40.0) % 5}, DAYS)
HOURS = pd.date_range("2024-10-26", periods=40, freq="h", tz="Europe/London")


# what the next value is, no linear baseline knows: x -> 4 x (1 - x)
CHAOS = pd.DataFrame(
    {"x": list(itertools.accumulate(range(119), lambda x, _: 4 * x * (1 - x), initial=0.3))},
    pd.date_range("2024-01-01", periods=120, freq="D"),
)


def models() -> dict[str, Any]:
    network = st.LSTMForecaster(2, max_epochs=2, baseline=None, random_state=0)
    blend = st.LSTMForecaster(8, lr=0.03, max_epochs=40, random_state=0)
    regressor = RandomForestRegressor(2, max_depth=2, random_state=0)
    pipeline = make_pipeline(Framewise(StandardScaler()), Flatten(), regressor)
    return {
        "network": st.SeriesForecaster(network, lookback=4, horizon=3, calibration=8).fit(TABLE),
        "blend": st.SeriesForecaster(blend, lookback=2).fit(CHAOS),
        "forest": st.SeriesForecaster(pipeline, lookback=4, horizon=2).fit(TABLE.set_axis(HOURS)),
    }


def answer(model: Any) -> dict[str, Any]:
    """What a model forecasts, in a form that JSON keeps."""
    forecast = model.forecast()
    return {
        "times": [str(time) for time in forecast.index],
        "columns": list(forecast.columns),
        "values": forecast.to_numpy().tolist(),
    }


if __name__ == "__main__":
    for name, model in models().items():
        save(model, FOLDER / f"{name}-0.1.stf")
        text = json.dumps(answer(model), indent=1) + "\n"
        (FOLDER / f"{name}-0.1.json").write_text(text)
