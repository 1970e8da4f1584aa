"""What the program tells about itself: structured logs without secrets, and metrics from one catalogue.

Comes in: events, exceptions and measurements. Goes out: JSON lines, console lines and the Prometheus text format.
It never lets a secret through, never configures a process-wide logger, and knows no metric outside its catalogue.
"""
