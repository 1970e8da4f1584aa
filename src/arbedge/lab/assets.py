"""The lab's coins: well-known tickers with rough prices, and made-up ones to fill a large universe.

Prices are round figures near where these coins traded in 2025, in USDT; nothing in the lab depends on them
being true. A coin's rank (1 is the most traded) sets its volume, depth, spread and volatility.
"""

import random
from dataclasses import dataclass

from arbedge.lab.chance import seeded

__all__ = ["FIAT_AND_STABLE", "SCALED_PERPS", "SCALED_SPOT", "STOCKS", "TRAP_COINS", "Coin", "coins"]

_KNOWN = """
BTC 111500, ETH 4360, SOL 210, XRP 2.86, DOGE 0.216, BNB 853, SUI 3.36, ADA 0.833, AVAX 25.1, LINK 23.5,
PEPE 0.00000977, ENA 0.722, TRX 0.339, LTC 112, BCH 603, HBAR 0.221, DOT 3.83, UNI 9.57, AAVE 320, NEAR 2.41,
APT 4.32, ARB 0.502, OP 0.714, WLD 0.891, TIA 1.63, INJ 13.2, FIL 2.28, ATOM 4.51, XLM 0.365, ETC 20.6,
ICP 4.78, SEI 0.287, TON 3.14, SHIB 0.0000123, BONK 0.0000205, FLOKI 0.0000934, WIF 0.803, PENGU 0.0307,
TRUMP 8.39, ONDO 0.97, JUP 0.497, PYTH 0.16, CRV 0.763, LDO 1.22, MKR 1708, RENDER 3.49, FET 0.602, TAO 321,
GRT 0.0883, ALGO 0.235, VET 0.0236, SAND 0.268, MANA 0.288, AXS 2.37, GALA 0.0162, IMX 0.521, STX 0.623,
RUNE 1.23, EGLD 13.6, FLOW 0.393, XTZ 0.718, EOS 0.471, KAVA 0.379, ZEC 46.2, DASH 23.9, NEO 6.62, IOTA 0.19,
QTUM 2.58, THETA 0.771, CHZ 0.0402, ENJ 0.0683, BAT 0.147, COMP 44.6, SNX 0.648, SUSHI 0.783, YFI 5236,
ZRX 0.243, 1INCH 0.252, ANKR 0.0148, CELO 0.306, DYDX 0.601, ENS 22.4, GMX 15.1, MASK 1.21, PENDLE 4.86,
BLUR 0.0783, STRK 0.126, ZK 0.0577, MANTA 0.208, DYM 0.236, ALT 0.0331, PIXEL 0.0319, PORTAL 0.0433,
ETHFI 1.15, EIGEN 1.24, ZRO 1.88, IO 0.523, NOT 0.00187, BOME 0.00194, MEME 0.00267, ORDI 8.62, SATS 0.0000000361,
RATS 0.0000208, CAT 0.00000741, CHEEMS 0.00000118, BABYDOGE 0.00000000122, MOG 0.00000089, TURBO 0.00386,
PEOPLE 0.0184, LUNC 0.0000587, LUNA 0.151, USTC 0.0128, JASMY 0.0142, HOT 0.00094, WIN 0.0000342, ACH 0.0189,
ROSE 0.0251, ZIL 0.0112, ONE 0.0101, IOST 0.00339, ICX 0.129, ONT 0.129, RVN 0.0127, SC 0.00309, DGB 0.00832,
STORJ 0.247, OGN 0.0589, CTSI 0.0672, COTI 0.0498, SKL 0.0243, CELR 0.00716, LRC 0.0861, BAND 0.613, KNC 0.335,
API3 0.824, TRB 33.1, LPT 6.37, MAGIC 0.213, RDNT 0.0213, CFX 0.169, HOOK 0.0977, ID 0.161, ARKM 0.512,
CYBER 1.83, SSV 9.18, LQTY 0.748, GAS 3.21, POLYX 0.131, BIGTIME 0.0523, VANA 4.03, MOVE 0.119, ME 0.601,
VIRTUAL 1.17, AIXBT 0.0914, KAITO 0.923, BERA 1.87, LAYER 0.488, NIL 0.311, PARTI 0.163, BABY 0.0486, INIT 0.344,
SIGN 0.0671, HAEDAL 0.142, SOPH 0.0291, HOME 0.0354, SPK 0.0619, NEWT 0.241, HYPE 45.6, TREE 0.331, WLFI 0.23
"""

