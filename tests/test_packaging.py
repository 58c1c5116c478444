"""What is installed works outside the checkout, and what is declared is what is used."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOR_USERS = (
    "plot",
    "xarray",
    "dask",
    "holidays",
    "optuna",
    "polars",
    "parquet",
    "video",
    "onnx",
    "benchmark",
)
# where the name to import is not the name to install
INSTALLED_AS = {"sklearn": "scikit-learn"}

READ_THE_DATA = """
import stforecast
from stforecast.datasets import load_air_temperature, load_household_power
assert load_air_temperature().shape == (20, 25, 53)
power = load_household_power("D")
print(stforecast.__file__)
print(len(power), power.shape[1], power.index.freqstr)
"""


def run(*command: object, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_environment(folder: Path) -> Path:
    """A virtual environment that sees the packages of this one; the path of its python."""
    venv.create(folder, symlinks=True)
    library = next(folder.glob("lib/python*/site-packages"))
    here = [path for path in sys.path if path.endswith("site-packages")]
    (library / "of_the_tests.pth").write_text("\n".join(here))
    return folder / "bin" / "python"


def install(python: Path, what: object, *options: str, cwd: Path) -> Path:
    """Install without dependencies, by this environment's pip and build tools."""
    target = next(python.parents[1].glob("lib/python*/site-packages"))
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
        "--ignore-installed", "--no-build-isolation", "--no-index", *options, what, cwd=cwd,
    )  # fmt: skip
    return target


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a wheel that was built from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT, cwd=folder)
    return folder


