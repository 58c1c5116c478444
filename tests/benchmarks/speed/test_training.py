"""The cost of a baseline is that of whole fits, the network alone beside it."""

from __future__ import annotations

from functools import partial

from benchmarks.speed import training
from stforecast import LSTMForecaster
from stforecast._training.net import Net


def test_the_cost_of_a_baseline_is_the_median_of_ratios_within_a_round(monkeypatch) -> None:
    times = {"alone": [1.0, 10.0, 1.0], "on a baseline": [3.0, 30.0, 4.0]}
    monkeypatch.setattr(training, "SIZES", (30,))
    monkeypatch.setattr(training, "on_a_baseline", lambda series: times)
    head, _, *rows = training.costs().splitlines()
    assert head == "| series | windows | alone, s | on a baseline, s | ratio |"
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in rows] == [
        [name, "30", "1.0", "4.0", "3.00"] for name in training.SERIES
    ]


def test_a_fit_on_a_baseline_trains_on_blocks_as_well(monkeypatch) -> None:
    steps = []
    step = Net.train_step
    monkeypatch.setattr(Net, "train_step", lambda *args: steps.append(0) or step(*args))
    monkeypatch.setattr(training, "FIT_ROUNDS", 1)
    monkeypatch.setattr(training, "LSTMForecaster", partial(LSTMForecaster, max_epochs=2))
    # steps in place of seconds, which other work on the machine would change
    monkeypatch.setattr(training, "seconds", lambda fit: [steps.clear(), fit(), len(steps)][-1])
    ((alone,), (on_a_baseline,)) = training.on_a_baseline(training.random_walk(67)).values()
    assert on_a_baseline > 1.2 * alone > 0
