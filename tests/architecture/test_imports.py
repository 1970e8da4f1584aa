"""The import contracts hold, and each of them bites when breached."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BREACHES = {
    "The house": ("market/breach.py", "import arbedge.opportunities.ports\n"),
    "Venues never see each other": ("exchanges/spec.py", "import arbedge.exchanges.binance\n"),
    "Only bootstrap names venues": ("lab/breach.py", "import arbedge.exchanges.binance\n"),
    "No cycles": ("domain/money.py", "import arbedge.domain.instrument\nimport arbedge.domain.quote\n"),
    "Stages do no I/O": ("market/breach.py", "import aiohttp\n"),
    "Values and errors": ("domain/money.py", "import numpy\n"),
    "A ports module": ("market/ports.py", "import arbedge.foundation.runtime.clock\n"),
}
EXTRA = {"No cycles": ("domain/instrument.py", "import arbedge.domain.money\n")}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("contract", BREACHES)
def test_the_contract_bites(contract: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for name, line in [BREACHES[contract], *([EXTRA[contract]] if contract in EXTRA else [])]:
        path = tmp_path / "src" / "arbedge" / name
        text = path.read_text(encoding="utf-8") if path.exists() else '"""Breach."""\n'
        path.write_text(text + line, encoding="utf-8")
    result = lint(tmp_path)
    assert result.returncode != 0
    reported = result.stdout.partition("Broken contracts")[2]
    assert contract in reported, result.stdout[-3000:]
