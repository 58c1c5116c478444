"""AutoETS and Theta of statsforecast, in an environment of their own.

Run by the study as ``PYTHON statistical.py AutoETS|Theta PANEL.npz FORECASTS.npy``. It needs
statsforecast, and nothing of this project.
"""

from __future__ import annotations

import sys

import numpy as np


def main() -> None:
    """Forecast every series of a panel by one model."""
    from statsforecast import models

    name, source, target = sys.argv[1:]
    panel = np.load(source)
    horizon = int(panel["horizon"])
    model = getattr(models, name)(season_length=int(panel["season"]))
    series = np.split(panel["rows"], panel["ends"][:-1])
    np.save(target, [model.forecast(y=rows, h=horizon)["mean"] for rows in series])


if __name__ == "__main__":
    main()
