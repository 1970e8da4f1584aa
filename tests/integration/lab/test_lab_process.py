"""The lab as a process: one ready line, a taken port named, a quick and clean end."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from arbedge.lab.config import VENUE_PORTS

START = """
import sys
from arbedge.lab import LabOptions, run_lab
sys.exit(run_lab(LabOptions(port_base=int(sys.argv[1]), universe="small", scenario="steady", seed=7)))
"""


def free_base():
    """A port base under 32768 whose venue ports are free now."""
    for base in range(27_000, 32_000, 7):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", base)) != 0:
                return base
    pytest.skip("no free port under 32768")


def start(base):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, str(base)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_ready_in_one_line_serves_and_ends_quickly(number):
    base = free_base()
    with start(base) as process:
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert ready["simulated"] is True
        assert (ready["scenario"], ready["seed"], ready["universe"]) == ("steady", 7, "small")
        venue = ready["venues"]["binance"]
        assert venue["base_url"] == f"http://127.0.0.1:{base + VENUE_PORTS['binance']}"
        assert venue["instruments"]["spot"] > 30
        assert venue["instruments"]["perp"] > 20
        truth = json.load(urllib.request.urlopen(ready["truth"], timeout=5))
        assert any(entry["is_open"] and not entry["is_decoy"] for entry in truth)
        began = time.monotonic()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert time.monotonic() - began < 2
        assert (process.returncode, rest, errors) == (0, "", "")


def test_a_taken_port_is_named_in_one_line():
    base = free_base()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", base))
        taken.listen()
        with start(base) as process:
            output, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert output == ""
    assert errors.count("\n") == 1
    assert str(base) in errors
    assert "--port-base" in errors
