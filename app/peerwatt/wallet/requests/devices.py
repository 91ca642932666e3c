"""Requests about hardware wallets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..accounts import Kind
from ..address import grouped
from ..identicon import identicon
from ..mnemonic import account_path
from ..secret import WalletFault
from .accounts import shown_account
from .session import Request, Session

Answer = dict[str, Any]


def _hardware_list(_session: Session, _request: Request) -> Answer:
    from ..hardware.find import find_devices

    return {"devices": [asdict(one) for one in find_devices()]}


def _kind(request: Request) -> Kind:
    try:
        return Kind(request.text("kind"))
    except ValueError:
        raise WalletFault("This is no kind of device.", "kind") from None


def _ask(session: Session, request: Request, *, show: bool) -> tuple[Kind, str, str]:
    kind, path = _kind(request), account_path(request.number("index", 0))
    device = session.open_device(str(kind))
    try:
        return kind, path, device.address(path, show=show)
    finally:
        device.close()


def _hardware_address(session: Session, request: Request) -> Answer:
    _, path, address = _ask(session, request, show=request.flag("show"))
    return {
        "path": path,
        "address": address,
        "blocks": grouped(address),
        "identicon": asdict(identicon(address)),
    }


def _hardware_add(session: Session, request: Request) -> Answer:
    # The device shows the address, so that nothing between can put another in its place.
    kind, path, address = _ask(session, request, show=True)
    account = session.store.add_hardware(
        address, kind, path, request.text("label", ""), session.time_s()
    )
    return {"account": shown_account(session.store.accounts(), account)}


HANDLERS = {
    "hardware_list": _hardware_list,
    "hardware_address": _hardware_address,
    "hardware_add": _hardware_add,
}
