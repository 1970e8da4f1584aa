"""The lab's traps: what makes a naive reader of these venues err, each under a name and with a switch of its own.

In: names of traps to set or to leave out. Out: markets that only they list, plants that only look as if they paid,
faults that strike one venue after another. Never: a change of the world that no name stands for.
"""

from arbedge.lab.traps.catalogue import STANDING, TRAPS, Trap, chosen, traps

__all__ = ["STANDING", "TRAPS", "Trap", "chosen", "traps"]
