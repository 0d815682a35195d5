"""Runs jobs with a model folder in headless Chromium through WebLLM; the Node side is `model/harness`."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ForgeError

_HARNESS = Path(__file__).parents[2] / "harness" / "run.mjs"


@dataclass(frozen=True)
class JobResult:
    """What one job gave.

    Attributes:
        seconds: the job took; 0.0 when it failed.
        value: as page.js returns it; None when it failed.
        error: the message and what the page's console said last; None when it did not fail.
    """

    seconds: float
    value: dict[str, Any] | None
    error: str | None


def library_name(folder: Path) -> str:
    """The one model library in a folder."""
    libraries = sorted(path.name for path in folder.glob("*.wasm"))
    if len(libraries) != 1:
        raise ForgeError(
            f"{folder} holds {len(libraries)} model libraries (*.wasm), not one", "Give --library to `forge convert`."
        )
    return libraries[0]


class BrowserSession:
    """A page in headless Chromium that does jobs with a model folder, one after the other; to be used in a `with`.

    Raises:
        ForgeError: Node, Chromium or WebLLM is missing.
    """

    def __init__(self, folder: Path) -> None:
        node = shutil.which("node")
        if node is None:
            raise ForgeError("node was not found", "Install Node 20 or newer.")
        self._folder = folder
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 it lives as long as the session
        self._process = subprocess.Popen(
            [node, str(_HARNESS), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def __enter__(self) -> BrowserSession:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the browser."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._said.close()

    def load(self, record: bool = False) -> JobResult:
        """Loads the model, in place of the one that is loaded.

        Args:
            record: whether logits are wanted (slower: WebLLM reads them back at every token).

        Raises:
            ForgeError: the model did not load.
        """
        result = self.run([{"type": "load", "library": library_name(self._folder), "record": record}])[0]
        if result.error is not None:
            raise ForgeError(f"the model did not load: {result.error}")
        return result

    def run(self, jobs: Sequence[dict[str, Any]], report: Callable[[int], None] = lambda done: None) -> list[JobResult]:
        """Does `jobs` in order; the model must be loaded.

        Args:
            jobs: as `JOBS` in page.js defines them.
            report: called with the number of jobs done.

        Returns:
            One result for each job.

        Raises:
            ForgeError: the browser run ended before its time.
        """
        return [self._do(job, done, report) for done, job in enumerate(jobs, 1)]

    def _do(self, job: dict[str, Any], done: int, report: Callable[[int], None]) -> JobResult:
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # it ended: then there is no answer either
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            raise ForgeError(f"the browser run failed: {self._said.read().strip()}")
        row = json.loads(line)
        report(done)
        error = None if "error" not in row else "\n".join([row["error"], *row["console"]])
        return JobResult(row.get("seconds", 0.0), row.get("result"), error)


def logits_of(value: dict[str, Any], vocabulary: int) -> npt.NDArray[np.float32]:
    """The recorded logits of a `forward` job, float32 [rows, vocabulary]."""
    return np.frombuffer(base64.b64decode(value["logits"]), "<f4").reshape(value["rows"], vocabulary)


def answer_questions(
    folder: Path,
    conversations: Sequence[Sequence[dict[str, str]]],
    request: dict[str, Any] | None = None,
    report: Callable[[int], None] = lambda done: None,
) -> list[str]:
    """The replies to conversations, each begun afresh; greedy unless `request` says otherwise.

    Args:
        folder: of the model.
        conversations: lists of messages with `role` and `content`, the last one the user's.
        request: more fields of a chat completion, such as `max_tokens` or `logit_bias`.
        report: called with the number of replies.
    """
    base = {"temperature": 0, "max_tokens": 400, **(request or {})}
    jobs = [{"type": "chat", "request": {**base, "messages": list(messages)}} for messages in conversations]
    with BrowserSession(folder) as browser:
        browser.load()
        results = browser.run(jobs, report)
    failed = [result.error for result in results if result.error is not None]
    if failed:
        raise ForgeError(f"{len(failed)} of {len(jobs)} replies failed in the browser: {failed[0]}")
    return [result.value["text"] for result in results if result.value is not None]
