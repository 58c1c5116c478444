"""Calls that messages propose for columns, targets and covariates, run on what was refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import stforecast
from stforecast import make_windows
from stforecast.exceptions import MissingValuesError
from stforecast.windows import Flatten

DAYS = pd.date_range("2024-01-01", periods=20, name="day")
TABLE = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2}, DAYS)
PANEL = pd.concat({"x": TABLE, "y": TABLE}, names=["id"])
KNOWN = pd.DataFrame({"k": np.arange(25.0)}, pd.date_range("2024-01-01", periods=25))
STATIC = pd.DataFrame({"s": [1.0, 2.0]}, ["x", "y"])


def windows(**given: Any) -> Any:
    return make_windows(**{"series": TABLE, "lookback": 3, **given})


def fit_and_predict(series: Any, **given: Any) -> Any:
    model = make_pipeline(Flatten(), Ridge()).fit(*windows())
    return model.predict(windows(series=series, **given)[0])


def fit(y: Any) -> Any:
    return stforecast.LSTMForecaster(2, max_epochs=1).fit(windows()[0], y)


REMEDIES: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (windows, {"target": TABLE["a"][::-1]}, "target"),
    (windows, {"target": TABLE["a"].set_axis(list("abcdefghijklmnopqrst"))}, "target"),
    (windows, {"target": TABLE["a"].set_axis(range(7, 27))}, "target"),
    (windows, {"series": TABLE.set_axis(range(7, 27)), "target": TABLE["a"]}, "target"),
    (windows, {"known": KNOWN.reset_index(drop=True)}, "known"),
    (windows, {"known": KNOWN.set_axis(list("abcdefghijklmnopqrstuvwxy"))}, "known"),
    (windows, {"series": PANEL, "static": STATIC.set_axis(["u", "v"])}, "static"),
    (windows, {"known": pd.concat([KNOWN, KNOWN[3:5]])}, "known"),
    (windows, {"series": PANEL, "static": pd.concat([STATIC, STATIC[:1]])}, "static"),
    (
        windows,
        {"series": [TABLE, TABLE], "known": [KNOWN, KNOWN.assign(more=1.0)]},
        "known",
    ),
    (windows, {"series": PANEL.swaplevel()}, "series"),
    (windows, {"series": TABLE.reset_index()}, "series"),
    (fit_and_predict, {"series": TABLE[["b", "a"]]}, "series"),
    (fit, {"y": np.zeros((17, 1, 2))}, "y"),
]


@pytest.mark.parametrize(("call", "given", "name"), REMEDIES, ids=lambda one: str(one)[:20])
def test_a_call_that_a_message_proposes_works(call, given, name) -> None:
    with pytest.raises(ValueError, match=name) as error:
        call(**given)
    remedy = call_in(str(error.value), name)
    scope = {"series": TABLE, **given, "pd": pd}
    assert call(**{**given, name: eval(remedy, scope)}) is not None


def call_in(message: str, name: str) -> str:
    """The longest expression in a message with a call or a selection, else a bare method."""
    for start in re.finditer(rf"(?<![\w.(\[])(?:{name}\b[.\[]|\[)", message):
        rest = message[start.start() :]
        for end in range(len(rest), 6, -1):
            if is_call(rest[:end]) and name in rest[:end]:
                return rest[:end]
    method = re.search(r"(?<= )set_index\(.*?\)", message)
    assert method, message
    return f"{name}.{method.group()}"


def is_call(text: str) -> bool:
    try:
        return isinstance(
            ast.parse(text, mode="eval").body, ast.Call | ast.Subscript | ast.ListComp
        )
    except SyntaxError:
        return False


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (
            {"series": TABLE.mask(TABLE == 49)},
            r"series must hold .* 1 of its 40 .* first in row 7 \(2024-01-08.*\) of column 'b'\. F",
        ),
        ({"series": TABLE["a"].mask(TABLE["a"] == 7)}, r"row 7 \(2024-01-08.*\) of column 'a'"),
        (
            {"series": PANEL.mask(PANEL == 49)},
            r"first in row 7 \('x', 2024-01-08.*\) of column 'b'",
        ),
        ({"target": TABLE.mask(TABLE == 49)}, r"target must .* row 7 \(2024.*\) of column 'b'"),
        ({"known": KNOWN.mask(KNOWN == 7)}, "known must .* in row 7 of column 'k'. Fill them: "),
        (
            {"series": PANEL, "static": STATIC.mask(STATIC == 2)},
            "static must .* in row 1 of column 's'. Fill them first",
        ),
        ({"series": TABLE.mask(TABLE == 49).to_numpy()}, "first in row 7. Fill them"),
    ],
    ids=["table", "series", "panel", "target", "known", "static", "array"],
)
def test_a_missing_value_is_named_by_row_label_and_column(given, match) -> None:
    with pytest.raises(MissingValuesError, match=match):
        windows(**given)


def test_missing_values_are_taken_as_the_message_says() -> None:
    gaps = TABLE.mask(TABLE == 49)
    with pytest.raises(MissingValuesError, match="Fill them first, or pass missing='mask'"):
        windows(series=gaps)
    assert len(windows(series=gaps, missing="mask")[0]) == 17
    assert len(windows(series=gaps.interpolate())[0]) == 17


def test_no_message_installs_an_extra_of_a_package_that_may_be_on_no_index() -> None:
    source = Path(stforecast.__file__).parent
    texts = {path: path.read_text() for path in source.rglob("*.py")}
    assert sum("pip install" in text for text in texts.values()) >= 5
    assert not [
        path for path, text in texts.items() if re.search(r"pip install.*\n?.*stforecast\[", text)
    ]
