"""What the package ships and says: its data files, and doc comments whose lines are whole."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "reflection_model"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_every_data_file_is_installed_with_the_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    installed = {
        path for package, patterns in declared.items() for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }  # fmt: skip
    data = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert data - installed == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_line_of_a_doc_comment_is_a_torn_off_word(path: Path) -> None:
    """A re-wrap of a paragraph by a tool that only cuts long lines leaves a word alone between two full lines."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = ast.get_docstring(node) if isinstance(node, documented) else None
        lines = (text or "").splitlines()
        for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
            torn = len(before) > 90 and 0 < len(line.strip()) < 16 and after.strip()
            assert not torn, f"{path.name}: {line!r} stands alone after {before!r}"