FIAT_AND_STABLE = {"USDC": 0.9998, "FDUSD": 0.9983, "TUSD": 0.9979, "EUR": 1.165, "TRY": 0.0243, "BRL": 0.184}
"""Other currencies pairs are quoted in, in USDT. USDT itself is the unit."""

SCALED_PERPS = {
    "PEPE": ("1000", 1_000),
    "SHIB": ("1000", 1_000),
    "BONK": ("1000", 1_000),
    "FLOKI": ("1000", 1_000),
    "LUNC": ("1000", 1_000),
    "SATS": ("1000", 1_000),
    "RATS": ("1000", 1_000),
    "CAT": ("1000", 1_000),
    "CHEEMS": ("1000", 1_000),
    "BABYDOGE": ("1M", 1_000_000),
    "MOG": ("1000000", 1_000_000),
}
"""Coins whose perp trades by the thousand or the million: prefix of the ticker and units a ticker unit holds."""

SCALED_SPOT = {"SATS", "CAT", "CHEEMS", "BABYDOGE"}
"""Coins whose spot pairs carry the same prefix."""

STOCKS = {"TSLA": 334, "NVDA": 171, "AAPL": 238, "COIN": 301, "HOOD": 103, "MSTR": 333, "CAT": 418, "AMZN": 226}
"""Tokenised stocks traded as perps; `CAT` (Caterpillar) shares its ticker with a coin on purpose."""

TRAP_COINS = {
    "LOTZ": 1450.0,  # one lot is dearer than most orders
    "TWIN": 0.84,  # its perp's index names another coin
    "HALT": 1.92,  # spot trading stopped, the perp goes on
    "THIN": 0.37,  # next to nothing in the book
    "LURE": 2.75,  # funding that entices and does not pay
    "WIDE": 0.052,  # a spread that eats any edge
    "FROZ": 6.4,  # its spot stream falls silent while the market moves
    "FEEZ": 0.61,  # a triangle narrower than its fees
}
"""Made-up coins every universe lists; scenarios set the bait on them."""

_ONSETS = ("B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "Z", "CR", "DR", "FL", "GR", "PL", "ST")
_VOWELS = ("A", "E", "I", "O", "U")
_CODAS = ("", "N", "R", "X", "L", "S", "K", "T")


@dataclass(frozen=True, slots=True)
class Coin:
    """One asset of the lab: ticker, starting price in USDT, rank by turnover (1 is the highest)."""

    name: str
    price: float
    rank: int


def coins(count: int, seed: int) -> list[Coin]:
    """`count` coins by rank: the known ones first, then made-up tickers; the trap coins always come last."""
    known = [(name, float(price)) for name, price in (entry.split() for entry in _KNOWN.split(","))]
    rng = seeded(f"coins-{seed}")
    chosen = known[: max(0, count - len(TRAP_COINS))]
    taken = {name for name, _ in known} | set(STOCKS) | set(FIAT_AND_STABLE) | set(TRAP_COINS) | {"USDT", "USD"}
    while len(chosen) < count - len(TRAP_COINS):
        name = _syllable(rng) + _syllable(rng)
        if name not in taken and 3 <= len(name) <= 7:
            taken.add(name)
            # log-normal around 0.2 USDT: the shape of the long tail of perps
            chosen.append((name, float(f"{0.2 * 2.718281828 ** rng.gauss(0, 1.9):.4g}")))
    listed = [Coin(name, price, rank) for rank, (name, price) in enumerate(chosen, start=1)]
    middle = min(150, max(20, count // 2))
    return listed + [Coin(name, price, middle + i) for i, (name, price) in enumerate(TRAP_COINS.items())]


def _syllable(rng: random.Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
