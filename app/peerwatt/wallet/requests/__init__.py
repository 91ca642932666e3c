"""What the signer's process can be asked, by name of the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import accounts, contacts, devices, signing
from .session import Request, Session

Handler = Callable[[Session, Request], dict[str, Any]]

HANDLERS: Mapping[str, Handler] = {
    **accounts.HANDLERS,
    **contacts.HANDLERS,
    **devices.HANDLERS,
    **signing.HANDLERS,
}

__all__ = ["HANDLERS", "Handler", "Request", "Session"]
