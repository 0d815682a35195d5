import re
import tomllib
from pathlib import Path

import pytest

MODEL = Path(__file__).parent.parent
PROJECT = tomllib.loads((MODEL / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = {"base": [], **PROJECT["optional-dependencies"]}


@pytest.mark.parametrize("name", EXTRAS)
def test_lock_holds_what_the_project_asks_for(name: str) -> None:
    lock = (MODEL / "requirements" / f"{name}.txt").read_text()
    assert "://" not in lock
    entries = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", lock, flags=re.M))
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    locked = {entry.split("==")[0] for entry in entries}
    for requirement in PROJECT["dependencies"] + EXTRAS[name]:
        wanted = re.match(r"[\w.-]+", requirement)
        assert wanted is not None and wanted.group().lower().replace("_", "-") in locked


def test_locks_agree_with_each_other() -> None:
    versions: dict[str, set[str]] = {}
    for name in EXTRAS:
        lines = re.findall(r"^[a-z].*==.*$", (MODEL / "requirements" / f"{name}.txt").read_text(), flags=re.M)
        for package in {line.split("==")[0] for line in lines}:
            pins = sorted(line.rstrip(" \\") for line in lines if line.startswith(f"{package}=="))
            versions.setdefault(package, set()).add(" | ".join(pins))
    assert {package: pins for package, pins in versions.items() if len(pins) > 1} == {}
