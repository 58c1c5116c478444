"""Of data sets: files that are missing, broken or of another kind, and how they are read."""

from __future__ import annotations

import gzip
import pickle
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from stforecast.datasets import (
    kth_parts,
    load_cifar10,
    load_household_power,
    load_idx,
    load_kth,
    load_panel,
    load_video_folder,
)
from tests.datasets.test_video import write
from tests.remedies import Remedy, remedy

PANEL = pl.DataFrame(
    {"id": ["x", "x", "y", "y"], "day": [1, 2, 1, 2], "v": [1.0, 2.0, 3.0, 4.0], "c": list("abcd")}
)
EMPTY = PANEL.clear()
UNNAMED = PANEL.with_columns(id=pl.Series(["x", None, "y", "y"]))
OF_TEXTS = PANEL.with_columns(pl.col("day").cast(pl.String))
IDX = b"\0\0\x08\x01" + struct.pack(">I", 5) + bytes(range(5))
LONG_IDX = b"\0\0\x08\x01" + struct.pack(">I", 10**6) + bytes(10**6)
NAMES = {b"label_names": [b"cat", b"dog"]}
PICTURE = bytes(1 + 3 * 32 * 32)
SEQUENCES = "person02_boxing_d1 frames 1-6, 7-12"

NO_RESOLUTION: Any = None


