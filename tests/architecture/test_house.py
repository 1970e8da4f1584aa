"""The house rules hold, and each of them bites when breached."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import house

RULES: dict[str, tuple[Callable[[Path], list[str]], str, str]] = {
    "size": (house.oversized, "market/long.py", '"""Doc."""\n' + "x = 1\n" * 400),
    "path name": (house.banned_names, "market/utils.py", '"""Doc."""\n'),
    "class name": (house.banned_names, "market/board.py", '"""Doc."""\nclass BoardManager: ...\n'),
    "public face": (house.faces_without_all, "market/open.py", '"""Doc."""\nx = 1\n'),
    "docstring": (house.faces_without_all, "market/silent.py", "__all__ = []\n"),
    "broad except": (
        house.broad_excepts,
        "market/greedy.py",
        '"""Doc."""\ntry:\n    x = 1\nexcept Exception:\n    x = 2\n',
    ),
    "network": (house.unguarded_network, "market/leak.py", '"""Doc."""\nimport aiohttp\n'),
    "unguarded call": (
        house.unguarded_calls,
        "exchanges/binance/rest.py",
        '"""Doc."""\nclass Rest:\n    async def fetch(self):\n        return await self._pool.get("/")\n',
    ),
    "door left open beside the guard": (
        house.unguarded_calls,
        "exchanges/binance/rest.py",
        (
            '"""Doc."""\nclass Rest:\n'
            "    async def fetch(self):\n        return await self._guard.call(lambda: self._once())\n"
            "    async def hurry(self):\n        return await self._once()\n"
            '    async def _once(self):\n        return await self._pool.get("/")\n'
        ),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: str) -> None:
    check, _, _ = RULES[rule]
    assert check(house.SOURCE) == []


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_bites(rule: str, tmp_path: Path) -> None:
    check, name, text = RULES[rule]
    planted = tmp_path / name
    planted.parent.mkdir(parents=True)
    planted.write_text(text, encoding="utf-8")
    assert check(tmp_path) != []


def test_a_guarded_call_passes(tmp_path: Path) -> None:
    planted = tmp_path / "exchanges/binance/rest.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(
        '"""Doc."""\n'
        "class Rest:\n"
        "    async def fetch(self):\n"
        "        async def attempt():\n"
        "            return await self._once()\n"
        "        return await self._guard.call(attempt, cost=1)\n"
        "    async def _once(self):\n"
        '        return await self._pool.get("/")\n',
        encoding="utf-8",
    )
    assert house.unguarded_calls(tmp_path) == []


def test_size_waivers_name_files_that_exist() -> None:
    for name, reason in house.SIZE_WAIVERS.items():
        assert (house.SOURCE / name).exists()
        assert re.search(r"\d{4}-\d{2}-\d{2}", reason), "a waiver says until when"


def test_nothing_unfinished_is_left_in_the_source() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    found = [name for name, path in house.modules(house.SOURCE) if marks.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_room_is_empty() -> None:
    empty = []
    for folder in (path for path in house.SOURCE.rglob("*") if path.is_dir() and path.name != "__pycache__"):
        content = [child for child in folder.iterdir() if child.name != "__pycache__"]
        if not content or [child.name for child in content] == ["__init__.py"]:
            empty.append(folder.relative_to(house.SOURCE).as_posix())
    assert empty == []
