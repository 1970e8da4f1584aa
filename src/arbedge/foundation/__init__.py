"""Mechanism that knows no business: time, tasks, streams, resilience, the service container, telemetry.

Comes in: callables and settings. Goes out: the same, made dependable. It never names a venue, a quote or a price.
"""
