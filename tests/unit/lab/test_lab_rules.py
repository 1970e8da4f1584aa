"""Small rules of the lab: request weights, stream names, faults as documents, scenarios and their truth."""

import pytest

from arbedge.errors import ConfigError, Invalid
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.lab.config import LabOptions
from arbedge.lab.exchanges.binance.limits import CallMeter, WeightMeter
from arbedge.lab.exchanges.binance.topics import parse_topic
from arbedge.lab.faults import FAULTS, FaultBoard, parse_fault
from arbedge.lab.garble import Garbler
from arbedge.lab.scenarios import find_scenario, scenarios
from arbedge.lab.stage import StageSet
from arbedge.lab.truth import Planner

MINUTE_MS = 60_000


def test_weights_fill_a_minute_then_429_then_a_ban():
    meter, now_ms = WeightMeter("usdm", ban_s=120), 10 * MINUTE_MS + 15_000
    assert meter.charge("a", 2400, now_ms).used == 2400
    over = meter.charge("a", 1, now_ms)
    assert (over.status, over.used, over.retry_after_s) == (429, 2400, 45)
    assert meter.charge("b", 1, now_ms).status == 200
    statuses = [meter.charge("a", 1, now_ms).status for _ in range(10)]
    assert statuses == [429] * 9 + [418]
    assert meter.charge("a", 1, now_ms + MINUTE_MS).status == 418
    freed = meter.charge("a", 1, now_ms + 2 * MINUTE_MS)
    assert (freed.status, freed.used) == (200, 1)


def test_funding_calls_have_their_own_count():
    meter = CallMeter()
    assert [meter.charge("a", 1000 + i) for i in range(500)] == [0] * 500
    assert meter.charge("a", 2000) == 299
    assert meter.charge("b", 2000) == 0
    assert meter.charge("a", 1000 + 5 * MINUTE_MS) == 0


@pytest.mark.parametrize(
    ("name", "host", "kind", "every_ms", "route"),
    [
        ("btcusdt@bookTicker", "spot", "book", 0, "public"),
        ("btcusdt@depth", "spot", "depth", 1000, "public"),
        ("btcusdt@depth", "usdm", "depth", 250, "public"),
        ("btcusdt@depth@100ms", "usdm", "depth", 100, "public"),
        ("btcusdt@depth10@100ms", "spot", "partial", 100, "public"),
        ("btcusdt_261225@markPrice@1s", "usdm", "mark", 1000, "market"),
        ("!markPrice@arr@1s", "usdm", "mark_all", 1000, "market"),
        ("!bookTicker", "usdm", "book_all", 5000, "public"),
        ("btcusdt@aggTrade", "spot", "quiet", 1000, "market"),
    ],
)
def test_streams_are_known_by_name(name, host, kind, every_ms, route):
    topic = parse_topic(name, host)
    assert (topic.kind, topic.every_ms, topic.route) == (kind, every_ms, route)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("!bookTicker", "spot"), ("!ticker@arr", "spot"), ("btcusdt@markPrice", "spot"), ("BTCUSDT@bookTicker", "spot"),
        ("btcusdt", "spot"), ("btcusdt@depth7", "spot"), ("btcusdt@depth@30ms", "usdm"), ("btcusdt@bookTicker5", "usdm"),
    ],
)  # fmt: skip
def test_what_the_venue_does_not_have_is_no_stream(name, host):
    assert parse_topic(name, host) is None


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "expected"),
        ({"fault": "flood"}, "flood"),
        ({"fault": "slow", "seconds": 0}, "seconds"),
        ({"fault": "slow", "seconds": True}, "seconds"),
        ({"fault": "slow", "params": [1]}, "params"),
        ({"fault": "slow", "params": {"delay": 3}}, "params.delay"),
        ({"fault": "slow", "params": {"delay_ms": "long"}}, "params.delay_ms"),
        ({"fault": "stale"}, "params.symbol"),
    ],
)
def test_bad_faults_name_what_is_wrong(document, named):
    with pytest.raises(Invalid, match=named):
        parse_fault(document, 0)


def test_faults_are_aimed_and_end():
    board = FaultBoard()
    board.stage(parse_fault({"fault": "slow", "params": {"host": "usdm"}, "seconds": 2}, 0))
    board.stage(parse_fault({"fault": "stale", "params": {"symbol": "BTCUSDT"}, "seconds": 9}, 0))
    assert board.active("slow", "spot") is None
    assert board.active("slow", "usdm") is not None
    assert board.active("stale", "spot", "ETHUSDT") is None
    assert board.active("stale", "spot", "BTCUSDT") is not None
    assert [fault.name for fault in board.expire(int(3e9))] == ["slow"]
    assert not board.is_quiet
    board.clear()
    assert board.is_quiet


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("duplicate", [b"11", b"11", b"22", b"22"]),
        ("truncated", [b"1", b"2"]),
        ("out_of_order", [b"22", b"11"]),
    ],
)
def test_frames_are_spoiled_as_asked(name, expected):
    board = FaultBoard()
    board.stage(parse_fault({"fault": name, "params": {"rate": 1.0}}, 0))
    assert Garbler().garble([b"11", b"22"], board, "spot") == expected


def test_frames_are_spoiled_at_the_asked_rate_and_one_swapped_survives_its_batch():
    board, garbler = FaultBoard(), Garbler()
    board.stage(parse_fault({"fault": "garbage", "params": {"rate": 0.25}}, 0))
    spoiled = [garbler.garble([b"{}"], board, "spot")[0] for _ in range(40)]
    assert sum(frame != b"{}" for frame in spoiled) == 10
    board.clear()
    board.stage(parse_fault({"fault": "out_of_order", "params": {"rate": 1.0}}, 0))
    assert garbler.garble([b"1"], board, "spot") == []
    assert garbler.garble([b"2"], board, "spot") == [b"2", b"1"]


