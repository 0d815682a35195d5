"""What a model folder must do in the browser: each check compares WebLLM's result with the NumPy reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..chat_templates import render
from ..read_json import read_json_object
from .browser import BrowserSession, JobResult, logits_of
from .contract import Finding
from .reference import Reference, distribution, penalized
from .statistics import fits_distribution

POSITIONS = 256
"""Positions at which logits are compared, at least."""

LOGIT_TOLERANCE = {"q0f32": 6e-3, "q4f32": 6e-3, "q4f16": 0.1}
"""Largest accepted difference of a logit, in standard deviations of the logits. In float32 the two sides differ by the
order of their sums: 1.4e-3 was the largest over 257 positions of a model of six layers on SwiftShader. float16 carries
eleven bits through every layer."""

SIGNIFICANCE = 1e-4
"""A sampler is refused when its draws would be this unlikely; with a fixed seed the outcome does not vary."""

DRAWS = 600
QUESTION = "What is 47 * 38?"
SHORT_QUESTION = "What is 5 + 4?"
SECOND_QUESTION = "What is 12 + 30?"
LONGEST_REPLY = 24

Change = Callable[[npt.NDArray[np.float32], dict[int, int]], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class BrowserReport:
    """The findings, and what was measured on the way: load seconds, kernels, decode tokens a second."""

    findings: list[Finding]
    measured: dict[str, float] = field(default_factory=dict)


class _Model:
    """The folder as the checks need it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chat = read_json_object(folder / "mlc-chat-config.json")
        self.reference = Reference(folder)
        self.stop_ids = list(self.chat["conv_template"]["stop_token_ids"])
        self.tolerance = LOGIT_TOLERANCE[read_json_object(folder / "manifest.json")["scheme"]]

    def prompt_ids(self, messages: list[dict[str, str]]) -> list[int]:
        """The ids that WebLLM feeds for a fresh conversation: it tokenizes every message by itself."""
        template = self.chat["conv_template"]
        pieces = [self.encode(piece) for piece in render(template, messages)]
        return [*(template.get("system_prefix_token_ids") or []), *(i for piece in pieces for i in piece)]

    def encode(self, text: str) -> list[int]:
        return self.reference.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Sequence[int]) -> str:
        return self.reference.tokenizer.decode(list(ids), skip_special_tokens=False)

    def greedy_text(self, messages: list[dict[str, str]], change: Change = lambda logits, counts: logits) -> str:
        """What WebLLM must answer at temperature 0 within `LONGEST_REPLY` tokens, with logits changed at every step."""
        session = self.reference.start()
        logits = session.feed(self.prompt_ids(messages))
        chosen: list[int] = []
        counts: dict[int, int] = {}
        while len(chosen) < LONGEST_REPLY:
            token = int(np.argmax(change(logits.copy(), counts)))
            if token in self.stop_ids:
                break
            chosen.append(token)
            counts[token] = counts.get(token, 0) + 1
            logits = session.feed([token])
        return self.decode(chosen)


def check_in_browser(folder: Path, quick: bool, say: Callable[[str], None]) -> BrowserReport:
    """Runs every check; `quick` takes fewer draws and leaves out a prompt whose chunks a longer one has as well."""
    model = _Model(folder)
    report = BrowserReport([])
    with BrowserSession(folder) as browser:
        say("browser: logits")
        _check_logits(model, browser, report, quick)
        to_draw_from = _logits_to_draw_from(model, browser, quick)
        browser.load()  # now without the logits, whose reading back takes its time
        say("browser: chat, bias, penalties, grammar, second turn")
        _check_chat(model, browser, report)
        say("browser: sampling")
        _check_sampling(to_draw_from, browser, report, quick)
    return report


def _finding(
    report: BrowserReport, name: str, result: JobResult, judge: Callable[[dict[str, Any]], tuple[bool, str]]
) -> None:
    if result.error is not None or result.value is None:
        report.findings.append(Finding(name, False, result.error or "no result"))
        return
    passed, detail = judge(result.value)
    report.findings.append(Finding(name, passed, detail))


