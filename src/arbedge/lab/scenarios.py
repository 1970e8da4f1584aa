"""The named scenarios of the lab: what is planted, and which faults come when."""

from dataclasses import dataclass

from arbedge.errors import ConfigError
from arbedge.lab.chance import seeded
from arbedge.lab.crossings import crossings, venue_decoys
from arbedge.lab.faults import ScheduledFault
from arbedge.lab.fifth_plants import fifth_venue
from arbedge.lab.plants import DAY_S, Plant, carry, decoys, delisting, repeat, triangle, triangle_into
from arbedge.lab.traps.catalogue import TRAPS

__all__ = ["Scenario", "find_scenario", "scenarios"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: its name, one line about it, its plants and faults, and the traps it sets."""

    name: str
    description: str
    plants: tuple[Plant, ...] = ()
    faults: tuple[ScheduledFault, ...] = ()
    traps: frozenset[str] = frozenset()


def scenarios() -> list[tuple[str, str]]:
    """Every scenario's name and one-line description."""
    return [(scenario.name, scenario.description) for scenario in _build()]


def find_scenario(name: str) -> Scenario:
    """The scenario of that name; ConfigError naming the known ones when there is none."""
    known = {scenario.name: scenario for scenario in _build()}
    if name not in known:
        raise ConfigError(f"--scenario {name}: expected one of {', '.join(known)}")
    return known[name]


def _build() -> list[Scenario]:
    paying, baits = tuple(_paying()), tuple(decoys())
    return [
        Scenario("calm", "prices move, nothing is planted: no opportunity survives its fees"),
        Scenario("steady", "opportunities of every kind open from the first second, decoys beside them",
                 paying + baits),
        Scenario("decoys", "only traps: halted, stale, thin, coarse, colliding, wide, luring, fee-eaten", baits),
        Scenario("fleeting", "opportunities that live one to twenty seconds", tuple(_fleeting())),
        Scenario("cross", "opportunities of every kind between venues, decoys beside them",
                 (*crossings(), *venue_decoys())),
        Scenario("traps", "cross, pairs and triangles of one venue beside it, and every trap set (universe four)",
                 (*crossings(), *_beside()), traps=frozenset(TRAPS)),
        Scenario("fifth", "funding and prices of Hyperliquid and Binance apart, a trap beside them",
                 tuple(fifth_venue())),
        Scenario("delisting", "spot trading of a paying coin stops after twenty seconds, of another after forty",
                 (*paying, delisting("DOGE", 20.0), delisting("AVAX", 40.0))),
        Scenario("faults", "steady, with every kind of fault once, one after another", paying + baits, _tour()),
        Scenario("chaos", "steady, with faults drawn at random, up to three at a time", paying + baits, _storm()),
        Scenario("gaps", "steady, losing one depth frame in ten", paying, _lasting("gap", rate=0.1)),
        Scenario("clock_skew", "steady, with the venue's clock two seconds ahead", paying,
                 _lasting("clock_skew", offset_ms=2000)),
        Scenario("clock_behind", "steady, with the venue's clock two seconds behind", paying,
                 _lasting("clock_skew", offset_ms=-2000)),
        Scenario("restricted", "every request is refused with 451, as from a restricted location", paying,
                 _lasting("restricted", status=451)),
        Scenario("banned", "every request is refused with 418, as after too many", paying, _lasting("ban")),
        Scenario("down", "every connection is refused", paying, _lasting("down")),
        Scenario("garbage", "steady, with one frame in ten replaced by garbage", paying,
                 _lasting("garbage", rate=0.1)),
    ]  # fmt: skip


def _paying() -> list[Plant]:
    lasting = [
        carry("DOGE", 0.0052, 24),
        carry("AVAX", 0.0042, 12),
        carry("1000PEPE", 0.0060, 38),
        carry("ENA", 0.0050, 18),
        carry("LINK", -0.0075, -34),
        carry("ADA", -0.0060, -22),
        triangle("SOL", "BTC", 62),
        triangle("XRP", "ETH", 66),
        triangle_into("ETH", "TRY", 70),
    ]
    passing = repeat(carry("SUI", 0.0058, 20, at_s=5, for_s=45), every_s=120, count=180)
    return lasting + passing + repeat(triangle("BNB", "BTC", 60, at_s=10, for_s=25), every_s=90, count=240)


def _beside() -> list[Plant]:
    """What pays on one venue, in coins nothing between venues is planted on."""
    lasting = [
        carry("NEAR", 0.0052, 24),
        carry("APT", 0.0046, 18),
        carry("TIA", -0.0070, -30),
        triangle("DOT", "BTC", 64),
        triangle("LTC", "BTC", 68),
    ]
    return lasting + repeat(triangle("UNI", "BTC", 62, at_s=12, for_s=30), every_s=100, count=200)


def _fleeting() -> list[Plant]:
    rng = seeded("fleeting")
    plants: list[Plant] = []
    for i in range(400):
        at_s, for_s = 2.0 + i * 9, rng.choice((1.0, 2.0, 5.0, 8.0))
        plants.append(triangle(rng.choice(("SOL", "XRP", "DOGE", "BNB")), "BTC", rng.uniform(55, 90), at_s, for_s))
        ticker = rng.choice(("DOGE", "AVAX", "ENA"))
        plants.append(carry(ticker, rng.uniform(0.003, 0.006), 20, at_s + 1, for_s + rng.uniform(0, 6)))
    return plants


def _lasting(name: str, **params: float) -> tuple[ScheduledFault, ...]:
    return (ScheduledFault(0.0, name, DAY_S, dict(params)),)


def _tour() -> tuple[ScheduledFault, ...]:
    """Every fault once, eight seconds each, twelve apart, beginning after twenty quiet seconds."""
    aimed: dict[str, dict[str, float | str]] = {
        "stale": {"symbol": "DOGEUSDT", "host": "usdm"},
        "crossed": {"symbol": "AVAXUSDT", "host": "spot"},
        "gap": {"rate": 0.3},
    }
    order = (
        "gap", "duplicate", "out_of_order", "garbage", "truncated", "crossed", "stale", "silent", "mute_pings",
        "sequence_reset", "no_snapshot",
        "disconnect", "cut", "reconnect_storm", "slow", "error_500", "rate_limit", "ban", "clock_skew",
        "restricted", "down",
    )  # fmt: skip
    return tuple(ScheduledFault(20.0 + 12 * i, name, 8.0, aimed.get(name, {})) for i, name in enumerate(order))


def _storm() -> tuple[ScheduledFault, ...]:
    """An hour of seeded disorder: something new every few seconds, each for one to ten seconds."""
    rng = seeded("chaos")
    mild = (
        "gap", "duplicate", "out_of_order", "garbage", "truncated", "silent", "disconnect", "cut", "slow",
        "error_500", "rate_limit", "clock_skew", "down",
    )  # fmt: skip
    at_s, faults = 8.0, []
    while at_s < 3600:
        host: dict[str, float | str] = {"host": rng.choice(("spot", "usdm"))} if rng.random() < 0.5 else {}
        faults.append(ScheduledFault(at_s, rng.choice(mild), rng.uniform(1, 10), host))
        at_s += rng.uniform(2, 9)
    return tuple(faults)
