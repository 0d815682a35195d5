"""The one error that the forge raises for wrong input or a missing tool."""

from __future__ import annotations


class ForgeError(Exception):
    """Something the person at the command line can act on.

    The command line prints the message and the hint and exits with status 1; a traceback means a defect in the forge.

    Args:
        message: what happened, naming the file or value.
        hint: what to do next; empty when the message says it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
