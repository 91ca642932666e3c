"""A local JSON-RPC server of its own process that serves a sealed chain, prepared before.

Prints its port once it listens: ``python -m tests.bench.header_server VALIDATORS HEADERS``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

from peerwatt.chain.consensus.header import header_from_rlp, header_to_json
from peerwatt.devnet.codec import EMPTY_ROOT
from peerwatt.devnet.header import NO_BLOOM, ZERO_HASH, BlockHeader, block_hash
from peerwatt.devnet.sealer import QbftSealer

START_S = 1_750_000_000
PERIOD_S = 2
CHAIN_ID = 20211


def sealed_chain(validators: int, length: int) -> list[BlockHeader]:
    """Return block 0 and ``length`` blocks sealed by all validators, two seconds apart."""
    sealer = QbftSealer((index + 1).to_bytes(32, "big") for index in range(validators))
    header = BlockHeader(
        parent_hash=ZERO_HASH,
        beneficiary=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        logs_bloom=NO_BLOOM,
        number=0,
        gas_limit=60_000_000,
        gas_used=0,
        timestamp=START_S,
        extra_data=sealer.genesis_extra(),
    )
    chain = [header]
    for number in range(1, length + 1):
        header = replace(
            header,
            parent_hash=block_hash(header),
            number=number,
            timestamp=START_S + PERIOD_S * number,
            beneficiary=sealer.proposer_after(header.beneficiary),
            state_root=number.to_bytes(32, "big"),
        )
        header = sealer.seal(header)
        chain.append(header)
    return chain


def as_json(header: BlockHeader) -> dict[str, Any]:
    """Return a header as ``eth_getBlockByNumber`` gives it."""
    return {**header_to_json(header_from_rlp(header.encode())), "transactions": [], "uncles": []}


class Server:
    """Answers what a client asks while it follows headers."""

    def __init__(self, chain: list[BlockHeader]) -> None:
        self._bodies = [json.dumps(as_json(header)) for header in chain]

    def _result(self, request: dict[str, Any]) -> str:
        method, params = request["method"], request["params"]
        if method == "eth_getBlockByNumber":
            return self._bodies[int(params[0], 16)]
        answers = {"eth_chainId": CHAIN_ID, "eth_blockNumber": len(self._bodies) - 1}
        return json.dumps(hex(answers[method]))

    def _reply(self, request: dict[str, Any]) -> str:
        return f'{{"jsonrpc":"2.0","id":{request["id"]},"result":{self._result(request)}}}'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests of one connection until it is closed."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                asked = json.loads(await reader.readexactly(size))
                many = isinstance(asked, list)
                body = f"[{','.join(map(self._reply, asked))}]" if many else self._reply(asked)
                raw = body.encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(validators: int, length: int) -> None:
    """Seal, then serve until the process is ended."""
    server = Server(sealed_chain(validators, length))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=1 << 20)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
