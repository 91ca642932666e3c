"""``python -m tests.liar``: tells every lie, makes every mutation, prints or writes the report.

Exit code 0 when every lie was told from the truth, 1 when one was believed, badly named, slow or a
crash, 2 on wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from .catalogue import CATALOGUE
from .corpus import run, shares
from .material import MUTATIONS, SEED, all_targets
from .report import Report
from .scene import open_scene
from .stage_lies import BEACON_LIES, CHAIN_AND_STATE, PLAIN_LIES, SEND_LIES, STATE_LIES
from .stage_trial import try_beacon, try_on_stage, try_sending
from .stages import STAGES, BeaconStage, set_up
from .trial import try_lie


async def _all(mutations: int, seed: int) -> Report:
    report = Report(seed)
    with tempfile.TemporaryDirectory() as folder:
        async with open_scene(Path(folder)) as scene:
            for lie in CATALOGUE:
                for beside in (False, True):
                    report.trials.append(await try_lie(scene, lie, beside=beside))
            await _stages(report)
            targets = await all_targets(scene)
            report.tallies = run(shares(targets, mutations), seed)
    return report


async def _stages(report: Report) -> None:
    """Tell a fitting part of the lies to the clients of every other kind of consensus."""
    for name in STAGES:
        async with AsyncExitStack() as stack:
            stage = await set_up(name, stack)
            lies = [lie for lie in CHAIN_AND_STATE if stage.has_state or lie not in STATE_LIES]
            trials = [await try_on_stage(stage, lie) for lie in (*lies, *PLAIN_LIES)]
            trials += [await try_sending(stage, lie) for lie in SEND_LIES]
            if isinstance(stage, BeaconStage):
                beacons = [await try_beacon(stage, lie) for lie in BEACON_LIES]
                report.add(f"{stage.name}, beacon endpoint", beacons)
            report.add(stage.name, trials)


def main() -> int:
    """Run everything; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.liar", description=__doc__)
    parser.add_argument("--mutations", type=int, default=MUTATIONS, help="how many, in all")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed makes the same ones")
    parser.add_argument("--report", type=Path, help="file to write to instead of the screen")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the client names each liar in its log; the report does too
    report = asyncio.run(_all(chosen.mutations, chosen.seed))
    if chosen.report is None:
        print(report.text())
    else:
        chosen.report.write_text(report.text(), encoding="utf-8")
        print("\n".join(report.text().splitlines()[:3]))
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
