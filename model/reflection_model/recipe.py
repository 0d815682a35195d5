"""Runs the steps of a recipe one after the other, none twice on the same things: stopped, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ForgeError
from .files import write_json

FORGE = (sys.executable, "-m", "reflection_model.cli")


@dataclass(frozen=True)
class Step:
    """One command of a recipe.

    Attributes:
        name: in lower case with hyphens; also the name of its stamp.
        arguments: of `forge`; computed when the step's turn comes, so that it can read what earlier steps wrote.
        makes: files or folders that are there when it is done; the command makes them anew when one is missing.
        repeatable: whether the same inputs give the same bytes on every machine, so that hashes can be expected.
    """

    name: str
    arguments: Callable[[], Sequence[str]]
    makes: tuple[Path, ...]
    repeatable: bool = False


def hash_of(path: Path) -> str:
    """SHA-256 of a file, or of the names and hashes of the files in a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    lines = (
        f"{child.relative_to(path).as_posix()} {hash_of(child)}" for child in sorted(path.rglob("*")) if child.is_file()
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def run_steps(
    steps: Sequence[Step],
    stamps: Path,
    expected: dict[str, dict[str, str]] | None = None,
    say: Callable[[str], object] = print,
    command: Sequence[str] = FORGE,
) -> dict[str, dict[str, str]]:
    """Runs what is not done yet.

    Args:
        steps: in order.
        stamps: folder in which each finished step leaves its command, its duration, the hashes of what it made, and of
            what it read of the things that earlier steps made: those that its command names. A step is done when all
            of this is as its stamp says.
        expected: for a step's name, the hash of each thing it makes by file name; a difference stops a repeatable step
            and is told of any other.
        say: gets one line a step.
        command: what runs the arguments; `forge` by default.

    Returns:
        The hashes of what the steps made, by step and name: what the next edition of `expected` can hold.

    Raises:
        ForgeError: a command failed, left out what it should make, or made other bytes than a repeatable step must.
    """
    made: dict[str, dict[str, str]] = {}
    hashes: dict[Path, str] = {}
    anew: set[Path] = set()
    for number, step in enumerate(steps, 1):
        arguments = [str(argument) for argument in step.arguments()]
        stamp = stamps / f"{step.name}.json"
        read = {str(path): digest for path, digest in hashes.items() if _is_named(path, arguments)}
        if _is_done(stamp, arguments, step, read, anew):
            made[step.name] = json.loads(stamp.read_text(encoding="utf-8"))["made"]
            hashes |= {path: made[step.name].get(path.name, "") for path in step.makes}
            _compare(step, made[step.name], (expected or {}).get(step.name, {}), say)
            say(f"[{number}/{len(steps)}] {step.name}: done before")
            continue
        say(f"[{number}/{len(steps)}] {step.name}: forge {' '.join(arguments)}")
        started = time.monotonic()
        status = subprocess.run([*command, *arguments], check=False).returncode
        if status != 0:
            raise ForgeError(
                f"step {step.name} failed with status {status}", "Run the recipe again to go on from here."
            )
        missing = [str(path) for path in step.makes if not path.exists()]
        if missing:
            raise ForgeError(f"step {step.name} ended without making {', '.join(missing)}")
        made[step.name] = {path.name: hash_of(path) for path in step.makes}
        hashes |= {path: made[step.name][path.name] for path in step.makes}
        anew |= set(step.makes)
        _compare(step, made[step.name], (expected or {}).get(step.name, {}), say)
        seconds = round(time.monotonic() - started)
        write_json(stamp, {"arguments": arguments, "seconds": seconds, "made": made[step.name], "read": read})
    return made


def _is_named(path: Path, arguments: list[str]) -> bool:
    """Whether a command names this thing, something in it or the folder that it lies in."""
    named = map(Path, arguments)
    return any(name.parts and (path.is_relative_to(name) or name.is_relative_to(path)) for name in named)


def _is_done(stamp: Path, arguments: list[str], step: Step, read: dict[str, str], anew: set[Path]) -> bool:
    if not stamp.is_file() or not all(path.exists() for path in step.makes):
        return False
    left = json.loads(stamp.read_text(encoding="utf-8"))
    # A stamp of an earlier edition does not say what was read; it holds as long as nothing of it is made anew.
    same = left["read"] == read if "read" in left else not any(_is_named(path, arguments) for path in anew)
    return bool(left["arguments"] == arguments and same)


def _compare(step: Step, made: dict[str, str], expected: dict[str, str], say: Callable[[str], object]) -> None:
    for name, digest in expected.items():
        if made.get(name) == digest:
            continue
        text = f"step {step.name}: {name} has SHA-256 {made.get(name)}, expected {digest}"
        if step.repeatable:
            raise ForgeError(text, "The generator or a locked package differs from the edition that was shipped.")
        say(f"  {text}; the order of floating-point sums differs between machines")
