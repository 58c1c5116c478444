"""NeuralForecast's NHITS as a sktime forecaster, which sktime has no adapter of."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from neuralforecast import NeuralForecast
from neuralforecast.models import NHITS
from sktime.forecasting.base import BaseForecaster


class NHITSForecaster(BaseForecaster):
    """NHITS with its default blocks, on windows scaled one by one.

    Parameters
    ----------
    lookback, horizon : int
        Rows read and forecast.
    max_steps : int, default=300
        Batches to train on.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "y_inner_mtype": "pd.Series",
        "requires-fh-in-fit": False,
        "capability:exogenous": False,
    }

    def __init__(self, lookback: int, horizon: int, max_steps: int = 300) -> None:
        self.lookback = lookback
        self.horizon = horizon
        self.max_steps = max_steps
        super().__init__()

    def _fit(self, y: pd.Series, X: Any, fh: Any) -> NHITSForecaster:
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        model = NHITS(
            h=self.horizon,
            input_size=self.lookback,
            max_steps=self.max_steps,
            scaler_type="standard",
            random_seed=1,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        self.model_ = NeuralForecast([model], freq=1)
        table = {"unique_id": "series", "ds": np.arange(len(y)), "y": y.to_numpy(dtype=float)}
        self.model_.fit(pd.DataFrame(table))
        return self

    def _predict(self, fh: Any, X: Any) -> pd.Series:
        values = self.model_.predict()["NHITS"].to_numpy()
        steps = fh.to_relative(self.cutoff).to_numpy().astype(int)
        index = fh.to_absolute(self.cutoff).to_pandas()
        return pd.Series(values[steps - 1], index)
