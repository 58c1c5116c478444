"""What makes no sense as data is refused in words of the library, and changes nothing."""

from __future__ import annotations

import pickle
import re
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import stforecast as st
from stforecast import estimators, windows
from stforecast.metrics import (
    critical_success_index,
    crps_ensemble,
    skill_score,
    ssim_per_frame,
)
from stforecast.model_selection import leakage_report
from stforecast.persistence import load, save
from tests.bad_input_messages import FAMILIES, MESSAGES, WORDS
from tests.series.data import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

X, FUTURE = st.make_windows(TABLE, lookback=6, horizon=2)
Y = np.asarray(FUTURE)
NETWORK = st.LSTMForecaster(2, max_epochs=1, random_state=0).fit(X, Y)
SERIES = st.SeriesForecaster(Ridge(), lookback=3).fit(TABLE)
ENTRIES: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "make_windows": (None, lambda _, bad: st.make_windows(bad, lookback=3)),
    "calendar_features": (None, lambda _, bad: windows.calendar_features(bad)),
    "Framewise.fit": (windows.Framewise(), lambda one, bad: one.fit(bad)),
    "fit, X": (NETWORK, lambda one, bad: one.fit(bad, Y)),
    "fit, y": (NETWORK, lambda one, bad: one.fit(X, bad)),
    "partial_fit, X": (NETWORK, lambda one, bad: one.partial_fit(bad, Y)),
    "predict": (NETWORK, lambda one, bad: one.predict(bad)),
    "SeriesForecaster.fit": (SERIES, lambda one, bad: one.fit(bad)),
    "SeriesForecaster.fit, known": (SERIES, lambda one, bad: one.fit(TABLE, known=bad)),
    "forecast": (SERIES, lambda one, bad: one.forecast(bad)),
    "update": (SERIES, lambda one, bad: one.update(bad)),
    "backtest": (SERIES, lambda one, bad: one.backtest(bad)),
    "score": (SERIES, lambda one, bad: one.score(bad)),
}
LABELS = (Y[:, 0] > 0).astype(int)
CLASSIFIER = st.LSTMClassifier(2, max_epochs=1, random_state=0).fit(X, LABELS)
RIDGE = estimators.WindowRidge().fit(X, Y)
CALIBRATED = st.SeriesForecaster(Ridge(), lookback=3, calibration=10).fit(TABLE)
DETECTOR = estimators.ForecastAnomalyDetector(estimators.WindowRidge())
# what comes through the other public entries: each case says words of its entry
FURTHER: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "latest_windows": (None, lambda _, bad: windows.latest_windows(bad, lookback=3)),
    "make_windows, target": (None, lambda _, bad: st.make_windows(TABLE, lookback=3, target=bad)),
    "make_windows, known": (None, lambda _, bad: st.make_windows(TABLE, lookback=3, known=bad)),
    "make_windows, static": (None, lambda _, bad: st.make_windows(TABLE, lookback=3, static=bad)),
    "SeriesForecaster.fit, static": (SERIES, lambda one, bad: one.fit(TABLE, static=bad)),
    "forecast, known": (SERIES, lambda one, bad: one.forecast(known=bad)),
    "forecast_interval": (CALIBRATED, lambda one, bad: one.forecast_interval(bad)),
    "classifier's fit, X": (CLASSIFIER, lambda one, bad: one.fit(bad, LABELS)),
    "classifier's fit, y": (CLASSIFIER, lambda one, bad: one.fit(X, bad)),
    "predict_proba": (CLASSIFIER, lambda one, bad: one.predict_proba(bad)),
    "baseline's fit, X": (RIDGE, lambda one, bad: one.fit(bad, Y)),
    "baseline's fit, y": (RIDGE, lambda one, bad: one.fit(X, bad)),
    "baseline's predict": (RIDGE, lambda one, bad: one.predict(bad)),
    "detector's fit": (DETECTOR, lambda one, bad: one.fit(bad)),
    "Crop.fit": (windows.Crop(2), lambda one, bad: one.fit(bad)),
    "Flatten.fit": (windows.Flatten(), lambda one, bad: one.fit(bad)),
    "FoldTime.fit": (windows.FoldTime(), lambda one, bad: one.fit(bad)),
    "leakage_report": (None, lambda _, bad: leakage_report(bad, st.OriginSplit(2))),
    "critical_success_index": (None, lambda _, bad: critical_success_index(bad, Y, 0.5)),
    "crps_ensemble": (None, lambda _, bad: crps_ensemble(Y, bad)),
    "skill_score": (None, lambda _, bad: skill_score(Y, bad, 0 * Y)),
    "ssim_per_frame": (None, lambda _, bad: ssim_per_frame(bad, bad, data_range=1)),
    "save": (None, lambda _, bad: save(bad, "nowhere")),
    "load": (None, lambda _, bad: load(bad)),
}
BAD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "a text": lambda: "x",
    "bytes": lambda: b"xx",
    "a number": lambda: 3,
    "a flag": lambda: True,
    "an object": object,
    "a class": lambda: Ridge,
    "a dict": lambda: {"a": [1, 2]},
    "a set": lambda: {1, 2},
    "a generator": lambda: (i for i in range(3)),
    "an empty list": list,
    "rows of several lengths": lambda: [[1, 2], [3]],
    "an empty array": lambda: np.empty((0,)),
    "no rows": lambda: np.empty((0, 6, 2)),
    "no columns": lambda: np.ones((9, 0)),
    "no axes": lambda: np.array(1.0),
    "six axes": lambda: np.ones((2,) * 6),
    "texts": lambda: np.array([["a", "b"]] * 9),
    "objects": lambda: np.array([[object()] * 2] * 9),
    "complex numbers": lambda: np.ones((9, 2), complex),
    "moments": lambda: np.array([["2020-01-01"]] * 9, "M8[D]"),
    "NaN": lambda: np.full((9, 6, 2), np.nan),
    "infinity": lambda: np.full((9, 6, 2), np.inf),
}
OF_FURTHER = (
    *("None", "a number", "an object", "a dict", "a generator", "rows of several lengths"),
    *("no columns", "six axes", "texts", "complex numbers", "NaN"),
)
ALLOWED = {("forecast", "None"), ("SeriesForecaster.fit, known", "None")}
# None and, of a single series, a dict of its features
MEANT = {
    *((entry, "None") for entry in FURTHER if entry.startswith(("make_windows", "Series"))),
    *((f"{entry}, static", "a dict") for entry in ("make_windows", "SeriesForecaster.fit")),
    *(("forecast, known", "None"), ("forecast_interval", "None")),
}
CASES = [(entry, bad) for entry in ENTRIES for bad in BAD if (entry, bad) not in ALLOWED]


