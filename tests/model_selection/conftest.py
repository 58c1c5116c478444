"""Settings of this room's tests."""

from __future__ import annotations

from hypothesis import settings

# how long an example takes says more of the machine's other work than of the code
settings.register_profile("undisturbed", deadline=None)
settings.load_profile("undisturbed")
