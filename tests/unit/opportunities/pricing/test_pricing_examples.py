"""The four published examples, to the last digit and in the published order."""

import json
from pathlib import Path

import pytest

from arbedge.opportunities.evidence import dump, parse
from arbedge.opportunities.pricing import price, render

EXAMPLES = Path(__file__).parent / "examples"


@pytest.mark.parametrize("name", ["A-spot-spot", "B-funding", "C-spot-perp", "D-triangular"])
def test_published_example(name):
    evidence = parse(json.loads((EXAMPLES / f"{name}.json").read_text()))
    expected = json.loads((EXAMPLES / f"{name}.expected.json").read_text())

    shown = render(price(evidence))

    assert list(shown.items()) == list(expected.items())
    assert render(price(parse(dump(evidence)))) == expected
