"""The recurrence of tanh gates as one node of autograd, by hand-written slopes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from stforecast.nn.gates import State
from stforecast.nn.kernels import compiled_kernel, torch_kernel
from stforecast.nn.kernels.inputs import Dilations, Inputs, Run, Slopes, Weights, zeros
from stforecast.nn.kernels.loader import find_kernel
from stforecast.nn.same_conv import same_conv2d

__all__ = ["has_kernel", "is_opaque", "run_kernel", "run_loop", "run_torch"]

PLAIN_TYPES = {Tensor, torch.nn.Parameter}  # any other may mean more than its numbers


def is_opaque(weights: Weights, x: Tensor, state: State | None) -> bool:
    """Return whether nothing but numbers and first derivatives is asked of a run on the CPU.

    Traced and transformed modules, mixed precision, forward-mode derivatives, and tensors of
    another kind need operations that torch sees.
    """
    tensors = [tensor for tensor in weights.inputs(x, state) if tensor is not None]
    return (
        all(type(tensor) in PLAIN_TYPES and tensor.dtype == x.dtype for tensor in tensors)
        and all(tensor.device.type == "cpu" for tensor in tensors)
        and not (torch.is_autocast_enabled("cpu") or _is_transformed() or _have_tangents(tensors))
    )


def has_kernel(weights: Weights, x: Tensor) -> bool:
    """Return whether there is a compiled kernel for these frames, and peepholes fit their grid."""
    peepholes = weights.peepholes
    fits = peepholes is None or peepholes.shape[2:] in ((1, 1), x.shape[3:])
    return fits and x.numel() > 0 and find_kernel(x.dtype) is not None


def run_kernel(weights: Weights, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Run a cell over a window by the compiled kernel.

    Parameters
    ----------
    weights : Weights
        The cell's.
    x : torch.Tensor
        Frames [B, T, C, H, W] of any strides.
    state : tuple of torch.Tensor or None
        ``(h, c)``, each [B, F, H, W]; None for zeros.

    Returns
    -------
    output : torch.Tensor
        ``h`` after every frame, [B, T, F, H, W], channels last in memory.
    state : tuple of torch.Tensor
        ``(h, c)`` after the last frame.
    """
    return _run(compiled_kernel, weights, x, state)


def run_torch(weights: Weights, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Do what :func:`run_kernel` does, without peepholes, in operations of torch."""
    return _run(torch_kernel, weights, x, state)


def run_loop(weights: Weights, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Do what :func:`run_kernel` does, step by step, all of it seen by torch."""
    h, c = zeros(x, weights.bias.shape[0] // 4) if state is None else state
    to_i, to_f, to_o = (0.0, 0.0, 0.0) if weights.peepholes is None else weights.peepholes
    output = []
    for frame in x.unbind(1):
        z = same_conv2d(frame, weights.input, weights.bias, weights.dilations[:2])
        z = z + same_conv2d(h, weights.state, None, weights.dilations[2:])
        i, f, g, o = z.chunk(4, dim=1)
        i, f = torch.sigmoid(i + to_i * c), torch.sigmoid(f + to_f * c)
        c = f * c + i * torch.tanh(g)
        h = torch.sigmoid(o + to_o * c) * torch.tanh(c)
        output.append(h)
    return torch.stack(output, dim=1), (h, c)


def _run(way: ModuleType, weights: Weights, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    inputs = weights.inputs(x, state)
    if torch.is_grad_enabled() and any(
        tensor is not None and tensor.requires_grad for tensor in inputs
    ):
        apply: Any = _Recurrence.apply
        output, h, c = apply(way, weights.dilations, *inputs)
    else:
        output, h, c, *_ = way.forward(inputs, weights.dilations, save=False)
    return output, (h, c)


class _Recurrence(torch.autograd.Function):
    """``apply(way, dilations, *inputs)`` gives output, h and c."""

    @staticmethod
    def forward(ctx: Any, way: ModuleType, dilations: Dilations, *tensors: Any) -> Any:
        """Run all steps, keeping what the way back needs."""
        inputs = Inputs(*tensors)
        run = way.forward(inputs, dilations, save=True)
        ctx.way, ctx.dilations, ctx.problem = way, dilations, run.problem
        ctx.set_materialize_grads(False)  # a slope that nobody asks for stays None, not zeros
        ctx.save_for_backward(*inputs, run.output, *run.records)
        return run.output, run.h, run.c

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        """Run all steps back; step by step where the slopes are to be differentiated too."""
        tensors = ctx.saved_tensors  # once: a checkpoint computes them anew
        inputs, (output, *records) = Inputs(*tensors[:7]), tensors[7:]
        needs = ctx.needs_input_grad[2:]  # of the tensors: way and dilations come before them
        if all(slope is None for slope in slopes):
            return None, None, *(None for _ in inputs)
        if torch.is_grad_enabled() or _is_transformed() or _are_stacked(slopes):
            return None, None, *_loop_slopes(inputs, ctx.dilations, slopes, needs)
        way, run = ctx.way, Run(output, None, None, ctx.dilations, records, ctx.problem)
        d_inputs = way.backward(inputs, run, slopes, needs)
        return None, None, *(d if need else None for d, need in zip(d_inputs, needs, strict=True))


def _loop_slopes(
    inputs: Inputs, dilations: Dilations, slopes: Slopes, needs: tuple[bool, ...]
) -> Slopes:
    """Return slopes that can be differentiated themselves."""
    create_graph = torch.is_grad_enabled()  # before the block below enables it
    with torch.enable_grad():
        # Views of their own: a state computed from the frames must not count in the frames' slope.
        views: list[Any] = [None if tensor is None else tensor.view_as(tensor) for tensor in inputs]
        own = Inputs(*views)
        weights = Weights(own.input, own.state, own.bias, own.peepholes, dilations)
        state = None if own.h is None or own.c is None else (own.h, own.c)
        output, last = run_loop(weights, own.x, state)
        pairs = zip((output, *last), slopes, strict=True)
        values, d_values = zip(*((y, d_y) for y, d_y in pairs if d_y is not None), strict=True)
        leaves = [leaf for leaf, need in zip(own, needs, strict=True) if need and leaf is not None]
        d_leaves = iter(
            torch.autograd.grad(
                values, leaves, d_values, create_graph=create_graph, allow_unused=True
            )
        )
    return tuple(next(d_leaves) if need else None for need in needs)


def _have_tangents(tensors: list[Tensor]) -> bool:
    """Return whether a forward-mode derivative goes with one of the tensors."""
    unpack: Any = forward_ad.unpack_dual  # torch does not say what it returns
    return any(unpack(tensor).tangent is not None for tensor in tensors)


def _is_transformed() -> bool:
    """Return whether torch.func, a tracer, or what records operations looks on."""
    # torch has no public function that tells whether vmap, grad or a dispatch mode is active, and
    # its own autograd.Function calls these
    core: Any = torch._C  # noqa: SLF001 - see above
    functions = core._are_functorch_transforms_active()  # noqa: SLF001 - see above
    recorders = core._len_torch_dispatch_stack()  # noqa: SLF001 - see above
    tracer = core._get_tracing_state()  # noqa: SLF001 - torch.jit.is_tracing has no type
    return bool(functions or recorders or tracer)


def _are_stacked(slopes: Slopes) -> bool:
    """Return whether these are slopes of ``torch.autograd.grad(..., is_grads_batched=True)``."""
    ask: Any = torch._C._functorch.is_legacy_batchedtensor  # noqa: SLF001 - no public question
    return any(ask(slope) for slope in slopes if slope is not None)
