"""The lab's traps: what makes a naive reader of these venues err, each under a name and with a switch of its own.

In: names of traps to set or to leave out. Out: which are set, and the markets that only they list; their plants are
in `lab.bait`, their faults in `lab.turns`. Never: a change of the world that no name stands for.
"""

from arbedge.lab.traps.catalogue import STANDING, TRAPS, Trap, chosen, traps

__all__ = ["STANDING", "TRAPS", "Trap", "chosen", "traps"]
