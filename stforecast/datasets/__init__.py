"""Data to try models on: household power, maps, moving digits, rain, pictures, videos."""

from __future__ import annotations

from stforecast.datasets._air_temperature import load_air_temperature
from stforecast.datasets._cifar import load_cifar10
from stforecast.datasets._fetch import fetch_household_power
from stforecast.datasets._idx import load_idx
from stforecast.datasets._kth import kth_parts, load_kth
from stforecast.datasets._moving_digits import make_moving_digits
from stforecast.datasets._panel import load_panel
from stforecast.datasets._power import load_household_power
from stforecast.datasets._rain_cells import make_rain_cells
from stforecast.datasets._video import load_video_folder

__all__ = [
    "fetch_household_power",
    "kth_parts",
    "load_air_temperature",
    "load_cifar10",
    "load_household_power",
    "load_idx",
    "load_kth",
    "load_panel",
    "load_video_folder",
    "make_moving_digits",
    "make_rain_cells",
]
