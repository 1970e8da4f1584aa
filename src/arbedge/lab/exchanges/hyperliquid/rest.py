"""What the lab's Hyperliquid answers to `POST /info`, by the `type` of the question, and what each weighs."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from arbedge.errors import Rejected
from arbedge.lab.books import LiveBook
from arbedge.lab.exchanges.hyperliquid import shapes
from arbedge.lab.stage import Stage

__all__ = ["QuestionDesk", "WeightMeter"]

Question: TypeAlias = Mapping[str, Any]

_HISTORY_MOST = 500
_HOUR_MS = 3_600_000
_LIGHT = frozenset({"l2Book", "allMids", "exchangeStatus"})
_SPOT_TOKENS = (
    '{"tokens":[{"name":"USDC","szDecimals":8,"weiDecimals":8,"index":0,'
    '"tokenId":"0x6d1e7cde53ba9467b783cb7c530ce054","isCanonical":true,"evmContract":null,"fullName":null}],'
    '"universe":[]}'
)


class WeightMeter:
    """Weight by client address: 1200 in a minute, beyond it status 429 until the minute has passed."""

    def __init__(self) -> None:
        self._spent: dict[str, deque[tuple[int, int]]] = {}

    def admits(self, address: str, weight: int, now_ms: int) -> bool:
        """Count a request; false when it does not fit any more."""
        spent = self._spent.setdefault(address, deque())
        while spent and now_ms - spent[0][0] >= 60_000:
            spent.popleft()
        if sum(each for _, each in spent) + weight > 1200:
            return False
        spent.append((now_ms, weight))
        return True


class QuestionDesk:
    """Answers questions from the stage's world; `books` are the contracts by coin, in listing order."""

    def __init__(self, stage: Stage, books: Mapping[str, LiveBook]) -> None:
        self._stage = stage
        self._books = books
        self._answers: dict[str, Callable[[Question], str]] = {
            "meta": lambda _: self._meta(),
            "metaAndAssetCtxs": self._contexts,
            "allMids": lambda _: self.mids(),
            "l2Book": self._book_now,
            "fundingHistory": self._history,
            "predictedFundings": lambda _: self._predicted(),
            "exchangeStatus": lambda _: f'{{"specialStatuses":null,"time":{self._now_ms()}}}',
            "perpDexs": lambda _: "[null]",
            "spotMeta": lambda _: _SPOT_TOKENS,
            "spotMetaAndAssetCtxs": lambda _: f"[{_SPOT_TOKENS},[]]",
        }

    def weight_of(self, question: Question) -> int:
        """What a question weighs; lists weigh more by their rows, counted when they are full."""
        kind = question.get("type")
        return 2 if kind in _LIGHT else 45 if kind == "fundingHistory" else 20

    def answer(self, question: Question) -> str:
        """The answer's body; Rejected for what the venue cannot read, with its words."""
        answer = self._answers.get(str(question.get("type")))
        if answer is None:
            raise Rejected("Failed to deserialize the JSON body into the target type")
        return answer(question)

    def mids(self) -> str:
        """The middle of every contract that has one."""
        rows = ((coin, shapes.middle(book)) for coin, book in self._books.items())
        return "{" + ",".join([f'"{coin}":"{text}"' for coin, text in rows if text is not None]) + "}"

    def _now_ms(self) -> int:
        return self._stage.now_ms("usdm")

    def _meta(self) -> str:
        return f'{{"universe":[{",".join(map(shapes.asset_row, self._books.values()))}],"collateralToken":0}}'

    def _contexts(self, question: Question) -> str:
        if question.get("dex"):
            return '[{"universe":[]},[]]'
        now_ms = self._now_ms()
        rows = [shapes.context_row(self._stage, book, now_ms) for book in self._books.values()]
        return f"[{self._meta()},[{','.join(rows)}]]"

    def _book_now(self, question: Question) -> str:
        return shapes.book_answer(self._book(question), self._now_ms())

    def _history(self, question: Question) -> str:
        book, now_ms = self._book(question), self._now_ms()
        start_ms, end_ms = question.get("startTime"), question.get("endTime") or now_ms
        if not (isinstance(start_ms, int) and isinstance(end_ms, int)):
            raise Rejected("Failed to deserialize the JSON body into the target type")
        end_ms = min(end_ms, now_ms, start_ms + (_HISTORY_MOST + 1) * _HOUR_MS)
        settled = self._stage.funding.history(book.listing, start_ms, end_ms, now_ms)[:_HISTORY_MOST]
        coin = book.listing.symbol
        rows = [
            f'{{"coin":"{coin}","fundingRate":"{each.rate:.10f}","premium":"0.0","time":{each.at_ms}}}'
            for each in settled
        ]
        return f"[{','.join(rows)}]"

    def _predicted(self) -> str:
        now_ms, rows = self._now_ms(), []
        for coin, book in self._books.items():
            current = self._stage.funding.now(book.listing, now_ms)
            rate, when = f'"fundingRate":"{current.rate:.10f}"', f'"nextFundingTime":{current.next_ms}'
            rows.append(f'["{coin}",[["HlPerp",{{{rate},{when},"fundingIntervalHours":1}}]]]')
        return f"[{','.join(rows)}]"

    def _book(self, question: Question) -> LiveBook:
        book = self._books.get(str(question.get("coin")))
        if book is None:
            raise Rejected("null")
        return book
