"""Reading a JSON object that a person or another tool wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import ForgeError


def read_json_object(path: Path, optional: bool = False) -> dict[str, Any]:
    """Reads a JSON object; an absent optional file is an empty one.

    Raises:
        ForgeError: the file is missing, or does not hold a JSON object.
    """
    if optional and not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ForgeError(f"{path} is missing") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ForgeError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ForgeError(f"{path} must hold a JSON object")
    return value