def in_folder(call: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return call(Path(folder))


def panel(table: Any = PANEL, columns: Any = ("v",), **names: str) -> pd.DataFrame:
    names = {"series": "id", "time": "day", **names}
    return load_panel(table, columns=None if columns is None else list(columns), **names)


def parquet(folder: Path) -> Path:
    PANEL.write_parquet(folder / "panel.parquet")
    return folder


def two_files(folder: Path, second: pl.DataFrame) -> Path:
    for name, table in {"a": PANEL, "b": second}.items():
        table.with_columns(w=pl.lit(1.0)).write_parquet(folder / f"{name}.parquet")
    return folder


def idx(content: bytes) -> Any:
    def read(folder: Path) -> Any:
        (folder / "numbers").write_bytes(content)
        return load_idx(folder / "numbers")

    return in_folder(read)


def cifar(content: bytes | None) -> Any:
    def read(folder: Path) -> Any:
        (folder / "batches.meta.txt").write_text("cat\ndog\n")
        if content is not None:
            (folder / "test_batch.bin").write_bytes(content)
        return load_cifar10(folder, subset="test")

    return in_folder(read)


def pickled(names: Any, batch: Any) -> Any:
    """Read batches in the format of Python; bytes stand for a file of other content."""

    def read(folder: Path) -> Any:
        for name, content in {"batches.meta": names, "test_batch": batch}.items():
            is_file = isinstance(content, bytes)
            (folder / name).write_bytes(content if is_file else pickle.dumps(content, 2))
        return load_cifar10(folder, subset="test")

    return in_folder(read)


def with_text_file(content: str | None) -> Any:
    def read(folder: Path) -> Any:
        _write_video(folder / "boxing/one_a.avi", 12)
        if content is not None:
            (folder / "boxing/two_a.avi").write_text(content)
        return load_video_folder(folder, n_frames=5, size=8)

    return in_folder(read)


def clips(frames: int = 12, **parameters: Any) -> Any:
    def read(folder: Path) -> Any:
        _write_video(folder / "boxing/one_a.avi", frames)
        return np.asarray(load_video_folder(folder, **{"n_frames": 5, "size": 8, **parameters})[0])

    return in_folder(read)


def kth(
    lines: str | None = SEQUENCES, name: str = "person02_boxing_d1_uncomp", n_frames: int = 5
) -> Any:
    def read(folder: Path) -> Any:
        if name:
            _write_video(folder / f"boxing/{name}.avi", 12)
        _write_video(folder / "boxing/person02_boxing_d1.avi", 12)
        if lines is not None:
            (folder / "00sequences.txt").write_text(lines)
        return load_kth(folder, n_frames=n_frames, size=8)

    return in_folder(read)


def _write_video(path: Path, frames: int) -> None:
    write(path, np.zeros((frames, 16, 16, 3), np.uint8))


REMEDIES: dict[str, Remedy] = {
    "a lazy table": remedy(
        lambda: panel(PANEL.lazy()),
        "Collect a lazy frame first",
        lambda: panel(PANEL.lazy().collect()),
    ),
    "a folder without Parquet files": remedy(
        lambda: in_folder(panel),
        "Pass the path of a file, or of a folder of files whose names end in .parquet",
        lambda: in_folder(lambda folder: panel(parquet(folder))),
        lambda: in_folder(lambda folder: panel(parquet(folder) / "panel.parquet")),
    ),
    "texts as values of a panel": remedy(
        lambda: panel(columns=None),
        "Name the columns to read in columns=, or encode it",
        lambda: panel(columns=["v"]),
        lambda: panel(PANEL.with_columns(pl.col("c").cast(pl.Categorical).to_physical()), None),
    ),
    "a file without a column": remedy(
        lambda: in_folder(lambda folder: panel(two_files(folder, PANEL.drop("v")))),
        "Name others, or add it there",
        lambda: in_folder(lambda folder: panel(two_files(folder, PANEL.drop("v")), ["w"])),
        lambda: in_folder(lambda folder: panel(two_files(folder, PANEL))),
    ),
    "files whose times are of several types": remedy(
        lambda: in_folder(lambda folder: panel(two_files(folder, OF_TEXTS))),
        "Write the files with the same types",
        lambda: in_folder(
            lambda folder: panel(two_files(folder, OF_TEXTS.cast({"day": PANEL["day"].dtype})))
        ),
    ),
    "a table without rows": remedy(
        lambda: panel(EMPTY), "Pass one with rows", lambda: panel(PANEL)
    ),
    "rows of no series": remedy(
        lambda: panel(UNNAMED),
        "Drop them",
        lambda: panel(UNNAMED.drop_nulls("id")),
    ),
    "a resolution finer than an hour": remedy(
        lambda: load_household_power("15min"),
        "For anything finer resample fetch_household_power(), the minutes",
        lambda: load_household_power("h"),
    ),
    "an idx file of other bytes": remedy(
        lambda: idx(b"PNG" + IDX),
        "Pass a file such as t10k-images-idx3-ubyte.gz",
        lambda: idx(IDX),
    ),
    "an idx file that ends early": remedy(
        lambda: idx(IDX[:-1]), "Fetch it again", lambda: idx(IDX)
    ),
    "an idx file that unpacks to nothing": remedy(
        lambda: idx(b"\x1f\x8b"), "Delete it and fetch it again", lambda: idx(IDX)
    ),
    "CIFAR-10 without a file": remedy(
        lambda: cifar(None),
        "Pass the unpacked folder, cifar-10-batches-py or cifar-10-batches-bin",
        lambda: cifar(PICTURE),
    ),
    "CIFAR-10 in a file that ends early": remedy(
        lambda: cifar(PICTURE[:-1]), "Unpack it again", lambda: cifar(PICTURE)
    ),
    "CIFAR-10 with a class that has no name": remedy(
        lambda: cifar(b"\x05" + PICTURE[1:]), "Unpack it again", lambda: cifar(PICTURE)
    ),
    "CIFAR-10 with classes that have numbers as names": remedy(
        lambda: pickled({b"label_names": [1]}, {}), "Unpack it again", lambda: cifar(PICTURE)
    ),
    "CIFAR-10 with a batch of other data": remedy(
        lambda: pickled(NAMES, {b"data": 3, b"labels": []}),
        "Unpack it again",
        lambda: cifar(PICTURE),
    ),
    "CIFAR-10 with a batch that is no pickle": remedy(
        lambda: pickled(NAMES, b"cat"), "Unpack it again", lambda: cifar(PICTURE)
    ),
    "an idx file that unpacks to far more": remedy(
        lambda: idx(gzip.compress(LONG_IDX)),
        "If you trust it, unpack it with gunzip and pass what comes out",
        lambda: idx(gzip.decompress(gzip.compress(LONG_IDX))),
    ),
    "a text among videos": remedy(
        lambda: with_text_file("none"), "Repair it or take it out", lambda: with_text_file(None)
    ),
    "a resolution that is no frequency": remedy(
        lambda: load_household_power("sometimes"),
        "resolution must be a pandas frequency such as 'h', '6h', 'D', 'W-SAT' or 'MS'",
        lambda: load_household_power("W-SAT"),
    ),
    "no resolution": remedy(
        lambda: load_household_power(NO_RESOLUTION),
        "resolution must be a pandas frequency such as 'h', '6h', 'D', 'W-SAT' or 'MS'",
        lambda: load_household_power("D"),
    ),
    "a folder without videos": remedy(
        lambda: in_folder(lambda folder: load_video_folder(folder, n_frames=5)),
        "It must hold a folder for each class, with files that end in",
        clips,
    ),
    "a group that is no expression": remedy(
        lambda: clips(group="("),
        "Correct it, or leave it out",
        lambda: clips(group=r"[a-z]+_"),
        clips,
    ),
    "a group that no file has": remedy(
        lambda: clips(group=r"\d+"),
        "Correct it, or leave it out if each file is a recording of its own",
        lambda: clips(group=r"[a-z]+_"),
        clips,
    ),
    "a clip longer than its video": remedy(
        lambda: clips(4),
        "Lower n_frames or stride, or take the file out",
        lambda: clips(4, n_frames=4),
    ),
    "a stride too long for a video": remedy(
        lambda: clips(12, stride=3),
        "Lower n_frames or stride, or take the file out",
        lambda: clips(12, stride=2),
        lambda: clips(12, stride=3, n_frames=4),
    ),
    "KTH without the file of sequences": remedy(
        lambda: kth(None), "Put the authors' 00sequences.txt there", kth
    ),
    "KTH with another file of sequences": remedy(lambda: kth("none"), "Fetch it again", kth),
    "KTH with a line that is cut": remedy(
        lambda: kth("person02_boxing_d1 frames 1-6, 7-"),
        "Correct that line, or fetch the file again",
        kth,
    ),
    "KTH with a video of no line": remedy(
        lambda: kth(name="person03_boxing_d1"),
        "Take the video out, or fetch the file of sequences again",
        lambda: kth(name=""),
        lambda: kth(f"{SEQUENCES}\nperson03_boxing_d1 frames 1-9", "person03_boxing_d1"),
    ),
    "KTH with a video of another name": remedy(
        lambda: kth(name="boxing"),
        "Take it out, or give it its name back",
        lambda: kth(name=""),
        lambda: kth(name="person02_boxing_d1_uncomp"),
    ),
    "KTH with a short sequence": remedy(
        lambda: kth(n_frames=7), "Lower n_frames or stride", lambda: kth(n_frames=6)
    ),
    "persons of none of the parts": remedy(
        lambda: kth_parts(np.array([99])),
        "Pass the third value of load_kth",
        lambda: kth_parts(kth()[2]),
    ),
}
