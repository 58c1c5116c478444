"""What skorch asks of MLflow, which is too large to be installed for one test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any


class Tracker(ModuleType):
    """Module and client in one, which notes what each run is told.

    Attributes
    ----------
    metrics : dict
        Of each run, in order, the (step, value) pairs by name.
    ended : list
        Runs that were ended, in order.
    """

    def __init__(self) -> None:
        super().__init__("mlflow")
        self.metrics: dict[str, dict[str, list[tuple[int, float]]]] = {}
        self.ended: list[str] = []
        self._active: Any = None
        self.MlflowClient = lambda: self

    @contextmanager
    def start_run(self) -> Iterator[Any]:
        self._active = self.create_run("0")
        yield self._active
        self._active = None

    def active_run(self) -> Any:
        return self._active

    def create_run(self, experiment_id: str, run_name: str | None = None) -> Any:
        run_id = f"{len(self.metrics)} {run_name}"
        self.metrics[run_id] = defaultdict(list)
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id))

    def log_metric(self, run_id: str, key: str, value: float, step: int) -> None:
        self.metrics[run_id][key].append((step, value))

    def log_artifact(self, run_id: str, path: Any) -> None:
        assert path.stat().st_size

    def set_terminated(self, run_id: str) -> None:
        self.ended.append(run_id)