def test_the_wheel_runs_outside_the_checkout(built: Path, tmp_path: Path) -> None:
    python = new_environment(tmp_path / "env")
    target = install(python, next(built.glob("*.whl")), cwd=tmp_path)
    where, table = run(python, "-E", "-c", READ_THE_DATA, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(target)
    assert table == "1442 8 D"


def has_compiler() -> bool:
    sys.path.insert(0, str(CHECKOUT))
    try:
        import hatch_build
    finally:
        sys.path.remove(str(CHECKOUT))
    return hatch_build.find_compiler() is not None


def compile_copy(folder: Path, compiler: str) -> subprocess.CompletedProcess[str]:
    """What `make kernel` runs, on a copy of the kernel's source, with a compiler of our own."""
    kernels = Path("stforecast/nn/kernels")
    shutil.copy(CHECKOUT / "hatch_build.py", folder)
    shutil.copytree(CHECKOUT / kernels, folder / kernels, ignore=shutil.ignore_patterns("*.so"))
    return subprocess.run(
        [sys.executable, "hatch_build.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CXX": compiler},
    )


@pytest.mark.skipif(os.name != "posix", reason="the kernel is compiled on POSIX systems")
def test_a_kernel_that_does_not_compile_fails_the_command(tmp_path: Path) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text('#!/bin/sh\n[ "$1" = --version ] || { echo "odd source" >&2; exit 1; }\n')
    compiler.chmod(0o755)
    done = compile_copy(tmp_path, str(compiler))
    assert done.returncode == 1
    assert "odd source" in done.stderr
    assert "The kernel does not compile" in done.stderr


def test_a_machine_without_a_compiler_does_not_fail_the_command(tmp_path: Path) -> None:
    done = compile_copy(tmp_path, "/bin/false")
    assert done.returncode == 0
    assert "No C++ compiler for this machine: no kernel." in done.stdout


SHOW = "from stforecast.nn import show_backends; show_backends()"


def test_the_wheel_carries_the_kernel_where_there_is_a_compiler(
    built: Path, tmp_path: Path
) -> None:
    wheel = next(built.glob("*.whl"))
    python = new_environment(tmp_path / "env")
    install(python, wheel, cwd=tmp_path)
    shown = run(python, "-E", "-c", SHOW, cwd=tmp_path)
    assert ("compiled kernel" in shown) == has_compiler()
    assert wheel.name.endswith("-py3-none-any.whl") != has_compiler()
    assert "-py3-none-" in wheel.name  # one wheel serves every Python


def test_without_a_compiler_the_wheel_is_pure_and_runs(built: Path, tmp_path: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(tmp_path.glob("stforecast-*"))
    build = (sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path)
    run(*build, source, cwd=tmp_path, CXX="/bin/false")
    wheel = next(tmp_path.glob("*.whl"))
    assert wheel.name.endswith("-py3-none-any.whl")
    python = new_environment(tmp_path / "env")
    target = install(python, wheel, cwd=tmp_path)
    assert not list(target.rglob("_convlstm*.so"))
    assert "torch alone" in run(python, "-E", "-c", SHOW, cwd=tmp_path)


def test_an_editable_install_finds_the_data(tmp_path: Path) -> None:
    python = new_environment(tmp_path / "env")
    install(python, CHECKOUT, "--editable", cwd=tmp_path)
    where, table = run(python, "-E", "-c", READ_THE_DATA, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(CHECKOUT)
    assert table == "1442 8 D"


@pytest.mark.parametrize(
    "path",
    [
        "Makefile",
        "constraints-floors.txt",
        "README.md",
        "LICENSE",
        "benchmarks/results/household_power/arima.csv",
        "docs/conf.py",
        "tests/test_packaging.py",
    ],
)
def test_the_source_distribution_runs_every_command(built: Path, path: str) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
    assert f"{names[0].partition('/')[0]}/{path}" in names


def test_the_wheel_holds_types_data_and_licence_and_no_tests(built: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "zipfile", "-e", next(built.glob("*.whl")), tmp_path, cwd=tmp_path)
    data = tmp_path / "stforecast/datasets/data/household_power"
    assert (tmp_path / "stforecast/py.typed").exists()
    assert (tmp_path / "stforecast/__init__.pyi").exists()
    assert "CC BY 4.0" in (data / "README.md").read_text(encoding="utf-8")
    assert (data / "household_power_hours.csv.xz").exists()
    assert list(tmp_path.glob("*.dist-info/licenses/LICENSE"))
    assert not (tmp_path / "tests").exists()


def requirements(extras: tuple[str, ...] = ()) -> dict[str, str]:
    """Declared packages and their lower bounds: those of all users, and of some extras."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    pairs = (re.fullmatch(r"([\w-]+)(?:\[.*\])?>=([\d.]+)", line) for line in lines)
    return {match[1]: match[2] for match in pairs if match}


def imported_packages() -> set[str]:
    """Everything the package imports that is neither its own nor Python's."""
    names: set[str] = set()
    for path in (CHECKOUT / "stforecast").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
    tops = {name.split(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - {"stforecast"}


# packages of time zones: pandas brings dateutil, and whoever has zones of pytz has pytz
BROUGHT = {"dateutil", "pytz"}


def test_every_imported_package_is_declared() -> None:
    declared = set(requirements(FOR_USERS)) | BROUGHT
    assert {INSTALLED_AS.get(name, name) for name in imported_packages()} <= declared


def test_every_dependency_is_imported() -> None:
    used = {INSTALLED_AS.get(name, name) for name in imported_packages()}
    assert set(requirements()) <= used


def test_a_reader_of_netcdf_brings_what_it_reads_by() -> None:
    # h5netcdf declares neither, and xarray asks for cftime at the first file of a climate model
    assert {"h5netcdf", "h5py", "cftime"} <= set(requirements(("xarray",)))


def pins(file: str) -> dict[str, str]:
    lines = (CHECKOUT / file).read_text(encoding="utf-8").splitlines()
    pairs = (line.lower().split("==") for line in lines if line and not line.startswith("#"))
    return {name.replace("_", "-"): version for name, version in pairs}


def release(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def test_the_floors_are_the_lower_bounds() -> None:
    extras = tuple(PROJECT["optional-dependencies"])
    bounds = requirements(extras)
    bounds.pop("torch")
    # what only builds, tests or documents the project is no promise to users
    for_users = {name: bounds[name] for name in requirements(FOR_USERS) if name in bounds}
    floors = pins("constraints-floors.txt")
    assert {name: release(floors[name]) for name in for_users} == {
        name: release(bound) for name, bound in for_users.items()
    }


def test_every_declared_package_is_pinned() -> None:
    names = {name.lower() for name in requirements(tuple(PROJECT["optional-dependencies"]))}
    assert names - set(pins("constraints.txt")) == set()


@pytest.mark.parametrize("file", ["constraints.txt", "constraints-floors.txt"])
def test_pins_name_no_host_and_no_local_build(file: str) -> None:
    text = (CHECKOUT / file).read_text(encoding="utf-8")
    assert "://" not in text
    assert "+" not in text
