"""Of forecasts of a series, their intervals, and forecasts in sktime."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.svm import SVR

from stforecast import LSTMForecaster, SeriesForecaster, SktimeForecaster, forecast_scorer
from stforecast.estimators import QuantileDecoder, RelativeForecaster, SeedEnsemble, Training
from stforecast.series import SplitConformal
from stforecast.windows import calendar_features
from tests.remedies import Remedy, remedy

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), DAYS, ["a", "b"])
NEXT = TABLE[-5:].set_axis(DAYS[-5:] + 5 * DAYS.freq)
PANEL = pd.concat({"x": TABLE, "y": TABLE + 9}, names=["id"])
LIST = [TABLE, TABLE + 9]
KNOWN = calendar_features(pd.date_range("2024-01-01", periods=90), features=["weekday"])


def model(estimator: Any = None, **parameters: Any) -> SeriesForecaster:
    estimator = Ridge() if estimator is None else estimator
    return SeriesForecaster(estimator, **{"lookback": 3, "horizon": 2, **parameters})


def fitted(series: Any = TABLE, **parameters: Any) -> SeriesForecaster:
    return model(**parameters).fit(series)


def network(**parameters: Any) -> LSTMForecaster:
    return LSTMForecaster(
        2, **{"max_epochs": 1, "baseline": None, "random_state": 0, "device": "cpu", **parameters}
    )


def bounds(series: Any = TABLE, coverage: float = 0.5, **parameters: Any) -> Any:
    return fitted(series, **parameters).forecast_interval(coverage=coverage)


def changed(**parameters: Any) -> SeriesForecaster:
    return fitted().set_params(**parameters)


def by_series(series: Any, calibration: int = 0) -> SeriesForecaster:
    return model(RelativeForecaster(Ridge(), level="series"), calibration=calibration).fit(series)


def in_sktime(**parameters: Any) -> SktimeForecaster:
    return SktimeForecaster(Ridge(), **{"lookback": 3, "horizon": 2, **parameters})


Y, X = TABLE["a"][:50], KNOWN.loc[: DAYS[49]]
AHEAD = KNOWN.loc[DAYS[50] :]

REMEDIES: dict[str, Remedy] = {
    "groups of one series": remedy(
        lambda: model(network()).fit(TABLE, groups="series"),
        "Leave groups out, and say by Training(validation_fraction=...)",
        lambda: model(network()).fit(TABLE),
        lambda: model(network(training=Training(validation_fraction=9))).fit(TABLE),
    ),
    "groups that lack a series": remedy(
        lambda: model(network()).fit(PANEL, groups={"x": 0}),
        "Add it",
        lambda: model(network()).fit(PANEL, groups={"x": 0, "y": 1}),
    ),
    "too few groups": remedy(
        lambda: model(network()).fit(PANEL, groups=[0]),
        "Pass a mapping from the name of a series to its group",
        lambda: model(network()).fit(PANEL, groups={"x": 0, "y": 1}),
    ),
    "groups for what holds nothing back": remedy(
        lambda: model().fit(PANEL, groups="series"),
        "Leave groups out",
        lambda: model().fit(PANEL),
    ),
    "another list than in fit": remedy(
        lambda: by_series(LIST).forecast(LIST[::-1]),
        "as pd.concat makes it of a dict, or pass new rows to update and forecast without X",
        lambda: by_series(pd.concat(dict(enumerate(LIST)))).forecast(
            pd.concat(dict(enumerate(LIST)))
        ),
        lambda: by_series(LIST).update([NEXT, NEXT + 9]).forecast(),
    ),
    "errors of an estimator that knows of none": remedy(
        lambda: bounds(calibration=SplitConformal(9, scale="estimator")),
        "Give it a QuantileDecoder, wrap it in SeedEnsemble or MonteCarloDropout, or set scale",
        lambda: bounds(
            estimator=network(decoder=QuantileDecoder()),
            calibration=SplitConformal(9, scale="estimator"),
        ),
        lambda: bounds(
            estimator=SeedEnsemble(network(), 2),
            calibration=SplitConformal(9, scale="estimator"),
        ),
        lambda: bounds(calibration=SplitConformal(9, scale=Ridge())),
    ),
    "bounds of rows from elsewhere": remedy(
        lambda: fitted(calibration=9).backtest(TABLE.reset_index(drop=True), coverage=0.5),
        "Convert their labels",
        lambda: fitted(calibration=9).backtest(
            TABLE.reset_index(drop=True).set_axis(DAYS), coverage=0.5, start=DAYS[56]
        ),
    ),
    "too many origins held back": remedy(
        lambda: fitted(calibration=56),
        "Hold back fewer or pass more data",
        lambda: fitted(calibration=9),
        lambda: fitted(
            TABLE.set_axis(DAYS - 60 * DAYS.freq).pipe(lambda one: pd.concat([one, TABLE])),
            calibration=56,
        ),
    ),
    "certain bounds": remedy(
        lambda: bounds(calibration=30, coverage=1.0),
        "Pass 0.99, say",
        lambda: _ignore_warnings(lambda: bounds(calibration=30, coverage=0.99)),
    ),
    "bounds without a calibration": remedy(
        bounds,
        "Set calibration, to SplitConformal(0.2) say, and fit again",
        lambda: bounds(calibration=SplitConformal(0.2)),
    ),
    "quantiles without a calibration": remedy(
        lambda: fitted().forecast_quantiles(quantiles=[0.5]),
        "Set calibration, to SplitConformal() say, and fit again",
        lambda: fitted(calibration=SplitConformal()).forecast_quantiles(quantiles=[0.5]),
    ),
    "a quantile of 1": remedy(
        lambda: fitted(calibration=9).forecast_quantiles(quantiles=[1.0]),
        "Pass 0.01 or 0.99, say",
        lambda: _ignore_warnings(
            lambda: fitted(calibration=9).forecast_quantiles(quantiles=[0.99])
        ),
    ),
    "other quantiles than the one trained": remedy(
        lambda: _quantiles(QuantileDecoder([0.5])),
        "Give the QuantileDecoder more quantiles",
        lambda: _quantiles(QuantileDecoder([0.1, 0.5, 0.9])),
    ),
    "bounds of arrays as one table": remedy(
        lambda: bounds(TABLE.to_numpy(), calibration=9).table(),
        "Use lower and upper as they are",
        lambda: bounds(TABLE.to_numpy(), calibration=9).lower,
    ),
    "rows of another pace": remedy(
        lambda: fitted().forecast(TABLE.asfreq("2D")),
        "Resample them, or fit on rows like these",
        lambda: fitted().forecast(TABLE.asfreq("2D").resample("D").ffill()),
        lambda: fitted(TABLE.asfreq("2D")).forecast(TABLE.asfreq("2D")),
    ),
    "new rows as an array": remedy(
        lambda: fitted().update(NEXT.to_numpy()),
        "Convert them first",
        lambda: fitted().update(pd.DataFrame(NEXT.to_numpy(), NEXT.index, ["a", "b"])),
    ),
    "a short series of a list": remedy(
        lambda: fitted(LIST).forecast([TABLE, TABLE[:2]]),
        "Leave it out or pass the series as a table indexed by series and time",
        lambda: fitted(LIST).forecast([TABLE]),
        lambda: _ignore_warnings(
            lambda: fitted(pd.concat(dict(enumerate(LIST)))).forecast(
                pd.concat({0: TABLE, 1: TABLE[:2]})
            )
        ),
    ),
    "a far horizon of one column": remedy(
        lambda: fitted(target="a").forecast(horizon=9),
        "Fit with that horizon, or with target=None",
        lambda: fitted(target="a", horizon=9).forecast(horizon=9),
        lambda: fitted(target=None).forecast(horizon=9),
    ),
    "another layout than in fit": remedy(
        lambda: changed(lookback=5).forecast(),
        "Fit it again or set it back",
        lambda: changed(lookback=5).fit(TABLE).forecast(),
        lambda: changed(lookback=5).set_params(lookback=3).forecast(),
    ),
    "covariates as y": remedy(
        lambda: model().fit(TABLE, KNOWN),
        "Pass covariates as known=, and name the column to forecast in target",
        lambda: model(target="a").fit(TABLE, known=KNOWN),
    ),
    "a horizon as X": remedy(
        lambda: fitted().forecast(3),
        "How many rows to forecast is the forecaster's horizon",
        lambda: fitted(horizon=3).forecast(),
        lambda: fitted().forecast(horizon=3),
    ),
    "rows of several lengths": remedy(
        lambda: model().fit([[1.0, 2.0], [3.0]]),
        "For a panel of unequal series pass a list of arrays or tables",
        lambda: model().fit([np.arange(9.0), np.arange(7.0)]),
    ),
    "several values of an estimator of one": remedy(
        lambda: fitted(estimator=SVR()),
        "wrap it in sklearn.multioutput.MultiOutputRegressor",
        lambda: fitted(estimator=MultiOutputRegressor(SVR())),
    ),
    "further training of what has none": remedy(
        lambda: fitted().update(NEXT, refit=True),
        "Call fit on the whole series instead",
        lambda: fitted().fit(pd.concat([TABLE, NEXT])),
    ),
    "covariates that were an array": remedy(
        lambda: model().fit(TABLE, known=KNOWN.to_numpy()).backtest(TABLE - 1),
        "Pass known= for these rows, or use a table or a function of the index in fit",
        lambda: (
            model().fit(TABLE, known=KNOWN.to_numpy()).backtest(TABLE - 1, known=KNOWN.to_numpy())
        ),
        lambda: model().fit(TABLE, known=KNOWN).backtest(TABLE - 1),
        lambda: model().fit(TABLE, known=calendar_features).backtest(TABLE - 1),
    ),
    "a start behind the last origin": remedy(
        lambda: fitted().backtest(TABLE, start=DAYS[59]),
        "Start earlier",
        lambda: fitted().backtest(TABLE, start=DAYS[50]),
    ),
    "a function as the name of a scorer": remedy(
        lambda: forecast_scorer(max),
        "Pass 'neg_mean_absolute_error', say",
        lambda: forecast_scorer("neg_mean_absolute_error")(fitted(), TABLE),
    ),
    "a scorer that scikit-learn does not know": remedy(
        lambda: forecast_scorer("mae"),
        "Pass 'neg_mean_absolute_error', say",
        lambda: forecast_scorer("neg_mean_absolute_error")(fitted(), TABLE),
    ),
    "a scorer of series for an estimator on windows": remedy(
        lambda: forecast_scorer("r2")(Ridge().fit(TABLE, TABLE), TABLE),
        "Score estimators on windows with scoring='r2'",
        lambda: GridSearchCV(Ridge(), {"alpha": [1.0]}, scoring="r2").fit(TABLE, TABLE),
    ),
    "a function of an index that is not there": remedy(
        lambda: model().fit(TABLE.to_numpy(), known=calendar_features),
        "Pass the covariates as an array",
        lambda: model().fit(TABLE.to_numpy(), known=KNOWN.to_numpy()),
    ),
    "covariates that fit has not seen": remedy(
        lambda: fitted().forecast(known=KNOWN),
        "Fit with known=, or leave them out",
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN),
        lambda: fitted().forecast(),
    ),
    "an array where fit had a table": remedy(
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN[60:62].to_numpy()),
        "Pass the same kind",
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN[60:62]),
    ),
    "a list of covariates for one series": remedy(
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=[KNOWN[60:62]]),
        "Pass its only entry",
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN[60:62]),
    ),
    "covariates with another kind of label": remedy(
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN[60:62].to_period("D")),
        "Convert its index",
        lambda: (
            model()
            .fit(TABLE, known=KNOWN[:60])
            .forecast(known=KNOWN[60:62].to_period("D").to_timestamp())
        ),
    ),
    "covariates of other columns": remedy(
        lambda: model().fit(TABLE, known=KNOWN[:60]).forecast(known=KNOWN[60:62].assign(c=1)),
        "Pass those and no others",
        lambda: (
            model()
            .fit(TABLE, known=KNOWN[:60])
            .forecast(known=KNOWN[60:62].assign(c=1)[list(KNOWN.columns)])
        ),
    ),
    "new rows that do not follow": remedy(
        lambda: fitted().update(NEXT[1:]),
        "Pass all rows since the last one seen, and only those",
        lambda: fitted().update(NEXT),
    ),
    "new rows of other series": remedy(
        lambda: fitted(PANEL).update(pd.concat({"z": NEXT}, names=["id"])),
        "Drop them, or fit on the whole panel",
        lambda: fitted(PANEL).update(pd.concat({"x": NEXT, "y": NEXT}, names=["id"])),
    ),
    "new rows of fewer series of a list": remedy(
        lambda: fitted(LIST).update([NEXT]),
        "Pass one entry for each, in the order of fit",
        lambda: fitted(LIST).update([NEXT, NEXT]),
    ),
    "sktime's intervals beyond the horizon": remedy(
        lambda: in_sktime(calibration=9).fit(Y).predict_interval(fh=[5], coverage=0.5),
        "Set horizon to that, or pass fh to fit",
        lambda: in_sktime(calibration=9, horizon=5).fit(Y).predict_interval(fh=[5], coverage=0.5),
        lambda: (
            in_sktime(calibration=9, horizon=None)
            .fit(Y, fh=[5])
            .predict_interval(fh=[5], coverage=0.5)
        ),
    ),
    "sktime's exogenous data that end early": remedy(
        lambda: in_sktime().fit(Y, X=X).predict(fh=[1, 2], X=AHEAD[:1]),
        "Pass the exogenous data of all rows to forecast, with an index like that of y",
        lambda: in_sktime().fit(Y, X=X).predict(fh=[1, 2], X=AHEAD[:2]),
    ),
    "sktime's exogenous data of other columns": remedy(
        lambda: in_sktime().fit(Y, X=X).predict(fh=[1], X=AHEAD.assign(c=1)),
        "Pass those of the rows in question",
        lambda: in_sktime().fit(Y, X=X).predict(fh=[1], X=AHEAD.assign(c=1)[list(X.columns)]),
    ),
    "sktime's new rows with another index": remedy(
        lambda: in_sktime().fit(Y).update(NEXT["a"].reset_index(drop=True)),
        "Convert it",
        lambda: (
            in_sktime().fit(Y).update(TABLE["a"][50:].reset_index(drop=True).set_axis(DAYS[50:]))
        ),
    ),
}


def _quantiles(decoder: QuantileDecoder) -> Any:
    return fitted(estimator=network(decoder=decoder)).forecast_quantiles(quantiles=[0.3])


def _ignore_warnings(call: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()
