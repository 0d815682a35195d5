"""Finds the compiler wheels and Emscripten, and says exactly which is missing and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..errors import ForgeError

TVM_PACKAGE = "apache-tvm"
TVM_FFI_PACKAGE = "apache-tvm-ffi"
TVM_VERSION = "0.27.0.post1"
"""The one version whose function signatures and runtime sources this forge was written against."""

COMPILE_EXTRA_HINT = "Install the compiler into this environment: pip install -e 'model[compile]'"
EMSCRIPTEN_HINT = (
    "Install Emscripten 3.1 or newer: apt-get install emscripten (Debian, Ubuntu), or the emsdk of emscripten.org"
)


@dataclass(frozen=True)
class Toolchain:
    """Where the parts of a build are, and their versions.

    Args:
        tvm: the installed `tvm` package folder; it holds the runtime sources.
        tvm_ffi: the installed `tvm_ffi` package folder.
        emcc: the Emscripten compiler.
        versions: version by part name: "tvm", "tvm-ffi", "emscripten".
    """

    tvm: Path
    tvm_ffi: Path
    emcc: Path
    versions: dict[str, str]


def package_folder(module_name: str, package_name: str) -> Path:
    """The folder of an installed package, found without importing it.

    Raises:
        ForgeError: the package is not installed.
    """
    found = importlib.util.find_spec(module_name)
    if found is None or not found.submodule_search_locations:
        raise ForgeError(f"The Python package {package_name} is not installed.", COMPILE_EXTRA_HINT)
    return Path(next(iter(found.submodule_search_locations)))


def tvm_version() -> str:
    """The installed TVM version.

    Raises:
        ForgeError: TVM is missing, or is another version than the forge was written against.
    """
    package_folder("tvm", TVM_PACKAGE)
    version = importlib.metadata.version(TVM_PACKAGE)
    if version != TVM_VERSION:
        raise ForgeError(
            f"{TVM_PACKAGE} {version} is installed; this forge needs {TVM_VERSION}.",
            f"Its compiler interface changes between versions: pip install {TVM_PACKAGE}=={TVM_VERSION}",
        )
    return version


def find_emcc() -> tuple[Path, str]:
    """Emscripten's compiler on the search path, and its version.

    Raises:
        ForgeError: it is missing, does not run, or is older than 3.1.
    """
    found = shutil.which("emcc")
    if found is None:
        raise ForgeError("Emscripten's compiler `emcc` is not on the search path.", EMSCRIPTEN_HINT)
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=120, check=False)
    match = re.search(r"\b(\d+)\.(\d+)\.(\d+)\b", answer.stdout)
    if answer.returncode != 0 or match is None:
        raise ForgeError(f"`{found} --version` failed: {(answer.stderr or answer.stdout).strip()}", EMSCRIPTEN_HINT)
    if (int(match[1]), int(match[2])) < (3, 1):
        raise ForgeError(f"Emscripten {match[0]} is too old.", EMSCRIPTEN_HINT)
    return Path(found), match[0]


def find_toolchain() -> Toolchain:
    """All parts of a build.

    Raises:
        ForgeError: naming the first part that is missing, with the command that installs it.
    """
    version = tvm_version()
    emcc, emcc_version = find_emcc()
    return Toolchain(
        tvm=package_folder("tvm", TVM_PACKAGE),
        tvm_ffi=package_folder("tvm_ffi", TVM_FFI_PACKAGE),
        emcc=emcc,
        versions={
            "tvm": version,
            "tvm-ffi": importlib.metadata.version(TVM_FFI_PACKAGE),
            "emscripten": emcc_version,
        },
    )
