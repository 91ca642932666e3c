"""Votes on who may validate, at this machine's own validator.

``python installer/community/vote.py list | add ADDRESS | drop ADDRESS | withdraw ADDRESS``. More
than half of the validators have to vote alike within one epoch; a node repeats its vote in every
block that it proposes until it is withdrawn. Exit code 0 on success, 2 on wrong use, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from installer.community.member_keys import VOTE_PORT

from peerwatt.chain.encoding import EncodingFault, address_bytes, to_hex

TIMEOUT_S = 10.0


class VoteFault(Exception):
    """The node took no vote; the message is one sentence."""


async def ask(url: str, method: str, *params: object) -> object:
    """Return the result of one call. Raises VoteFault."""
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
    try:
        async with asyncio.timeout(TIMEOUT_S), connect(url) as socket:
            await socket.send(request)
            answer = json.loads(await socket.recv())
    except (OSError, TimeoutError, WebSocketException, ValueError):
        raise VoteFault(f"No validator answers at {url}; is it running on this machine?") from None
    if not isinstance(answer, dict) or "result" not in answer:
        fault = answer.get("error") if isinstance(answer, dict) else None
        words = fault.get("message", "no reason given") if isinstance(fault, dict) else "no reason"
        raise VoteFault(f"The validator refused: {words}.")
    return answer["result"]


async def run(url: str, action: str, address: str | None) -> str:
    """Do what was asked; return what to say. Raises VoteFault."""
    if action == "list":
        validators = await ask(url, "qbft_getValidatorsByBlockNumber", "latest")
        pending = await ask(url, "qbft_getPendingVotes")
        return json.dumps({"validators": validators, "votes of this node": pending}, indent=2)
    if action == "withdraw":
        await ask(url, "qbft_discardValidatorVote", address)
        return f"This validator votes on {address} no more."
    await ask(url, "qbft_proposeValidatorVote", address, action == "add")
    return f"This validator votes to {action} {address} until the vote is withdrawn."


def main(arguments: Sequence[str] | None = None) -> int:
    """Vote, or list validators and votes. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Vote on who may validate.")
    parser.add_argument("action", choices=("list", "add", "drop", "withdraw"))
    parser.add_argument("address", nargs="?", help="the validator's address")
    parser.add_argument("--url", default=f"ws://127.0.0.1:{VOTE_PORT}", help="of this validator")
    options = parser.parse_args(arguments)
    try:
        named = None if options.action == "list" else to_hex(address_bytes(options.address or ""))
    except EncodingFault:
        sys.stderr.write("Name the validator's address: 0x and 40 digits.\n")
        return 2
    try:
        sys.stdout.write(asyncio.run(run(options.url, options.action, named)) + "\n")
    except VoteFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
