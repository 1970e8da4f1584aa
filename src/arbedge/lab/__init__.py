"""The lab: simulated exchanges in the real venues' dialects, with planted opportunities and faults on demand.

In: options (universe, scenario, seed, port) or recorded frames, and whatever clients send. Out: REST answers and
WebSocket frames a real venue's client reads, and the truth about what was planted. Never: an import of the
adapters it judges, a real venue's address, or state that outlives the process.
"""

from arbedge.lab.config import DEFAULT_PORT_BASE, LabOptions, Pace
from arbedge.lab.recorded import RecordedFrame, recorded_frames
from arbedge.lab.replay import ReplayLab, run_replay, running_replay
from arbedge.lab.scenarios import scenarios
from arbedge.lab.server import Lab, run_lab, running_lab, serve
from arbedge.lab.universe import UNIVERSES

__all__ = [
    "DEFAULT_PORT_BASE",
    "UNIVERSES",
    "Lab",
    "LabOptions",
    "Pace",
    "RecordedFrame",
    "ReplayLab",
    "recorded_frames",
    "run_lab",
    "run_replay",
    "running_lab",
    "running_replay",
    "scenarios",
    "serve",
]
