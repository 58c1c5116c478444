"""The order of the gallery's pages: from the first forecast to a network of one's own."""

from __future__ import annotations

from pathlib import Path

_PAGES = (
    "first_forecast",
    "growing_series",
    "windows",
    "household_weeks",
    "hours_by_days",
    "known_covariates",
    "panel_of_shops",
    "compare",
    "search",
    "station_map",
    "next_frame",
    "temperature_maps",
    "classifier",
    "anomaly",
    "intervals",
    "inspection",
    "sktime_benchmark",
    "save_and_load",
    "own_network",
)


class TeachingOrder:
    """Sort key of a page: its place in the list above, and pages that it lacks at the end."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, file: str) -> tuple[int, str]:
        page = Path(file).stem.removeprefix("plot_")
        return (_PAGES.index(page) if page in _PAGES else len(_PAGES), page)
