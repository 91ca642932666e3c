"""The light client beside what bounds it: signature recovery, ``trie``, and the engine's loop."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable

from coincurve import PublicKey

from peerwatt.chain.clients.bft.light_client import LightClient
from peerwatt.chain.consensus.bft_rules import BftState
from peerwatt.chain.consensus.header import header_from_json, header_from_rlp
from peerwatt.chain.consensus.qbft import QbftRules, decode_extra, header_hashes
from peerwatt.chain.networks import Network
from peerwatt.config.clock import DrivenClock

from .figures import Figure, report
from .header_server import CHAIN_ID, PERIOD_S, START_S, as_json, sealed_chain
from .loop_cases import figure, loop_figures
from .loop_time import watched
from .proof_figures import proof_figures

ROUNDS = 9
HEADERS = 400
DAY = 43_200
"""Headers in 24 hours of blocks every two seconds."""


def best_s(*works: Callable[[], object]) -> list[float]:
    """Return the CPU time of each work, the least of several: what else runs here only adds.

    They take turns, so that none has the quieter machine.
    """
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            begun = time.thread_time()
            work()
            taken.append(time.thread_time() - begun)
    return [min(taken) for taken in times]


def header_figure(validators: int) -> Figure:
    """Compare verifying headers as JSON-RPC gives them with bare recovery of the same seals."""
    chain = sealed_chain(validators, HEADERS)
    blocks = [as_json(header) for header in chain]
    rules = QbftRules()
    first = header_from_rlp(chain[0].encode())
    start = rules.genesis(first, rules.hash(first))
    now_s = float(chain[-1].timestamp)
    pairs: list[tuple[bytes, bytes]] = []
    for block in blocks[1:]:
        header = header_from_json(block)
        extra = decode_extra(header.extra_data)
        pairs += [(header_hashes(header, extra)[1], seal) for seal in extra.seals]

    def bare() -> None:
        for digest, seal in pairs:
            PublicKey.from_signature_and_message(seal, digest, hasher=None)

    def verified() -> BftState:
        state = start
        for block in blocks[1:]:
            state = rules.verify(state, header_from_json(block), now_s)
        return state

    bare_s, verified_s = best_s(bare, verified)
    share = 100 * bare_s / verified_s
    reference = f"{HEADERS / verified_s:.0f} headers/s; bare recovery allows {HEADERS / bare_s:.0f}"
    name = f"QBFT headers, N = {validators}"
    return Figure(name, share, "%", reference, ">= 70 % of recovery", share >= 70)


async def cold_start(port: int) -> tuple[float, float]:
    """Follow a day of headers from block 0; return (wall s, CPU s)."""
    rules = QbftRules()
    first = header_from_rlp(sealed_chain(4, 0)[0].encode())
    url = f"http://127.0.0.1:{port}"
    network = Network("bench", CHAIN_ID, rules, rules.hash(first), (), (url,), PERIOD_S)
    client = LightClient(network, DrivenClock(START_S + PERIOD_S * DAY))
    begun, cpu = time.perf_counter(), time.process_time()
    try:
        while (await client.sync()).head != DAY:
            pass
        return time.perf_counter() - begun, time.process_time() - cpu
    finally:
        await client.close()


def sync_figures() -> list[Figure]:
    """Measure a cold start through a socket, and what it holds of the loop."""
    words = [sys.executable, "-m", "tests.bench.header_server", "4", str(DAY)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            with watched() as held:
                wall_s, cpu_s = asyncio.run(cold_start(port))
        finally:
            server.terminate()
    rate = f"{DAY / cpu_s:.0f} headers/s of CPU; {wall_s:.1f} s by the clock on this machine"
    return [
        Figure("cold start over 24 h, CPU", cpu_s, "s", rate, "< 20 s", cpu_s < 20),
        figure("cold start over 24 h", held),
    ]


def main() -> int:
    figures = [header_figure(validators) for validators in (4, 7, 16)]
    figures += sync_figures()
    figures += loop_figures()
    figures += proof_figures()
    if importlib.util.find_spec("tests.bench.light_client_pos"):
        from .light_client_pos import pos_figures

        figures += pos_figures()
    return report("light-client", figures)


if __name__ == "__main__":
    sys.exit(main())
