"""Save a model to one file, and load it."""

from __future__ import annotations

import io
import json
import os
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from sklearn.base import BaseEstimator

from stforecast._files import atomic_write
from stforecast._training.execution.devices import NoSuchDeviceError
from stforecast._version import __version__
from stforecast.exceptions import DataIntegrityError
from stforecast.persistence._pack import pack, unpack
from stforecast.persistence._trusted import trusted_names

FORMAT = 1
_HEADER = "stforecast.json"
# what a fitted model's numbers depend on
_PACKAGES = ("scikit-learn", "torch", "skorch", "numpy", "pandas", "skops")


def save(model: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save a model, fitted or not, to one file without pickle.

    The file is written beside its place and moved there when it is whole, so a failure leaves what
    was there before.

    Parameters
    ----------
    model : estimator
        A forecaster, window transformer or `SeriesForecaster` of this library, or a pipeline,
        search or other plain scikit-learn estimator around them. A `SktimeForecaster` is saved by
        its ``forecaster_``.
    path : str or path
        The file; one that is there is replaced.

    Raises
    ------
    TypeError
        If the model holds what no file may name, such as a class or function of yours.
    OSError
        If the folder is not there or cannot be written.
    ImportError
        If skops is not installed.

    See Also
    --------
    load : Reads the file.
    export_onnx : For other runtimes, the network only.

    Notes
    -----
    The file is a zip archive of arrays and a description in JSON, written by skops, which also
    says what of scikit-learn is safe to load: linear models, scalers, pipelines and searches are,
    of tree ensembles only some releases. Its size is three times that of the weights, with the
    optimizer's memory, and that of the series' last rows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from stforecast.persistence import load, save
    >>> from stforecast.estimators import LSTMForecaster
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.sin(np.arange(90) / 5), lookback=20)
    >>> model = LSTMForecaster(4, max_epochs=5, random_state=0).fit(X, y)
    >>> path = Path(tempfile.mkdtemp()) / "model.stf"
    >>> save(model, path)
    >>> bool((load(path).predict(X) == model.predict(X)).all())
    True
    """
    if not isinstance(model, BaseEstimator):
        raise TypeError(
            f"save needs a scikit-learn estimator, got {type(model).__name__}. Of a "
            "SktimeForecaster, save its forecaster_."
        )
    content = _archive(model)
    with atomic_write(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str], *, device: str | None = None) -> Any:
    """Load a model that `save` wrote.

    Only classes of this library, and those of scikit-learn and numpy that skops trusts, are made;
    nothing else in a file is run, so a file from elsewhere can do no harm.

    Parameters
    ----------
    path : str or path
        The file.
    device : str, default=None
        Where networks go, whatever their ``device`` was; by default that.

    Returns
    -------
    estimator
        The model, whose predictions are those of the saved one.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the machine has not the device.
    DataIntegrityError
        If the file is broken, or was not written by `save`.
    ImportError
        If skops is not installed.

    Warns
    -----
    UserWarning
        If the file was written with another release of stforecast, scikit-learn or torch.

    See Also
    --------
    save : Writes the file, with an example.

    Examples
    --------
    >>> from stforecast.persistence import load
    >>> load("nowhere.stf")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.stf'
    """
    skops = _skops()
    data = Path(path).read_bytes()
    _check_header(path, _header(path, data))
    try:
        model = unpack(skops.loads(data, trusted=trusted_names()), device)
    except NoSuchDeviceError as error:
        raise ValueError(
            f"{str(path)!r} holds a network whose {error} Pass device= to load."
        ) from error
    except Exception as error:
        raise _broken(path, error) from error
    return model


def _archive(model: BaseEstimator) -> bytes:
    skops = _skops()
    try:
        content = skops.dumps(pack(model))
    except Exception as error:
        raise TypeError(
            f"{model!r:.60} cannot be saved, since something in it has no plain form ({error}). "
            "Replace functions and objects of yours by tables and parts of the library."
        ) from error
    unknown = sorted(set(skops.get_untrusted_types(data=content)) - set(trusted_names()))
    if unknown:
        raise TypeError(
            f"A file may hold classes of stforecast and plain ones of scikit-learn only, but the "
            f"model holds {', '.join(unknown)}. Replace or remove them."
        )
    buffer = io.BytesIO(content)
    with ZipFile(buffer, "a") as archive:
        archive.writestr(_HEADER, json.dumps({"format": FORMAT, "versions": _versions()}))
    return buffer.getvalue()


def _header(path: Any, data: bytes) -> dict[str, Any]:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check_members(archive)
            header: dict[str, Any] = json.loads(archive.read(_HEADER))
    except Exception as error:
        raise _broken(path, error) from error
    return header


def _check_members(archive: ZipFile) -> None:
    damaged = archive.testzip()
    if damaged is not None:
        raise BadZipFile(f"{damaged} is damaged")


def _check_header(path: Any, header: dict[str, Any]) -> None:
    if header["format"] > FORMAT:
        raise DataIntegrityError(
            f"{str(path)!r} has format {header['format']}, but this release of stforecast reads "
            f"{FORMAT} at most. Update stforecast."
        )
    now = _versions()
    differ = [
        f"{name} {then} (now {now[name]})"
        for name, then in header["versions"].items()
        if name in ("stforecast", "scikit-learn", "torch") and _release(then) != _release(now[name])
    ]
    if differ:
        warnings.warn(
            f"{str(path)!r} was saved with {', '.join(differ)}. Compare its predictions before "
            "you rely on them, or fit and save again.",
            UserWarning,
            stacklevel=3,
        )


def _broken(path: Any, error: Exception) -> DataIntegrityError:
    return DataIntegrityError(
        f"{str(path)!r} is broken or was not written by stforecast.persistence.save "
        f"({type(error).__name__}: {error!s:.120}). Save the model again."
    )


def _release(name: str) -> list[str]:
    return name.split(".")[:2]


def _versions() -> dict[str, str]:
    return {"stforecast": __version__, **{name: version(name) for name in _PACKAGES}}


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            "Saving and loading need skops. Install it with pip install 'stforecast[persistence]'."
        ) from error
    return skops.io
