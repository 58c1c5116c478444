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
    assert {path.stem.partition("-")[0] for path in FILES} >= {"network", "blend", "forest"}
    assert sum(path.stat().st_size for path in FILES) < 2**17


@pytest.mark.parametrize("name", ["network", "blend"])
def test_the_network_has_its_part_in_the_forecasts(name: str) -> None:
    (path,) = FOLDER.glob(f"{name}-0.1.stf")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "was saved with|.* was saved with ", UserWarning)
        model = load(path).estimator_
    assert model.network_share_ > 0.2


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
