"""CNN-LSTM: a CNN on every frame, an LSTM over the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from stforecast._constraints import (
    SHARE,
    Constraint,
    Integers,
    NoneValue,
    Part,
    Sizes,
)
from stforecast._parameters import Rule
from stforecast._training.budget import Auto
from stforecast._training.training import Training
from stforecast.estimators._classifier import Classifier
from stforecast.estimators._forecaster import Forecaster
from stforecast.estimators._search_spaces import (
    DEPTH,
    HIDDEN,
    KERNEL,
    POOL,
    TRAINING,
    Space,
    join_spaces,
    nest_space,
)
from stforecast.estimators.parts.augmentation import (
    add_augmentation,
    resize_frames,
)
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.cnn_lstm_layers import FILTERS, CNNLSTMLayers, check_axes
from stforecast.nn import (
    Backbone,
)

__all__ = ["CNNLSTMClassifier", "CNNLSTMForecaster"]


def _convolved_axes(estimator: Any, path: str) -> None:
    layers = CNNLSTMLayers() if estimator.layers is None else estimator.layers
    convolution = layers.fill_defaults("frame", "flatten").convolution
    check_axes(f"{path}kernel_size", estimator.kernel_size, convolution)
    check_axes(f"{path}layers__pool_size", layers.pool_size, convolution)


class CNNLSTMBackbone:
    """A CNN on every frame, an LSTM over what it saw."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "filters": FILTERS,
        "kernel_size": Sizes((2, 3)),
        "hidden_channels": Integers(1),
        "dropout": SHARE,
        "layers": Part(CNNLSTMLayers) | NoneValue(CNNLSTMLayers),
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_convolved_axes,)

    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        layers = CNNLSTMLayers() if self.layers is None else self.layers
        backbone = layers.build(
            resize_frames(shapes, layers.augmentation).frame,
            filters=self.filters,
            kernel_size=self.kernel_size,
            hidden_channels=int(self.hidden_channels),
            dropout=self.dropout,
        )
        return add_augmentation(backbone, layers.augmentation), (1, 1)

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`.
        """
        return join_spaces(KERNEL, HIDDEN, nest_space("layers", DEPTH, POOL), TRAINING)


class CNNLSTMForecaster(CNNLSTMBackbone, Forecaster):
    """Forecast with a CNN on every frame and an LSTM over what it makes of them.

    Parameters
    ----------
    filters : sequence of int, default=(16,)
        Output channels of each convolution, one on the other.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; where a frame has one row, its height is 1.
    hidden_channels : int, default=32
        Units of the LSTM.
    dropout : float, default=0.0
        Share dropped in training of the CNN's maps and of the LSTM's outputs, in [0, 1).
    layers : CNNLSTMLayers, default=None
        The rarer choices of layers: pooling, normalisation, residual blocks, attention, 3-D.
    decoder : {"dense", "step"} or decoder part, default="dense"
        What turns the last state into the horizon.
    baseline : {"auto", "stacked", "ridge", ...}, Baseline, regressor or None, default="auto"
        What the network stands on: it forecasts what this leaves, and blocks in time decide which
        share of that counts. "auto" takes a ridge for tables, and "stacked" for maps from maps;
        None is the network alone.
    lr : float, default=0.003
        Learning rate.
    max_epochs : int or "auto", default="auto"
        Passes over the training samples, fewer if early stopping ends them. "auto" is 50, or as
        many as make 500 steps where the samples are few.
    batch_size : int or "auto", default="auto"
        Samples in a step of training. "auto" is 64, but at most a fifth of the samples.
    training : Training, default=None
        The rarer choices: loss, schedule, early stopping, weight decay.
    device : str, default="auto"
        "cuda", "cpu" or any torch device; "auto" takes a GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, dropout and shuffling; with an int, fits on a CPU are identical.
    verbose : int, default=0
        1 shows epochs, losses and the time left on standard error, in a bar or in the lines of a
        log, and says after the first epochs how long the fit takes.
    net_params : dict, default=None
        Parameters of the skorch net, merged last; its callbacks extend ours.

    Attributes
    ----------
    baseline_ : regressor or None
        The fitted baseline, None for the network alone.
    network_share_ : float
        Share of the network's correction in the forecasts, in [0, 1]; 1 for the network alone.
    network_gain_ : float
        Part of the baseline's loss that the correction avoids on blocks which did not choose its
        share, 0 where the share is; NaN without a baseline, or with windows too few for a block.
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.
    history_ : DataFrame
        Losses and seconds of each epoch.
    versions_ : dict of str to str
        Releases of the library, Python and the packages that the fit depended on.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.
    shapes_ : NetShapes
        Shapes that the network was built for.

    Notes
    -----
    The CNN is the same for every frame. A table has frames of one cell, on which a convolution is
    a dense layer; fold time with `FoldTime` so that it sees the days of a week side by side.

    References
    ----------
    Donahue et al. (2015), Long-term Recurrent Convolutional Networks, arXiv:1411.4389.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import CNNLSTMForecaster, FoldTime, make_windows
    >>> load = np.sin(np.arange(300) * 2 * np.pi / 7)
    >>> X, y = make_windows(load, lookback=28, horizon=7)
    >>> week = CNNLSTMForecaster((8,), max_epochs=30, random_state=0)
    >>> model = make_pipeline(FoldTime(width=7), week).fit(X[:-50], y[:-50])
    >>> model.predict(X[-50:]).shape
    (50, 7)
    """

    def __init__(
        self,
        filters: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int] = 3,
        hidden_channels: int = 32,
        dropout: float = 0.0,
        *,
        layers: CNNLSTMLayers | None = None,
        decoder: str | Decoder = "dense",
        baseline: Any = "auto",
        lr: float = 0.003,
        max_epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
        net_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.hidden_channels = hidden_channels
        self.dropout = dropout
        self.layers = layers
        self.decoder = decoder
        self.baseline = baseline
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.net_params = net_params


class CNNLSTMClassifier(CNNLSTMBackbone, Classifier):
    """Classify windows with a CNN on every frame and an LSTM over what it makes of them.

    Parameters
    ----------
    filters : sequence of int, default=(16,)
        Output channels of each convolution, one on the other.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; where a frame has one row, its height is 1.
    hidden_channels : int, default=32
        Units of the LSTM.
    dropout : float, default=0.0
        Share dropped in training of the CNN's maps and of the LSTM's outputs, in [0, 1).
    layers : CNNLSTMLayers, default=None
        The rarer choices of layers: pooling, normalisation, residual blocks, attention, 3-D.
    decoder : {"dense", "step"} or decoder part, default="dense"
        What turns the last state into a score for each class.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss: one for all, given by class (1 where left out), or
        inversely to how often it occurs.
    lr : float, default=0.003
        Learning rate.
    max_epochs : int or "auto", default="auto"
        Passes over the training samples, fewer if early stopping ends them. "auto" is 50, or as
        many as make 500 steps where the samples are few.
    batch_size : int or "auto", default="auto"
        Samples in a step of training. "auto" is 64, but at most a fifth of the samples.
    training : Training, default=None
        The rarer choices: schedule, early stopping, weight decay. Its loss stays at the default:
        a classifier is trained on the cross-entropy.
    device : str, default="auto"
        "cuda", "cpu" or any torch device; "auto" takes a GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, dropout, shuffling and of the part held back; with an int, fits on a CPU
        are identical.
    verbose : int, default=0
        1 shows epochs, losses and the time left on standard error, in a bar or in the lines of a
        log, and says after the first epochs how long the fit takes.
    net_params : dict, default=None
        Parameters of the skorch net, merged last; its callbacks extend ours.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module, which gives class scores.
    history_ : DataFrame
        Losses and seconds of each epoch.
    versions_ : dict of str to str
        Releases of the library, Python and the packages that the fit depended on.
    n_features_in_ : int
        Frames in a window.
    window_shape_ : tuple of int
        Shape of one window.
    shapes_ : NetShapes
        Shapes that the network was built for.

    Notes
    -----
    Inputs are standardised by channel from the training rows inside `fit`. The part held back to
    decide when to stop is drawn at random in the proportions of the classes, or by group where
    `fit` is given groups: do so where windows of one recording overlap.
    Maps are flattened before the LSTM by default, so that it learns where things are; average them
    (``layers=CNNLSTMLayers(pooling="average")``) where the class does not depend on the place.

    References
    ----------
    Donahue et al. (2015), Long-term Recurrent Convolutional Networks, arXiv:1411.4389.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import CNNLSTMClassifier
    >>> t = np.arange(400)
    >>> table = np.sin(t / np.where(t < 200, 2, 8))
    >>> X, y = make_windows(table, lookback=20, horizon=0, target=np.where(t < 200, "fast", "slow"))
    >>> model = CNNLSTMClassifier(max_epochs=20, lr=0.02, random_state=0).fit(X[::2], y[::2])
    >>> model.predict_proba(X).shape
    (381, 2)
    >>> model.score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        filters: Sequence[int] = (16,),
        kernel_size: int | tuple[int, int] = 3,
        hidden_channels: int = 32,
        dropout: float = 0.0,
        *,
        layers: CNNLSTMLayers | None = None,
        decoder: str | Decoder = "dense",
        class_weight: Mapping[Any, float] | str | None = None,
        lr: float = 0.003,
        max_epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        training: Training | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
        net_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.hidden_channels = hidden_channels
        self.dropout = dropout
        self.layers = layers
        self.decoder = decoder
        self.class_weight = class_weight
        self.lr = lr
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.training = training
        self.device = device
        self.random_state = random_state
        self.verbose = verbose
        self.net_params = net_params
