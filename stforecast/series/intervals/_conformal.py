"""How intervals are calibrated: split-conformal, plain and normalised, or adaptive on top."""

from __future__ import annotations

from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from stforecast._composite import Composite
from stforecast._constraints import (
    Constraint,
    Integers,
    NoneValue,
    Numbers,
    Options,
    Part,
    Regressors,
)
from stforecast.series.intervals._calibration import Calibration, Scale
from stforecast.series.intervals._coverage import AdaptiveShare, FixedShare
from stforecast.series.intervals._error_scales import RegressorScale, SpreadScale, Unit

__all__ = ["AdaptiveConformal", "SplitConformal"]


class SplitConformal(BaseEstimator):
    """Bounds as wide as the errors on origins held back from training, step by step.

    A part of `SeriesForecaster` and `SktimeForecaster`, whose ``calibration=100`` is short for
    ``calibration=SplitConformal(100)``.

    Parameters
    ----------
    origins : int or float, default=0.2
        Latest origins of each series, a number or a share of them, that are kept from training.
    scale : {"estimator"} or regressor, default=None
        What errors are measured in. None: the units of the series, so that bounds are equally wide
        wherever they are made. "estimator": the spread that the estimator gives itself, its outer
        quantiles (`QuantileDecoder`) or its ``predict_std`` (`SeedEnsemble`, `MonteCarloDropout`).
        A regressor: what it says of a window, trained on the absolute errors of the training
        windows; one that reads tables gets the windows flattened, known covariates with them.

    Notes
    -----
    For each series, step, output and cell let ``s`` be the n scores ``|y - forecast| / scale`` of
    the origins held back. The bounds lie ``scale`` times the k-th smallest of them from the
    forecast, ``k = ceil((n + 1) coverage)``. If the score to come is exchangeable with those, they
    hold it with a probability between ``coverage`` and ``coverage + 1 / (n + 1)``, whatever the
    network. It holds for each value by itself, not for a whole path, and on average over windows,
    not for each kind of window; with a good scale it comes near that too. A scale is never taken
    as less than a tenth of its mean on the origins held back.

    With fewer errors than the coverage needs, the largest is taken, and a warning says what it is
    worth. Errors of neighbouring origins are alike, so a hundred tell less than a hundred
    independent ones.

    References
    ----------
    Papadopoulos et al. (2002), Inductive Confidence Machines for Regression,
    https://doi.org/10.1007/3-540-36755-1_29.
    Lei et al. (2018), Distribution-Free Predictive Inference for Regression, arXiv:1604.04173.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast import SeriesForecaster, SplitConformal
    >>> spread = 1 + 4 * (np.arange(600) % 2)  # the row before shows it
    >>> load = spread * np.random.default_rng(0).normal(size=600)
    >>> frame = np.stack([load, spread], axis=1)
    >>> plain = SplitConformal(200)
    >>> scaled = SplitConformal(200, scale=Ridge())
    >>> for part in (plain, scaled):
    ...     model = SeriesForecaster(Ridge(), lookback=2, target=[0], calibration=part)
    ...     lower, upper = model.fit(frame).forecast_interval(coverage=0.8)
    ...     print((upper - lower).round(1))
    [[7.6]]
    [[2.2]]
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "origins": Integers(1) | Numbers(0, 1, closed="neither"),
        "scale": Options("estimator") | Regressors() | None,
    }

    def __init__(self, origins: float = 0.2, *, scale: Any = None) -> None:
        self.origins = origins
        self.scale = scale

    def build(self) -> Calibration:
        """Return the calibration, not yet fitted.

        Returns
        -------
        Calibration
            What a forecaster fits and keeps.
        """
        return Calibration(_scale(self.scale), FixedShare())


class AdaptiveConformal(Composite):
    """Conformal bounds that widen after a miss and narrow after a hit, as rows of a stream come.

    Under drift, errors to come are unlike those held back. This corrects the coverage aimed at
    with every row that `update` brings, for each series, step, output and cell by itself.

    Parameters
    ----------
    conformal : SplitConformal, default=None
        What the bounds are before any correction; None for ``SplitConformal()``.
    rate : float, default=0.01
        How much, at a horizon of one row, the share of scores to hold rises with a miss, times
        `coverage`, and falls with a hit, times ``1 - coverage``. Higher follows faster and wavers
        more. Longer horizons follow more slowly, see below.

    Notes
    -----
    The share starts at the coverage asked for. With each origin whose truth has come it moves by
    ``gain (missed - (1 - coverage))``, up to 1, where ``missed`` is what bounds with the
    share in force at the origin did. Over n rows of a stream, whatever the series does, the share
    of misses comes as near to ``1 - coverage`` as ``(1 + gain horizon) / (gain n)``, save while
    the bounds already reach the largest error known.

    Whether the bounds of an origin missed is known `horizon` rows later. A share that moves on at
    ``rate`` meanwhile corrects what it has corrected already, and swings; above
    ``rate (horizon - 1) = 1 / e`` it would do so even without noise. Hence
    ``gain = rate / (1 + 10 rate (horizon - 1))``: a correction takes about ``1 / rate`` rows and
    ten delays more. On independent noise, 96 rows ahead with 1000 scores, widths then stay within
    18 % of each other, of which 13 % are the scores' own.

    Without `update` the bounds are those of `conformal`. What is kept does not grow with the
    stream: the scores of as many origins as were held back, those of one horizon more, and for
    each row of the horizon, step, output and cell twelve shares, for coverages from 0.1 to 0.99.
    Shares for coverages between them are interpolated; bounds of a higher coverage hold those of
    a lower one.

    References
    ----------
    Gibbs, Candès (2021), Adaptive Conformal Inference Under Distribution Shift, arXiv:2106.00170.
    Wang, Hyndman (2024), Online Conformal Inference for Multi-Step Time Series Forecasting,
    arXiv:2410.13115: a miss counts a horizon later, and the finite-sample error grows with it.
    Langford et al. (2009), Slow Learners are Fast, arXiv:0911.0491: steps for delayed feedback.
    Shen, Stavroulakis (2001), Oscillation Criteria for Delay Difference Equations,
    https://ejde.math.txstate.edu/Volumes/2001/10/shen-tex.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from stforecast import SeriesForecaster, SplitConformal
    >>> from stforecast.series import AdaptiveConformal
    >>> load = np.random.default_rng(0).normal(size=(300, 1)) * np.linspace(1, 9, 300)[:, None]
    >>> calibration = AdaptiveConformal(SplitConformal(50), rate=0.05)
    >>> model = SeriesForecaster(Ridge(), lookback=3, calibration=calibration).fit(load[:200])
    >>> lower, upper = model.update(load[200:]).forecast_interval(coverage=0.8)
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "conformal": Part(SplitConformal) | NoneValue(SplitConformal),
        "rate": Numbers(0, 1),
    }

    def __init__(self, conformal: SplitConformal | None = None, *, rate: float = 0.01) -> None:
        self.conformal = conformal
        self.rate = rate

    @property
    def origins(self) -> float:
        """Origins that are kept from training."""
        return self._inner_conformal().origins

    def build(self) -> Calibration:
        """Return the calibration, not yet fitted.

        Returns
        -------
        Calibration
            What a forecaster fits and keeps.
        """
        return Calibration(_scale(self._inner_conformal().scale), AdaptiveShare(self.rate))

    def _inner_conformal(self) -> SplitConformal:
        return SplitConformal() if self.conformal is None else self.conformal


CALIBRATION = Integers(0) | Numbers(0, 1, closed="left") | Part(SplitConformal, AdaptiveConformal)


def make_conformal(calibration: Any) -> SplitConformal | AdaptiveConformal | None:
    """Return the part that a calibration stands for; None for 0."""
    if isinstance(calibration, SplitConformal | AdaptiveConformal):
        return calibration
    return None if calibration == 0 else SplitConformal(calibration)


def _scale(scale: Any) -> Scale:
    if scale is None:
        return Unit()
    return SpreadScale() if isinstance(scale, str) else RegressorScale(scale)
