"""Snippets of the pages, and a library that runs them quickly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stforecast import datasets
from stforecast._training.net import Net

ROOT = Path(__file__).parents[1]


def snippets_of(page: str) -> list[str]:
    """Return the Python blocks of a Markdown file, named from the top of the checkout."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def train_one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every fit end after one epoch."""
    initialize = Net.initialize
    monkeypatch.setattr(Net, "initialize", lambda net: initialize(net.set_params(max_epochs=1)))


def load_400_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let household power be its last 400 rows."""
    load = datasets.load_household_power
    monkeypatch.setattr(datasets, "load_household_power", lambda *args: load(*args).iloc[-400:])
