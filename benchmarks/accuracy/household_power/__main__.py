"""Four years of one household's power: our networks beside the naive, the simple and the published.

Run: ``python -m benchmarks.accuracy.household_power`` (less than two minutes on two cores).
Trains each network with five seeds on 159 weeks, forecasts the 46 weeks that follow by walking
forward, prints the table and writes it, with the picture, to
``benchmarks/results/household_power/``. ``--short`` trains one network once and exits with 1 unless
the protocol's three naive figures and that network come out right.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.util import find_spec

from benchmarks.accuracy.household_power.baselines import (
    arima,
    formula,
    lightgbm,
    naive_forecasts,
    ridge,
)
from benchmarks.accuracy.household_power.networks import (
    DEFAULTS,
    NETWORKS,
    TITLES,
    forecast,
    forecast_default,
    forecast_ensemble,
    load_setting,
)
from benchmarks.accuracy.household_power.picture import draw
from benchmarks.accuracy.household_power.protocol import Weeks, load_daily, test_weeks
from benchmarks.accuracy.household_power.tables import (
    Entry,
    comparison_table,
    verdicts,
    weekday_table,
)
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import RESULTS, write_report
from benchmarks.lib.scores import rmse

FOLDER = RESULTS / "household_power"
SEEDS = 5
NAIVE_FIGURES = {"daily persistence": 511.9, "same week last year": 465.3, "last week": 469.4}
SHORT_LIMIT = 400.0
RIDGE = "ridge, chosen as the networks are"
FORMULA, ARIMA = "formula, nothing learned", "ARIMA(7, 0, 0)"


def main() -> int:
    """Run the short check or the whole comparison."""
    parser = argparse.ArgumentParser(description="Forecast 46 weeks of household power.")
    parser.add_argument("--short", action="store_true", help="one network, one seed, as a check")
    weeks = test_weeks(load_daily())
    return check(weeks) if parser.parse_args().short else compare(weeks)


def check(weeks: Weeks) -> int:
    """Return 1 unless the naive figures agree to 0.1 and a short ConvLSTM stays under 400."""
    naive = {name: rmse(f, weeks.truth) for name, f in naive_forecasts(weeks).items()}
    setting = {**load_setting("convlstm_calendar"), "max_epochs": 3}
    ours = rmse(forecast("convlstm_calendar", setting, weeks, seed=0), weeks.truth)
    for name, expected in NAIVE_FIGURES.items():
        print(f"{name:<22}{naive[name]:7.1f}  expected {expected} to 0.1")
    print(f"{'ConvLSTM, 3 epochs':<22}{ours:7.1f}  expected under {SHORT_LIMIT:.0f}")
    agree = all(abs(naive[name] - value) <= 0.1 for name, value in NAIVE_FIGURES.items())
    return int(not (agree and ours < SHORT_LIMIT))


def compare(weeks: Weeks) -> int:
    """Train everything, print and write the table and the picture."""
    entries = [*reference_entries(weeks), *default_entries(weeks), *network_entries(weeks)]
    report = "\n\n".join(
        [
            comparison_table(entries, weeks.truth, against={"formula": FORMULA, "ARIMA": ARIMA}),
            verdicts(entries, weeks.truth, against=FORMULA),
            weekday_table(entries, weeks.truth),
            describe_machine(),
        ]
    )
    write_report(report, FOLDER / "comparison.txt")
    if find_spec("matplotlib"):
        picture = draw(entries, weeks, against=FORMULA, path=FOLDER / "comparison.png")
        print(f"\npicture: {picture}")
    return 0


def reference_entries(weeks: Weeks) -> list[Entry]:
    """Forecast with every method other than our networks."""
    forecasts = {
        **naive_forecasts(weeks),
        ARIMA: arima(weeks),
        "ridge, 14 lags + calendar": ridge(weeks, lookback=14, harmonics=2, alpha=100.0),
        RIDGE: ridge(weeks, **load_setting("ridge")),
        "LightGBM, 14 lags + calendar": lightgbm(weeks, lookback=14, harmonics=2),
        FORMULA: formula(weeks),
    }
    return [Entry(name, f[None]) for name, f in forecasts.items() if f is not None]


def default_entries(weeks: Weeks) -> list[Entry]:
    """Train forecasters as they come, each with every seed."""
    return [
        Entry(f"{kind.__name__}() as it comes", forecast_default(kind, weeks, seeds=SEEDS), True)
        for kind in DEFAULTS
    ]


def network_entries(weeks: Weeks) -> list[Entry]:
    """Train each of our networks with every seed, and average its seeds' forecasts."""
    return [entry for name in NETWORKS for entry in _train(name, weeks)]


def _train(name: str, weeks: Weeks) -> list[Entry]:
    started, title = time.perf_counter(), TITLES[name]
    members, ensemble = forecast_ensemble(name, load_setting(name), weeks, seeds=SEEDS)
    seconds = (time.perf_counter() - started) / SEEDS
    scores = ", ".join(f"{rmse(run, weeks.truth):.1f}" for run in members)
    print(f"{title}: {SEEDS} seeds, {seconds:.1f} s each: RMSE {scores}", flush=True)
    return [
        Entry(title, members, ours=True),
        Entry(f"{title}, ensemble of {SEEDS}", ensemble[None], ours=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
