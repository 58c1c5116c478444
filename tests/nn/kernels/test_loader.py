from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stforecast import nn
from stforecast.nn.kernels import loader
from tests.nn.kernels.derive_tanh import header

SOURCE = Path(loader.__file__).parent


@pytest.fixture
def fresh():
    """Forget what was loaded, before and after."""
    found = (loader.find_kernel, loader._load)
    for function in found:
        function.cache_clear()
    yield
    for function in found:
        function.cache_clear()


def test_coefficients_are_those_that_the_script_derives():
    assert (SOURCE / "tanh_coefficients.h").read_text(encoding="utf-8") == header()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("path", ["", "/no/such/library.so", __file__])
def test_without_a_library_torch_does_the_work(path, monkeypatch, capsys):
    monkeypatch.setenv(loader.VARIABLE, path)
    assert loader.find_kernel(torch.float32) is None
    output, _ = nn.ConvLSTM(2, 3)(torch.zeros(1, 2, 2, 4, 4))
    assert output.shape == (1, 2, 3, 4, 4)
    nn.show_backends()
    assert "torch alone; no kernel at" in capsys.readouterr().out


@pytest.mark.skipif(loader.find_kernel(torch.float32) is None, reason="no kernel compiled here")
def test_backends_name_the_kernel_and_its_instructions(capsys):
    nn.show_backends()
    instruction_set = loader.find_kernel(torch.float32).instruction_set
    assert f"ConvLSTM on a CPU: compiled kernel, {instruction_set}\n" in capsys.readouterr().out


def test_there_is_no_kernel_of_other_precisions():
    assert loader.find_kernel(torch.bfloat16) is None
