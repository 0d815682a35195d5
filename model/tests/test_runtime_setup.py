"""`forge setup`: what it asks for, and what it says when something is missing."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from reflection_model.cli import main
from reflection_model.commands import setup
from reflection_model.errors import ForgeError


def names(part: str | None) -> set[str]:
    return {requirement.name for requirement in setup.requirements(part)}


def test_training_needs_torch_and_nothing_else_does():
    assert "torch" in names("train")
    assert "torch" not in names("compile") | names(None)


def test_each_part_has_requirements_of_its_own():
    assert {"numpy", "tokenizers"} <= names(None)
    for part in setup.PARTS:
        assert names(part) and not names(part) & names(None)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, capsys):
    monkeypatch.setattr(setup, "requirements", lambda part: [Requirement("no-such-package>=2")] if part else [])
    assert main(["setup", "train"]) == 1
    said = capsys.readouterr()
    assert "MISSING  no-such-package>=2" in said.out
    assert "no-such-package (not installed)" in said.err and "-m pip install" in said.err


def test_a_wrong_version_is_missing_too(monkeypatch, capsys):
    monkeypatch.setattr(setup, "requirements", lambda part: [Requirement("pytest>=9999")] if part else [])
    assert main(["setup", "dev"]) == 1
    assert f"pytest ({setup.installed_version('pytest')})" in capsys.readouterr().err


def test_missing_emscripten_is_named_only_where_it_is_needed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(setup, "requirements", lambda part: [])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["setup", "train"]) == 0
    assert main(["setup"]) == 1
    assert "apt-get install emscripten" in capsys.readouterr().err


def test_an_unknown_part_is_refused(capsys):
    assert main(["setup", "everything"]) == 1
    assert "Parts: compile, train, dev." in capsys.readouterr().err


def test_a_failing_installer_is_reported(monkeypatch):
    monkeypatch.setattr(setup, "requirements", lambda part: [Requirement("no-such-package")] if part else [])
    monkeypatch.setattr(setup, "pip_arguments", lambda part: ["pip", "install", "--no-index", "no-such-package"])
    with pytest.raises(ForgeError, match="failed with status 1"):
        setup.install(["dev"], [setup.Missing("no-such-package", "not installed", "")])


def test_locked_versions_are_installed_from_the_checkout():
    arguments = setup.pip_arguments("compile")
    assert "--require-hashes" in arguments and arguments[-1].endswith("requirements/compile.txt")
