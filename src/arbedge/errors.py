"""Every error family of ArbEdge, drawn once; leaf errors live beside the code that raises them.

    ArbEdgeError
    ├── ConfigError             a setting is wrong: change it and start again
    ├── InputError              the caller asked for something impossible
    │   ├── NotFound
    │   ├── Conflict
    │   └── Invalid
    ├── AccessDenied
    │   ├── NotAuthenticated
    │   └── NotPermitted
    ├── Unavailable             a retry may help
    │   ├── Timeout
    │   ├── Disconnected
    │   ├── RateLimited
    │   └── Stale
    ├── Rejected                a retry will not help
    │   ├── InsufficientBalance
    │   ├── PriceMoved
    │   └── BelowMinimum
    └── IntegrityError          what we hold cannot be trusted: stop that unit and rebuild it
        ├── SequenceGap
        ├── CrossedBook
        └── LedgerMismatch

`code` is a stable slug for logs, metrics and answers; `retryable` says whether trying again may help.
HTTP status and chat wording are tables at the edge, never here.
"""

__all__ = [
    "AccessDenied",
    "ArbEdgeError",
    "BelowMinimum",
    "ConfigError",
    "Conflict",
    "CrossedBook",
    "Disconnected",
    "InputError",
    "InsufficientBalance",
    "IntegrityError",
    "Invalid",
    "LedgerMismatch",
    "NotAuthenticated",
    "NotFound",
    "NotPermitted",
    "PriceMoved",
    "RateLimited",
    "Rejected",
    "SequenceGap",
    "Stale",
    "Timeout",
    "Unavailable",
]


class ArbEdgeError(Exception):
    """Root of every error ArbEdge raises on purpose."""

    code = "error"
    retryable = False


class ConfigError(ArbEdgeError):
    """A setting is missing or out of range; the message names it and what is expected."""

    code = "config"


class InputError(ArbEdgeError):
    """The request itself is at fault; the message names the fix."""

    code = "input"


class NotFound(InputError):
    """No such thing under that id."""

    code = "not_found"


class Conflict(InputError):
    """The thing exists already, or its state forbids this."""

    code = "conflict"


class Invalid(InputError):
    """A value is missing, malformed or out of range; the message names the key."""

    code = "invalid"


class AccessDenied(ArbEdgeError):
    """The caller may not do this."""

    code = "access_denied"


class NotAuthenticated(AccessDenied):
    """Nobody vouched for the caller."""

    code = "not_authenticated"


class NotPermitted(AccessDenied):
    """The caller is known and lacks the right."""

    code = "not_permitted"


class Unavailable(ArbEdgeError):
    """A source outside us did not answer usefully; trying again may help."""

    code = "unavailable"
    retryable = True


class Timeout(Unavailable):
    """The deadline passed before the answer came."""

    code = "timeout"


class Disconnected(Unavailable):
    """The connection could not be made or was lost."""

    code = "disconnected"


class RateLimited(Unavailable):
    """A limit was reached; `retry_after_s` says when to try again (None where unknown)."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Stale(Unavailable):
    """An answer exists but is older than its user allows."""

    code = "stale"


class Rejected(ArbEdgeError):
    """The other side understood and refused; trying again will not help."""

    code = "rejected"


class InsufficientBalance(Rejected):
    """Not enough of an asset."""

    code = "insufficient_balance"


class PriceMoved(Rejected):
    """The price left the agreed band."""

    code = "price_moved"


class BelowMinimum(Rejected):
    """The size is under the venue's minimum."""

    code = "below_minimum"


class IntegrityError(ArbEdgeError):
    """What we hold is inconsistent; the unit that found it stops and rebuilds."""

    code = "integrity"


class SequenceGap(IntegrityError):
    """A stream skipped a sequence number."""

    code = "sequence_gap"


class CrossedBook(IntegrityError):
    """Best bid at or above best ask inside one book."""

    code = "crossed_book"


class LedgerMismatch(IntegrityError):
    """Two records of the same money disagree."""

    code = "ledger_mismatch"
