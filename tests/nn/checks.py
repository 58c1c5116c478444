"""What every layer is asked: seeded noise in, gradients back, the same after export."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Seeded standard normal numbers in float64; the global generator is left alone."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def randomised(module: M, scale: float = 0.5, seed: int = 1) -> M:
    """Return the module in float64 with all its parameters drawn anew."""
    module.double()
    with torch.no_grad():
        for k, parameter in enumerate(module.parameters()):
            parameter.copy_(scale * noise(*parameter.shape, seed=seed + k))
    return module


def first(result: Any) -> Tensor:
    """Return the output of a layer that may return (output, state)."""
    return result if isinstance(result, Tensor) else result[0]


def idle_weights(module: nn.Module, *inputs: Any) -> list[str]:
    """Names of parameters of which some number does not move the output."""
    module.zero_grad()
    result = first(module(*inputs))
    (result * noise(*result.shape, seed=99)).sum().backward()
    return [
        name for name, p in module.named_parameters() if p.grad is None or not (p.grad != 0).all()
    ]


def exported(module: nn.Module, *inputs: Any) -> nn.Module:
    """Return the module through ``torch.export``, for batches of any size."""
    batch = torch.export.Dim("batch", min=2)
    shapes = torch.utils._pytree.tree_map(lambda _: {0: batch}, inputs)
    program = torch.export.export(module.eval(), inputs, dynamic_shapes=shapes)
    return program.module()


def count(module: nn.Module) -> int:
    """Number of learned numbers."""
    return sum(p.numel() for p in module.parameters())
