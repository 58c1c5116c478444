"""The training engine behind the estimators: how a network is fed, trained, watched and resumed.

`Training` and `Compute`, which choose what it does, are public in `stforecast.estimators`.
"""
