"""One spelling for every network: venues call the same chain ERC20, ETH, Ethereum or `USDT-ERC20`.

Only names in the table are joined; any other name stays itself and equals nothing but its own spelling. Names that
look alike and are different chains (BEP2 and BEP20, Arbitrum One and Nova, Lightning and Bitcoin) are kept apart.
Spellings as the four venues' lists of coins and ccxt's tables of networks use them, read on 2026-11-22.
"""

import re
from functools import lru_cache

__all__ = ["contract_address", "network_name"]

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "ALGO": ("ALGORAND",),
    "APT": ("APTOS",),
    "ARBITRUM": ("ARBITRUMONE", "ARBI", "ARB", "ARBONE"),
    "ATOM": ("COSMOS", "ATOM1"),
    "AVAXC": ("AVAXCCHAIN", "CAVAX", "AVALANCHECCHAIN", "AVAXCHAIN"),
    "AVAXX": ("AVAXXCHAIN", "XAVAX", "AVALANCHEXCHAIN"),
    "BASE": ("BASEMAINNET", "BASEEVM"),
    "BCH": ("BITCOINCASH",),
    "BEP2": ("BNBBEACONCHAIN", "BINANCECHAIN"),
    "BSC": ("BEP20", "BNBSMARTCHAIN", "BEP20BSC", "BSCBNB", "BNB"),
    "BTC": ("BITCOIN",),
    "CELO": (),
    "DOGE": ("DOGECOIN",),
    "DOT": ("POLKADOT",),
    "ETC": ("ETHEREUMCLASSIC",),
    "ETH": ("ERC20", "ETHEREUM", "ETHERC20"),
    "FIL": ("FILECOIN",),
    "HBAR": ("HEDERA",),
    "ICP": ("INTERNETCOMPUTER",),
    "LIGHTNING": ("BTCLIGHTNING", "LIGHTNINGNETWORK"),
    "LINEA": (),
    "LTC": ("LITECOIN",),
    "MANTLE": (),
    "NEAR": ("NEARPROTOCOL",),
    "OPBNB": (),
    "OPTIMISM": ("OP", "OPETH", "OPTIMISMBRIDGED"),
    "POLYGON": ("MATIC", "POLYGONPOS", "POL"),
    "SEI": (),
    "SOL": ("SOLANA", "SPL"),
    "SONIC": (),
    "STARKNET": (),
    "SUI": (),
    "TON": ("TONCOIN", "THEOPENNETWORK"),
    "TRX": ("TRC20", "TRON", "TRONTRC20"),
    "XLM": ("STELLAR", "STELLARLUMENS"),
    "XRP": ("RIPPLE",),
    "XTZ": ("TEZOS",),
    "ZKSYNC": ("ZKSYNCERA", "ZKSERA"),
}
_OURS = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in (name, *spellings)}
_NOT_A_LETTER = re.compile(r"[^0-9A-Z]")


def network_name(label: str, coin: str = "") -> str:
    """Our spelling of a venue's name of a network; a leading `coin-` (as OKX writes it) is left out."""
    text = label.strip().upper()
    if coin:
        text = text.removeprefix(f"{coin.strip().upper()}-")
    return _named(text)


@lru_cache(maxsize=2048)
def _named(text: str) -> str:
    plain = _NOT_A_LETTER.sub("", text)
    return _OURS.get(plain, plain)


def contract_address(text: str | None) -> str | None:
    """A contract's address in one spelling: `0x…` in lower case, any other as it is; None where none is stated."""
    address = (text or "").strip()
    return (address.lower() if address[:2] in {"0x", "0X"} else address) or None
