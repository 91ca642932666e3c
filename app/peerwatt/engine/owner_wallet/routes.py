"""The wallet's paths of the local API that are no commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Query
from fastapi.params import Depends
from fastapi.responses import Response

from peerwatt.api.messages import Problem
from peerwatt.api.wallet_messages import PreparedSend, PrepareSend

FAR_FUTURE_S = 253_402_300_800.0
"""The end of the year 9999."""


class WalletHouse(Protocol):
    """What these paths need of the engine."""

    async def prepare(self, body: PrepareSend) -> PreparedSend:
        """Return a transaction ready to be signed. Raises ApiRefusal."""

    async def transactions_csv(self, start_s: float, end_s: float) -> str:
        """Return the wallet's list of a stretch of time as CSV."""


def add_wallet_routes(app: FastAPI, house: WalletHouse, guard: Sequence[Depends]) -> None:
    """Add the wallet's paths to an application; ``guard`` holds its dependencies."""
    refusals: dict[int | str, dict[str, Any]] = {409: {"model": Problem}, 422: {"model": Problem}}

    @app.post("/v1/wallet/prepare", dependencies=guard, responses=refusals)
    async def prepare(body: PrepareSend) -> PreparedSend:
        """Prepare a transaction from proven state, for the signer's process to sign."""
        return await house.prepare(body)

    @app.get("/v1/wallet/transactions.csv", dependencies=guard, response_class=Response)
    async def transactions(
        start_s: Annotated[float, Query(ge=0, le=FAR_FUTURE_S)] = 0.0,
        end_s: Annotated[float, Query(ge=0, le=FAR_FUTURE_S)] = FAR_FUTURE_S,
    ) -> Response:
        """Everything that was sent or moved from ``start_s`` on, before ``end_s``, as CSV."""
        text = await house.transactions_csv(start_s, end_s)
        name = 'attachment; filename="transactions.csv"'
        return Response(
            text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
        )
