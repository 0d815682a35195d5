"""Measures a model on held-out problems: exact match, form, length, and what it does about wrong steps."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .held_out import HeldOutProblem, Injection
from .out_of_domain import HONEST_MARK
from .prompts import SYSTEM_PROMPTS, Mode, prompt_text
from .step_comparison import compare

Answerer = Callable[[Sequence[str], bool], list[str]]
"""Continues prompts (text, from the begin token on); the flag forbids `<reflection>`. Returns text without the end
token."""

_WELL_FORMED = re.compile(
    r"(?:<thinking>\n(?:(?!<).)*(?:<reflection>(?:(?!<).)*</reflection>(?:(?!<).)*)*</thinking>\n)?<output>[^<]+</output>",
    re.S,
)
_OUTPUT = re.compile(r"<output>(.*?)(?:</output>|$)", re.S)


def _without_signs(reply: str) -> str:
    """Comparison signs in thinking are no tags: `tenths 4<5` must not look like one."""
    return re.sub(r"<(?!/?(?:thinking|reflection|output)>)", "≺", reply)


def is_well_formed(reply: str) -> bool:
    """At most one thinking section with closed reflections inside it, then one output that is not empty; no more."""
    return _WELL_FORMED.fullmatch(_without_signs(reply)) is not None


def output_of(reply: str) -> str | None:
    """The text inside the last `<output>`, trimmed; None without one."""
    found = _OUTPUT.findall(_without_signs(reply))
    return found[-1].replace("≺", "<").strip() if found else None


def is_right(problem: HeldOutProblem, reply: str) -> bool:
    """Exact match of the output; outside the families, an honest reply that claims nothing else."""
    output = output_of(reply)
    if output is None:
        return False
    return HONEST_MARK in output if problem.family == "out of domain" else output == problem.answer


def interval(successes: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if count == 0:
        return 0.0, 1.0
    z, share = 1.96, successes / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Setting:
    """One way of asking: a system prompt, and whether `<reflection>` is forbidden."""

    name: str
    mode: Mode
    forbidden: bool


SETTINGS = (
    Setting("reflection", "reflection", False),
    Setting("reflection forbidden", "reflection", True),
    Setting("thinking", "steps", False),
    Setting("direct", "direct", False),
)


def share(flags: Sequence[bool]) -> dict[str, float | int]:
    """A share in percent with its 95 % interval and how many there were."""
    low, high = interval(sum(flags), len(flags))
    percent = 100 * sum(flags) / len(flags) if flags else 0.0
    return {"percent": round(percent, 2), "low": round(100 * low, 2), "high": round(100 * high, 2), "count": len(flags)}


def evaluate_setting(
    problems: Sequence[HeldOutProblem], setting: Setting, answer: Answerer, count_tokens: Callable[[str], int]
) -> dict:
    """One setting in figures, replies included.

    They are exact match (by family, difficulty and wording), form, length, use of reflections, false refusals (a
    problem answered as unknown), false attempts (a message outside the families answered as a problem) and, where
    the model thinks, what became of its steps (`step_figures`).
    """
    prompts = [prompt_text(problem.question, SYSTEM_PROMPTS[setting.mode]) for problem in problems]
    replies = answer(prompts, setting.forbidden)
    right = [is_right(problem, reply) for problem, reply in zip(problems, replies, strict=True)]
    known = [i for i, problem in enumerate(problems) if problem.family != "out of domain"]
    kinds = ("family", "difficulty", "wording", "unseen")
    groups: dict[str, dict[str, list[bool]]] = {kind: defaultdict(list) for kind in kinds}
    honest = [HONEST_MARK in (output_of(reply) or "") for reply in replies]
    for i, problem in enumerate(problems):
        groups["family"][problem.family].append(right[i])
        if problem.family != "out of domain":
            groups["difficulty"][problem.difficulty].append(right[i])
            groups["wording"][problem.wording].append(right[i])
            if problem.wording == "unseen":
                groups["unseen"][problem.family].append(right[i])
    lengths = [count_tokens(replies[i]) for i in known]
    thinks = setting.mode != "direct" and any(problem.steps for problem in problems)
    reflecting = [i for i in known if "<reflection>" in replies[i]]
    return {
        "setting": setting.name,
        "exact match": share([right[i] for i in known]),
        "out of domain honest": share(groups["family"].pop("out of domain", [])),
        "by family": {name: share(flags) for name, flags in groups["family"].items()},
        "seen wording": share(groups["wording"]["training"]),
        "unseen wording": share(groups["wording"]["unseen"]),
        "unseen wording by family": {name: share(flags) for name, flags in groups["unseen"].items()},
        "false refusals": share([honest[i] for i in known]),
        "false attempts": share([not honest[i] for i in range(len(problems)) if i not in set(known)]),
        "by difficulty": {name: share(flags) for name, flags in groups["difficulty"].items()},
        "well-formed": share([is_well_formed(reply) for reply in replies]),
        "tokens per answer": round(sum(lengths) / max(1, len(lengths)), 1),
        "with a reflection": share(["<reflection>" in replies[i] for i in known]),
        "with a correction": share([any(", not " in text for text in _reflections(replies[i])) for i in known]),
        "right among corrected": share(
            [right[i] for i in reflecting if any(", not " in t for t in _reflections(replies[i]))]
        ),
        **({"steps": step_figures(problems, replies, right)} if thinks else {}),
        "right": right,
        "replies": replies,
    }


def step_figures(problems: Sequence[HeldOutProblem], replies: Sequence[str], right: Sequence[bool]) -> dict:
    """What became of the steps, of problems whose steps are known: most errors are made in reading the message.

    "read" says of each problem whether its first line, which says the problem in a form of its own, is the right one
    (puzzles about an order are read in the lines after it too); shares after "read right" are of those alone. A wrong
    step is the first line that differs; it is noticed where a reflection says so right after it, and mended where the
    answer is right all the same. A doubted step is a right one that a reflection "corrects"; it is spoiled where the
    answer is wrong then.
    """
    compared = [compare(problem.steps, reply) for problem, reply in zip(problems, replies, strict=True)]
    read = [bool(problem.steps) and one.right > 0 for problem, one in zip(problems, compared, strict=True)]
    known = [i for i, problem in enumerate(problems) if problem.steps]
    after = [i for i in known if read[i]]
    slips = [(i, wrong) for i in after if (wrong := compared[i].wrong) is not None]
    doubts = [i for i in after if compared[i].doubted]
    families: dict[str, list[int]] = defaultdict(list)
    for i in after:
        families[problems[i].family].append(i)
    return {
        "read right": share([read[i] for i in known]),
        "right where read right": share([right[i] for i in after]),
        "right where read right by family": {name: share([right[i] for i in of]) for name, of in families.items()},
        "with a wrong step": share([compared[i].wrong is not None for i in after]),
        "wrong steps noticed": share([wrong.noticed for _, wrong in slips]),
        "wrong steps mended": share([right[i] for i, _ in slips]),
        "with a doubted step": share([compared[i].doubted > 0 for i in after]),
        "doubted steps spoiled": share([not right[i] for i in doubts]),
        "read": read,
    }


def _reflections(reply: str) -> list[str]:
    return re.findall(r"<reflection>(.*?)(?:</reflection>|$)", reply, re.S)


def evaluate_injection(problems: Sequence[HeldOutProblem], which: str, answer: Answerer, forbidden: bool) -> dict:
    """What happens after a wrong step of `which` ("unseen" or "trained") kinds is forced into the thinking.

    "detected" counts replies whose first reflection comes right after the step and says that it is wrong.
    """
    cases = [(problem, injection) for problem in problems if (injection := getattr(problem, which)) is not None]
    replies = answer([_forced(problem, injection, injection.wrong) for problem, injection in cases], forbidden)
    right, detected = [], []
    kinds: dict[str, list[bool]] = defaultdict(list)
    families: dict[str, list[bool]] = defaultdict(list)
    found: dict[str, list[bool]] = defaultdict(list)
    for (problem, injection), reply in zip(cases, replies, strict=True):
        right.append(output_of(reply) == problem.answer)
        detected.append(reply.startswith("<reflection>") and ", not " in _reflections(reply)[0])
        kinds[injection.kind].append(right[-1])
        families[problem.family].append(right[-1])
        found[problem.family].append(detected[-1])
    return {
        "kinds of mistake": which,
        "reflection forbidden": forbidden,
        "final answer right": share(right),
        "detected": share(detected),
        "right by kind": {kind: share(flags) for kind, flags in sorted(kinds.items())},
        "right by family": {family: share(flags) for family, flags in families.items()},
        "detected by family": {family: share(flags) for family, flags in found.items()},
        "replies": replies,
    }


def evaluate_false_alarms(problems: Sequence[HeldOutProblem], answer: Answerer) -> dict:
    """How often a right step, forced in where the wrong one would stand, is "corrected" at once."""
    cases = [(problem, problem.unseen) for problem in problems if problem.unseen is not None]
    replies = answer([_forced(problem, injection, injection.right) for problem, injection in cases], False)
    opened = [reply.startswith("<reflection>") for reply in replies]
    alarms = [reply.startswith("<reflection>") and ", not " in _reflections(reply)[0] for reply in replies]
    right = [output_of(reply) == problem.answer for (problem, _), reply in zip(cases, replies, strict=True)]
    families: dict[str, list[bool]] = defaultdict(list)
    for (problem, _), alarm in zip(cases, alarms, strict=True):
        families[problem.family].append(alarm)
    return {
        "false alarms": share(alarms),
        "false alarms by family": {family: share(flags) for family, flags in families.items()},
        "reflection opened": share(opened),
        "final answer right": share(right),
        "replies": replies,
    }


def _forced(problem: HeldOutProblem, injection: Injection, step: str) -> str:
    return prompt_text(problem.question, SYSTEM_PROMPTS["reflection"]) + f"<thinking>\n{injection.before}{step}"
