"""The version, in a module of its own: the build reads it here, and nothing is imported for it."""

from __future__ import annotations

__version__ = "0.1.0"
