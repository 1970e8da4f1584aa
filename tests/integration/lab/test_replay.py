"""Recorded frames come back on loopback as they were, and depth asked for at any moment meets the diffs."""

import asyncio
import gzip
import json
import os
from pathlib import Path

import aiohttp
import pytest

from arbedge.errors import Invalid, NotFound
from arbedge.lab.config import LabOptions
from arbedge.lab.recorded import recorded_frames
from arbedge.lab.replay import ReplayLab, running_replay

RECORDED = Path(
    os.environ.get("ARBEDGE_RECORDED_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data")
)
FRAMES = RECORDED / "ws_raw_binance_spot_usdm_cm"
START_NS = 1_723_161_253_000_000_000


def lines():
    """A tiny made recording of a spot market: a best price, a snapshot in-stream, diffs around it, a trade."""

    def frame(ms, stream, data):
        return f"{START_NS + ms * 1_000_000} {json.dumps({'stream': stream, 'data': data})}"

    def diff(first, last, bids, asks):
        return {"e": "depthUpdate", "E": 1_723_161_255_000 + last, "s": "ABCUSDT", "U": first, "u": last, "b": bids,
                "a": asks}  # fmt: skip

    snapshot = {"lastUpdateId": 104, "bids": [["1.5000", "10.0"], ["1.4990", "4.0"]], "asks": [["1.5010", "7.0"]]}
    best = {"u": 103, "s": "ABCUSDT", "b": "1.5000", "B": "10.0", "a": "1.5010", "A": "7.0"}
    trade = {"e": "trade", "E": 1_723_161_255_700, "s": "ABCUSDT", "p": "1.5010", "q": "2", "T": 1, "m": False}
    return [
        frame(0, "abcusdt@depth@100ms", diff(100, 102, [["1.4980", "0.0"]], [])),
        frame(20, "abcusdt@bookTicker", best),
        f"{START_NS + 40_000_000} {json.dumps(snapshot)}",
        frame(60, "abcusdt@depth@100ms", diff(103, 106, [["1.5000", "0.0"]], [["1.5020", "3.0"]])),
        frame(80, "abcusdt@trade", trade),
        frame(100, "abcusdt@depth@100ms", diff(107, 108, [["1.4995", "5.0"]], [])),
    ]


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "abc.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines()).encode()))
    return path


async def test_frames_come_back_unchanged_and_depth_meets_them(recording):
    options = LabOptions(port_base=0)
    async with (
        asyncio.timeout(10),
        running_replay([recording], options, speed=1.0) as lab,
        aiohttp.ClientSession(lab.base_url) as session,
        session.ws_connect("/stream?streams=abcusdt@depth@100ms/abcusdt@bookTicker") as socket,
    ):
        early = await (await session.get("/api/v3/depth", params={"symbol": "ABCUSDT"})).json()
        seen = [json.loads((await socket.receive()).data) for _ in range(4)]
        sent = [json.loads(line.partition(" ")[2]) for line in lines()]
        assert seen == [frame for frame in sent if "trade" not in frame.get("stream", "trade")]
        late = await (await session.get("/api/v3/depth", params={"symbol": "ABCUSDT"})).json()
        assert early["lastUpdateId"] == 104
        assert late == {
            "lastUpdateId": 108,
            "bids": [["1.4995", "5.0"], ["1.4990", "4.0"]],
            "asks": [["1.5010", "7.0"], ["1.5020", "3.0"]],
        }
        listed = await (await session.get("/api/v3/exchangeInfo")).json()
        assert [(s["symbol"], s["baseAsset"], s["quoteAsset"]) for s in listed["symbols"]] == [
            ("ABCUSDT", "ABC", "USDT")
        ]
        assert (await session.get("/api/v3/depth", params={"symbol": "NOPE"})).status == 400
        status = await (await session.get("/lab/status")).json()
        assert status["frames_sent"] == 5


def test_bad_recordings_are_named(tmp_path):
    with pytest.raises(NotFound, match=r"nothing\.jsonl"):
        next(recorded_frames(tmp_path / "nothing.jsonl"))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(lines()[0] + "\nnot a frame\n")
    with pytest.raises(Invalid, match="line 2"):
        list(recorded_frames(bad))
    cut = tmp_path / "cut.jsonl.xz"
    cut.write_bytes(b"\xfd7zXZ\x00nonsense")
    with pytest.raises(Invalid, match="cannot be read"):
        next(recorded_frames(cut))
    without = tmp_path / "without.jsonl"
    without.write_text(lines()[0])
    with pytest.raises(Invalid, match="no depth snapshot"):
        ReplayLab([without], LabOptions(port_base=0))


async def test_a_damaged_recording_ends_the_replay_with_its_reason(tmp_path, capsys):
    path = tmp_path / "damaged.jsonl"
    path.write_text("\n".join([*lines()[:4], "garbage", *lines()[4:]]))
    async with (
        asyncio.timeout(10),
        running_replay([path], LabOptions(port_base=0), speed=0) as lab,
        aiohttp.ClientSession(lab.base_url) as session,
        session.ws_connect("/ws/abcusdt@depth@100ms") as socket,
    ):
        assert json.loads((await socket.receive()).data)["u"] == 102
        assert json.loads((await socket.receive()).data)["u"] == 106
        while not (await (await session.get("/lab/status")).json())["finished"]:
            pass
        assert "line 5" in lab.problem
    assert "line 5" in capsys.readouterr().err


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["spot_btcusdt_20240808", "usdm_btcusdt_20240808"])
async def test_a_real_recording_is_replayed_whole(name):
    path = FRAMES / f"{name}.jsonl.xz"
    if not path.exists():
        pytest.skip("recorded data is absent")
    route = "" if name.startswith("spot") else "/public"
    wanted = ("@bookTicker", "@depth@")
    expected = sum(any(part in frame.stream for part in wanted) for frame in recorded_frames(path))
    async with (
        asyncio.timeout(60),
        running_replay([path, FRAMES / "cm_btcusd_perp_20240808.jsonl.xz"], LabOptions(port_base=0), 0) as lab,
        aiohttp.ClientSession(lab.base_url) as session,
        session.ws_connect(
            f"{route}/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker", max_msg_size=0
        ) as socket,
    ):
        assert lab.left_out  # the COIN-M recording is named, not replayed
        for _ in range(expected):
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.TEXT
        last = json.loads(message.data)["data"]
        assert lab.frames_sent >= expected
        assert last["u"] > 0
