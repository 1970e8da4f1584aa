"""Each of the 28 known pitfalls has a test file named after it, and each of these files tests something."""

import ast
import re
from pathlib import Path

PITFALLS = Path(__file__).parents[1] / "pitfalls"
KNOWN = 28


def numbered() -> dict[int, list[Path]]:
    found: dict[int, list[Path]] = {}
    for path in sorted(PITFALLS.glob("test_*.py")):
        match = re.fullmatch(r"test_pitfall_(\d\d)_[a-z0-9_]+\.py", path.name)
        assert match is not None, f"{path.name}: expected test_pitfall_NN_slug.py"
        found.setdefault(int(match[1]), []).append(path)
    return found


def test_every_pitfall_has_one_file() -> None:
    assert {number: len(paths) for number, paths in numbered().items()} == dict.fromkeys(range(1, KNOWN + 1), 1)


def test_every_file_says_its_pitfall_and_tests_it() -> None:
    for paths in numbered().values():
        for path in paths:
            tree = ast.parse(path.read_text())
            assert ast.get_docstring(tree), f"{path.name}: which pitfall, and what is the rule?"
            tests = [
                node for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
            ]  # fmt: skip
            stateful = "TestCase" in path.read_text()
            assert tests or stateful, f"{path.name}: tests nothing"
