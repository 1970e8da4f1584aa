"""Programs under test are started as from a terminal, also when the tests themselves run in the background."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_reaches_programs() -> Iterator[None]:
    """A shell starts background jobs with Ctrl-C ignored, and what is ignored stays so in every child."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
