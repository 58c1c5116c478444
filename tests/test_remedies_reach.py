"""Every error that proposes a remedy has a case that follows it, or is on a list that shrinks."""

from __future__ import annotations

import warnings
from collections import Counter

from tests.remedies.raises import PACKAGE, Line, find_proposals, lines_of
from tests.remedies.without_a_case import WITHOUT_A_CASE
from tests.test_remedies_in_words import REFUSALS, REMEDIES


def reached_lines() -> set[Line]:
    """Return the lines of the package that the refusals of all cases come by."""
    lines: set[Line] = set()
    for case in REMEDIES.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                case.refused()
            except REFUSALS as error:
                lines |= lines_of(error)
    return lines


def test_a_new_error_with_a_remedy_has_a_case() -> None:
    lines = reached_lines()
    places = Counter(raised.place for raised in find_proposals() if not raised.is_among(lines))
    listed = Counter(WITHOUT_A_CASE)
    new, gone = sorted((places - listed).elements()), sorted((listed - places).elements())
    assert not new, f"add cases to tests/remedies/ that reach the raises in {new}"
    assert not gone, f"take off tests/remedies/without_a_case.py what cases reach: {gone}"


def test_a_raise_is_found_by_the_lines_of_its_error() -> None:
    lines = lines_of(_refusal("a model as a text"))
    proposals = [raised for raised in find_proposals() if raised.is_among(lines)]
    assert [raised.place for raised in proposals] == ["comparison/_entries.py _name_models"]


def test_a_remedy_is_a_sentence_behind_the_rule() -> None:
    modules = {raised.module for raised in find_proposals()}
    assert modules <= {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    places = [raised.place for raised in find_proposals()]
    assert "windows/_keys.py as_key" in places
    assert "windows/_keys.py as_ends" not in places  # says the rule and the value alone


def _refusal(case: str) -> BaseException:
    try:
        REMEDIES[case].refused()
    except REFUSALS as error:
        return error
    raise AssertionError(case)
