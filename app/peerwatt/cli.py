"""The command line: stable words that scripts rely on; every command imports only what it needs.

Exit code 0 on success, 2 on wrong use, 1 otherwise with one clear line on standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from peerwatt import __version__, commands
from peerwatt.config.paths import DEFAULT_SITE, DEMO_SITE


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Small products on several threads only wait for each other: ten times slower when busy.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        return 130
    except (commands.Failure, FileNotFoundError, PermissionError) as fault:
        print(f"peerwatt: {fault}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="peerwatt",
        description="Live energy, planning and neighbour-to-neighbour trading for a household.",
    )
    parser.add_argument("--version", action="version", version=f"peerwatt {__version__}")
    parser.add_argument("--site", default=None, help="name of the site (default: home)")
    parser.add_argument("--theme", choices=("light", "dark"), help="colours of the window")
    parser.add_argument("--attached", action="store_true", help="the engine is started elsewhere")
    parser.set_defaults(run=_window)
    words = parser.add_subparsers(title="commands", metavar="")
    _add_engine(words)
    _add_demo(words)
    _add_devices(words)
    _add_plan(words)
    _add_chain(words)
    _add_audit(words)
    _add_signer(words)
    _add_train(words)
    return parser


Commands = argparse._SubParsersAction


def _add_engine(words: Commands[argparse.ArgumentParser]) -> None:
    engine = words.add_parser("engine", help="run headless")
    engine.add_argument("--site", default=argparse.SUPPRESS, help="name of the site")
    engine.set_defaults(run=_engine)


def _add_demo(words: Commands[argparse.ArgumentParser]) -> None:
    demo = words.add_parser("demo", help="a simulated street over the real protocols")
    demo.add_argument("--headless", action="store_true", help="without a window; writes a report")
    demo.add_argument("--intervals", type=_positive, help="intervals of 15 min to run")
    demo.add_argument("--speed", type=_speed, help="times real time, or 'max' (default 60)")
    demo.add_argument("--seed", type=int, default=1, help="makes a run repeatable")
    demo.add_argument("--start", default="2025-06-17T16:45", help="local start of the simulation")
    demo.add_argument("--replay", type=Path, metavar="FILE", help="measured load and PV, CSV")
    demo.add_argument("--replay-load-kwh", type=float, default=4500, help="scale to this a year")
    demo.add_argument("--replay-pv-kwh", type=float, default=6000, help="scale to this a year")
    demo.add_argument("--report", type=Path, metavar="FILE", help="write the JSON report here")
    demo.add_argument("--theme", choices=("light", "dark"), default=argparse.SUPPRESS)
    demo.set_defaults(run=_demo)


def _add_devices(words: Commands[argparse.ArgumentParser]) -> None:
    devices = words.add_parser("devices", help="find and read hardware; never writes")
    actions = devices.add_subparsers(required=True, metavar="scan | probe | dump")
    scan = actions.add_parser("scan", help="look for devices in this computer's own subnet")
    scan.add_argument("--hosts", nargs="*", default=(), help="look only at these hosts")
    for name, purpose in (("probe", "say what answers at a host"), ("dump", "read every value")):
        action = actions.add_parser(name, help=purpose)
        action.add_argument("host")
        action.add_argument("--port", type=_positive, default=502)
        action.add_argument("--unit", type=int, default=None)
        action.set_defaults(run=commands.devices, action=name)
        action.add_argument("--json", action="store_true")
    scan.add_argument("--json", action="store_true")
    scan.set_defaults(run=commands.devices, action="scan")


def _add_plan(words: Commands[argparse.ArgumentParser]) -> None:
    plan = words.add_parser("plan", help="JSON in, plan as JSON out")
    way = plan.add_mutually_exclusive_group(required=True)
    way.add_argument("--input", type=Path, metavar="FILE", help="plan one problem")
    way.add_argument("--serve", action="store_true", help="one problem a line until input ends")
    plan.set_defaults(run=commands.plan)


def _add_chain(words: Commands[argparse.ArgumentParser]) -> None:
    chain = words.add_parser("chain", help="what is verified; check a proof file offline")
    actions = chain.add_subparsers(required=True, metavar="status | verify")
    status = actions.add_parser("status", help="what is verified, up to which block")
    status.add_argument("--json", action="store_true")
    status.add_argument("--site", default=argparse.SUPPRESS)
    status.set_defaults(run=commands.chain_status)
    verify = actions.add_parser("verify", help="check a proof file, offline")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--json", action="store_true")
    verify.add_argument("--site", default=argparse.SUPPRESS, help="whose network it must be of")
    verify.set_defaults(run=commands.chain_verify)


def _add_audit(words: Commands[argparse.ArgumentParser]) -> None:
    audit = words.add_parser("audit", help="recompute a day's bill from proven state")
    audit.add_argument("day", metavar="DAY", help="local day, like 2025-06-17")
    audit.add_argument("--site", default=argparse.SUPPRESS)
    audit.add_argument(
        "--export", type=Path, metavar="FILE", help="write it for the stand-alone verifier"
    )
    audit.add_argument("--json", action="store_true")
    audit.set_defaults(run=commands.audit)


def _add_signer(words: Commands[argparse.ArgumentParser]) -> None:
    # For the window and for scripts: no help line, since nobody types JSON into it.
    signer = words.add_parser("signer")
    signer.add_argument("--site", default=argparse.SUPPRESS)
    signer.set_defaults(run=commands.signer)


def _add_train(words: Commands[argparse.ArgumentParser]) -> None:
    # The engine's own child: reads a house's past from standard input.
    words.add_parser("train").set_defaults(run=commands.train)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return value


def _speed(text: str) -> float:
    """Return the factor; 0 stands for ``max``."""
    if text == "max":
        return 0.0
    value = float(text)
    if not 1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} must be 'max' or between 1 and 3600")
    return value


def _window(options: argparse.Namespace) -> int:
    try:
        from peerwatt.gui.app import run_window
    except ImportError as fault:
        raise commands.Failure(
            f"the window cannot open ({fault}); run 'make setup', or 'peerwatt engine' headless"
        ) from None
    try:
        site = options.site or DEFAULT_SITE
        code = run_window(site, theme=options.theme, demo=options.attached)
    except RuntimeError as fault:
        raise commands.Failure(str(fault)) from None
    return code if options.attached else 0


def _engine(options: argparse.Namespace) -> int:
    from peerwatt.engine.app import EngineFault, run_engine

    try:
        return run_engine(options.site or DEFAULT_SITE)
    except EngineFault as fault:
        raise commands.Failure(str(fault)) from None


def _demo(options: argparse.Namespace) -> int:
    from peerwatt.simulation.demo import DemoFault, DemoOptions, run_demo

    chosen = DemoOptions(
        site=options.site or DEMO_SITE,
        headless=options.headless,
        intervals=options.intervals,
        speed=options.speed,
        seed=options.seed,
        start=options.start,
        replay=options.replay,
        replay_load_kwh=options.replay_load_kwh,
        replay_pv_kwh=options.replay_pv_kwh,
        report=options.report,
        theme=options.theme,
    )
    try:
        return run_demo(chosen)
    except DemoFault as fault:
        raise commands.Failure(str(fault)) from None
