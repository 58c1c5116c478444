"""A trained network for other runtimes."""

from __future__ import annotations

import logging
import os
import warnings
from copy import deepcopy
from typing import Any

import torch
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from stforecast._files import atomic_write
from stforecast.estimators._network import NetEstimator


def export_onnx(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted network with its scaling as an ONNX file.

    The file's input ``window`` takes what `predict` takes, its output ``forecast`` is what
    `predict` gives (``predict_proba`` of a classifier), both in their own units and in single
    precision. Named parts of the windows are further inputs.

    Parameters
    ----------
    model : forecaster or classifier
        Fitted. Of a pipeline pass the last step: what goes before it is not exported.
    path : str or path
        The file; one that is there is replaced.

    Raises
    ------
    TypeError
        If the model is no network of this library.
    ImportError
        If onnx or onnxscript is not installed.

    See Also
    --------
    save : Keeps the whole model, to be loaded by this library.

    Notes
    -----
    The number of windows is free, their shape fixed. Recurrences of a ConvLSTM are unrolled, so
    the file grows with the frames of a window and takes seconds to write. NaN is masked inside if
    the network was trained so.

    References
    ----------
    ONNX, Open Neural Network Exchange, https://onnx.ai.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.persistence import export_onnx
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     export_onnx(model, Path(folder, "model.onnx"))
    ...     Path(folder, "model.onnx").read_bytes()[:40].count(b"pytorch")
    1
    """
    _check_packages()
    if not isinstance(model, NetEstimator):
        raise TypeError(
            f"export_onnx needs a network of this library, got {type(model).__name__}. Of a "
            "pipeline pass the last step."
        )
    check_is_fitted(model)
    content = _program(InOwnUnits(model)).model_proto.SerializeToString()
    with atomic_write(path) as file:
        file.write(content)


class InOwnUnits(torch.nn.Module):
    """A fitted network between its scalers: windows in, forecasts out, in their units.

    Parameters
    ----------
    model : forecaster or classifier
        Fitted.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.network = deepcopy(model.net_.module_).cpu().float().eval()
        self.window = tuple(model.window_shape_)
        self.parts = {name: tuple(shape) for name, shape in model.shapes_.parts.items()}
        self.masked = model.shapes_.frame[0] == 2 * _channels(self.window)
        self.classifies = is_classifier(model)
        axes = {"x": 5, "y": 2}
        axes |= {f"part_{name}": 1 + len(shape) for name, shape in self.parts.items()}
        for name, scaler in model._scalers().items():  # noqa: SLF001 - users see no scaler
            _keep(self, name, scaler, axes[name])

    def forward(self, window: torch.Tensor, *parts: torch.Tensor) -> torch.Tensor:
        """Return the forecasts of windows, given their parts in the order of `parts`."""
        frames = window.reshape(-1, *_frames(self.window))
        frames = (frames - self.x_mean) / self.x_scale
        if self.masked:
            present = ~torch.isnan(frames)
            frames = torch.cat([torch.where(present, frames, 0.0), present.to(frames.dtype)], dim=2)
        named = {
            name: (part - getattr(self, f"part_{name}_mean")) / getattr(self, f"part_{name}_scale")
            for name, part in zip(self.parts, parts, strict=True)
        }
        output: torch.Tensor = self.network(frames, named)
        return output.softmax(dim=1) if self.classifies else output * self.y_scale + self.y_mean


def _program(module: InOwnUnits) -> Any:
    shapes = [module.window, *module.parts.values()]
    inputs = tuple(torch.zeros(3, *shape) for shape in shapes)
    parts = tuple({0: "windows"} for _ in module.parts)
    dynamic = ({0: "windows"}, parts) if parts else ({0: "windows"},)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that torchvision is not there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's of its own deprecated parts
            return torch.onnx.export(
                module,
                inputs,
                dynamo=True,
                dynamic_shapes=dynamic,
                input_names=["window", *module.parts],
                output_names=["forecast"],
                verbose=False,
            )
    finally:
        logger.setLevel(level)


def _keep(module: torch.nn.Module, name: str, scaler: Any, ndim: int) -> None:
    """Keep mean and scale as buffers that broadcast against batches of so many axes."""
    for statistic in ("mean", "scale"):
        values = torch.tensor(getattr(scaler, statistic), dtype=torch.float32)
        after = [1] * (ndim - scaler.axis - 1)
        module.register_buffer(f"{name}_{statistic}", values.reshape(-1, *after))


def _channels(window: tuple[int, ...]) -> int:
    return _frames(window)[1]


def _frames(window: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the shape (T, C, H, W) of one window given as (T,), (T, C), (T, H, W) or that."""
    T, *frame = window
    C, H, W = {0: (1, 1, 1), 1: (*frame, 1, 1), 2: (1, *frame), 3: tuple(frame)}[len(frame)]
    return T, C, H, W


def _check_packages() -> None:
    try:
        import onnx
        import onnxscript
    except ImportError as error:
        raise ImportError(
            "export_onnx needs onnx and onnxscript. Install them with pip install "
            "'stforecast[onnx]'."
        ) from error
    assert onnx
    assert onnxscript
