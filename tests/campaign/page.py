"""The campaign's result as the page docs/reference/accuracy.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.campaign.judging import Leg, Tally, Verdict
from tests.campaign.running import SEED_LIST, VENUES, VENUES_OF

_HEAD = """# Accuracy: what was planted, what was shown

Written by `make campaign` on {date}; seeds {first} to {last}, universe `{universe}`, all six kinds. Simulated markets:
the lab's own (`arbedge lab`). This says how faithfully the program reads and prices what venues send, not what real markets pay.

Each run starts the lab and the whole program, as `arbedge demo` does. The lab knows what it planted. A plant is *due* when
it was open for ten seconds or longer after every venue was live; it is *found* when the very same legs were shown while it
was open. A row shown is true when it is such a plant, or trades a market that an open plant moved (two markets moved apart
also stand apart from all others of their coin), and the prices in its evidence are those the venues quoted by REST
around that moment. Everything else shown is false: decoys, and rows nothing explains.

Configured as a user would: `market.identity_seed` lists well-known coins ({seeds}),
because no index joins two spot markets of different venues and a lab is never a day old. Everything else is the default.
Runs made again because the machine had no processor left for them (the loop woke late) and a plant was missed: {reruns}.
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What was run: the seeds, in which universe, which runs were made again on a starved machine, and when."""

    seeds: Sequence[int]
    universe: str
    reruns: tuple[str, ...]
    at: datetime


def write_page(path: Path, verdicts: Mapping[str, Verdict], ran: Ran) -> None:
    """Write the page whole."""
    text = _HEAD.format(
        date=f"{ran.at:%Y-%m-%d}", first=ran.seeds[0], last=ran.seeds[-1], universe=ran.universe,
        seeds=", ".join(SEED_LIST), reruns=", ".join(ran.reruns) or "none",
    )  # fmt: skip
    for scenario, verdict in verdicts.items():
        venues = ", ".join(VENUES_OF.get(scenario, VENUES))
        text += f"\n## Scenario `{scenario}` on {venues}, {len(ran.seeds)} runs\n\n{table(verdict)}\n{_exceptions(verdict)}"
    path.write_text(text, encoding="utf-8")


def table(verdict: Verdict) -> str:
    """Recall and precision by kind, in Markdown."""
    lines = [
        "| kind | due | found | recall | found after, median | shown | planted | beside a plant | false | precision |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    total = Tally()
    for kind, tally in verdict.tallies.items():
        total.add(tally)
        lines.append(_line(f"`{kind}`", tally))
    lines.append(_line("all", total))
    return "\n".join(lines) + "\n"


def _line(name: str, tally: Tally) -> str:
    recall = f"{tally.found / tally.due:.1%}" if tally.due else "-"
    precision = f"{1 - tally.false_rows / tally.shown:.1%}" if tally.shown else "-"
    wait = "-" if tally.median_wait_s is None else f"{tally.median_wait_s:.1f} s"
    counts = (tally.shown, tally.planted_rows, tally.beside_rows, tally.false_rows)
    return (
        f"| {name} | {tally.due} | {tally.found} | {recall} | {wait} | "
        + " | ".join(map(str, counts))
        + f" | {precision} |"
    )


def _exceptions(verdict: Verdict) -> str:
    lines = [f"Decoys set out, all runs together: {verdict.decoys}."]
    if not verdict.misses:
        lines.append("Nothing due was missed.")
    lines += [
        f"- missed, seed {miss.seed}: {miss.plant.kind} {_spell(miss.plant.legs)}: "
        + (f"gate `{miss.gate}`: {miss.reason}" if miss.gate else miss.reason)
        + f"; the loop woke {miss.lag_s * 1000:.0f} ms late on the mean"
        for miss in verdict.misses
    ]
    if not verdict.falses:
        lines.append("Nothing false was shown.")
    lines += [
        f"- false, seed {each.seed}: {each.shown.kind} {_spell(each.shown.legs)}: {each.why}"
        for each in verdict.falses
    ]
    return "\n".join(lines) + "\n"


def _spell(legs: tuple[Leg, ...]) -> str:
    return ", ".join(f"{leg.side} {leg.market.venue}:{leg.market.kind}:{leg.market.symbol}" for leg in legs)
