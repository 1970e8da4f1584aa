"""Drawing a universe from a seed: every market's own figures come from one generator a venue, in listing order.

The shapes (how volume falls with rank, depth within 2 %, spread, basis and funding of perps, shares of 1, 4 and
8 hour contracts) follow a recorded cross-section of Binance's perps of September 2025; names and prices are the
lab's own.
"""

from dataclasses import dataclass, field, replace

from arbedge.lab.assets import FIAT_AND_STABLE, SCALED_PERPS, SCALED_SPOT, STOCKS, TRAP_COINS, Coin, coins
from arbedge.lab.chance import seeded
from arbedge.lab.listing import Funding, Listing, lot_decimals, tick_decimals
from arbedge.lab.naming import localised

__all__ = ["Drawing", "Size"]

_QUOTE_ORDER = ("BTC", "ETH", "BNB")  # ETHBTC is listed, BTCETH is not
_DAY_MS = 86_400_000
_EPOCH_MS = 1_546_300_800_000  # 2019-01-01: no listing is older
_ALWAYS_LISTED = 12  # the most traded coins are listed everywhere
_LISTED_SHARE = 0.93  # of the coins another venue could list, those it does
_OTHER_INTERVAL_SHARE = 0.12  # of their perps, those settling at other hours than Binance's


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many coins there are and how many of the best ranked each kind of market lists.

    `elsewhere` says the same of Bybit, OKX and Bitget: spot pairs by quote, `perps` and `usdc_perps`.
    """

    coins: int
    perps: int
    usdc_perps: int
    stocks: int
    quarterlies: int
    settling: int
    halted: int
    changes_per_s: float
    spot: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)


class Drawing:
    """One draw of a universe; each listing's own figures come from one seeded generator in listing order.

    `traps` says which oddities of the venues it has; `prices` are those of every coin and currency so far, in USDT.
    """

    def __init__(self, size: Size, seed: int, now_ms: int, traps: frozenset[str]) -> None:
        self.traps = traps
        self._size = size
        self._seed = seed
        self._rng = seeded(f"universe-{seed}")
        self._now_ms = now_ms
        self._coins = coins(size.coins, seed)
        self._ordinary = [coin for coin in self._coins if coin.name not in TRAP_COINS]
        self._traps = [coin for coin in self._coins if coin.name in TRAP_COINS]
        self.prices = {"USDT": 1.0, **FIAT_AND_STABLE} | {coin.name: coin.price for coin in self._coins}
        self.stocks = {name: float(price) for name, price in list(STOCKS.items())[: size.stocks]}
        if size.stocks and "CAT" not in self.stocks and "CAT" in self.prices:
            self.stocks["CAT"] = float(STOCKS["CAT"])
        self.prices |= {f"{name}.STOCK": price for name, price in self.stocks.items()}
        self._carries: dict[str, tuple[float, Funding]] = {}

    def elsewhere(self, venue: str) -> list[Listing]:
        """What another venue lists: most of the same coins, named its own way, a little off in price and hours."""
        self.reseed(venue)
        wanted = dict(self._size.elsewhere)
        perps, usdc_perps = wanted.pop("perps"), wanted.pop("usdc_perps")
        listed = [self.pair(Coin("USDC", self.prices["USDC"], 5), "USDT")]
        for quote, count in wanted.items():
            fitting = [c for c in self._ordinary if c.price / self.prices[quote] >= 1e-11 and c.name != quote]
            fitting = [c for c in fitting if (c.name, quote) != ("BTC", "ETH")][:count]
            listed += [self.pair(c, quote) for c in fitting if self._is_elsewhere(c)]
        for quote, count in (("USDT", perps), ("USDC", usdc_perps)):
            fitting = self._ordinary[:count]
            listed += [self.perp(c, quote) for c in fitting if self._is_elsewhere(c)]
        if venue == "bitget" and "stock_perps" in self.traps:
            listed += [self.share(name, price) for name, price in self.stocks.items()]
        if "delisted" in self.traps:
            gone = self.coin("OLD1", 0.5, 400)
            listed += [self.perp(gone, "USDT", status="SETTLING"), self.pair(gone, "USDT", status="BREAK")]
        if venue in {"bybit", "okx"} and "prelaunch" in self.traps:
            listed.append(self.perp(self.coin("SOON", 1.2, 300), "USDT", status="PRELAUNCH"))
        return [self._moved_off(localised(item, venue, self.traps)) for item in listed]

    def reseed(self, part: str) -> None:
        """Draw what comes next from a generator of its own, so that no part changes what another draws."""
        self._rng = seeded(f"universe-{self._seed}-{part}")

    def coin(self, name: str, price: float, rank: int) -> Coin:
        """A coin beside the usual ones, at that price in USDT unless it has one already."""
        return Coin(name, self.prices.setdefault(name, price), rank)

    def settle(self, coin: Coin, basis_bps: float, terms: Funding) -> None:
        """Say what a coin's perps settle by, unless some of them have been drawn already."""
        self._carries.setdefault(coin.name, (basis_bps, terms))

    def _is_elsewhere(self, coin: Coin) -> bool:
        return coin.rank <= _ALWAYS_LISTED or self._rng.random() < _LISTED_SHARE

    def _moved_off(self, item: Listing) -> Listing:
        rng, funding = self._rng, item.funding
        offset_bps = rng.uniform(-0.4, 0.4)
        if funding is not None and item.rank > 2 and rng.random() < _OTHER_INTERVAL_SHARE:
            interval_h = {1: 4, 4: 8, 8: 4}[funding.interval_h]
            rate = float(f"{funding.rate * interval_h / funding.interval_h:.8f}")
            funding = replace(funding, interval_h=interval_h, rate=rate)
        return replace(item, offset_bps=offset_bps, funding=funding)

    def spot(self) -> list[Listing]:
        """Currencies against each other, then every quote's best ranked coins, then what was delisted."""
        quotes = self._size.spot
        listed = [
            self.pair(Coin(name, price, 5), "USDT") for name, price in FIAT_AND_STABLE.items()
            if name not in {"TRY", "BRL"} and (name in quotes or name == "USDC")
        ]  # fmt: skip
        listed += [self.pair(Coin("USDT", 1.0, 5), name) for name in ("TRY", "BRL") if name in quotes]
        left_over: list[tuple[Coin, str]] = []
        for quote, count in quotes.items():
            fitting = [coin for coin in self._ordinary if self._fits(coin, quote)]
            listed += [self.pair(coin, quote) for coin in fitting[:count]]
            left_over += [(coin, quote) for coin in fitting[count:]] if quote != "USDT" else []
        listed += [self.pair(coin, "USDT") for coin in self._traps]
        feez = next(coin for coin in self._traps if coin.name == "FEEZ")
        listed.append(self.pair(feez, "ETH"))
        halted = self._rng.sample(left_over, self._size.halted) if "delisted" in self.traps else []
        return listed + [self.pair(coin, quote, status="BREAK") for coin, quote in halted]

    def usdm(self) -> list[Listing]:
        """Perps in USDT and USDC, on stocks, quarterly contracts, and contracts being settled."""
        perps = self._ordinary[: self._size.perps]
        listed = [self.perp(coin, "USDT") for coin in [*perps, *self._traps]]
        listed += [self.perp(coin, "USDC") for coin in perps[: self._size.usdc_perps]]
        if "stock_perps" in self.traps:
            listed += [self.share(name, price) for name, price in self.stocks.items()]
        for i in range(self._size.quarterlies):
            listed.append(self._quarterly(perps[i // 2], "CURRENT_QUARTER" if i % 2 == 0 else "NEXT_QUARTER"))
        for i in range(self._size.settling if "delisted" in self.traps else 0):
            gone = Coin(f"OLD{i + 1}", 0.5 + i * 0.07, 400)
            self.prices[gone.name] = gone.price
            listed.append(self.perp(gone, "USDT", status="SETTLING"))
        return listed

    def _scale(self, coin: Coin) -> tuple[str, int]:
        return SCALED_PERPS.get(coin.name, ("", 1)) if "multipliers" in self.traps else ("", 1)

    def _fits(self, coin: Coin, quote: str) -> bool:
        """Whether the pair makes sense: not with itself, and the price has at least two digits before 1e-8."""
        if coin.name in _QUOTE_ORDER and quote in _QUOTE_ORDER:
            return _QUOTE_ORDER.index(coin.name) > _QUOTE_ORDER.index(quote)
        return coin.price / self.prices[quote] >= 2e-7

    def pair(self, coin: Coin, quote: str, status: str = "TRADING") -> Listing:
        """A spot pair as Binance lists it."""
        prefix, scale = self._scale(coin) if coin.name in SCALED_SPOT else ("", 1)
        price = coin.price * scale / self.prices[quote]
        base = f"{prefix}{coin.name}"
        thinness = {"USDT": 1.0, "USDC": 0.5, "FDUSD": 0.4, "BTC": 0.2, "TRY": 0.3}.get(quote, 0.12)
        volume, depth = self._turnover(coin.rank)
        if coin.name == "HALT":
            status = "BREAK"
        return Listing(
            symbol=f"{base}{quote}", market="spot", base=base, quote=quote, coin=coin.name, scale=scale,
            status=status, tick_dp=tick_decimals(price, 6 if coin.rank <= 5 else 5), price_dp=8, qty_dp=8,
            lot_dp=0 if coin.name == "LOTZ" else lot_decimals(coin.price * scale, is_spot=True),
            min_notional={"BTC": "0.00010000", "ETH": "0.00100000", "BNB": "0.01000000", "TRY": "10.00000000",
                          "BRL": "10.00000000"}.get(quote, "5.00000000"),
            start_price=price, quote_usd=self.prices[quote],
            rank=coin.rank, volume_usd=volume * 0.5 * thinness,
            depth_usd=max(6_000.0, depth * 0.6 * thinness), spread_bps=self._spread(coin.rank) * (2 - thinness),
            onboard_ms=self._onboard(), margin=coin.rank <= 200 and quote in {"USDT", "USDC", "BTC"},
        )  # fmt: skip

    def perp(self, coin: Coin, quote: str, status: str = "TRADING") -> Listing:
        """A perp as Binance lists it."""
        prefix, scale = self._scale(coin)
        base, price = f"{prefix}{coin.name}", coin.price * scale / self.prices[quote]
        volume, depth = self._turnover(coin.rank)
        share = 1.0 if quote == "USDT" else 0.15
        basis_bps, funding = self._carry(coin)
        has_spot = coin.rank <= self._size.spot["USDT"] or coin.name in TRAP_COINS
        spot_base = base if coin.name in SCALED_SPOT else coin.name
        # the 1/10 tick of the most traded contract, printed with two decimals, is the venue's own oddity
        tick_dp = 1 if coin.name == "BTC" else tick_decimals(price, 5, 7)
        return Listing(
            symbol=f"{base}{quote}", market="usdm", base=base, quote=quote, coin=coin.name, scale=scale,
            status=status, contract="PERPETUAL", tick_dp=tick_dp, price_dp=max(2, tick_dp),
            lot_dp=(dp := lot_decimals(coin.price * scale, is_spot=False)), qty_dp=dp,
            min_notional={"BTC": "100", "ETH": "20"}.get(coin.name, "5"), start_price=price,
            quote_usd=self.prices[quote], rank=coin.rank, volume_usd=volume * share,
            depth_usd=depth * max(share, 0.3), spread_bps=self._spread(coin.rank) * 0.8, onboard_ms=self._onboard(),
            basis_bps=basis_bps, funding=funding, has_spot=has_spot,
            index_of="TWINCOINUSDT" if coin.name == "TWIN" else f"{spot_base}USDT",
        )  # fmt: skip

    def share(self, name: str, price: float) -> Listing:
        """A perp on a share, as Binance lists it."""
        funding = Funding(8, 0.02, -0.02, 0.0, is_adjusted=True)
        return Listing(
            symbol=f"{name}USDT", market="usdm", base=name, quote="USDT", coin=f"{name}.STOCK", scale=1,
            status="TRADING", contract="TRADIFI_PERPETUAL", underlying="EQUITY", tick_dp=2, price_dp=2, lot_dp=2,
            qty_dp=2, min_notional="5", start_price=price, quote_usd=1.0, rank=150, volume_usd=2.5e7, depth_usd=4e5,
            spread_bps=3.0, onboard_ms=self._now_ms - 200 * _DAY_MS, funding=funding, has_spot=False,
        )  # fmt: skip

    def _quarterly(self, coin: Coin, contract: str) -> Listing:
        quarters_on = 1 if contract == "CURRENT_QUARTER" else 2
        delivery_ms = (self._now_ms // (91 * _DAY_MS) + quarters_on) * 91 * _DAY_MS + 8 * 3_600_000
        tick_dp = tick_decimals(coin.price, 6, 7)
        return Listing(
            symbol=f"{coin.name}USDT_{_yymmdd(delivery_ms)}", market="usdm", base=coin.name, quote="USDT",
            coin=coin.name, scale=1, status="TRADING", contract=contract, delivery_ms=delivery_ms, tick_dp=tick_dp,
            price_dp=max(2, tick_dp), lot_dp=3, qty_dp=3, min_notional="5", start_price=coin.price,
            quote_usd=1.0, rank=90, volume_usd=3e7, depth_usd=6e5, spread_bps=2.5,
            onboard_ms=self._now_ms - 80 * _DAY_MS, basis_bps=45.0 * quarters_on, index_of=f"{coin.name}USDT",
        )  # fmt: skip

    def _carry(self, coin: Coin) -> tuple[float, Funding]:
        """Basis and funding of a coin's quiet perps, the same on every venue so that none pays against another.

        Bounded so that no carry outlives two rounds of taker fees: most contracts sit at the interest rate, 1 bp
        for eight hours; a few stray, never by as much as a long week of settlements would need to repay 30 bps.
        """
        if coin.name in self._carries:
            return self._carries[coin.name]
        rng, rank = self._rng, coin.rank
        draw = rng.random()
        interval_h = (8 if draw < 0.7 else 4) if rank <= 40 else (8 if draw < 0.2 else 4 if draw < 0.95 else 1)
        rate_8h = 1e-4 if rng.random() < 0.72 else min(3.2e-4, max(-4.5e-4, rng.gauss(1e-4, 2.2e-4)))
        basis_bps = min(3.0, max(-20.0 if rate_8h > -2e-4 else -9.0, rng.gauss(-5.0, 7.0)))
        cap = 0.003 if rank <= 2 else rng.choice((0.02, 0.02, 0.02, 0.03))
        rate = float(f"{rate_8h * interval_h / 8:.8f}")
        terms = Funding(interval_h, cap, -cap, rate, interval_h != 8 or cap not in {0.003, 0.02})
        self._carries[coin.name] = basis_bps, terms
        return basis_bps, terms

    def _turnover(self, rank: int) -> tuple[float, float]:
        """Volume a day and depth within 2 % of a perp of that rank, in USD."""
        volume = 2.1e10 * rank**-1.3 * 2.718281828 ** self._rng.gauss(0, 0.5)
        return max(250_000.0, volume), max(35_000.0, 2.8e7 * rank**-0.8)

    def _spread(self, rank: int) -> float:
        return min(14.0, (0.25 + 0.014 * rank) * self._rng.uniform(0.7, 1.5))

    def _onboard(self) -> int:
        first_day, last_day = _EPOCH_MS // _DAY_MS, self._now_ms // _DAY_MS - 40
        return self._rng.randrange(first_day, last_day) * _DAY_MS


def _yymmdd(at_ms: int) -> str:
    """Date part of a delivery symbol, from whole days since 1970 (proleptic Gregorian)."""
    days = at_ms // _DAY_MS + 719_468
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * of_year + 2) // 153
    day = of_year - (153 * month_index + 2) // 5 + 1
    month = month_index + 3 if month_index < 10 else month_index - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year % 100:02d}{month:02d}{day:02d}"
