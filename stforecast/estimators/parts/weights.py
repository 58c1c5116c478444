"""How many weights a part of a network may have, so that no default fills the memory."""

from __future__ import annotations

from stforecast.exceptions import ParameterError

# In training each takes 16 bytes: itself, its slope and Adam's two means.
MAX_WEIGHTS = 100_000_000

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def check_lstm_weights(features: int, units: int, cell: str, remedy: str) -> None:
    """Raise before a recurrent layer is built whose weights would fill the memory."""
    weights = _GATES[cell] * units * (features + units)
    if weights > MAX_WEIGHTS:
        raise ParameterError(
            f"A recurrent layer may have {MAX_WEIGHTS:,} weights, but for {features:,} features "
            f"and {units:,} units it would have {weights:,}. {remedy}"
        )
