from __future__ import annotations

import functools
import http.server
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pooch
import pytest

from stforecast.datasets import _fetch, fetch_household_power
from stforecast.datasets._minutes import MINUTE_COLUMNS
from stforecast.exceptions import DataIntegrityError, DataNotFoundError
from tests.datasets.oracles import fill_minute_by_minute

KEPT = "household_power_consumption.zip"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def archive(tmp_path: Path, record, monkeypatch) -> Iterator[tuple[str, Path]]:
    """Serve a small record on this machine; yield its address and the file behind it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_fetch, "RECORD", record.content)
    served = tmp_path / "served"
    served.mkdir()
    path = record.zipped(served / "power.zip")
    handler = functools.partial(QuietHandler, directory=served)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/power.zip", path
        server.shutdown()
        thread.join()


@pytest.fixture
def nowhere(monkeypatch) -> str:
    """An address at which nothing listens."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), QuietHandler) as server:
        return f"http://127.0.0.1:{server.server_port}/power.zip"


def test_minutes_are_downloaded_once_and_kept(archive, tmp_path, record):
    url, served = archive
    cache = tmp_path / "cache"
    first = fetch_household_power(url=url, cache_dir=cache, progress=False)
    assert (cache / KEPT).read_bytes() == served.read_bytes()
    served.unlink()
    again = fetch_household_power(url=url, cache_dir=cache, progress=False)
    assert first.equals(again)
    np.testing.assert_array_equal(
        first[list(MINUTE_COLUMNS)], fill_minute_by_minute(record.measured)
    )
    assert first.index.equals(record.index)
    assert first.index.freq == "min"
    assert first.index.name == "datetime"


def test_the_default_cache_is_the_users_own(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    fetch_household_power(url=archive[0], progress=False)
    assert (tmp_path / "stforecast" / KEPT).is_file()


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_shows_the_download_only_if_asked(archive, tmp_path, progress, capfd):
    fetch_household_power(url=archive[0], cache_dir=tmp_path, progress=progress)
    assert ("100%" in capfd.readouterr().err) is progress


def test_the_log_level_of_pooch_is_left_as_found(archive, tmp_path):
    logger = pooch.get_logger()
    logger.setLevel(logging.DEBUG)
    fetch_household_power(url=archive[0], cache_dir=tmp_path, progress=False)
    assert logger.level == logging.DEBUG
    logger.setLevel(logging.INFO)


@pytest.mark.parametrize("name", ["fill", "progress"])
def test_flags_are_checked_before_anything_is_fetched(tmp_path, name):
    with pytest.raises(ValueError, match=f"{name} must be True or False, got 'no'"):
        fetch_household_power(tmp_path / "nowhere", **{name: "no"})


def test_without_filling_missing_minutes_are_nan(archive, tmp_path, record):
    minutes = fetch_household_power(archive[1], fill=False)
    np.testing.assert_array_equal(minutes[list(MINUTE_COLUMNS)], record.measured)
    assert minutes["sub_metering_4"].isna().sum() == record.content.gap_count


def test_the_fourth_meter_is_what_the_three_miss(archive):
    minutes = fetch_household_power(str(archive[1]))
    meters = minutes[["Sub_metering_1", "Sub_metering_2", "Sub_metering_3"]].sum(axis=1)
    expected = minutes["Global_active_power"] * 1000 / 60 - meters
    np.testing.assert_allclose(minutes["sub_metering_4"], expected, rtol=1e-12, atol=1e-9)


def test_offline_the_error_says_where_to_put_the_file(nowhere, archive, tmp_path):
    cache = tmp_path / "cache"
    with pytest.raises(DataNotFoundError, match="could not be downloaded from") as caught:
        fetch_household_power(url=nowhere, cache_dir=cache, progress=False)
    assert f"put it at {cache / KEPT}, or pass its path" in str(caught.value)
    (cache / KEPT).write_bytes(archive[1].read_bytes())
    assert len(fetch_household_power(url=nowhere, cache_dir=cache)) == 5860


def test_an_address_that_serves_nothing_is_named(archive, tmp_path):
    with pytest.raises(DataNotFoundError, match=r"from \S*gone\.zip \(HTTPError\)"):
        fetch_household_power(
            url=archive[0].replace("power.zip", "gone.zip"), cache_dir=tmp_path, progress=False
        )


def test_an_address_of_no_known_kind_is_named(tmp_path):
    with pytest.raises(DataNotFoundError, match="could not be downloaded from nowhere"):
        fetch_household_power(url="nowhere", cache_dir=tmp_path, progress=False)


def test_a_broken_download_is_named_with_the_way_out(archive, tmp_path):
    archive[1].write_bytes(archive[1].read_bytes()[:3000])
    with pytest.raises(DataIntegrityError, match=f"{KEPT} cannot be read.*delete it and fetch"):
        fetch_household_power(url=archive[0], cache_dir=tmp_path, progress=False)


def test_another_record_is_refused(archive, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(DataIntegrityError, match="must hold 2075259 minutes, 25979 of them"):
        fetch_household_power(archive[1])


def test_a_path_without_a_file_is_named(tmp_path):
    with pytest.raises(DataNotFoundError, match=r"power\.txt does not exist\. Download it from"):
        fetch_household_power(tmp_path / "power.txt")
