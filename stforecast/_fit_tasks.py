"""scikit-learn's callbacks, where its release has them (from 1.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


class _CallbackStub:
    """What a class inherits without scikit-learn's callbacks."""


try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _wrap_method
except ImportError:  # scikit-learn before 1.9
    CallbackSupportMixin, _wrap_method = _CallbackStub, None

__all__ = [
    "CallbackSupportMixin",
    "FitPart",
    "FitTasks",
    "adopt_attributes",
    "close_callbacks",
    "copy_estimator",
    "fit_on_copy",
]

Estimator = TypeVar("Estimator")


def close_callbacks(method: Method) -> Method:
    """Let a method take its callbacks down however it ends."""
    wrapper: Method = method if _wrap_method is None else _wrap_method(method)
    return wrapper


def copy_estimator(estimator: Estimator) -> Estimator:
    """Return a copy of an estimator to be fitted in its place.

    A fit that fails, or that Ctrl-C ends, so leaves the estimator as it was. Where it ends well,
    the estimator takes the attributes of the copy over (`adopt_attributes`).
    """
    # not `clone`: attributes of a fit before, with which a warm start goes on, come along
    copy = object.__new__(type(estimator))
    vars(copy).update(vars(estimator))
    return copy


def adopt_attributes(estimator: Estimator, copy: Estimator) -> None:
    """Give an estimator the fitted attributes of its copy, all together."""
    # attributes of an earlier fit that this one does not set
    leftovers = [name for name in vars(estimator) if name.endswith("_") and name not in vars(copy)]
    vars(estimator).update(vars(copy))
    for name in leftovers:
        delattr(estimator, name)


def fit_on_copy(method: Any, *args: Any) -> None:
    """Run a method of an estimator on a copy of it, and take over what the copy has learned."""
    copy = copy_estimator(method.__self__)
    method.__func__(copy, *args)  # the function of the bound method, with the copy as self
    adopt_attributes(method.__self__, copy)


class FitPart:
    """The fit of an inner estimator, as a task that callbacks see from any process.

    Parameters
    ----------
    context : CallbackContext, optional
        The task; None without callbacks.
    arguments : dict
        What callbacks receive: the outer estimator and what it is fitted on.
    """

    def __init__(self, context: Any, arguments: dict[str, Any]) -> None:
        self._context = context
        self._fit_arguments = arguments

    @contextmanager
    def watch(self, estimator: Any) -> Iterator[None]:
        """Announce the fit of the inner estimator, which happens in the block, to callbacks."""
        if self._context is None:
            yield
            return
        with self._context.propagate_callback_context(estimator):
            self._context.call_on_fit_task_begin(**self._fit_arguments)
            yield
        # not in a `finally`: a fit that raises must not count as a task that ended
        self._context.call_on_fit_task_end(**self._fit_arguments)


class FitTasks:
    """A fit and its steps, as tasks that callbacks see; without callbacks it does nothing.

    To be made in a method under `close_callbacks`.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        What is fitted.
    X, y : array-like
        What it is fitted on.
    steps : int, default=0
        Steps at the most.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, steps: int = 0) -> None:
        self._fit_arguments = {"estimator": estimator, "X": X, "y": y}
        # the stub that stands in before scikit-learn 1.9 lacks it
        begin = getattr(estimator, "_init_callback_context", None)
        self._fit = None if begin is None else begin(max_subtasks=steps)
        self._step: Any = None
        if self._fit is not None:
            self._fit.call_on_fit_task_begin(**self._fit_arguments)

    def begin_step(self, name: str) -> None:
        """Tell that a step begins."""
        if self._fit is not None:
            self._step = self._fit.subcontext(task_name=name)
            self._step.call_on_fit_task_begin(**self._fit_arguments)

    def end_step(self, attributes: Callable[[], dict[str, Any]]) -> bool:
        """Tell that a step has ended; return whether a callback asks for it to be the last.

        `attributes` gives those with which the estimator could predict now.
        """
        if self._step is None:
            return False
        stop = self._step.call_on_fit_task_end(
            **self._fit_arguments, reconstruction_attributes=attributes
        )
        return bool(stop)

    def part(self, name: str) -> FitPart:
        """Return the fit of an inner estimator as a task; parts may go on side by side."""
        if self._fit is None:
            return FitPart(None, {})
        return FitPart(self._fit.subcontext(task_name=name), self._fit_arguments)

    def end(self) -> None:
        """Tell that the fit has ended."""
        if self._fit is not None:
            self._fit.call_on_fit_task_end(**self._fit_arguments)
