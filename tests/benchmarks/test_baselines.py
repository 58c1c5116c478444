"""Every study says what its networks stand on, so that a default never changes its figures."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import benchmarks
from benchmarks.accuracy.era5 import networks as era5
from benchmarks.accuracy.moving_digits import networks as moving_digits
from benchmarks.accuracy.sktime import networks as sktime
from benchmarks.accuracy.sktime.series import Task, load_power

ROOT = Path(benchmarks.__file__).parent
FORECASTERS = {
    f"{family}Forecaster" for family in ("ConvLSTM", "CNNLSTM", "LSTM", "ParallelCNNLSTM")
}
FIRST_HOUR = ROOT / "accuracy" / "first_hour"  # it measures the defaults


def unnamed(path: Path) -> list[str]:
    """Return the calls in a file that leave the baseline of a forecaster to the default."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in FORECASTERS
        # what ** brings is seen in the networks below
        and not {"baseline", None} & {keyword.arg for keyword in call.keywords}
    ]


def baselines(models: dict[str, Any]) -> list[Any]:
    """Return the baseline of each network in some models."""
    parts = (part for model in models.values() for part in model.get_params().values())
    found = [part.baseline for part in parts if type(part).__name__ in FORECASTERS]
    assert len(found) >= 3
    return found


@pytest.mark.parametrize("folder", sorted(p for p in ROOT.rglob("*") if p.is_dir()), ids=str)
def test_studies_name_the_baseline_of_their_networks(folder: Path) -> None:
    if FIRST_HOUR not in (folder, *folder.parents):
        assert [call for path in folder.glob("*.py") for call in unnamed(path)] == []


@pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")  # sktime's own
def test_networks_called_alone_in_tables_stand_on_nothing() -> None:
    task = Task("household, daily", load_power, 7, 7, 1)
    assert set(baselines(sktime.networks_alone(task))) == {None}
    assert set(baselines(sktime.networks(task))) == {"auto"}
    assert era5.network(0.0, 0.01, 1, 0, None).baseline is None
    assert moving_digits.network(moving_digits.SHORT, None, 0)[-1].baseline is None
