"""A CNN and an LSTM side by side: forecaster, classifier and their layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, ClassVar

from torch import nn

from stforecast._composite import Composite
from stforecast._constraints import (
    SHARE,
    Callables,
    Constraint,
    Instances,
    Integers,
    NoneValue,
    Options,
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
from stforecast.estimators.parts.augmentation import add_augmentation, resize_frames
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.cnn_lstm_layers import (
    FILTERS,
    CNNLSTMLayers,
    check_axes,
    flatten_maps,
)
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.nn import (
    Backbone,
    EarlyFusion,
    LateFusion,
    ParallelCNNLSTM,
    WeightedFusion,
)

__all__ = ["ParallelCNNLSTMClassifier", "ParallelCNNLSTMForecaster", "ParallelLayers"]

_FUSIONS: dict[str, Callable[..., nn.Module]] = {
    "early": LateFusion,  # the inputs are joined before the branches, whose features still are
    "late": LateFusion,
    "weighted": WeightedFusion,
}


def _two_inputs(layers: ParallelLayers, path: str) -> None:
    if layers.fusion == "early" and layers.table is None:
        raise ParameterError(
            f"{path}fusion='early' joins two inputs, but {path}table is None. Name the part that "
            "joins the windows, or use fusion='late'."
        )


def _convolved_axes(estimator: Any, path: str) -> None:
    layers = ParallelLayers() if estimator.layers is None else estimator.layers
    branches = _branches(layers)
    check_axes(f"{path}kernel_size", estimator.kernel_size, branches.convolution)
    pool_size = f"{path}layers__branches__pool_size"
    check_axes(pool_size, branches.pool_size, branches.convolution)


def _branches(layers: ParallelLayers) -> CNNLSTMLayers:
    branches = CNNLSTMLayers() if layers.branches is None else layers.branches
    return branches.fill_defaults("volume", "average")


class ParallelLayers(Composite):
    """What the two branches of a parallel CNN and LSTM read, are made of and are joined by.

    Parameters
    ----------
    fusion : {"late", "weighted", "early"} or callable, default="late"
        "late" lays the features of both branches side by side; "weighted" adds them up by two
        learned weights; "early" joins the two inputs before both branches. Or a callable
        ``fusion(cnn_features, lstm_features)`` that gives a module of `stforecast.nn`'s kind.
    table : str, default=None
        Name of the part of the windows that the LSTM reads, such as a station's readings beside
        maps; None for the windows themselves.
    branches : CNNLSTMLayers, default=None
        What CNN and LSTM are made of. Unless it says otherwise, convolutions go over time and
        cells, and their maps are averaged.

    Notes
    -----
    The window's part comes from ``X.with_parts({"station": Z})``, where ``Z`` are windows (or an
    array) with one entry a window. Late fusion lets it have a lookback of its own.

    Examples
    --------
    >>> from stforecast.estimators import ParallelCNNLSTMForecaster, ParallelLayers
    >>> ParallelCNNLSTMForecaster(layers=ParallelLayers("weighted"))
    ParallelCNNLSTMForecaster(layers=ParallelLayers(fusion='weighted'))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "fusion": Options(*_FUSIONS) | Callables("a callable that makes a fusion", nn.Module),
        "table": Instances("the name of a part of the windows", (str,)) | None,
        "branches": Part(CNNLSTMLayers) | NoneValue(CNNLSTMLayers),
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_two_inputs,)

    def __init__(
        self,
        fusion: str | Callable[[int, int], nn.Module] = "late",
        *,
        table: str | None = None,
        branches: CNNLSTMLayers | None = None,
    ) -> None:
        self.fusion = fusion
        self.table = table
        self.branches = branches

    def build(
        self,
        shapes: NetShapes,
        *,
        filters: Sequence[int],
        kernel_size: int | tuple[int, ...],
        hidden_channels: int,
        dropout: float,
    ) -> Backbone:
        """Return the backbone for the shapes of one sample.

        Parameters
        ----------
        shapes : NetShapes
            Shapes of window and parts.
        filters : sequence of int
            Output channels of each convolution.
        kernel_size : int or tuple of int
            Size of the kernels.
        hidden_channels : int
            Units of the LSTM.
        dropout : float
            Share dropped of maps and of the LSTM's outputs.

        Returns
        -------
        Backbone
            Called with windows [B, T, C, H, W] and, if there is a table, with [B, T, K].
        """
        make_fusion = self._make_fusion()
        layers = _branches(self)
        columns, (C, H, W) = self._columns(shapes), shapes.frame
        early = self.fusion == "early"
        if early:
            self._check_early(shapes)
            C += columns
        cnn = layers.build_cnn((C, H, W), filters=filters, kernel_size=kernel_size, dropout=dropout)
        branch, features = flatten_maps(layers, cnn, shapes.steps)
        inputs = C * H * W if early or self.table is None else columns
        lstm = layers.build_lstm(inputs, hidden_channels, dropout)
        both = ParallelCNNLSTM(branch, lstm, make_fusion(features, lstm.out_channels))
        return EarlyFusion(both) if early else both

    def inputs(self) -> tuple[str, ...]:
        """Return the names of the parts that the backbone reads beside the window.

        Returns
        -------
        tuple of str
            The table's name, if there is one.
        """
        return () if self.table is None else (self.table,)

    def _make_fusion(self) -> Callable[..., nn.Module]:
        return _FUSIONS[self.fusion] if isinstance(self.fusion, str) else self.fusion

    def _columns(self, shapes: NetShapes) -> int:
        if self.table is None:
            return 0
        if self.table not in shapes.parts:
            raise ShapeError(
                f"The LSTM is to read the part {self.table!r}, but the windows carry "
                f"{sorted(shapes.parts)}. Add it by X.with_parts, or leave table out."
            )
        return prod(shapes.parts[self.table][1:])

    def _check_early(self, shapes: NetShapes) -> None:
        steps = shapes.parts[self.table][0]
        if steps != shapes.steps:
            raise ShapeError(
                f"fusion='early' joins inputs of the same steps, but the window has {shapes.steps} "
                f"and the part {self.table!r} has {steps}. Cut both with one lookback."
            )


