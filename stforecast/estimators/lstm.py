"""LSTM on flattened frames: forecaster, classifier and their layers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from stforecast._constraints import SHARE, Constraint, Flags, Integers, NoneValue, Part
from stforecast._training.budget import Auto
from stforecast._training.training import Training
from stforecast.estimators._classifier import Classifier
from stforecast.estimators._forecaster import Forecaster
from stforecast.estimators._search_spaces import (
    DEPTH,
    HIDDEN,
    TRAINING,
    Space,
    join_spaces,
    nest_space,
)
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.weights import check_lstm_weights
from stforecast.nn import LSTM, Backbone
from stforecast.nn.lstm import RECURRENT

__all__ = ["LSTMClassifier", "LSTMForecaster", "LSTMLayers"]


class LSTMLayers(BaseEstimator):
    """What the LSTM's layers are made of.

    Parameters
    ----------
    num_layers : int, default=1
        LSTM layers, one on the other.
    bidirectional : bool, default=False
        Whether a second LSTM reads the window backwards.
    residual : bool, default=False
        Whether each layer's input is added to its output.
    cell : {"lstm", "gru", "rnn"}, default="lstm"
        The recurrent unit: an LSTM, a GRU, which has two gates and no memory beside its state, or
        Elman's plain network, which has no gate.

    Examples
    --------
    >>> from stforecast.estimators import LSTMForecaster, LSTMLayers
    >>> LSTMForecaster(layers=LSTMLayers(num_layers=2, cell="gru"))
    LSTMForecaster(layers=LSTMLayers(cell='gru', num_layers=2))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "num_layers": Integers(1),
        "bidirectional": Flags(),
        "residual": Flags(),
        "cell": RECURRENT,
    }

    def __init__(
        self,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        residual: bool = False,
        cell: str = "lstm",
    ) -> None:
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.cell = cell


class LSTMBackbone:
    """An LSTM on flattened frames."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "hidden_channels": Integers(1),
        "dropout": SHARE,
        "layers": Part(LSTMLayers) | NoneValue(LSTMLayers),
    }

    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        layers = LSTMLayers() if self.layers is None else self.layers
        features, units = prod(shapes.frame), int(self.hidden_channels)
        remedy = "Take a CNN-LSTM, which pools the cells of maps, or a ConvLSTM."
        check_lstm_weights(features, units, layers.cell, remedy)
        backbone = LSTM(
            features,
            units,
            num_layers=layers.num_layers,
            dropout=self.dropout,
            bidirectional=layers.bidirectional,
            residual=layers.residual,
            cell=layers.cell,
        )
        return backbone, (1, 1)

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`.
        """
        return join_spaces(HIDDEN, nest_space("layers", DEPTH), TRAINING)


class LSTMForecaster(LSTMBackbone, Forecaster):
    """Forecast with an LSTM on flattened frames (FC-LSTM).

    Parameters
    ----------
    hidden_channels : int, default=64
        Units of the LSTM, per direction.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, in [0, 1).
    layers : LSTMLayers, default=None
        The rarer choices of layers: how many, residual links, both directions.
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
    It knows nothing of neighbourhoods: cells of a map are unrelated columns to it. See
    `ConvLSTMForecaster` for maps. With ``layers=LSTMLayers(cell="gru")`` it is a GRU forecaster,
    with "rnn" a plain recurrent network.

    References
    ----------
    Hochreiter, Schmidhuber (1997), Long Short-Term Memory,
    https://doi.org/10.1162/neco.1997.9.8.1735.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import LSTMForecaster, make_windows
    >>> X, y = make_windows(np.sin(np.arange(300) / 5), lookback=20, horizon=3)
    >>> model = LSTMForecaster(16, max_epochs=30, random_state=0).fit(X[:-50], y[:-50])
    >>> model.predict(X[-50:]).shape
    (50, 3)
    """

    def __init__(
        self,
        hidden_channels: int = 64,
        dropout: float = 0.0,
        *,
        layers: LSTMLayers | None = None,
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


class LSTMClassifier(LSTMBackbone, Classifier):
    """Classify windows with an LSTM on flattened frames (FC-LSTM).

    Parameters
    ----------
    hidden_channels : int, default=64
        Units of the LSTM, per direction.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, in [0, 1).
    layers : LSTMLayers, default=None
        The rarer choices of layers: how many, residual links, both directions.
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
    It knows nothing of neighbourhoods: cells of a map are unrelated columns to it.

    References
    ----------
    Hochreiter, Schmidhuber (1997), Long Short-Term Memory,
    https://doi.org/10.1162/neco.1997.9.8.1735.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import LSTMClassifier
    >>> t = np.arange(400)
    >>> table = np.sin(t / np.where(t < 200, 2, 8))
    >>> X, y = make_windows(table, lookback=20, horizon=0, target=np.where(t < 200, "fast", "slow"))
    >>> model = LSTMClassifier(8, max_epochs=20, lr=0.02, random_state=0).fit(X[::2], y[::2])
    >>> model.predict_proba(X).shape
    (381, 2)
    >>> model.score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        hidden_channels: int = 64,
        dropout: float = 0.0,
        *,
        layers: LSTMLayers | None = None,
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
