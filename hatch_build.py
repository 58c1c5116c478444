"""Compile the ConvLSTM kernel where a C++ compiler is found; without one the wheel is pure Python.

Run as ``python hatch_build.py``, it compiles the kernel into the checkout.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNELS = Path("stforecast", "nn", "kernels")
LIBRARY = "_convlstm.so"
# Never -ffast-math: it loses NaN, and the library would set flush-to-zero for the whole process.
FLAGS = [
    *("-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-ffp-contract=fast"),
    *("-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fno-trapping-math"),
]
WIDE = ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mprefer-vector-width=512"]
X86 = {"base": [], "avx2": ["-mavx2", "-mfma"], "avx512": [*WIDE, "-mfma"]}
BUILDS = {"x86_64": X86, "aarch64": {"base": []}, "arm64": {"base": []}}


class KernelHook(BuildHookInterface):
    """Put the compiled kernel into the wheel, and tag the wheel by platform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is put together."""
        library = compile_kernel(Path(self.root))
        if library is None:
            why = "The kernel does not compile" if can_compile() else "No C++ compiler"
            self.app.display_warning(f"{why}: stforecast runs in pure Python, slower.")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag()}"
        build_data["artifacts"].append(str(library.relative_to(self.root)))


def platform_tag() -> str:
    """Return the name of this platform as wheels have it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def compile_kernel(root: Path) -> Path | None:
    """Return the library, compiled where it is older than its source.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    Path or None
        The library; None, and no library left over, where it cannot be compiled.
    """
    library = root / KERNELS / LIBRARY
    compiler, builds = find_compiler(), find_builds()
    possible = compiler is not None and builds is not None
    if possible and (is_fresh(library, root) or link(compiler, builds, root, library)):
        return library
    library.unlink(missing_ok=True)
    return None


def can_compile() -> bool:
    """Return whether a compiler runs here, on a machine that the kernel is written for."""
    return find_compiler() is not None and find_builds() is not None


def find_builds() -> dict[str, list[str]] | None:
    """Return the sets of instructions and their flags; None on a machine without a kernel."""
    return BUILDS.get(platform.machine()) if os.name == "posix" else None


def find_compiler() -> list[str] | None:
    """Return the command of the C++ compiler, CXX or the first on the path; None without one."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    return next((name.split() for name in names if works(name.split())), None)


def works(compiler: list[str]) -> bool:
    """Return whether a command is a compiler that runs."""
    if shutil.which(compiler[0]) is None:
        return False
    return not subprocess.run([*compiler, "--version"], capture_output=True, check=False).returncode


def is_fresh(library: Path, root: Path) -> bool:
    """Return whether the library is younger than all it is made from."""
    sources = [
        root / "hatch_build.py",
        *(root / KERNELS).glob("*.cpp"),
        *(root / KERNELS).glob("*.h"),
    ]
    youngest = max(source.stat().st_mtime for source in sources)
    return library.exists() and library.stat().st_mtime > youngest


def link(compiler: list[str], builds: dict[str, list[str]], root: Path, library: Path) -> bool:
    """Compile once for each set of instructions, and put all into one library.

    CXXFLAGS come last, such as ``-fsanitize=address``.
    """
    extra = os.environ.get("CXXFLAGS", "").split()
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        objects = {build: Path(folder, f"{build}.o") for build in builds}
        source = root / KERNELS / "convlstm.cpp"
        jobs = [
            [
                *compiler,
                *FLAGS,
                *flags,
                *extra,
                f"-DBUILD={build}",
                "-c",
                source,
                "-o",
                objects[build],
            ]
            for build, flags in builds.items()
        ]
        # under another name first, since other processes may be reading the old one
        fresh = Path(folder, LIBRARY)
        done = run_all(jobs) and run_all(
            [[*compiler, *extra, "-shared", "-pthread", *objects.values(), "-o", fresh]]
        )
        if done:
            fresh.replace(library)
    return done


def run_all(commands: list[list[Any]]) -> bool:
    """Run commands side by side; show what they complain about where one fails."""
    jobs = [subprocess.Popen(command, stderr=subprocess.PIPE) for command in commands]
    complaints = [job.communicate()[1].decode() for job in jobs]
    failed = any(job.returncode for job in jobs)
    if failed:
        sys.stderr.write("\n".join(complaints))
    return not failed


def main() -> None:
    """Compile into the checkout; fail where a compiler is at hand and the kernel is not made."""
    library = compile_kernel(Path(__file__).parent)
    if library is None and can_compile():
        sys.exit("The kernel does not compile: see what the compiler says above.")
    sys.stdout.write(f"{library or 'No C++ compiler for this machine: no kernel.'}\n")


if __name__ == "__main__":
    main()
