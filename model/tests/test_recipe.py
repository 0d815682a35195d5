"""A recipe runs each step once, goes on where it stopped, and says when a step made other bytes than it should."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reflection_model.errors import ForgeError
from reflection_model.recipe import Step, hash_of, run_steps

WRITE = (sys.executable, "-c", "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])")


def _step(path: Path, text: str, repeatable: bool = True, name: str = "one") -> Step:
    return Step(name, lambda: (str(path), text), (path,), repeatable)


def test_a_step_runs_once_and_again_when_its_command_changed_or_its_file_is_gone(tmp_path: Path) -> None:
    said: list[str] = []
    run = lambda text: run_steps([_step(tmp_path / "a", text)], tmp_path / "stamps", say=said.append, command=WRITE)  # noqa: E731
    run("first")
    run("first")
    assert said[1] == "[1/1] one: done before"
    run("second")
    assert (tmp_path / "a").read_text() == "second"
    (tmp_path / "a").unlink()
    run("second")
    assert (tmp_path / "a").read_text() == "second"


def test_steps_after_a_failed_one_wait(tmp_path: Path) -> None:
    bad = Step("bad", lambda: (str(tmp_path / "no" / "folder"), "x"), (tmp_path / "b",))
    with pytest.raises(ForgeError, match="step bad failed"):
        run_steps([bad, _step(tmp_path / "a", "x")], tmp_path / "stamps", say=lambda line: None, command=WRITE)
    assert not (tmp_path / "a").exists()


def test_a_step_that_makes_nothing_is_not_done(tmp_path: Path) -> None:
    empty = Step("empty", lambda: (str(tmp_path / "a"), "x"), (tmp_path / "other",))
    with pytest.raises(ForgeError, match="without making"):
        run_steps([empty], tmp_path / "stamps", say=lambda line: None, command=WRITE)
    assert not (tmp_path / "stamps" / "empty.json").exists()


def test_a_step_computes_its_command_from_what_earlier_ones_wrote(tmp_path: Path) -> None:
    second = Step("two", lambda: (str(tmp_path / "b"), (tmp_path / "a").read_text() + "!"), (tmp_path / "b",))
    run_steps([_step(tmp_path / "a", "x"), second], tmp_path / "stamps", say=lambda line: None, command=WRITE)
    assert (tmp_path / "b").read_text() == "x!"


def test_other_bytes_stop_a_repeatable_step_and_are_told_of_any_other(tmp_path: Path) -> None:
    expected = {"one": {"a": "0" * 64}}
    with pytest.raises(ForgeError, match="expected 000"):
        run_steps([_step(tmp_path / "a", "x")], tmp_path / "s", expected, say=lambda line: None, command=WRITE)
    said: list[str] = []
    made = run_steps([_step(tmp_path / "a", "x", False)], tmp_path / "t", expected, say=said.append, command=WRITE)
    assert "expected 000" in said[1]
    assert made == {"one": {"a": hash_of(tmp_path / "a")}}
    run_steps([_step(tmp_path / "a", "x")], tmp_path / "u", made, say=lambda line: None, command=WRITE)
    with pytest.raises(ForgeError, match="expected 000"):  # also where the step was done before
        run_steps([_step(tmp_path / "a", "x")], tmp_path / "u", expected, say=lambda line: None, command=WRITE)


def test_a_folder_has_a_hash_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a").write_text("1")
    before = hash_of(tmp_path / "f")
    (tmp_path / "f" / "a").rename(tmp_path / "f" / "b")
    assert hash_of(tmp_path / "f") != before
    (tmp_path / "f" / "b").rename(tmp_path / "f" / "a")
    assert hash_of(tmp_path / "f") == before
