"""`forge setup`: prepares this environment, or says exactly what is missing."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from ..errors import ForgeError
from ..runtime_build.toolchain import find_emcc

DISTRIBUTION = "reflection-model"
PARTS = {
    "compile": "forge runtime and forge compile: TVM from the package index, Emscripten from the system",
    "train": "forge train: torch and matplotlib; compiling and converting do not need them",
    "dev": "the tests and the linter",
}
_MODEL_FOLDER = Path(__file__).parents[2]

EPILOG = "parts:\n" + "".join(f"  {name:8} {use}\n" for name, use in PARTS.items())
EPILOG += """\
What every part shares (reading and writing weights and tokenizers) comes with the package itself.

Without --install nothing is changed: each requirement is listed with what was found, and the exit status is 1 if one is
missing. With --install, Python packages go into the environment that runs this command, pinned with hashes where the
checkout has its lock files; Emscripten is installed with apt-get where that is possible without a password.
"""


@dataclass(frozen=True)
class Missing:
    """One requirement that is not met, and the command that meets it."""

    name: str
    found: str
    command: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to prepare: {', '.join(PARTS)} (default: compile)"
    )
    parser.add_argument("--install", action="store_true", help="install what is missing instead of only naming it")


def run(arguments: argparse.Namespace) -> None:
    """Checks the parts, installs if asked to, and reports."""
    parts = arguments.parts or ["compile"]
    for part in parts:
        if part not in PARTS:
            raise ForgeError(f"unknown part {part!r}", f"Parts: {', '.join(PARTS)}.")
    missing = check(parts)
    if missing and arguments.install:
        install(parts, missing)
        importlib.invalidate_caches()
        print("\nafter installing:")
        missing = check(parts)
    if missing:
        raise ForgeError(
            "not ready: " + ", ".join(f"{item.name} ({item.found})" for item in missing),
            "\n  ".join(dict.fromkeys(item.command for item in missing)),
        )
    print(f"ready: {', '.join(parts)}")


def check(parts: list[str]) -> list[Missing]:
    """Prints one line for each requirement and returns those that are not met."""
    missing = []
    for part in [None, *parts]:
        for requirement in requirements(part):
            found = installed_version(requirement.name)
            good = found is not None and requirement.specifier.contains(found, prereleases=True)
            _line(good, f"{requirement.name}{requirement.specifier}", found or "not installed")
            if not good:
                missing.append(Missing(requirement.name, found or "not installed", pip_command(part)))
    if "compile" in parts:
        try:
            path, version = find_emcc()
            _line(True, "emscripten>=3.1", f"{version} at {path}")
        except ForgeError as error:
            _line(False, "emscripten>=3.1", str(error))
            missing.append(Missing("emscripten", str(error), error.hint))
    return missing


def requirements(part: str | None) -> list[Requirement]:
    """What a part needs by the installed package's own description; None for what every part shares."""
    try:
        listed = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ForgeError(f"{DISTRIBUTION} is not installed in this environment", "Run: pip install -e model") from error
    found = []
    for text in listed:
        requirement = Requirement(text)
        marker = requirement.marker
        # With no extra named, a requirement of an extra does not apply; with one named, the shared ones apply again.
        shared = marker is None or marker.evaluate({"extra": ""})
        if shared if part is None else not shared and marker is not None and marker.evaluate({"extra": part}):
            found.append(requirement)
    return found


def installed_version(name: str) -> str | None:
    """The version of an installed distribution; None when it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def pip_command(part: str | None) -> str:
    """The command that installs a part into this environment; from the lock file where the checkout has one."""
    return " ".join([sys.executable, "-m", *pip_arguments(part)])


def pip_arguments(part: str | None) -> list[str]:
    """The arguments after `python -m` that install a part."""
    lock = _MODEL_FOLDER / "requirements" / f"{part or 'base'}.txt"
    if lock.is_file():
        return ["pip", "install", "--require-hashes", "-r", str(lock)]
    return ["pip", "install", f"{DISTRIBUTION}[{part}]" if part else DISTRIBUTION]


def install(parts: list[str], missing: list[Missing]) -> None:
    """Runs pip for the parts that miss packages, and apt-get for Emscripten.

    Raises:
        ForgeError: an installer failed, or would need rights that this user does not have.
    """
    names = {item.name for item in missing}
    for part in [None, *parts]:
        if names & {requirement.name for requirement in requirements(part)}:
            _run([sys.executable, "-m", *pip_arguments(part)])
    if "emscripten" in names:
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            command = "sudo apt-get install emscripten" if shutil.which("apt-get") else "see emscripten.org"
            raise ForgeError("Emscripten must be installed by hand here.", f"Run: {command}")
        _run(["apt-get", "update"])
        _run(["apt-get", "install", "-y", "emscripten"])


def _run(command: list[str]) -> None:
    print(f"$ {' '.join(command)}", flush=True)
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        raise ForgeError(f"`{' '.join(command)}` failed with status {status}", "Its own message is above.")


def _line(good: bool, name: str, found: str) -> None:
    print(f"{'ok' if good else 'MISSING':8} {name:32} {found}", flush=True)
