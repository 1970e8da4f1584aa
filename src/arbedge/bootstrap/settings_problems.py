"""What is wrong with the settings, in words: every problem of one start, secrets masked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from arbedge.errors import ConfigError

__all__ = ["InvalidSettings", "Problem", "masked"]

MASK = "********"

_CREDENTIALS = re.compile(r"//[^/?#]*@")
_LONGEST_SHOWN = 120


def masked(value: object, *, is_secret: bool) -> str:
    """A value as it may be shown: secrets hidden, credentials inside addresses hidden, long text cut."""
    if is_secret:
        return MASK
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    text = _CREDENTIALS.sub(f"//{MASK}@", f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: its name as the user wrote it, its value as it may be shown, and what is expected.

    `value` is None where showing one would mean nothing (a missing file) or would not be safe (an unknown name,
    which may be a misspelt secret).
    """

    name: str
    value: str | None
    expected: str

    def __str__(self) -> str:
        shown = self.name if self.value is None else f"{self.name} = {self.value}"
        return f"{shown}: {self.expected}"


class InvalidSettings(ConfigError):
    """The settings cannot be used; `problems` names every one that is wrong, in the order they were found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            message = f"wrong setting: {self.problems[0]}"
        else:
            lines = "".join(f"\n  - {problem}" for problem in self.problems)
            message = f"{len(self.problems)} wrong settings:{lines}"
        super().__init__(message)
