"""Baselines and networks trained beside blocks of time, to see what the networks add there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from stforecast._fit_tasks import FitTasks
from stforecast._training.engine import FitPlan
from stforecast._training.epochs import run_epochs
from stforecast._training.execution.global_state import seed_torch
from stforecast._training.holdout import Parts, series_numbers, validation_part
from stforecast._training.progress import Outlook
from stforecast.estimators._blend import (
    Blend,
    baseline_forecasts,
    baseline_residuals,
    blend_forecasts,
    fit_baseline,
)
from stforecast.estimators._examples import Examples
from stforecast.estimators._net_fit import Task, make_net, scale_data
from stforecast.estimators._scaled_network import ScaledNetwork
from stforecast.estimators._scaling import fit_rows
from stforecast.estimators._training_blocks import (
    FEW_WINDOWS,
    holds_back_series,
    training_blocks,
)
from stforecast.estimators._weights import window_weights
from stforecast.estimators.baselines._columns import target_batch
from stforecast.estimators.baselines._share import (
    SHARES,
    BlockErrors,
    Choice,
    choose,
    has_gain,
    is_clearly_better,
)
from stforecast.estimators.baselines.baseline import (
    Baseline,
    candidate_forms,
    has_map_windows,
    make_baseline,
)
from stforecast.estimators.parts.base import OPEN_LIMITS, NetShapes
from stforecast.exceptions import DivergedError
from stforecast.nn import ForecastNet
from stforecast.windows._batches import iter_batches
from stforecast.windows._windows import Windows

# Part of the epochs after which two forms are compared.
FIRST_SHARE = 0.25

Pair = tuple[Examples, Examples]  # what to learn from, and a block

Build = Callable[[NetShapes, FitPlan], ForecastNet]
Loss = Callable[[np.ndarray], np.ndarray]
_LOSSES: dict[str, Loss] = {
    "mse": np.square,
    "mae": np.abs,
    "huber": lambda e: np.where(np.abs(e) < 1, e**2 / 2, np.abs(e) - 0.5),
    "pinball": lambda e: np.abs(e) / 2,
}


class BlockRecorder(Callback):  # type: ignore[misc]  # skorch is untyped
    """Note after each epoch what forecasts of the block held back cost, at each share.

    Parameters
    ----------
    network : ScaledNetwork
        What turns outputs into forecasts.
    base, truth : ndarray of shape (n, outputs)
        The baseline's forecasts of the block, and its targets.
    residuals : bool
        Whether the network forecasts residuals.
    runs : int array of shape (n,)
        The run of origins that each sample belongs to.
    weights : ndarray of shape (n,)
        How much each sample counts.
    loss : callable
        Gives the loss of errors (n, outputs, quantiles) in the units of the targets.
    """

    def __init__(
        self,
        network: ScaledNetwork,
        base: np.ndarray,
        truth: np.ndarray,
        residuals: bool,
        runs: np.ndarray,
        weights: np.ndarray,
        loss: Loss,
    ) -> None:
        self.network = network
        self.base = base
        self.truth = truth
        self.residuals = residuals
        self.runs = runs
        self.weights = weights
        self.loss = loss

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Begin with no epoch."""
        self.errors_: list[np.ndarray] = []

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Begin with the first sample of the block."""
        self.first_, self.sums_ = 0, np.zeros((len(SHARES), self.runs.max() + 1))

    def on_batch_end(
        self, net: Any, batch: Any = None, training: bool = True, **kwargs: Any
    ) -> None:
        """Add the losses of a batch of the block."""
        if training:
            return
        # batches of a block come in order, since only those that train are shuffled
        output = kwargs["y_pred"].detach().double().cpu().numpy()
        _check_divergence(net, batch, output)
        forecasts, median = self.network.forecasts(output), self.network.median
        rows = slice(self.first_, self.first_ + len(forecasts))
        base, truth, runs = self.base[rows], self.truth[rows], self.runs[rows]
        weights = self.weights[rows]
        for i, share in enumerate(SHARES):
            errors = (
                blend_forecasts(base, forecasts, median, share, self.residuals) - truth[..., None]
            )
            np.add.at(self.sums_[i], runs, weights * _mean_loss(self.loss(errors)))
        self.first_ = rows.stop

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Keep the sums of the epoch."""
        self.errors_.append(self.sums_)

    def block_errors(self) -> BlockErrors:
        """Return the mean loss of each run."""
        known = np.isfinite(self.truth).any(axis=1)
        counts = np.bincount(self.runs, known * self.weights, minlength=self.runs.max() + 1)
        return BlockErrors(np.stack(self.errors_) / np.where(counts > 0, counts, 1), counts)


