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
from .proof_figures import proof_figures

ROUNDS = 7
HEADERS = 400
DAY = 43_200
"""Headers in 24 hours of blocks every two seconds."""


def best_s(work: Callable[[], object]) -> float:
    """Return the CPU time of one run, the least of several: what else runs here only adds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


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

    bare_s, verified_s = best_s(bare), best_s(verified)
    share = 100 * bare_s / verified_s
    reference = f"{HEADERS / verified_s:.0f} headers/s; bare recovery allows {HEADERS / bare_s:.0f}"
    name = f"QBFT headers, N = {validators}"
    return Figure(name, share, "%", reference, ">= 70 % of recovery", share >= 70)


async def beat(gaps_ms: list[float]) -> None:
    """Note by how much the loop is late for a timer of one millisecond."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps_ms.append(1000 * (time.perf_counter() - begun) - 1)


async def cold_start(port: int) -> tuple[float, float, list[float]]:
    """Follow a day of headers from block 0; return (wall s, CPU s, lateness of the loop, ms)."""
    rules = QbftRules()
    first = header_from_rlp(sealed_chain(4, 0)[0].encode())
    url = f"http://127.0.0.1:{port}"
    network = Network("bench", CHAIN_ID, rules, rules.hash(first), (), (url,), PERIOD_S)
    client = LightClient(network, DrivenClock(START_S + PERIOD_S * DAY))
    gaps_ms: list[float] = []
    beating = asyncio.create_task(beat(gaps_ms))
    begun, cpu = time.perf_counter(), time.process_time()
    try:
        while (await client.sync()).head != DAY:
            pass
        return time.perf_counter() - begun, time.process_time() - cpu, gaps_ms
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await client.close()


async def idle_beat() -> None:
    """Print the worst lateness, ms, of a loop with nothing to do, once standard input ends."""
    gaps_ms: list[float] = []
    beating = asyncio.create_task(beat(gaps_ms))
    await asyncio.to_thread(sys.stdin.read)
    beating.cancel()
    print(max(gaps_ms))


def sync_figures() -> list[Figure]:
    """Measure a cold start through a socket, and the loop while it lasts beside an idle one."""
    words = [sys.executable, "-m", "tests.bench.header_server", "4", str(DAY)]
    idle_words = [sys.executable, "-m", "tests.bench.light_client", "--idle"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            pipe = subprocess.PIPE
            with subprocess.Popen(idle_words, stdin=pipe, stdout=pipe, text=True) as idle:
                wall_s, cpu_s, gaps_ms = asyncio.run(cold_start(port))
                idle_ms = float(idle.communicate()[0])
        finally:
            server.terminate()
    gaps_ms.sort()
    late = (
        f"99 % below {gaps_ms[int(0.99 * len(gaps_ms))]:.1f} ms; an idle loop of another process "
        f"was late by up to {idle_ms:.1f} ms meanwhile"
    )
    rate = f"{DAY / wall_s:.0f} headers/s, {cpu_s:.1f} s of CPU"
    return [
        Figure("cold start over 24 h", wall_s, "s", rate, "< 20 s", wall_s < 20),
        Figure("loop held while syncing", gaps_ms[-1], "ms", late, "<= 20 ms", gaps_ms[-1] <= 20),
    ]


def main() -> int:
    if "--idle" in sys.argv:
        asyncio.run(idle_beat())
        return 0
    figures = [header_figure(validators) for validators in (4, 7, 16)]
    figures += sync_figures()
    figures += proof_figures()
    if importlib.util.find_spec("tests.bench.light_client_pos"):
        from .light_client_pos import pos_figures

        figures += pos_figures()
    return report("light-client", figures)


if __name__ == "__main__":
    sys.exit(main())
