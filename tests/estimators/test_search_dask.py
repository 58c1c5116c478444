"""A search on a cluster of separate processes survives the death of one of them."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster
from distributed.comm.tcp import TCP
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from stforecast.estimators import WindowRidge
from stforecast.model_selection import OriginSplit
from stforecast.windows import Windows, make_windows
from tests.estimators.data import noise, small, table_windows

GRID = {"hidden_channels": [2, 4, 6, 8], "lr": [0.01, 0.1]}
FITS = 8 * 2


class Mark(Callback):
    """Leaves a file for every fit, with the process in its name, and takes its time."""

    def __init__(self, folder):
        self.folder = folder

    def on_train_end(self, net, **kwargs):
        (Path(self.folder) / f"{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(0.1)


def search(folder):
    model = small(net_params={"callbacks": [("mark", Mark(str(folder)))]})
    return GridSearchCV(model, GRID, cv=2, refit=False, error_score="raise")


def processes(folder):
    return [int(file.name.split("-")[0]) for file in folder.iterdir()]


def kill_a_worker(folder, killed):
    """Wait until both workers are at work, and kill one of them."""
    while len(set(processes(folder))) < 2:
        time.sleep(0.01)
    killed.append(processes(folder)[-1])
    os.kill(killed[0], signal.SIGKILL)


@pytest.fixture
def client():
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def sent(monkeypatch):
    """The windows that this process has sent to others."""
    sent = []
    state = Windows.__getstate__

    def spy(self):
        sent.append(len(self))
        return state(self)

    monkeypatch.setattr(Windows, "__getstate__", spy)
    return sent


def test_a_search_survives_the_death_of_a_worker(client, sent, tmp_path):
    X, y = table_windows()
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    expected = search(here).fit(X, y).cv_results_["mean_test_score"]
    workers = set(client.run(os.getpid).values())
    killed = []
    killer = threading.Thread(target=kill_a_worker, args=(there, killed), daemon=True)
    killer.start()
    sent.clear()
    with joblib.parallel_config(backend="dask", scatter=[X, y]):
        found = search(there).fit(X, y).cv_results_["mean_test_score"]
    killer.join()
    np.testing.assert_array_equal(found, expected)
    assert killed[0] in workers
    assert set(processes(there)) & (workers - set(killed))
    assert len(processes(there)) >= FITS
    assert len(sent) <= 2  # and not once a fit


@pytest.fixture
def written(monkeypatch):
    """Numbers of bytes that this process, with the scheduler, has written to others."""
    written = []
    write = TCP.write

    async def spy(self, *args, **kwargs):
        written.append(await write(self, *args, **kwargs))
        return written[-1]

    monkeypatch.setattr(TCP, "write", spy)
    return written


def test_a_panel_is_sent_once_whatever_the_number_of_fits(client, written):
    names, days = [f"s{n:03d}" for n in range(60)], pd.date_range("2024-01-01", periods=100)
    index = pd.MultiIndex.from_product([names, days])
    panel = pd.DataFrame(noise(len(index), 20), index)
    X, y = make_windows(panel, lookback=5, horizon=2, target=0)
    data, positions = X.nbytes + len(pickle.dumps(y)), 8 * len(X)
    sent = []
    for alphas in ([1.0], [1.0, 2.0, 3.0, 4.0]):
        search = GridSearchCV(WindowRidge(), {"alpha": alphas}, cv=OriginSplit(2), refit=False)
        written.clear()
        with joblib.parallel_config(backend="dask", scatter=[X, y]):
            search.fit(X, y)
        sent.append(sum(written))
    assert data < sent[0] < 4 * data  # to the scheduler, and on to two workers
    # scikit-learn sends the positions of its windows with each fit, and nothing else grows
    assert sent[1] - sent[0] < 6 * (positions + 30_000)


def test_the_size_of_windows_is_that_of_their_series():
    X, _ = table_windows(500)
    assert X.nbytes <= X.__sizeof__() <= X.nbytes + 1000
