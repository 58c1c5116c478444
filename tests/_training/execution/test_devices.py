"""Which GPU a worker takes; torch's view of the machine is a pretended one."""

from __future__ import annotations

import time
from unittest import mock

import pytest
import torch
from joblib import Parallel, delayed

from stforecast._training.execution import devices


def chosen(gpus, device="auto"):
    """The device that this process takes on a machine with so many GPUs."""
    with (
        mock.patch.object(torch.cuda, "is_available", return_value=gpus > 0),
        mock.patch.object(torch.cuda, "device_count", return_value=gpus),
    ):
        return devices.resolve_device(device)


def chosen_slowly(gpus):
    time.sleep(0.5)  # so that every worker gets a task
    return chosen(gpus)


@pytest.mark.parametrize(("gpus", "expected"), [(0, "cpu"), (1, "cuda"), (4, "cuda")])
def test_the_first_process_takes_the_first_gpu(gpus, expected):
    assert chosen(gpus) == expected


def test_a_device_by_name_is_taken_as_it_is():
    assert chosen(4, "cpu") == "cpu"
    with pytest.raises(ValueError, match=r"device must be 'auto' or a device of this machine"):
        chosen(4, "abacus")


@pytest.mark.parametrize(
    ("process", "expected"),
    [("LokyProcess-1", "cuda:1"), ("ForkPoolWorker-4", "cuda:0"), ("LokyProcess-1:3", "cuda:1")],
)
def test_workers_take_gpus_by_their_number(process, expected, monkeypatch):
    current = mock.Mock()
    current.name = process
    monkeypatch.setattr(devices, "current_process", lambda: current)
    assert chosen(2) == expected
    assert chosen(1) == "cuda"
    assert chosen(0) == "cpu"


def test_workers_of_joblib_spread_over_the_gpus():
    found = Parallel(n_jobs=2)(delayed(chosen_slowly)(2) for _ in range(4))
    assert sorted(set(found)) == ["cuda:0", "cuda:1"]
