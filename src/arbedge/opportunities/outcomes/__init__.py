"""What became of edges and of funding, computed from records alone.

Comes in: recorded quotes and settlements as values. Goes out: figures that say how many samples they rest on, and
are absent where those are too few. It reads no file and no clock.
"""
