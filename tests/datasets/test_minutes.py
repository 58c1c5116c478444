from __future__ import annotations

import dataclasses
import gzip
import lzma
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.datasets import _minutes
from stforecast.datasets._minutes import MINUTE_COLUMNS, fill_from_day_before, read_minutes
from stforecast.exceptions import DataIntegrityError
from tests.datasets.oracles import fill_minute_by_minute


def read(path: Path, record) -> pd.DataFrame:
    return pd.concat(read_minutes(path, record.content))


@pytest.fixture
def as_text(tmp_path, record):
    path = tmp_path / "household_power_consumption.txt"
    path.write_text(record.text(), newline="")
    return path


def test_a_file_is_read_in_every_container(tmp_path, record, as_text):
    commas = record.text(",", missing=("?", "?")).replace("\r\n", "\n").encode()
    (tmp_path / "power.csv.xz").write_bytes(lzma.compress(commas))
    (tmp_path / "power.csv.gz").write_bytes(gzip.compress(commas))
    zipped = record.zipped(tmp_path / "power.zip", "inner/household_power_consumption.txt")
    for path in [as_text, tmp_path / "power.csv.xz", tmp_path / "power.csv.gz", zipped]:
        table = read(path, record)
        assert list(table.columns) == list(MINUTE_COLUMNS)
        assert (table.index == record.index).all()
        np.testing.assert_array_equal(table.to_numpy(), record.measured)


def test_chunks_are_whole_days_from_the_first_minute(as_text, record, monkeypatch):
    monkeypatch.setattr(_minutes, "_DAYS_A_CHUNK", 1)
    chunks = list(read_minutes(as_text, record.content))
    assert [len(chunk) for chunk in chunks] == [1440, 1440, 1440, 1440, 100]
    np.testing.assert_array_equal(pd.concat(chunks).to_numpy(), record.measured)


def test_one_changed_value_is_found(as_text, record):
    text = as_text.read_text()
    last = text.rstrip().rpartition(";")[2]
    changed = f"{float(last) + 0.001:.3f}"
    as_text.write_text(text.replace(last, changed))
    with pytest.raises(DataIntegrityError, match=r"5860 minutes, 2201 .*but holds 5860, 2201 and"):
        read(as_text, record)


def test_a_file_cut_at_the_end_is_found(as_text, record):
    as_text.write_text("\n".join(as_text.read_text().splitlines()[:-5]))
    with pytest.raises(DataIntegrityError, match=r"must hold 5860 minutes.*but holds 5855"):
        read(as_text, record)


def test_a_row_left_out_is_found(as_text, record):
    lines = as_text.read_text().splitlines()
    as_text.write_text("\n".join([*lines[:11], *lines[12:]]))
    with pytest.raises(DataIntegrityError, match=r"has 2006-12-16 17:35:00 where .*17:34:00"):
        read(as_text, record)


def test_another_start_is_found(as_text, record):
    content = dataclasses.replace(record.content, start="2006-12-16 17:25")
    with pytest.raises(DataIntegrityError, match="one row a minute"):
        list(read_minutes(as_text, content))


def test_a_broken_archive_is_named(tmp_path, record):
    path = record.zipped(tmp_path / "power.zip")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataIntegrityError, match=r"power\.zip cannot be read.*delete it"):
        read(path, record)


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_a_broken_stream_is_named(tmp_path, record, compress):
    path = tmp_path / "power"
    path.write_bytes(compress(record.text().encode())[:5000])
    with pytest.raises(DataIntegrityError, match=r"cannot be read.*delete it"):
        read(path, record)


def test_an_archive_with_a_password_is_named(tmp_path, record):
    path = record.zipped(tmp_path / "power.zip")
    content = bytearray(path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(
        DataIntegrityError, match=r"cannot be read .*is encrypted.*\. Pass the file"
    ):
        read(path, record)


def test_an_archive_of_an_unknown_compression_is_named(tmp_path, record):
    path = record.zipped(tmp_path / "power.zip")
    content = bytearray(path.read_bytes())
    for header, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(header) + method] = 97
    path.write_bytes(content)
    with pytest.raises(DataIntegrityError, match=r"cannot be read .*compression.*\. Pass the file"):
        read(path, record)


def test_another_archive_is_told_from_this_one(tmp_path, record):
    path = record.zipped(tmp_path / "other.zip", "wine.data")
    with pytest.raises(DataIntegrityError, match=r"archive of wine.data, without household_power"):
        read(path, record)


def test_another_table_is_told_from_this_one(tmp_path, record):
    path = tmp_path / "other.csv"
    path.write_text("date,price\n1,2\n")
    with pytest.raises(DataIntegrityError, match=r"first line must name Date, Time, .*date,price"):
        read(path, record)


def test_words_among_the_numbers_are_told(as_text, record):
    as_text.write_text(as_text.read_text().replace("?", "none"))
    with pytest.raises(DataIntegrityError, match="cannot be read"):
        read(as_text, record)


@given(
    seed=st.integers(0, 100),
    rows=st.integers(1, 4 * 1440 + 7),
    missing=st.floats(0.0, 0.9),
)
def test_filling_goes_back_day_by_day(seed, rows, missing):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 2))
    values[rng.uniform(size=rows) < missing] = np.nan
    np.testing.assert_array_equal(fill_from_day_before(values), fill_minute_by_minute(values))


def test_filling_in_chunks_equals_filling_at_once(record):
    whole = fill_from_day_before(record.measured)
    first = fill_from_day_before(record.measured[: 2 * 1440])
    second = fill_from_day_before(record.measured[2 * 1440 :], first[-1440:])
    np.testing.assert_array_equal(np.vstack([first, second]), whole)


def test_filling_leaves_its_input_alone(record):
    before = record.measured.copy()
    fill_from_day_before(record.measured)
    np.testing.assert_array_equal(record.measured, before)


@pytest.mark.parametrize(
    ("headed", "match"), [(True, "more than 1048576 bytes"), (False, "first line must name Date")]
)
def test_an_archive_that_would_fill_the_memory_is_refused(
    headed, match, tmp_path, record, as_text, monkeypatch
):
    header = as_text.read_bytes().split(b"\r\n")[0] + b"\n"
    content = headed * header + b"0" * 2**24
    (tmp_path / "power.csv.gz").write_bytes(gzip.compress(content, 1))
    monkeypatch.setattr(_minutes, "_MAX_BYTES", 2**20)
    tracemalloc.start()
    with pytest.raises(DataIntegrityError, match=match):
        read(tmp_path / "power.csv.gz", record)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 2**23
