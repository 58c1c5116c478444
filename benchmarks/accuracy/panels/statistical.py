"""AutoETS and Theta of statsforecast, in an environment of their own.

Run by the study as ``PYTHON statistical.py PANEL.npz FORECASTS.npz``. It needs statsforecast, and
nothing of this project.
"""

from __future__ import annotations

import sys

import numpy as np


def main() -> None:
    """Forecast every series of a panel by each model."""
    from statsforecast.models import AutoETS, Theta

    source, target = sys.argv[1:]
    panel = np.load(source)
    season, horizon = int(panel["season"]), int(panel["horizon"])
    series = np.split(panel["rows"], panel["ends"][:-1])
    models = {"AutoETS": AutoETS(season_length=season), "Theta": Theta(season_length=season)}
    found = {
        name: np.stack([model.forecast(y=rows, h=horizon)["mean"] for rows in series])
        for name, model in models.items()
    }
    np.savez(target, **found)


if __name__ == "__main__":
    main()
