"""Processes started by torchrun train one network together; the script is that of the docs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from stforecast._training.execution import devices
from stforecast._training.execution.strategies import Pieces
from stforecast.estimators import Compute, ConvLSTMForecaster, Training
from stforecast.persistence import load
from stforecast.windows import make_windows
from tests.estimators.data import small, table_windows, weights

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "user_guide" / "scale.md"


def script():
    """The script of the page on training one network in several processes."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (found,) = (block for block in blocks if "init_process_group" in block)
    return found


def run_together(folder, processes=2):
    (folder / "train.py").write_text(script())
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc-per-node={processes}",
            "train.py",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_processes_take_the_steps_of_one(tmp_path):
    maps = np.random.default_rng(0).normal(size=(363, 1, 4, 4)).astype(np.float32)
    np.save(tmp_path / "maps.npy", maps)
    done = run_together(tmp_path)
    assert done.returncode == 0, done.stderr
    together = load(tmp_path / "model.stf")
    X, y = make_windows(maps, lookback=8, horizon=1)
    alone = together.set_params(training__compute=None)
    alone = ConvLSTMForecaster(**alone.get_params(deep=False)).fit(X, y)
    assert alone.history_["train_batch_count"].sum() == 20
    for name, value in weights(alone).items():
        np.testing.assert_allclose(weights(together)[name], value, atol=1e-5)
    for loss in ("train_loss", "valid_loss"):
        np.testing.assert_allclose(together.history_[loss], alone.history_[loss], rtol=1e-4)


def shared(random_state=0):
    compute = Compute(distributed=True)
    return small(random_state=random_state, training=Training(compute=compute))


def test_without_a_group_the_error_says_how_to_start():
    with pytest.raises(ValueError, match=r"distributed=True needs a group.*torchrun.*init_process"):
        shared().fit(*table_windows())


def test_without_a_seed_processes_would_shuffle_apart(monkeypatch):
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    with pytest.raises(TypeError, match=r"random_state must be an int.*got None"):
        shared(random_state=None).fit(*table_windows())


@pytest.fixture
def group(tmp_path):
    """A group of which this process is all there is."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_group_of_one_trains_as_it_would_alone(pieces, tmp_path):
    X, y = table_windows()
    compute = Compute(distributed=True, pieces=pieces)
    training = Training(compute=compute, ema=0.5, checkpoint=tmp_path / "states")
    model = small(training=training, verbose=1).fit(X, y)
    alone = small(training=Training(ema=0.5)).fit(X, y)
    for name, value in weights(alone).items():
        np.testing.assert_allclose(weights(model)[name], value, atol=1e-5)
    assert isinstance(model.net_.strategy_, Pieces)
    assert len(list((tmp_path / "states").iterdir())) == 1


def test_processes_of_a_machine_take_its_gpus_in_turn(monkeypatch):
    monkeypatch.setattr(devices.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(devices.torch.cuda, "device_count", lambda: 4)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert devices.resolve_device("auto") == "cuda:3"
