"""ConvLSTM: memory that keeps its place on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from stforecast._composite import Composite
from stforecast._constraints import (
    SHARE,
    Constraint,
    Flags,
    Integers,
    NoneValue,
    Options,
    Part,
    Sizes,
)
from stforecast._training.budget import Auto
from stforecast._training.training import Training
from stforecast.estimators._classifier import Classifier
from stforecast.estimators._forecaster import Forecaster
from stforecast.estimators._search_spaces import (
    DEPTH,
    HIDDEN,
    KERNEL,
    TRAINING,
    Space,
    join_spaces,
    nest_space,
)
from stforecast.estimators.parts.augmentation import (
    FrameAugmentation,
    add_augmentation,
    resize_frames,
)
from stforecast.estimators.parts.base import Decoder, NetShapes
from stforecast.estimators.parts.cells import CELL, make_cell
from stforecast.nn.base import ACTIVATIONS, Backbone
from stforecast.nn.convlstm import ConvLSTM

__all__ = ["ConvLSTMClassifier", "ConvLSTMForecaster", "ConvLSTMLayers"]


class ConvLSTMLayers(Composite):
    """What the ConvLSTM's layers are made of.

    Parameters
    ----------
    cell : str, cell part or callable, default="plain"
        Variant of the cell: "plain"; "peephole", whose gates see the memory through one weight a
        channel; "separable", with kernels of one row or column; "norm", normalised by layer;
        "zoneout", which keeps some of the state; "gatewise", which convolves in the input gate
        only; "gru", a ConvGRU, which has three parts of weights instead of four and no memory
        beside its state; "rnn", which has no gate. Or a part with options of its own:
        `PeepholeCell`, `NormCell`, `ZoneoutCell`, `GatewiseCell`. Or a callable
        ``cell(in_channels, hidden_channels, kernel_size)``.
    activation : {"tanh", "relu", "sigmoid", "elu", "leaky_relu"}, default="tanh"
        Activation of the candidate and of the output.
    dilation : int or tuple of int, default=1
        Distance between the cells of a map that the kernels look at.
    num_layers : int, default=1
        ConvLSTM layers, one on the other.
    bidirectional : bool, default=False
        Whether a second ConvLSTM reads the window backwards.
    residual : bool, default=False
        Whether each layer's input is added to its output.
    augmentation : FrameAugmentation, default=None
        Random changes of the frames in training; None for none.

    Examples
    --------
    >>> from stforecast.estimators import ConvLSTMForecaster, ConvLSTMLayers
    >>> ConvLSTMForecaster(layers=ConvLSTMLayers(cell="peephole"))
    ConvLSTMForecaster(layers=ConvLSTMLayers(cell='peephole'))
    """

    _constraints: ClassVar[dict[str, Constraint]] = {
        "cell": CELL,
        "activation": Options(*ACTIVATIONS),
        "dilation": Sizes((2,)),
        "num_layers": Integers(1),
        "bidirectional": Flags(),
        "residual": Flags(),
        "augmentation": Part(FrameAugmentation) | NoneValue(FrameAugmentation),
    }

    def __init__(
        self,
        cell: Any = "plain",
        *,
        activation: str = "tanh",
        dilation: int | tuple[int, int] = 1,
        num_layers: int = 1,
        bidirectional: bool = False,
        residual: bool = False,
        augmentation: FrameAugmentation | None = None,
    ) -> None:
        self.cell = cell
        self.activation = activation
        self.dilation = dilation
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.augmentation = augmentation

    def build_cell(self, grid: tuple[int, int]) -> Any:
        """Return what makes the cells of a layer.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the frames.

        Returns
        -------
        str or callable
            A name that `ConvLSTM` knows, or what is called with channels and kernel size.
        """
        chosen = {"activation": self.activation, "dilation": self.dilation}
        usual = {"activation": "tanh", "dilation": 1}
        options = {name: value for name, value in chosen.items() if value != usual[name]}
        if isinstance(self.cell, str) and not options:
            return self.cell
        return make_cell(self.cell, grid, options)


class ConvLSTMBackbone:
    """An LSTM whose states are maps."""

    _constraints: ClassVar[dict[str, Constraint]] = {
        "hidden_channels": Integers(1),
        "kernel_size": Sizes((2,)),
        "dropout": SHARE,
        "layers": Part(ConvLSTMLayers) | NoneValue(ConvLSTMLayers),
    }

    def _backbone(self, shapes: NetShapes) -> tuple[Backbone, tuple[int, int]]:
        layers = ConvLSTMLayers() if self.layers is None else self.layers
        C, H, W = resize_frames(shapes, layers.augmentation).frame
        backbone = ConvLSTM(
            C,
            self.hidden_channels,
            self.kernel_size,
            num_layers=layers.num_layers,
            dropout=self.dropout,
            bidirectional=layers.bidirectional,
            residual=layers.residual,
            cell=layers.build_cell((H, W)),
        )
        if layers.augmentation is not None:
            return add_augmentation(backbone, layers.augmentation), (H, W)
        return backbone, (H, W)

    def search_space(self) -> Space:
        """Return the values of parameters that searches usually try.

        Returns
        -------
        dict of str to list
            For `GridSearchCV` (all of them are many: take some) and `RandomizedSearchCV`; for
            Optuna see `optuna_distributions`. The usual widths are for maps; series of
            a few values do with less.
        """
        return join_spaces(KERNEL, HIDDEN, nest_space("layers", DEPTH), TRAINING)


class ConvLSTMForecaster(ConvLSTMBackbone, Forecaster):
    """Forecast with a convolutional LSTM, whose states are maps.

    Every frame of the window is convolved into the state, which is convolved itself from step to
    step, so that what happens next to a cell moves into it. A table has frames of one cell; fold
    time (`FoldTime`) or place columns (`ColumnsToGrid`) to give it neighbours.

    Parameters
    ----------
    hidden_channels : int, default=16
        Channels of the state in each layer.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; use (1, k) for frames of one row.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, in [0, 1).
    layers : ConvLSTMLayers, default=None
        The rarer choices of layers: how many, cell variant, residual links, both directions.
    decoder : {"auto", "dense", "step", "rollout"} or decoder part, default="auto"
        What turns the last state into the horizon. "auto" rolls maps out, one after the other,
        where `make_windows` made the targets of a series of maps and the layers run one way, and
        is dense elsewhere; plain arrays do not say that they hold maps.
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
    A dense decoder sees the whole last map at once; a window costs about
    ``8 T H W kh kw hidden (C + hidden)`` multiplications and additions a layer.

    References
    ----------
    Shi et al. (2015), Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting, arXiv:1506.04214.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from stforecast import ConvLSTMForecaster, FoldTime, make_windows
    >>> load = np.sin(np.arange(300) * 2 * np.pi / 7)
    >>> X, y = make_windows(load, lookback=28, horizon=7)
    >>> week = ConvLSTMForecaster(8, (1, 3), max_epochs=30, random_state=0)
    >>> model = make_pipeline(FoldTime(width=7), week).fit(X[:-50], y[:-50])
    >>> model.predict(X[-50:]).shape
    (50, 7)
    """

    def __init__(
        self,
        hidden_channels: int = 16,
        kernel_size: int | tuple[int, int] = 3,
        dropout: float = 0.0,
        *,
        layers: ConvLSTMLayers | None = None,
        decoder: str | Decoder = "auto",
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
        self.kernel_size = kernel_size
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


class ConvLSTMClassifier(ConvLSTMBackbone, Classifier):
    """Classify windows with a convolutional LSTM, whose states are maps.

    Parameters
    ----------
    hidden_channels : int, default=16
        Channels of the state in each layer.
    kernel_size : int or tuple of int, default=3
        Height and width of the kernels, in cells; use (1, k) for frames of one row.
    dropout : float, default=0.0
        Share of each layer's outputs dropped in training, in [0, 1).
    layers : ConvLSTMLayers, default=None
        The rarer choices of layers: how many, cell variant, residual links, both directions.
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
    The default decoder has weights for every cell; average the cells
    (``decoder=DenseDecoder(pooling="average")``) where the class does not depend on the place.

    References
    ----------
    Shi et al. (2015), Convolutional LSTM Network: A Machine Learning Approach for Precipitation
    Nowcasting, arXiv:1506.04214.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast import make_windows
    >>> from stforecast.estimators import ConvLSTMClassifier
    >>> t = np.arange(400)
    >>> table = np.sin(t / np.where(t < 200, 2, 8))
    >>> X, y = make_windows(table, lookback=20, horizon=0, target=np.where(t < 200, "fast", "slow"))
    >>> model = ConvLSTMClassifier(4, 1, max_epochs=20, lr=0.02, random_state=0).fit(X[::2], y[::2])
    >>> model.predict_proba(X).shape
    (381, 2)
    >>> model.score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        hidden_channels: int = 16,
        kernel_size: int | tuple[int, int] = 3,
        dropout: float = 0.0,
        *,
        layers: ConvLSTMLayers | None = None,
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
        self.kernel_size = kernel_size
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
