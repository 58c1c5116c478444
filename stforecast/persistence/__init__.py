"""Models in files that run no code when they are read, and networks for other runtimes."""

from stforecast.persistence._model import load, save
from stforecast.persistence._onnx import export_onnx

__all__ = ["export_onnx", "load", "save"]
