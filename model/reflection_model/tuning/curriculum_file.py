"""Reads a mix of training conversations from JSON: only what differs from the default need stand in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..errors import ForgeError
from ..read_json import read_json_object
from .curriculum import Curriculum
from .solution import ReflectionRates


def read_curriculum(path: Path) -> Curriculum:
    """The default mix with the fields of a JSON object put in; `families` and `rates` are objects of their own.

    Raises:
        ForgeError: the file is no such object, or names a field or family that does not exist.
    """
    changes = read_json_object(path)
    default = Curriculum()
    _require_known(path, changes, [field.name for field in dataclasses.fields(Curriculum)])
    families, rates = changes.pop("families", {}), changes.pop("rates", {})
    _require_known(path, families, list(default.families))
    _require_known(path, rates, [field.name for field in dataclasses.fields(ReflectionRates)])
    return dataclasses.replace(
        default,
        **{name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()},
        families={**default.families, **families},
        rates=dataclasses.replace(default.rates, **rates),
    )


def _require_known(path: Path, given: object, known: list[str]) -> None:
    if not isinstance(given, dict):
        raise ForgeError(f"{path} holds {given!r} where an object belongs", f"Its fields can be {', '.join(known)}.")
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ForgeError(f"{path} names {', '.join(unknown)}", f"Known: {', '.join(known)}.")
