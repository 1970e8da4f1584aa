"""What stands between us and anything that may be slow, full, limited or down.

Comes in: an operation and a frozen policy. Goes out: its answer in time, or one error that says what happened.
It never knows what the operation is for, never invents an answer, and never counts a cancelled call as a failure.
"""
