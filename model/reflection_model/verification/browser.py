"""Runs jobs with a model folder in headless Chromium through WebLLM; the Node side is `model/harness`."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
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


def run_jobs(
    folder: Path,
    jobs: Sequence[dict[str, Any]],
    record: bool = False,
    options: dict[str, Any] | None = None,
    report: Callable[[int], None] = lambda done: None,
) -> list[JobResult]:
    """Loads the model and does `jobs` in order.

    Args:
        folder: of the model.
        jobs: as `JOBS` in page.js defines them; `load` is put before them.
        record: whether logits are wanted (slower: WebLLM reads them back at every token).
        options: override the model's mlc-chat-config.json, such as temperature.
        report: called with the number of jobs done.

    Returns:
        One result for `load`, then one for each job.

    Raises:
        ForgeError: Node, Chromium or WebLLM is missing, or the model did not load.
    """
    node = shutil.which("node")
    if node is None:
        raise ForgeError("node was not found", "Install Node 20 or newer.")
    load = {"type": "load", "library": library_name(folder), "record": record, "options": options or {}}
    process = subprocess.Popen(
        [node, str(_HARNESS), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(json.dumps([load, *jobs]))
    process.stdin.close()
    results = []
    for line in process.stdout:
        row = json.loads(line)
        error = None if "error" not in row else "\n".join([row["error"], *row["console"]])
        results.append(JobResult(row.get("seconds", 0.0), row.get("result"), error))
        report(len(results))
    said = process.stderr.read()
    if process.wait() != 0:
        raise ForgeError(f"the browser run failed: {said.strip()}")
    if not results or results[0].error is not None:
        raise ForgeError(f"the model did not load: {results[0].error if results else said.strip()}")
    if len(results) != len(jobs) + 1:
        raise ForgeError(f"the browser run ended after {len(results) - 1} of {len(jobs)} jobs: {said.strip()}")
    return results


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
    results = run_jobs(folder, jobs, report=report)[1:]
    failed = [result.error for result in results if result.error is not None]
    if failed:
        raise ForgeError(f"{len(failed)} of {len(jobs)} replies failed in the browser: {failed[0]}")
    return [result.value["text"] for result in results if result.value is not None]
