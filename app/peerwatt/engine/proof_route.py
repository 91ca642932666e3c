"""The API's route that makes proof files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastapi import FastAPI
from fastapi.params import Depends

from peerwatt.api.messages import Problem
from peerwatt.api.proof_messages import ProofFile, ProofRequest


class ProofHouse(Protocol):
    """What the route needs of the engine."""

    async def proof(self, wanted: ProofRequest) -> ProofFile:
        """Return a proof file. Raises ApiRefusal."""


def add_proof_route(app: FastAPI, house: ProofHouse, guard: Sequence[Depends]) -> None:
    """Add ``POST /v1/proof``."""

    @app.post("/v1/proof", dependencies=guard, responses={409: {"model": Problem}})
    async def proof(wanted: ProofRequest) -> ProofFile:
        """A file that proves values of the screen; ``peerwatt chain verify`` checks it offline."""
        return await house.proof(wanted)
