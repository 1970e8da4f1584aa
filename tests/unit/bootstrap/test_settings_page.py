"""The settings' reference page and example file are what the catalogue says, and the example is true."""

import re
from pathlib import Path

from arbedge.bootstrap.settings import load_settings, settings_catalogue
from arbedge.bootstrap.settings_catalogue import ALIASES, RESERVED_NAMES
from arbedge.bootstrap.settings_page import example_file, main, settings_page

ROOT = Path(__file__).parents[3]


def test_page_is_up_to_date():
    assert (ROOT / "docs/reference/settings.md").read_text() == settings_page()


def test_example_is_up_to_date():
    assert (ROOT / "arbedge.example.toml").read_text() == example_file()


def test_page_names_every_setting_and_alias():
    page = settings_page()
    for path, entry in settings_catalogue().items():
        written = re.sub(r"^venues\.\w+\.", "venues.<name>.", path)
        assert f"| `{written}` |" in page or f"| `{path}` |" in page
        assert entry.description, path
    for name in (*ALIASES, *RESERVED_NAMES):
        assert f"`{name}`" in page


def test_example_with_every_line_active_is_the_default(tmp_path):
    lines = (
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in example_file().splitlines()
    )
    (tmp_path / "arbedge.toml").write_text("\n".join(lines))
    environ = {"HOME": "/home/someone"}
    given = load_settings(environ, folder=tmp_path)
    assert given.settings == load_settings(environ, folder=tmp_path / "elsewhere").settings
    assert "default" not in {given.sources()[path] for path in ("market.skew_s", "venues.binance.transport")}


def test_prints_either(capsys):
    main(["page"])
    assert capsys.readouterr().out == settings_page()
    main(["example"])
    assert capsys.readouterr().out == example_file()
