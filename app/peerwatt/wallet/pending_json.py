"""Pending transactions as text and back, for whoever stores them between two runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .files import parse_json
from .pending import Attempt, Intent, Mined, PendingSet, Purpose, State
from .secret import WalletFault
from .signer import Fees

VERSION = 1


def dump_pending(pending: PendingSet) -> str:
    """Return a set as JSON. It holds signed transactions but no key."""
    return json.dumps({"version": VERSION, **asdict(pending)})


def load_pending(text: str) -> PendingSet:
    """Return a stored set. Raises WalletFault for a damaged one."""
    try:
        content = parse_json(text)
        if content["version"] != VERSION:
            raise ValueError
        intents = tuple(_intent(one) for one in content["intents"])
        return PendingSet(int(content["head_nonce"]), intents)
    except (KeyError, TypeError, ValueError, IndexError):
        raise WalletFault("The stored list of sent transactions is damaged.") from None


def _intent(content: Mapping[str, Any]) -> Intent:
    attempts = tuple(_attempt(one) for one in content["attempts"])
    if not attempts:
        raise ValueError
    return Intent(
        intent_id=str(content["intent_id"]),
        nonce=int(content["nonce"]),
        what=str(content["what"]),
        attempts=attempts,
        state=State(content["state"]),
        mined=None if content["mined"] is None else Mined(**content["mined"]),
    )


def _attempt(content: Mapping[str, Any]) -> Attempt:
    fees = Fees(**content["fees"])
    return Attempt(**{**content, "purpose": Purpose(content["purpose"]), "fees": fees})
