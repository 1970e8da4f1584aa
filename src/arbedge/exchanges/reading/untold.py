"""The answers of a venue that does not tell: empty, as `spec.Capabilities` declares, never guessed."""

from arbedge.domain.instrument import InstrumentId, MarketKind
from arbedge.domain.quote import TopOfBook
from arbedge.market.ports import IndexComponent

__all__ = ["UntoldIndexes", "UntoldTops"]


class UntoldTops:
    """A catalogue whose venue tells best prices of one symbol at a time: they come by stream alone."""

    async def fetch_tops(self, kind: MarketKind) -> tuple[TopOfBook, ...]:  # noqa: ARG002 - of no kind
        """None."""
        return ()


class UntoldIndexes:
    """A catalogue whose venue does not say what an index is made of."""

    async def fetch_index_components(self, perp: InstrumentId) -> tuple[IndexComponent, ...]:  # noqa: ARG002 - of none
        """None."""
        return ()
