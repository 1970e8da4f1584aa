"""One module a hot path: each `cases()` puts what we ship beside a reference implementation of the same work."""
