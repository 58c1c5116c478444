"""What messages propose in words works on the input that was refused."""

from __future__ import annotations

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from tests.remedies import Remedy
from tests.remedies.companions import REMEDIES as OF_COMPANIONS
from tests.remedies.comparison import REMEDIES as OF_COMPARISONS
from tests.remedies.datasets import REMEDIES as OF_DATASETS
from tests.remedies.estimators import REMEDIES as OF_ESTIMATORS
from tests.remedies.files import REMEDIES as OF_FILES
from tests.remedies.forecasts import REMEDIES as OF_FORECASTS
from tests.remedies.indexes import REMEDIES as OF_INDEXES
from tests.remedies.networks import REMEDIES as OF_NETWORKS
from tests.remedies.packages import REMEDIES as OF_PACKAGES
from tests.remedies.scores import REMEDIES as OF_SCORES
from tests.remedies.series import REMEDIES as OF_SERIES
from tests.remedies.training import REMEDIES as OF_TRAINING
from tests.remedies.updates import REMEDIES as OF_UPDATES
from tests.remedies.windows import REMEDIES as OF_WINDOWS

REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError, OSError, ImportError)
TABLES = (
    OF_WINDOWS,
    OF_INDEXES,
    OF_COMPANIONS,
    OF_SERIES,
    OF_FORECASTS,
    OF_UPDATES,
    OF_ESTIMATORS,
    OF_TRAINING,
    OF_NETWORKS,
    OF_SCORES,
    OF_FILES,
    OF_COMPARISONS,
    OF_DATASETS,
    OF_PACKAGES,
)
REMEDIES: dict[str, Remedy] = {name: one for table in TABLES for name, one in table.items()}


def test_no_two_cases_have_one_name() -> None:
    assert len(REMEDIES) == sum(map(len, TABLES))


def refusal(one: Remedy) -> str:
    """Return the message of a call, which may warn before it is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(REFUSALS) as caught:
            one.refused()
    return str(caught.value)


@pytest.mark.parametrize("case", REMEDIES)
def test_what_a_message_proposes_works_where_it_was_refused(case: str) -> None:
    one = REMEDIES[case]
    assert one.proposal in refusal(one)
    for mended in one.mended:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fits of one epoch
            assert mended() is not None