class ParallelBackbone:
    """A CNN and an LSTM side by side."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "filters": FILTERS,
        "kernel_size": Sizes((2, 3)),
        "hidden_channels": Integers(1),
        "dropout": SHARE,
        "layers": Part(ParallelLayers) | NoneValue(ParallelLayers),
    }
    _rules: ClassVar[tuple[Rule, ...]] = (_convolved_axes,)

    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        layers = self._layers()
        backbone = layers.build(
            resize_frames(shapes, _branches(layers).augmentation),
            filters=self.filters,
            kernel_size=self.kernel_size,
            hidden_channels=int(self.hidden_channels),
            dropout=self.dropout,
        )
        return add_augmentation(backbone, _branches(layers).augmentation), (1, 1)

    def _inputs(self) -> tuple[str, ...]:
        return self._layers().inputs()

    def _layers(self) -> ParallelLayers:
        return ParallelLayers() if self.layers is None else self.layers

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`.
        """
        return join_spaces(KERNEL, HIDDEN, nest_space("layers__branches", DEPTH, POOL), TRAINING)


class ParallelCNNLSTMForecaster(ParallelBackbone, Forecaster):
    """Forecast with a CNN and an LSTM that read the window side by side.

    Both read the same windows, or the CNN maps and the LSTM a table that comes with them.

    Parameters
    ----------
    filters : sequence of int, default=(16,)
        Output channels of each convolution of the CNN branch, one on the other.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; where a frame has one row, its height is 1.
    hidden_channels : int, default=32
        Units of the LSTM branch.
    dropout : float, default=0.0
        Share dropped in training of the CNN's maps and of the LSTM's outputs, in [0, 1).
    layers : ParallelLayers, default=None
        How the branches are joined, what the LSTM reads, and what both are made of.
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
    By default the CNN convolves over time and cells and averages what it finds, so that it knows
    what happens in a window wherever it does, and the LSTM knows in which order. ``layers`` says
    what each reads and how they are joined.

    References
    ----------
    Karim et al. (2018), LSTM Fully Convolutional Networks for Time Series Classification,
    https://doi.org/10.1109/ACCESS.2017.2779939.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import FoldTime, make_windows
    >>> from stforecast.estimators import ParallelCNNLSTMForecaster
    >>> load = np.sin(np.arange(300) * 2 * np.pi / 7)
    >>> X, y = make_windows(load, lookback=28, horizon=7)
    >>> week = ParallelCNNLSTMForecaster((8,), max_epochs=30, random_state=0)
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
        layers: ParallelLayers | None = None,
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


class ParallelCNNLSTMClassifier(ParallelBackbone, Classifier):
    """Classify windows with a CNN and an LSTM that read the window side by side.

    Both read the same windows, or the CNN maps and the LSTM a table that comes with them.

    Parameters
    ----------
    filters : sequence of int, default=(16,)
        Output channels of each convolution of the CNN branch, one on the other.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; where a frame has one row, its height is 1.
    hidden_channels : int, default=32
        Units of the LSTM branch.
    dropout : float, default=0.0
        Share dropped in training of the CNN's maps and of the LSTM's outputs, in [0, 1).
    layers : ParallelLayers, default=None
        How the branches are joined, what the LSTM reads, and what both are made of.
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
    By default the CNN convolves over time and cells and averages what it finds, so that it knows
    what happens in a window wherever it does, and the LSTM knows in which order. ``layers`` says
    what each reads and how they are joined.

    References
    ----------
    Karim et al. (2018), LSTM Fully Convolutional Networks for Time Series Classification,
    https://doi.org/10.1109/ACCESS.2017.2779939.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import ParallelCNNLSTMClassifier
    >>> t = np.arange(400)
    >>> table = np.sin(t / np.where(t < 200, 2, 8))
    >>> X, y = make_windows(table, lookback=20, horizon=0, target=np.where(t < 200, "fast", "slow"))
    >>> model = ParallelCNNLSTMClassifier(max_epochs=20, lr=0.02, random_state=0)
    >>> model = model.fit(X[::2], y[::2])
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
        layers: ParallelLayers | None = None,
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
