"""The signer's process: the only place where the owner's keys are open, for one signature each.

``peerwatt signer --site NAME`` reads one JSON request a line from standard input and writes one
JSON answer a line to standard output. It ends at the end of its input, or after 120 s without a
request. Secrets come over standard input only: never as arguments, in the environment or in a log.
An answer is ``{"ok": true, ...}`` or ``{"ok": false, "error": "<sentence>", "field": "<part of the
request>" or null}``; an ``id`` of the request is repeated. ``account`` and ``seed`` are ids from
``list``. Chain id, contracts and time zone are those of the site's own ``site.json``: whoever asks
for a signature cannot change them. Numbers of transactions are 0x hex as in JSON-RPC.

A signature needs ``seen``: the ``digest`` that ``describe`` answered for the same content, so that
nothing else is signed than what was shown; a ``risk`` of ``unknown`` needs ``accept_unknown``.

Accounts::

    {"op": "list"}
    {"op": "create_seed", "password": "…", "words": 12, "passphrase": "", "label": "House"}
    {"op": "show_seed_once", "seed": "…", "password": "…"}        -> words, until confirmed
    {"op": "challenge", "seed": "…"}                              -> {"places": [2, 7, 11]}
    {"op": "confirm", "seed": "…", "password": "…", "answer": {"2": "…", "7": "…", "11": "…"}}
    {"op": "import_seed", "password": "…", "words": "…", "passphrase": "", "label": ""}
    {"op": "import_keystore", "password": "…", "keystore": "{…}", "keystore_password": "…",
     "has_copy": true, "label": ""}
    {"op": "import_key", "password": "…", "key": "0x…", "has_copy": false}
    {"op": "export_keystore", "account": "…", "password": "…"}    -> {"keystore": "{…}"}
    {"op": "confirm_export", "account": "…"}         once the owner has saved that file
    {"op": "export_key", "account": "…", "password": "…"}         -> {"key": "0x…"}
    {"op": "add_account", "seed": "…", "password": "…", "label": "Savings"}
    {"op": "watch", "address": "0x…", "label": "Grandma"}
    {"op": "label", "account": "…", "label": "…"}
    {"op": "remove", "account": "…", "password": "…"}   the password only for a key's last account
    {"op": "change_password", "password": "…", "new_password": "…"}

Describing and signing::

    {"op": "describe", "transaction": {"chainId": "0x4ef3", "nonce": "0x5", "to": "0x…",
     "gas": "0x1d4c0", "value": "0x0", "data": "0x…", "gasPrice": "0x0"},
     "ticks": {"base_micro": 80000, "step_micro": 1000}}
      -> {"meaning": {"code", "title", "risk", "lines", "warnings", "recipient"}, "digest",
          "recipient": {"name", "first_time", "warnings", …}}
    {"op": "describe", "typed_data": {…}}     -> also "domain_hash", "message_hash"
    {"op": "describe", "message": "…"}        or "message_hex": "0x…"
    {"op": "sign_transaction", "account": "…", "password": "…", "transaction": {…}, "seen": "0x…",
     "accept_unknown": false}                 -> {"raw", "hash", "address", "nonce"}
    {"op": "sign_typed_data", "account": "…", "password": "…", "typed_data": {…}, "seen": "0x…"}
    {"op": "sign_message", "account": "…", "password": "…", "message": "…", "seen": "0x…"}
    {"op": "permit", "account": "…", "credit_name": "…", "spender": "0x…", "amount": "12.50",
     "nonce": 0, "deadline_s": 1790000000}    -> {"typed_data": {…}}

Type 2 has ``maxFeePerGas`` and ``maxPriorityFeePerGas`` in place of ``gasPrice``. Accounts of
devices need no password: the device asks its owner.

Addresses and devices::

    {"op": "book_list"}
    {"op": "book_add", "address": "0x…", "name": "Anna", "note": ""}
    {"op": "book_remove", "address": "0x…"}
    {"op": "book_check", "address": "0x…"}    -> name, first_time, warnings, blocks, identicon
    {"op": "book_sent", "address": "0x…"}     once a payment was broadcast
    {"op": "link_parse", "link": "ethereum:0x…"}
    {"op": "link_build", "address": "0x…", "amount": "12.50"}
    {"op": "amount", "text": "12.50"}         -> {"units": "12500000"}
    {"op": "hardware_list"}
    {"op": "hardware_address", "kind": "ledger", "index": 0, "show": false}
    {"op": "hardware_add", "kind": "ledger", "index": 0, "label": "Ledger"}

What this protects, and what not: a key is in memory for one signature and the process ends soon
after; it leaves no core file and, on Linux, cannot be read by other programs of the same user.
Python cannot wipe memory, so until the process ends copies of keys and passwords may remain in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from peerwatt.config.paths import SitePaths
from peerwatt.model.ports import PolicyRefusal

from .files import parse_json
from .secret import WalletFault

IDLE_S = 120.0
MAX_LINE_BYTES = 262_144
REST_S = 0.3
MAX_WAITING = 8
"""Requests that are read ahead."""
Read = Callable[[int], bytes]
Write = Callable[[bytes], object]


class TooLong:
    """Stands for a line that was longer than any request."""


def serve(
    session: Any,
    read: Read,
    write: Write,
    idle_s: float = IDLE_S,
    at_rest: Callable[[], object] = lambda: None,
) -> None:
    """Answer requests until the input ends or nothing was asked for ``idle_s``.

    ``at_rest`` is called once, when no request has followed an answer for a moment.
    """
    lines: queue.Queue[bytes | TooLong | None] = queue.Queue(MAX_WAITING)
    threading.Thread(target=_pump, args=(read, lines), daemon=True).start()
    line = _next(lines, idle_s)
    rested = False
    while line is not None:
        try:
            write(_encoded(answer_line(session, line)))
        except (BrokenPipeError, ValueError):
            # Whoever asked is gone.
            return
        if not rested and lines.empty():
            try:
                line = lines.get(timeout=min(REST_S, idle_s))
                continue
            except queue.Empty:
                rested = True
                at_rest()
        line = _next(lines, idle_s)


def _next(lines: queue.Queue[bytes | TooLong | None], timeout_s: float) -> bytes | TooLong | None:
    try:
        return lines.get(timeout=timeout_s)
    except queue.Empty:
        return None


def _pump(read: Read, lines: queue.Queue[bytes | TooLong | None]) -> None:
    """Cut the input into lines; memory stays bounded also for an endless one."""
    for line in _split(read):
        lines.put(line)
    lines.put(None)


def _split(read: Read) -> Iterator[bytes | TooLong]:
    held, skipping = b"", False
    while True:
        try:
            part = read(65_536)
        except OSError:
            return
        if not part:
            return
        *whole, held = (held + part).split(b"\n")
        for line in whole:
            yield TooLong() if skipping or len(line) > MAX_LINE_BYTES else line
            skipping = False
        if len(held) > MAX_LINE_BYTES:
            held, skipping = b"", True


def answer_line(session: Any, line: bytes | TooLong) -> dict[str, Any]:
    """Return the answer to one line. Never raises, and never quotes what it was given."""
    if isinstance(line, TooLong):
        return _refused("This request is too long.")
    try:
        request = parse_json(line)
    except ValueError:
        return _refused("This line is no JSON.")
    if not isinstance(request, dict):
        return _refused("A request is a JSON object.")
    answer = _answer(session, request)
    request_id = request.get("id")
    if isinstance(request_id, int | str):
        answer["id"] = request_id
    return answer


def _answer(session: Any, content: dict[str, Any]) -> dict[str, Any]:
    from .requests import HANDLERS, Request

    handler = HANDLERS.get(str(content.get("op")))
    if handler is None:
        return _refused("The signer does not know this request.", "op")
    try:
        return {"ok": True, **handler(session, Request(content))}
    except WalletFault as fault:
        return _refused(str(fault), fault.field)
    except PolicyRefusal as refusal:
        return _refused(str(refusal))
    except Exception as fault:
        # Its words could quote a secret; its kind cannot.
        return _refused(f"The signer failed ({type(fault).__name__}); nothing was signed.")


def _refused(sentence: str, field: str | None = None) -> dict[str, Any]:
    return {"ok": False, "error": sentence, "field": field}


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def run(site: str) -> int:
    """Serve standard input and output for a site. Returns the exit code."""
    from peerwatt.config.clock import SystemClock

    from .requests.session import Session

    harden()
    incoming, outgoing = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    # Nothing that a library prints may get between the answers.
    sys.stdout = sys.stderr

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(outgoing, data) :]

    session = Session(SitePaths.named(site), SystemClock().now_s)
    serve(session, lambda size: os.read(incoming, size), write, at_rest=warm_up)
    return 0


def warm_up() -> None:
    """Load the slow libraries of signing while the owner reads the first answer."""
    # In this thread: two threads that import packages with circular imports see half of them.
    import_module("eth_account")


def harden() -> None:
    """Leave no core file and, on Linux, let no other program of this user read the memory."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        set_dumpable = 4  # PR_SET_DUMPABLE of prctl(2)
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)