class TrialStop(Callback):  # type: ignore[misc]  # skorch is untyped
    """End a trial after its first epochs where another form has been clearly better in as many.

    Parameters
    ----------
    recorder : BlockRecorder
        Notes the errors of the trial.
    other : BlockErrors
        Errors of the other form.
    epochs : int
        First epochs.
    """

    def __init__(self, recorder: BlockRecorder, other: BlockErrors, epochs: int) -> None:
        self.recorder = recorder
        self.other = other
        self.epochs = epochs

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Compare once."""
        is_due = len(net.history) == self.epochs
        if is_due and is_clearly_better(self.other, self.recorder.block_errors()):
            net.max_epochs = self.epochs  # the loop of epochs ends by itself, as if they were all


def target_scale(X: Windows, y: Any, shapes: NetShapes, plan: FitPlan) -> np.ndarray:
    """Return the units in which the loss measures errors of each output."""
    C, H, W = shapes.target
    if not plan.training.standardize:
        return np.ones(shapes.outputs)
    return fit_rows(y, (shapes.horizon, C, H * W), X.masked).divisor


@dataclass(frozen=True, eq=False)
class Trials:
    """Baselines and networks that learn without a block of the samples.

    Parameters
    ----------
    build : callable
        Returns a new network of some shapes, for a plan.
    plan : FitPlan
        How it is trained.
    regressor : regressor
        The baseline, unfitted.
    shapes : NetShapes
        Shapes of a sample.
    """

    build: Build
    plan: FitPlan
    regressor: Any
    shapes: NetShapes

    def errors(self, pair: Pair, residuals: bool, other: BlockErrors | None = None) -> BlockErrors:
        """Return what forecasts of a block cost; nothing that is fitted sees its targets.

        Where errors of another form in the first epochs are clearly less, they end with these.
        """
        train, block = pair
        baseline = fit_baseline(clone(self.regressor), *train)
        examples = pair
        if residuals:
            examples = (_residuals(baseline, train), _residuals(baseline, block))
        network = scale_data(*examples[0], self.shapes, self.plan)
        scale = target_scale(*train, self.shapes, self.plan)
        loss = _loss(network, self.plan)
        recorder = BlockRecorder(
            network,
            baseline_forecasts(baseline, block.X, block.y.shape[1]),
            target_batch(block.y, np.arange(len(block.X))),
            residuals,
            _runs(block.X),
            _weights(block.X),
            lambda errors: loss(errors / scale[:, None]),
        )
        callbacks: list[Callback] = [recorder]
        if other is not None:
            callbacks.append(TrialStop(recorder, other, self.first_epochs(len(train.X))))
        self._train(examples, network, callbacks)
        return recorder.block_errors()

    def first_epochs(self, samples: int) -> int:
        """Return the epochs after which two forms are compared, of fits on `samples` samples."""
        return max(1, round(FIRST_SHARE * self.plan.budget(samples).max_epochs))

    def replace_epochs(self, epochs: int) -> Trials:
        """Return trials that train for other epochs."""
        return replace(self, plan=replace(self.plan, max_epochs=epochs))

    def _train(self, pair: Pair, network: ScaledNetwork, callbacks: Sequence[Callback]) -> None:
        (X, targets), block = pair
        plan, scalers = _trial_plan(self.plan, len(X)), network.scalers
        task = Task(
            scalers.targets(targets),
            plan.decoder.criterion(plan.training.loss, X.masked),
            train=np.arange(len(X)),
            valid=np.arange(0),
            validation=scalers.samples(block.X, scalers.targets(block.y)),
        )
        with seed_torch(plan.seed, plan.device), plan.compute.apply(plan.device) as core_count:
            module = self.build(self.shapes, plan)
            net, samples, _ = make_net(module, X, plan, task, scalers)
            net.callbacks_ += [
                (type(callback).__name__, callback.initialize()) for callback in callbacks
            ]
            with plan.compute.strategy(net, prod(self.shapes.frame[1:]), core_count):
                run_epochs(net, samples, FitTasks(None, X, targets), lambda _: {})


def fit_blend(
    value: Any,
    data: Examples,
    plan: FitPlan,
    shapes: NetShapes,
    build: Build,
    *,
    groups: Any = None,
    validation: Examples | None = None,
) -> tuple[Blend | None, tuple[float, ...]]:
    """Return what a network stands on, and the losses of as many epochs as to train it for.

    There are no losses, and the network trains as it does alone, where it stands on nothing. So it
    does where the windows are too few for a block, or where a block leaves none that shows some of
    the targets; the share is 0 then, since nothing shows that the network adds.
    """
    setup = make_baseline(value, data.X)
    if setup is None:
        return None, ()
    regressor, part = setup
    trials = Trials(build, plan, regressor, shapes)
    pairs = _user_pair(data, plan, groups, validation) or _take_pairs(
        data, training_blocks(data.X, part.blocks, plan.seed)
    )
    if data.X.masked and not all(_has_every_channel(train.y, shapes) for train, _ in pairs):
        pairs = []
    forms = _forms(part, data.X, plan)
    if pairs:
        trials = replace(trials, plan=replace(plan, outlook=_outlook(trials, pairs, forms, data)))
    form, latest = _choose_form(trials, pairs, forms)
    residuals = form == "residuals"
    choice = _choice(trials, pairs, residuals, latest)
    baseline = fit_baseline(clone(regressor), *data)
    losses = choice.losses[: choice.epochs] if plan.stops_early else ()
    return Blend(baseline, choice.share, choice.gain, residuals), losses


def _user_pair(
    data: Examples, plan: FitPlan, groups: Any, validation: Examples | None
) -> list[Pair]:
    """Return the block that the user passes, or names by groups, a number or a date, if any."""
    if validation is not None:
        return [(data, validation)]
    fraction = plan.training.validation_fraction
    if groups is None and isinstance(fraction, float):
        return []
    rows = validation_part(data.X, fraction, groups, plan.seed)
    return _take_pairs(data, [rows]) if len(rows[1]) else []


def _take_pairs(data: Examples, parts: Sequence[Parts]) -> list[Pair]:
    return [(data.take(train), data.take(block)) for train, block in parts]


def _forms(part: Baseline, X: Windows, plan: FitPlan) -> tuple[str, ...]:
    """Return what the network may learn, the usual form of this kind of windows first."""
    if plan.decoder.limits != OPEN_LIMITS:
        # what a bounded target may leave of a baseline depends on the baseline, sample by sample
        return ("targets",)
    forms = candidate_forms(X) if part.form is None else (part.form,)
    # on maps the usual form can be far behind: what advection leaves is hard for a network to learn
    return forms if len(X) <= FEW_WINDOWS or has_map_windows(X) else forms[:1]


def _outlook(
    trials: Trials, pairs: Sequence[Pair], forms: Sequence[str], data: Examples
) -> Outlook:
    """Return all that may be trained: each form and block, and then on all windows."""
    counts = [len(train.X) for train, _ in pairs]
    epochs = [trials.plan.budget(count).max_epochs for count in (*counts, len(data.X))]
    work = sum(a * b for a, b in zip((*counts, len(data.X)), epochs, strict=True))
    if len(forms) > 1:
        # The form that is tried first is ended early, and so is the usual one where it is worse or
        # where its first steps depend on how many are to come; the better one then begins anew.
        work += 2 * trials.first_epochs(counts[-1]) * counts[-1]
    blocks = "a block" if len(pairs) == 1 else f"each of {len(pairs)} blocks"
    return Outlook(work, f"at most {max(epochs)} epochs beside {blocks}, and then on all windows")


def _choose_form(
    trials: Trials, pairs: Sequence[Pair], forms: Sequence[str]
) -> tuple[str, BlockErrors | None]:
    """Return the form that loses less on the latest block, the first unless another is clear.

    The forms are compared after their first epochs. The first one then trains on if it stays, and
    its errors come along, unless its first steps depend on how many are to come.
    """
    if len(forms) == 1 or not pairs:
        return forms[0], None
    pair = pairs[-1]
    epochs = trials.first_epochs(len(pair[0].X))
    first = trials.replace_epochs(epochs)
    usual, rest = (form == "residuals" for form in forms)
    other = first.errors(pair, rest).first(epochs)
    if trials.plan.training.depends_on_epochs():
        errors = first.errors(pair, usual)
        return forms[is_clearly_better(other, errors.first(epochs))], None
    errors = trials.errors(pair, usual, other)
    if is_clearly_better(other, errors.first(epochs)):
        return forms[1], None
    return forms[0], errors


def _choice(
    trials: Trials, pairs: Sequence[Pair], residuals: bool, latest: BlockErrors | None
) -> Choice:
    """Return share and epochs, from the latest block first: without hope there, from it alone.

    Errors of the latest block that are known already are taken as they are.
    """
    blocks: list[BlockErrors] = []
    for pair in reversed(pairs):
        errors, latest = latest or trials.errors(pair, residuals), None
        if not trials.plan.stops_early:
            errors = BlockErrors(errors.errors[-1:], errors.counts)
        blocks.insert(0, errors)
        if not has_gain(blocks[-1]):
            return choose(blocks[-1:], hope=False)
    if not blocks:
        return Choice(0.0, float("nan"), 0, ())
    # Series drawn from all differ from others no more than from one another; and a part of a
    # median would be mixed with the mean that a baseline forecasts.
    whole = bool(trials.plan.decoder.quantiles) or all(
        holds_back_series(train.X, block.X) for train, block in pairs
    )
    return choose(blocks, whole=whole)


def _has_every_channel(y: Any, shapes: NetShapes) -> bool:
    """Return whether each channel of the targets has a value somewhere."""
    C, H, W = shapes.target
    batches = iter_batches(y) if isinstance(y, Windows) else [np.asarray(y)]
    has_value = np.zeros(C, dtype=bool)
    for batch in batches:
        known = np.isfinite(batch.reshape(len(batch), shapes.horizon, C, H * W))
        has_value |= known.any(axis=(0, 1, 3))
    return bool(has_value.all())


def _residuals(baseline: Any, data: Examples) -> Examples:
    """Return what a baseline leaves of examples."""
    return Examples(data.X, baseline_residuals(baseline, *data))


def _runs(X: Windows) -> np.ndarray:
    """Return the run of each sample: origins of one series within two reaches of the targets.

    Errors of origins whose targets overlap are nearly one error: each for itself, they would make a
    standard error far too small.
    """
    series, times = series_numbers(X), X.times
    start = np.full(series.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(start, series, times)
    runs = (times - start[series]) // (2 * max(1, X.reach))
    return np.unique(series * (runs.max() + 1) + runs, return_inverse=True)[1].ravel()


def _weights(X: Windows) -> np.ndarray:
    weights = window_weights(X)
    return np.ones(len(X)) if weights is None else weights


def _loss(network: ScaledNetwork, plan: FitPlan) -> Loss:
    """Return the loss that the network is trained with, so that blocks ask what the user asks."""
    if not network.quantiles:
        return _LOSSES[plan.training.loss]
    quantiles = np.array(network.quantiles)
    return lambda errors: np.maximum(-quantiles * errors, (1 - quantiles) * errors)


def _mean_loss(losses: np.ndarray) -> np.ndarray:
    """Return the mean loss of each sample over the targets that it has."""
    known = np.isfinite(losses)
    total = np.where(known, losses, 0).sum(axis=(1, 2))
    return np.asarray(total / np.maximum(known.sum(axis=(1, 2)), 1))


def _check_divergence(net: Any, batch: Any, output: np.ndarray) -> None:
    """Raise if a network makes infinity or NaN of finite windows."""
    if np.isfinite(output).all() or not torch.isfinite(batch[0]["x"]).all():
        return
    raise DivergedError(
        f"The network's outputs became infinite or NaN in epoch {len(net.history)} of training "
        f"beside a block held back. Lower lr (now {net.lr}) or the training's gradient_clip."
    )


def _trial_plan(plan: FitPlan, samples: int) -> FitPlan:
    """Return a plan without the user's callbacks, for all epochs where none is held back."""
    net_params = {**plan.net_params, "callbacks": plan.decoder.callbacks()}
    training = plan.training
    if not plan.stops_early:
        epochs = plan.budget(samples).max_epochs
        training = clone(training).set_params(patience=epochs)
    return replace(plan, training=training, net_params=net_params, title="block")
