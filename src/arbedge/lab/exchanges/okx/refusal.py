"""A request OKX refuses: its HTTP status, its code, its words."""

import msgspec

from arbedge.errors import Rejected

__all__ = ["Refused"]


class Refused(Rejected):
    """Codes and words follow the venue's documentation; `data` is an empty list, as the venue sends it."""

    code = "lab_refused"

    def __init__(self, status: int, venue_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = msgspec.json.encode({"code": venue_code, "data": [], "msg": message})