FURTHER_CASES = [(entry, bad) for entry in FURTHER for bad in OF_FURTHER]
FURTHER_CASES = [case for case in FURTHER_CASES if case not in MEANT]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 250
    each = Counter(entry for entry, _ in CASES + FURTHER_CASES)
    assert min(each.values()) >= 8
    assert len(each) == len(ENTRIES) + len(FURTHER)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(("entry", "bad"), CASES)
def test_it_is_refused_and_changes_nothing(entry: str, bad: str) -> None:
    said = MESSAGES.get(entry, {})
    kind, words = said.get(bad) or MESSAGES[FAMILIES[entry]][bad]
    error, one, before = refusal(ENTRIES[entry], bad, re.escape(words))
    assert type(error).__name__ == kind
    if entry == "Framewise.fit":
        assert not hasattr(one, "transformer_")
    else:
        assert pickle.dumps(one) == before


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(("entry", "bad"), FURTHER_CASES)
def test_further_entries_refuse_it_in_words_of_their_own(entry: str, bad: str) -> None:
    _, one, before = refusal(FURTHER[entry], bad, f"^(?:{WORDS[entry]})")
    assert pickle.dumps(one) == before


def refusal(entry: tuple[Any, Callable[[Any, Any], Any]], bad: str, words: str) -> Any:
    """The error that a bad value raises, the object that was called, and what it was before."""
    made, call = entry
    one = pickle.loads(pickle.dumps(made))
    before = pickle.dumps(one)
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        call(one, BAD[bad]())
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert any(f"{where}/" in frames[-1].filename for where in ("stforecast", "sklearn"))
    return caught.value, one, before
