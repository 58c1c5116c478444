"""Tables in Markdown."""

from __future__ import annotations

from benchmarks.lib.tables import highest_in_bold, markdown_table, mean_and_spread


def test_texts_are_left_and_numbers_right() -> None:
    text = markdown_table(["lead", "forecast", "RMSE"], [["1 h", "ridge", "0.5"]], texts=2)
    assert text.splitlines() == [
        "| lead | forecast | RMSE |",
        "| --- | --- | ---: |",
        "| 1 h | ridge | 0.5 |",
    ]


def test_a_spread_stands_where_there_are_several_seeds() -> None:
    assert mean_and_spread([0.5]) == "0.500"
    assert mean_and_spread([1.0, 3.0], digits=1) == "2.0 ± 1.0"


def test_the_highest_mean_is_bold_and_what_was_not_run_is_empty() -> None:
    row = highest_in_bold([[0.2], [0.4, 0.6], []])
    assert row == ["0.200", "**0.500 ± 0.100**", ""]
