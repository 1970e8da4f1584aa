import re
from dataclasses import fields
from pathlib import Path

from arbedge.foundation.resilience.config import GuardPolicy

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "resilience.md"


def test_the_page_lists_every_setting_with_its_default() -> None:
    policy = GuardPolicy()
    expected: dict[str, float] = {}
    for field in fields(policy):
        value = getattr(policy, field.name)
        if isinstance(value, int | float):
            expected[field.name] = value
        else:
            expected |= {f"{field.name}.{each.name}": getattr(value, each.name) for each in fields(value)}
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: float(default) for name, default in rows} == expected
