"""A request Bybit refuses: most come with HTTP status 200 and tell by their `retCode`."""

from arbedge.errors import Rejected

__all__ = ["Refused"]


class Refused(Rejected):
    """`ret_code` and words follow the venue's published table."""

    code = "lab_refused"

    def __init__(self, ret_code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.ret_code = ret_code
        self.status = status
