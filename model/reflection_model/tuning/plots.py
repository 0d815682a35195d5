"""The loss curve of a run and the tables of an evaluation as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

from ..files import replaced_file

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (the backend is chosen first)

# The same input gives the same file: no date, ids from a fixed salt.
matplotlib.rcParams["svg.hashsalt"] = "forge"
_METADATA = {"Date": None, "Creator": None}


def _save(figure: pyplot.Figure, path: Path) -> None:
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format="svg", metadata=_METADATA, bbox_inches="tight")
    pyplot.close(figure)


def plot_curve(curve: Sequence[dict], path: Path) -> None:
    """Training loss (nats a token, smoothed) over millions of tokens."""
    figure, axes = pyplot.subplots(figsize=(7, 3.5))
    axes.plot([row["tokens"] / 1e6 for row in curve], [row["loss"] for row in curve])
    axes.set_xlabel("tokens (millions)")
    axes.set_ylabel("loss (nats a token)")
    axes.set_yscale("log")
    axes.grid(alpha=0.3)
    _save(figure, path)


def plot_families(settings: Sequence[dict], path: Path) -> None:
    """Exact match by family, one group of bars a family, one bar a setting, with 95 % intervals."""
    families = list(settings[0]["by family"])
    width = 0.8 / len(settings)
    figure, axes = pyplot.subplots(figsize=(11, 4))
    for index, result in enumerate(settings):
        shares = [result["by family"][family] for family in families]
        values = [share["percent"] for share in shares]
        below = [max(0.0, share["percent"] - share["low"]) for share in shares]
        above = [max(0.0, share["high"] - share["percent"]) for share in shares]
        places = [place + (index - (len(settings) - 1) / 2) * width for place in range(len(families))]
        axes.bar(places, values, width, yerr=(below, above), label=result["setting"], error_kw={"linewidth": 0.6})
    axes.set_xticks(range(len(families)), families, rotation=30, ha="right")
    axes.set_ylabel("exact match (%)")
    axes.set_ylim(0, 105)
    axes.legend(loc="lower left", fontsize="small")
    axes.grid(axis="y", alpha=0.3)
    _save(figure, path)


def plot_study(runs: Sequence[tuple[str, Mapping]], path: Path) -> None:
    """Accuracy over tokens an answer: one point a run, one colour a variant, with 95 % intervals."""
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for number, variant in enumerate(dict.fromkeys(name for name, _ in runs)):
        figures = [result for name, result in runs if name == variant]
        shares = [result["exact match"] for result in figures]
        values = [share["percent"] for share in shares]
        below = [max(0.0, share["percent"] - share["low"]) for share in shares]
        above = [max(0.0, share["high"] - share["percent"]) for share in shares]
        places = [result["tokens per answer"] for result in figures]
        look = {"fmt": "os"[number // 10], "color": f"C{number % 10}", "elinewidth": 0.8}
        axes.errorbar(places, values, yerr=(below, above), label=variant, **look)
    axes.set_xlabel("tokens an answer")
    axes.set_ylabel("exact match (%)")
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    _save(figure, path)
