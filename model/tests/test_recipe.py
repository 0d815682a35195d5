"""A recipe runs each step once, goes on where it stopped, and says when a step made other bytes than it should."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from reflection_model.errors import ForgeError
from reflection_model.recipe import Step, hash_of, run_steps

WRITE = (sys.executable, "-c", "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])")

# The same, with the text of a file where one is named; of a single argument it makes nothing.
COPY = (
    sys.executable,
    "-c",
    "import sys, pathlib\n"
    "path, *texts = map(pathlib.Path, sys.argv[1:])\n"
    "for text in texts: path.write_text(text.read_text() if text.is_file() else str(text))",
)


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


def _chain(folder: Path, text: str) -> list[Step]:
    """`one` makes `a`, of which `two` makes `b`; `other` reads neither, and `check` reads `b` and makes nothing."""
    a, b = folder / "a", folder / "b"
    return [
        _step(a, text),
        Step("two", lambda: (str(b), str(a)), (b,)),
        _step(folder / "c", "same", name="other"),
        Step("check", lambda: (str(b),), ()),
    ]


def _names_of_those_that_ran(folder: Path, text: str) -> list[str]:
    said: list[str] = []
    run_steps(_chain(folder, text), folder / "stamps", say=said.append, command=COPY)
    return [line.split()[1].rstrip(":") for line in said if "done before" not in line]


def test_a_step_runs_again_when_what_it_read_was_made_anew_with_other_bytes(tmp_path: Path) -> None:
    assert _names_of_those_that_ran(tmp_path, "first") == ["one", "two", "other", "check"]
    assert _names_of_those_that_ran(tmp_path, "first") == []
    assert _names_of_those_that_ran(tmp_path, "second") == ["one", "two", "check"]
    assert (tmp_path / "b").read_text() == "second"
    (tmp_path / "a").unlink()
    assert _names_of_those_that_ran(tmp_path, "second") == ["one"], "the same bytes change nothing"


def test_a_step_that_was_stopped_before_it_saw_what_is_new_still_sees_it(tmp_path: Path) -> None:
    _names_of_those_that_ran(tmp_path, "first")
    run_steps(_chain(tmp_path, "second")[:1], tmp_path / "stamps", say=lambda line: None, command=COPY)
    assert _names_of_those_that_ran(tmp_path, "second") == ["two", "check"]


def test_a_stamp_that_does_not_say_what_was_read_holds_until_that_is_made_anew(tmp_path: Path) -> None:
    _names_of_those_that_ran(tmp_path, "first")
    for stamp in (tmp_path / "stamps").iterdir():
        left = json.loads(stamp.read_text())
        del left["read"]
        stamp.write_text(json.dumps(left))
    assert _names_of_those_that_ran(tmp_path, "first") == []
    assert _names_of_those_that_ran(tmp_path, "second") == ["one", "two", "check"]


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
