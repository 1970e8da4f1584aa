"""Where the lab's randomness comes from: named, seeded generators, so that every run can be had again."""

import random

__all__ = ["seeded"]


def seeded(name: str) -> random.Random:
    """A generator that says the same for the same name."""
    return random.Random(name)  # noqa: S311 - simulated prices, not secrets
