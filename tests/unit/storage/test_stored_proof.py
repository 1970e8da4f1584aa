"""What the archive gives back still proves itself, and what was altered in the file does not."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.opportunities.proof import prove
from arbedge.storage.repositories.lookup import OpportunityLookup
from arbedge.storage.repositories.opportunities import SqliteOpportunityArchive


def load_proofs():
    path = Path(__file__).parents[1] / "opportunities" / "test_proof.py"
    spec = importlib.util.spec_from_file_location("proof_samples", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["PAIR", "TRIANGLE"])
def honest(request):
    proofs = load_proofs()
    return proofs.record_of(getattr(proofs, request.param))


async def test_a_stored_opportunity_proves_itself(records, honest) -> None:
    event = OpportunityEvent(OpportunityChange.OPENED, honest.opportunity, honest.evidence)
    await SqliteOpportunityArchive(records).record([event])
    found = await OpportunityLookup(records).find(honest.opportunity.id[:6])
    assert prove(found).holds
    (step,) = await OpportunityLookup(records).revisions(honest.opportunity.id)
    assert prove(replace(found, evidence=step.evidence)).holds


async def test_a_figure_altered_in_the_file_is_found_out(records, honest) -> None:
    event = OpportunityEvent(OpportunityChange.OPENED, honest.opportunity, honest.evidence)
    await SqliteOpportunityArchive(records).record([event])
    text = msgspec.json.encode(replace(honest.opportunity.priced, net=honest.opportunity.priced.net + 1)).decode()
    async with records.write() as connection:
        await connection.exec_driver_sql("UPDATE opportunities SET priced = ?", (text,))
    found = await SqliteOpportunityArchive(records).find(honest.opportunity.id)
    proof = prove(found)
    assert not proof.holds
    assert proof.difference.startswith("net: stored ")
