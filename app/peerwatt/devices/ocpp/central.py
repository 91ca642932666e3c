"""The OCPP 1.6J central system: where the owner's chargers connect, and nobody else's.

Rules: OCPP-J 1.6 specification, sections 3.1 (the URL's last part names the charge point, an
unknown one gets 404) and 3.2 (sub-protocol ocpp1.6).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ...config.settings import OcppDevice, OcppServer
from ...model.ports import Clock, DeviceFault
from .charger import Charger
from .link import Link, plain, quiet

log = logging.getLogger(__name__)

MESSAGE_LIMIT = 65_536
"""Bytes of one message; a charger's longest is a few kilobytes."""
CLOSE_S = 2.0
"""Real seconds that a charger has to say goodbye."""
STRANGERS_KEPT = 32
EPOCH_S = 1_577_836_800
"""2020-01-01: transaction ids are seconds since then, so that they never repeat over restarts."""


class CentralSystem:
    """Listens for the chargers of the settings and keeps one connection for each."""

    def __init__(self, settings: OcppServer, devices: Iterable[OcppDevice], clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._chargers = {device.charge_point_id: Charger(device, clock) for device in devices}
        self._links: dict[str, Link] = {}
        self._strangers: dict[str, None] = {}
        self._server: Server | None = None
        self._last_transaction = 0

    @property
    def port(self) -> int:
        """The port in use."""
        if self._server is None:
            return self._settings.port
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> str:
        """The address to enter in a charger, without its identity."""
        return f"ws://{self._settings.host}:{self.port}/"

    @property
    def strangers(self) -> tuple[str, ...]:
        """Identities that tried to connect and are not in the settings, for the owner to see."""
        return tuple(self._strangers)

    def charger(self, charge_point_id: str) -> Charger:
        """Return what is known of a charger of the settings."""
        return self._chargers[charge_point_id]

    def link(self, charge_point_id: str) -> Link | None:
        """Return a charger's connection, if it has one."""
        return self._links.get(charge_point_id)

    async def start(self) -> None:
        """Listen. Raises DeviceFault when the port is taken."""
        try:
            self._server = await serve(
                self._serve,
                self._settings.host,
                self._settings.port,
                subprotocols=[Subprotocol("ocpp1.6")],
                process_request=self._admit,
                compression=None,
                max_size=MESSAGE_LIMIT,
                close_timeout=CLOSE_S,
                logger=quiet,
            )
        except OSError as fault:
            raise DeviceFault(
                f"Chargers cannot connect: {self._settings.host}:{self._settings.port} cannot be "
                f"opened ({fault.strerror}); choose another OCPP port in the settings."
            ) from None

    async def close(self) -> None:
        """Close all connections. Never raises."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        identity = identity_of(request.path)
        if identity in self._chargers:
            return None
        self._note_stranger(plain(identity))
        return connection.respond(HTTPStatus.NOT_FOUND, "Unknown charge point.\n")

    def _note_stranger(self, identity: str) -> None:
        if identity in self._strangers or len(self._strangers) >= STRANGERS_KEPT:
            return
        self._strangers[identity] = None
        log.warning(
            "A charger that is not in the settings asked to connect as %r and was refused; add it "
            "if it is yours.",
            identity,
        )

    async def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        identity = identity_of(request.path) if request is not None else ""
        link = Link(
            self._chargers[identity],
            connection,
            self._new_transaction,
            self._settings.sample_interval_s,
        )
        older = self._links.get(identity)
        self._links[identity] = link
        if older is not None:
            log.info("%s connected again; its older connection is closed.", identity)
            closing = asyncio.create_task(older.close())
        try:
            await link.serve()
        finally:
            if self._links.get(identity) is link:
                del self._links[identity]
            if older is not None:
                await asyncio.gather(closing, return_exceptions=True)

    def _new_transaction(self) -> int:
        seconds = int(self._clock.now_s()) - EPOCH_S
        self._last_transaction = max(self._last_transaction + 1, seconds)
        return self._last_transaction


def identity_of(path: str) -> str:
    """Return the charge point's identity: the last part of the URL's path, decoded."""
    return unquote(urlsplit(path).path.rstrip("/").rsplit("/", 1)[-1])
