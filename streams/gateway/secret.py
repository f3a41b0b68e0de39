"""What only gateways know: one secret for all of them, in the bucket ``state``, and what is signed with it.

A token is ``<what>.<until>.<signature>``: nobody else can make one, and it ends by itself.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from infra.state import State

KEY: Final = "secret"


@dataclass(frozen=True)
class Signer:
    """Signs for one purpose; a token for one purpose is worth nothing for another."""

    secret: bytes

    def sign(self, purpose: str, what: str, until: int) -> str:
        """A token that holds ``what`` until that second since 1970."""
        return f"{what}.{until}.{self._mark(purpose, what, until)}"

    def read(self, purpose: str, token: str, now: float) -> str | None:
        """What the token holds, if it is ours and holds still."""
        what, _, rest = token.rpartition(".")
        what, _, until = what.rpartition(".")
        if not until.isdigit() or len(until) > 12 or int(until) < now:
            return None
        return what if hmac.compare_digest(rest.encode(), self._mark(purpose, what, int(until)).encode()) else None

    def _mark(self, purpose: str, what: str, until: int) -> str:
        made = hmac.new(self.secret, f"{purpose}\n{what}\n{until}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")


def signer(state: State) -> Signer:
    """With the secret of this installation, made by whoever comes first."""
    if (kept := state.get(KEY)) is None:
        state.create(KEY, secrets.token_bytes(32))
        kept = state.get(KEY)
    return Signer(kept.data if kept else b"")
