"""TensorBoard and MLflow are told of every epoch, through skorch's callbacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import MlflowLogger, TensorBoard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from tests.estimators.data import small, table_windows
from tests.mlflow_stand_in import Tracker


def test_tensorboard_gets_the_losses_of_each_epoch(tmp_path: Path) -> None:
    board = TensorBoard(SummaryWriter(str(tmp_path)))
    model = small(max_epochs=3, net_params={"callbacks": [board]}).fit(*table_windows())
    events = EventAccumulator(str(tmp_path)).Reload()
    for name in ("train_loss", "valid_loss"):
        told = events.Scalars(f"Loss/{name}")
        assert [event.step for event in told] == model.history_.index.tolist()
        assert [event.value for event in told] == pytest.approx(model.history_[name], rel=1e-6)


def test_an_open_writer_is_an_error_in_a_search(tmp_path: Path) -> None:
    writer = SummaryWriter(str(tmp_path))
    model = small(net_params={"callbacks": [TensorBoard(writer)]})
    with pytest.raises(TypeError, match="cannot pickle"):
        GridSearchCV(model, {"lr": [0.01, 0.03]}, cv=2).fit(*table_windows())
    writer.close()


def test_mlflow_gets_the_losses_of_each_epoch() -> None:
    tracker = Tracker()
    logger = MlflowLogger(tracker.create_run("0"), tracker)
    model = small(max_epochs=3, net_params={"callbacks": [logger]}).fit(*table_windows())
    (told,) = tracker.metrics.values()
    for name in ("train_loss", "valid_loss"):
        assert told[name] == list(model.history_[name].items())
    assert tracker.ended == list(tracker.metrics)