def test_scenarios_are_described_and_unknown_ones_refused():
    names = [name for name, _ in scenarios()]
    assert {"calm", "steady", "decoys", "faults", "chaos", "clock_skew", "restricted"} <= set(names)
    assert all(description and "\n" not in description for _, description in scenarios())
    staged = {fault.name for fault in find_scenario("faults").faults}
    assert staged == set(FAULTS)
    with pytest.raises(ConfigError, match="steady"):
        find_scenario("party")


@pytest.mark.parametrize("universe", ["small", "demo", "binance"])
def test_steady_plants_pay_at_once_and_decoys_do_not(universe):
    clock = ManualClock()
    stages = StageSet(LabOptions(universe=universe), clock)
    planner = Planner(stages, find_scenario("steady"))
    planner.turn(stages.true_ms())
    told = [entry for entry in planner.truth(stages.true_ms()) if entry["is_open"]]
    paying = [entry for entry in told if not entry["is_decoy"]]
    assert {entry["kind"] for entry in paying} == {"spot_perp", "perp_spot", "triangular"}
    assert len(paying) == len(
        [plant for plant in find_scenario("steady").plants if plant.at_s == 0 and not plant.is_decoy]
    )
    for entry in paying:
        # a triangle pays from its prices alone, a carry from a few settlements of its funding
        assert entry["expected_gross_bps"] > (36 if entry["kind"] == "triangular" else 12), entry
        assert entry["opens_at"] < entry["closes_at"]
    decoys = {entry["asset"]: entry for entry in told if entry["is_decoy"]}
    assert len(decoys) == 8
    assert 0 < decoys["FEEZ"]["expected_gross_bps"] < 30


async def test_plants_open_close_and_leave_nothing_behind():
    clock = ManualClock()
    stages = StageSet(LabOptions(universe="small"), clock)
    stage = stages["binance"]
    planner = Planner(stages, find_scenario("steady"))
    planner.turn(stages.true_ms())
    quiet = stage.world.books["spot", "BNBBTC"].bid
    await clock.advance(11)
    planner.turn(stages.true_ms())
    assert stage.world.books["spot", "BNBBTC"].bid > quiet * 1.004
    await clock.advance(30)
    planner.turn(stages.true_ms())
    assert ("spot", "BNBBTC") not in stage.world.bends
    assert abs(stage.world.books["spot", "BNBBTC"].bid / quiet - 1) < 0.003


async def test_a_stale_decoy_hides_what_rest_shows():
    clock = ManualClock()
    stages = StageSet(LabOptions(universe="small"), clock)
    stage = stages["binance"]
    spot = stage.world.books["spot", "FROZUSDT"]
    before = spot.bid
    Planner(stages, find_scenario("decoys")).turn(stages.true_ms())
    assert spot.is_muted
    assert 130 < (spot.bid / before - 1) * 1e4 < 150


async def test_a_settlement_is_remembered_as_it_was_announced():
    clock = ManualClock()  # midnight UTC: every contract settles eight hours on
    stages = StageSet(LabOptions(universe="small"), clock)
    stage = stages["binance"]
    planner = Planner(stages, find_scenario("steady"))
    planner.turn(stages.true_ms())
    item = stage.world.books["usdm", "DOGEUSDT"].listing
    await clock.advance(8 * 3600 + 1)
    announced = stage.funding.now(item, stages.true_ms() - 1001).rate
    planner.turn(stages.true_ms())
    last = stage.funding.history(item, 0, stages.true_ms(), stages.true_ms())[-1]
    assert last.rate == pytest.approx(announced, rel=1e-6)
    assert last.rate > 0.001


async def test_a_delisted_market_stands_still_and_its_plant_is_closed():
    clock = ManualClock()
    stages = StageSet(LabOptions(universe="small"), clock)
    stage = stages["binance"]
    planner = Planner(stages, find_scenario("delisting"))
    planner.turn(stages.true_ms())
    await clock.advance(21)
    planner.turn(stages.true_ms())
    spot = stage.world.books["spot", "DOGEUSDT"]
    assert (spot.listing.status, stage.world.halts) == ("BREAK", 1)
    told = [entry for entry in planner.truth(stages.true_ms()) if entry["asset"] == "DOGE"]
    assert [(entry["is_decoy"], entry["is_open"]) for entry in told] == [(False, False), (True, True)]
    stood = spot.update_id
    for _ in range(50):
        await clock.advance(0.1)
        stages.motion.step(stages.true_ms())
    assert spot.update_id == stood
    assert stage.world.books["usdm", "DOGEUSDT"].listing.is_trading


@pytest.mark.parametrize(("name", "seconds"), [("faults", 290), ("chaos", 400), ("fleeting", 120)])
async def test_scheduled_scenarios_run_through(name, seconds):
    clock = ManualClock()
    stages = StageSet(LabOptions(universe="small", scenario=name), clock)
    stage = stages["binance"]
    planner = Planner(stages, find_scenario(name))
    seen = set()
    for _ in range(seconds):
        await clock.advance(1)
        stages.expire(clock.monotonic_ns())
        planner.turn(stages.true_ms())
        stages.motion.step(stages.true_ms())
        seen |= {fault.name for fault in stage.faults.staged()}
    if name == "faults":
        assert seen == set(FAULTS)
        assert stage.faults.is_quiet
        assert not any(bend.is_crossed for bend in stage.world.bends.values())
    assert (len(seen) > 8) == (name != "fleeting")
