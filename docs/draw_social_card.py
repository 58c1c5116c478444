"""Draw the picture that a link to the site shows: ``python docs/draw_social_card.py``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

PICTURE = Path(__file__).parent / "_static" / "social_card.png"


def draw() -> Figure:
    """Return a series, its continuation and a band, under the name of the library."""
    figure = Figure(figsize=(12, 6.3), facecolor="#12355b")
    figure.text(0.06, 0.80, "stforecast", color="white", fontsize=60, weight="bold")
    line = "ConvLSTM, CNN-LSTM and LSTM forecasts with the interface of scikit-learn"
    figure.text(0.06, 0.68, line, color="white", fontsize=22)
    axes = figure.add_axes((0.06, 0.08, 0.88, 0.52))
    axes.set_axis_off()
    time = np.arange(90)
    noise = np.random.default_rng(3).normal(0, 0.22, 90)
    values = 0.012 * time + np.sin(2 * np.pi * time / 7) + noise
    ahead, width = time[68:], 0.35 + 0.03 * np.arange(22)
    middle = 0.012 * ahead + np.sin(2 * np.pi * ahead / 7)
    axes.plot(time[:69], values[:69], color="white", lw=3)
    axes.fill_between(ahead, middle - width, middle + width, color="#f2a33a", alpha=0.35, lw=0)
    axes.plot(ahead, middle, color="#f2a33a", lw=4)
    return figure


if __name__ == "__main__":
    draw().savefig(PICTURE, dpi=100)
