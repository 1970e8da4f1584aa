"""OKX put together: a budget and a guard an endpoint, and the ports the market stage asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.catalogue import OkxCatalogue
from arbedge.exchanges.okx.facts import QUOTAS, SPEC, WINDOW_S
from arbedge.exchanges.okx.faults import read_fault
from arbedge.exchanges.okx.rest import OkxRest
from arbedge.exchanges.okx.stream import OkxScript
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.transport.surroundings import Surroundings
from arbedge.foundation.resilience.weight import WeightBudget

__all__ = ["build"]


@dataclass(frozen=True, slots=True)
class _SharedSilence:
    """An endpoint's own budget; being told to wait on one endpoint silences all of them."""

    own: WeightBudget
    all: Sequence[WeightBudget]

    def reserve(self, weight: int) -> float:
        """0 when spent, otherwise the seconds to wait before asking again."""
        return self.own.reserve(weight)

    def penalise(self, seconds: float) -> None:
        """Let nothing pass for that long."""
        for budget in self.all:
            budget.penalise(seconds)


def build(config: VenueConfig, around: Surroundings) -> Venue[OkxCatalogue]:
    """OKX from its settings. Opens nothing: the first call does."""
    site, host = Site(SPEC, config, around), next(iter(SPEC.rest.values()))
    budgets = {path: site.budget(path, limit, WINDOW_S) for path, limit in QUOTAS.items()}
    silence = tuple(budgets.values())
    clients = {
        path: site.client(host, site.guard(path, _SharedSilence(budget, silence)), budget, read_fault)
        for path, budget in budgets.items()
    }
    rest = OkxRest(clients, timeout_s=config.rest_deadline_s)
    return site.open(OkxCatalogue(rest, around.clock, config.kinds), OkxScript())
