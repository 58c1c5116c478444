"""What makes no sense as data is refused in words of the library, and changes nothing."""

from __future__ import annotations

import pickle
import re
import traceback
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

import stforecast as st
from stforecast import windows
from tests.bad_input_messages import FAMILIES, MESSAGES
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
ALLOWED = {("forecast", "None"), ("SeriesForecaster.fit, known", "None")}
CASES = [(entry, bad) for entry in ENTRIES for bad in BAD if (entry, bad) not in ALLOWED]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 250


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(("entry", "bad"), CASES)
def test_it_is_refused_and_changes_nothing(entry: str, bad: str) -> None:
    made, call = ENTRIES[entry]
    one = pickle.loads(pickle.dumps(made))
    before = pickle.dumps(one)
    said = MESSAGES.get(entry, {})
    kind, words = said.get(bad) or MESSAGES[FAMILIES[entry]][bad]
    with pytest.raises((ValueError, TypeError), match=re.escape(words)) as caught:
        call(one, BAD[bad]())
    assert type(caught.value).__name__ == kind
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert any(f"{where}/" in frames[-1].filename for where in ("stforecast", "sklearn"))
    if entry == "Framewise.fit":
        assert not hasattr(one, "transformer_")
    else:
        assert pickle.dumps(one) == before