# --- logits
# --------------------------------------------------------------------------------------------------------------


def _check_logits(model: _Model, browser: BrowserSession, report: BrowserReport, quick: bool) -> None:
    random = np.random.default_rng(1)
    vocabulary, context, chunk = (
        int(model.chat[key]) for key in ("vocab_size", "context_window_size", "prefill_chunk_size")
    )
    opening = model.prompt_ids([{"role": "user", "content": QUESTION}])
    opening = opening[: context - 2]
    room = min(POSITIONS, context - len(opening) - 1)
    # Half of the forced tokens are what the model says itself, half are random: both likely and unlikely paths.
    own = model.reference.greedy(opening, room // 2, [])
    forced = [*own, *random.integers(0, vocabulary, room - len(own)).tolist()]
    lengths = sorted({1, 2, chunk, chunk + 1, 2 * chunk - 1, context - 1})
    lengths = [length for length in lengths if length < context]
    if quick and context % chunk == 0 and context > 2 * chunk:
        lengths.remove(2 * chunk - 1)  # the longest has such chunks as well: whole ones, then one that lacks a token
    prompts = [random.integers(0, vocabulary, length).tolist() for length in lengths]
    jobs: list[dict[str, Any]] = [{"type": "forward", "prompt": opening, "forced": forced}]
    jobs += [{"type": "forward", "prompt": p, "greedy": min(4, context - len(p))} for p in prompts]
    loaded = browser.load(record=True)
    first, *others = browser.run(jobs)
    assert loaded.value is not None
    report.measured["load seconds"] = round(loaded.value["seconds"], 2)
    report.measured["kernels"] = len(loaded.value["kernels"])
    _check_kernels(report, loaded.value["kernels"])

    expected = model.reference.logits([*opening, *forced])[len(opening) - 1 :]
    _finding(report, f"logits at {len(expected)} positions", first, lambda v: _judge_logits(model, v, expected))
    if first.value is not None:
        report.measured["forced tokens a second, logits read back"] = round(len(forced) / first.seconds, 1)
    for prompt, result in zip(prompts, others, strict=True):
        _finding(report, f"a prompt of {len(prompt)} tokens", result, lambda v, p=prompt: _judge_greedy(model, v, p))


def _check_kernels(report: BrowserReport, kernels: list[dict[str, int]]) -> None:
    limits = {"threads": 256, "widest": 256, "storageBuffers": 10, "workgroupBytes": 32768}
    over = [
        f"kernel {number}: {name} {kernel[name]} of {limit}"
        for number, kernel in enumerate(kernels)
        for name, limit in limits.items()
        if kernel[name] > limit
    ]
    worst = {name: max(kernel[name] for kernel in kernels) for name in limits}
    report.findings.append(
        Finding("kernels within every device's limits", not over, "; ".join(over) or f"{len(kernels)} kernels, {worst}")
    )


def _judge_logits(model: _Model, value: dict[str, Any], expected: npt.NDArray[np.float32]) -> tuple[bool, str]:
    got = logits_of(value, expected.shape[1])
    if got.shape != expected.shape:
        return False, f"{got.shape[0]} rows instead of {expected.shape[0]}"
    difference = np.abs(got - expected)
    deviation = float(expected.std())
    # Where the two best are closer than the tolerance, either may come first.
    top = np.sort(expected, axis=1)[:, -2:]
    clear = top[:, 1] - top[:, 0] > 2 * model.tolerance * deviation
    agree = got.argmax(1) == expected.argmax(1)
    detail = (
        f"error max {difference.max():.2e}, mean {difference.mean():.2e} (deviation of the logits {deviation:.2f}); "
        f"argmax agrees at {int(agree.sum())} of {len(agree)}"
    )
    return bool(difference.max() <= model.tolerance * deviation and agree[clear].all()), detail


def _judge_greedy(model: _Model, value: dict[str, Any], prompt: list[int]) -> tuple[bool, str]:
    fed = [*prompt, *value["chosen"][:-1]]
    passed, detail = _judge_logits(model, value, model.reference.logits(fed)[len(prompt) - 1 :])
    return passed, f"then {len(value['chosen'])} greedy tokens: {detail}"


# --- chat
# ----------------------------------------------------------------------------------------------------------------


def _check_chat(model: _Model, browser: BrowserSession, report: BrowserReport) -> None:
    messages = [{"role": "user", "content": QUESTION}]
    base = {"messages": messages, "temperature": 0, "max_tokens": LONGEST_REPLY}
    plain = model.greedy_text(messages)
    first = model.encode(plain)[0]
    second = int(np.argsort(model.reference.start().feed(model.prompt_ids(messages)))[-2])
    bias = {first: -100.0, second: 5.0}

    def biased(logits: npt.NDArray[np.float32], counts: dict[int, int]) -> npt.NDArray[np.float32]:
        for token, value in bias.items():
            logits[token] += value
        return logits

    def penalty(presence: float, frequency: float) -> Change:
        return lambda logits, counts: penalized(logits, counts, presence, frequency, 1.0)

    requests = {
        "temperature 0": (base, plain),
        "logit bias": (
            {**base, "logit_bias": {str(k): v for k, v in bias.items()}},
            model.greedy_text(messages, biased),
        ),
        "presence penalty": (
            {**base, "presence_penalty": 1.5, "frequency_penalty": 0.0},
            model.greedy_text(messages, penalty(1.5, 0.0)),
        ),
        "frequency penalty": (
            {**base, "presence_penalty": 0.0, "frequency_penalty": 1.2},
            model.greedy_text(messages, penalty(0.0, 1.2)),
        ),
        "repetition penalty": (
            {**base, "repetition_penalty": 1.3},
            model.greedy_text(messages, lambda logits, counts: penalized(logits, counts, 0.0, 0.0, 1.3)),
        ),
        "grammar": ({**base, "response_format": {"type": "grammar", "grammar": 'root ::= "no" | "yes"'}}, None),
    }
    results = browser.run([{"type": "chat", "request": request} for request, _ in requests.values()])
    for (name, (_, expected)), result in zip(requests.items(), results, strict=True):
        if expected is None:
            _finding(report, name, result, lambda v: (v["text"] in ("no", "yes"), repr(v["text"])))
        else:
            _finding(
                report,
                name,
                result,
                lambda v, e=expected: (
                    v["text"] == e,
                    repr(v["text"]) if v["text"] == e else f"{v['text']!r} instead of {e!r}",
                ),
            )
    _check_second_turn(model, browser, report)


def _check_second_turn(model: _Model, browser: BrowserSession, report: BrowserReport) -> None:
    """The second turn on the kept cache and after a reset.

    On reuse WebLLM never feeds the separator after the first reply.
    """
    history = [{"role": "user", "content": SHORT_QUESTION}]
    # A reply that ends by itself keeps the cache; one cut by max_tokens does not.
    whole = {"messages": history, "temperature": 0, "max_tokens": 400}
    answered = browser.run([{"type": "chat", "request": whole}])[0]
    if answered.value is None:
        report.findings.append(Finding("a whole reply", False, answered.error or "no result"))
        return
    report.measured["decode tokens a second"] = round(answered.value["usage"]["extra"]["decode_tokens_per_s"], 1)
    report.measured["prefill tokens a second"] = round(answered.value["usage"]["extra"]["prefill_tokens_per_s"], 1)
    history = [
        *history,
        {"role": "assistant", "content": answered.value["text"]},
        {"role": "user", "content": SECOND_QUESTION},
    ]
    second = {**whole, "messages": history, "max_tokens": LONGEST_REPLY}
    reused, fresh = browser.run(
        [{"type": "chat", "request": second, "fresh": False}, {"type": "chat", "request": second}]
    )
    if reused.value is None or fresh.value is None:
        report.findings.append(Finding("second turn", False, reused.error or fresh.error or "no result"))
        return
    fed = {name: value["usage"]["prompt_tokens"] for name, value in (("reused", reused.value), ("fresh", fresh.value))}
    # Its count leaves out the ids that come before the first message.
    expected = len(model.prompt_ids(history)) - len(model.chat["conv_template"].get("system_prefix_token_ids") or [])
    report.findings.append(
        Finding(
            "second turn reuses the cache",
            fed["fresh"] == expected and fed["reused"] < fed["fresh"] // 2,
            f"{fed['reused']} prompt tokens fed instead of {fed['fresh']} (a fresh rendering has {expected})",
        )
    )
    # What the cache holds on reuse: the first turn, its reply without the token that ended it, then the new turn.
    pieces = render(model.chat["conv_template"], history)
    held = [*model.prompt_ids(history[:1]), *model.encode(history[1]["content"])]
    held += [i for piece in pieces[-2:] for i in model.encode(piece)]
    for name, ids, value in (("reused", held, reused.value), ("fresh", model.prompt_ids(history), fresh.value)):
        chosen = model.reference.greedy(ids, LONGEST_REPLY, model.stop_ids)
        expected_text = model.decode([token for token in chosen if token not in model.stop_ids])
        passed = value["text"].startswith(expected_text)
        wrong = "" if passed else f", the reference says {expected_text!r}"
        report.findings.append(Finding(f"second turn, {name} cache", passed, f"{value['text'][:60]!r}{wrong}"))
    same = reused.value["text"] == fresh.value["text"]
    difference = f"{reused.value['text']!r} with reuse, {fresh.value['text']!r} afresh"
    why = "with reuse, the end-of-turn token after the first reply is not in the cache"
    detail = "same reply as from a fresh rendering" if same else f"{difference}: {why}"
    report.findings.append(Finding("second turn with and without reuse", True, detail))


# --- sampling
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ToDrawFrom:
    """A prompt of one token, and how likely each token is after it."""

    prompt: int
    temperature: float
    top_p: float
    chances: npt.NDArray[np.float64] | None
    error: str | None


def _logits_to_draw_from(model: _Model, browser: BrowserSession, quick: bool) -> list[_ToDrawFrom]:
    """Prompts of one token, which cost little, chosen so that the distributions are broad.

    The distributions come from the logits that the browser itself computed: what is judged is the sampler.
    """
    settings = [(0.7, 0.95), (1.0, 0.5)] if quick else [(0.7, 0.95), (1.0, 0.5), (1.5, 1.0)]
    candidates = np.random.default_rng(2).choice(int(model.chat["vocab_size"]), 48, replace=False).tolist()
    expected = {token: model.reference.start().feed([token]) for token in candidates}
    chosen = []
    for temperature, top_p in settings:
        outcomes = {t: int((distribution(row, temperature, top_p) > 0.02).sum()) for t, row in expected.items()}
        # The one whose nucleus has the most outcomes that a test can see.
        prompt = max(outcomes, key=lambda token: outcomes[token])
        result = browser.run([{"type": "forward", "prompt": [prompt]}])[0]
        row = None if result.value is None else logits_of(result.value, len(expected[prompt]))[0]
        chances = None if row is None else distribution(row, temperature, top_p)
        chosen.append(_ToDrawFrom(prompt, temperature, top_p, chances, result.error))
    return chosen


def _check_sampling(
    to_draw_from: Sequence[_ToDrawFrom], browser: BrowserSession, report: BrowserReport, quick: bool
) -> None:
    for one in to_draw_from:
        name = f"sampling at temperature {one.temperature}, top_p {one.top_p}"
        if one.chances is None:
            report.findings.append(Finding(name, False, one.error or "no result"))
            continue
        how = {"temperature": one.temperature, "top_p": one.top_p, "seed": 20261121}
        job = {"type": "draw", "prompt": [one.prompt], "count": DRAWS // 4 if quick else DRAWS, **how}

        def judge(value: dict[str, Any], chances: npt.NDArray[np.float64] = one.chances) -> tuple[bool, str]:
            chance, detail = fits_distribution(value["drawn"], chances)
            return chance >= SIGNIFICANCE, detail

        _finding(report, name, browser.run([job])[0], judge)
