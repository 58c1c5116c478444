"""Files of every release are read by the later ones, or say which release wrote them."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from stforecast.exceptions import DataIntegrityError
from stforecast.persistence import load
from tests.persistence.golden.write import FOLDER, answer

FILES = sorted(FOLDER.glob("*.stf"))


def test_there_are_files() -> None:
    assert len(FILES) >= 2
    assert sum(path.stat().st_size for path in FILES) < 2**17


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_gives_the_forecasts_that_it_gave(path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "was saved with|.* was saved with ", UserWarning)
        try:
            found = answer(load(path))
        except DataIntegrityError as error:
            # another scikit-learn may keep its trees in another way, and then says so
            assert "It was saved with scikit-learn" in str(error)  # noqa: PT017
            return
    np.testing.assert_allclose(found.pop("values"), expected.pop("values"), rtol=1e-5)
    assert found == expected
