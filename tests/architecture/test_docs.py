"""The documentation names everything there is, and names nothing that is not there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from arbedge.bootstrap.settings import settings_catalogue
from arbedge.cli.app import COMMANDS
from arbedge.cli.manual import commands_page
from arbedge.domain.opportunity import Gate
from arbedge.foundation.telemetry.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def test_the_commands_page_is_what_the_parsers_say() -> None:
    assert page("commands.md") == commands_page(), (
        "renew it: python -m arbedge.cli.manual > docs/reference/commands.md"
    )


def test_every_setting_is_documented() -> None:
    text = page("settings.md")
    missing = [
        path
        for path in settings_catalogue()
        if path.replace(".bybit.", ".binance.").replace(".okx.", ".binance.").replace(".bitget.", ".binance.")
        not in text
        and path not in text
    ]
    assert [path for path in missing if not path.startswith("venues.")] == []
    assert all(path.rsplit(".", 1)[1] in text for path in missing)


def test_every_metric_is_documented() -> None:
    text = page("metrics.md")
    assert [name for name in CATALOGUE if name not in text] == []


def test_every_gate_is_documented() -> None:
    text = page("gates.md")
    assert [gate for gate in Gate if f"`{gate}`" not in text] == []


def error_codes() -> Iterator[str]:
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    if (
                        isinstance(line, ast.Assign)
                        and isinstance(line.targets[0], ast.Name)
                        and line.targets[0].id == "code"
                    ):
                        yield ast.literal_eval(line.value)


def test_every_error_code_is_documented_and_no_other() -> None:
    codes = set(error_codes()) - {"error"}
    documented = set(re.findall(r"^\| `(\w+)` \|", page("errors.md"), flags=re.MULTILINE))
    assert documented == codes


def test_the_readme_names_only_commands_that_exist() -> None:
    known = {command.name for command in COMMANDS}
    for document in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        used = set(re.findall(r"`arbedge ([a-z]+)", document.read_text(encoding="utf-8")))
        assert used <= known, (document.name, used - known)


def test_every_relative_link_leads_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), (document.name, target)


def test_every_decision_record_is_numbered_once_and_has_its_parts() -> None:
    records = sorted((DOCS / "adr").glob("*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert re.search(r"Date: \d{4}-\d{2}-\d{2}", text), record.name


def test_no_path_of_a_machine_and_no_registry_host_is_committed() -> None:
    # The words are put together here so that this file does not hold them itself.
    forbidden = ["/" + "work/", "/" + "root/", "files." + "pythonhosted", "registry." + "npmjs"]
    skipped = {
        ".git",
        ".venv",
        ".uv",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".import_linter_cache",
    }
    for path in ROOT.rglob("*"):
        if not path.is_file() or skipped & set(path.relative_to(ROOT).parts) or path.suffix in {".pyc", ".png"}:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert [word for word in forbidden if word in text] == [], path
