"""Progress on standard error: one line that moves on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time


class Progress:
    """Reports how far a long job is.

    Args:
        label: what is being done, in a few words.
        total: how many units the job has; 0 when unknown.
    """

    def __init__(self, label: str, total: int = 0) -> None:
        self._label = label
        self._total = total
        self._started = time.monotonic()
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def update(self, done: int, detail: str = "") -> None:
        """Shows `done` units, at most five times a second on a terminal and every five seconds elsewhere."""
        now = time.monotonic()
        if now - self._shown < (0.2 if self._live else 5.0):
            return
        self._shown = now
        part = f"{done}/{self._total} ({100 * done // self._total} %)" if self._total else str(done)
        seconds = now - self._started
        line = f"{self._label}: {part}, {seconds:.0f} s {detail}".rstrip()
        sys.stderr.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        sys.stderr.flush()

    def finish(self, detail: str = "") -> None:
        """Ends the line with the total time."""
        line = f"{self._label}: done in {time.monotonic() - self._started:.1f} s {detail}".rstrip()
        sys.stderr.write(f"\r\x1b[K{line}\n" if self._live else f"{line}\n")
        sys.stderr.flush()
