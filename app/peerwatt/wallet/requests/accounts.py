"""Requests about accounts, seeds, backups and passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast

from ..accounts import Account, Accounts, Kind
from ..address import grouped
from ..backup import check_answer, new_challenge
from ..identicon import identicon
from ..secret import SecretKey, WalletFault
from .session import Request, Session

Answer = dict[str, Any]


def shown_account(accounts: Accounts, account: Account) -> Answer:
    """Return an account for the window."""
    return {
        **asdict(account),
        "blocks": grouped(account.address),
        "identicon": asdict(identicon(account.address)),
        "backup": str(accounts.backup(account)),
    }


def _listing(session: Session, _request: Request) -> Answer:
    known = session.store.accounts()
    seeds = [asdict(one) for one in known.secrets if one.kind is Kind.SEED]
    for seed in seeds:
        del seed["file"]
    return {
        "accounts": [shown_account(known, one) for one in known.accounts],
        "seeds": seeds,
        "has_password": bool(known.secrets),
    }


def _one(session: Session, account: Account) -> Answer:
    return {"account": shown_account(session.store.accounts(), account)}


def _create_seed(session: Session, request: Request) -> Answer:
    words = request.number("words", 12)
    if words not in (12, 24):
        raise WalletFault("A new seed has 12 or 24 words.", "words")
    account = session.store.create_seed(
        request.text("password"),
        cast("Literal[12, 24]", words),
        request.text("passphrase", ""),
        request.text("label", ""),
        session.time_s(),
    )
    return _one(session, account)


def _show_seed_once(session: Session, request: Request) -> Answer:
    seed = session.store.reveal_seed(request.text("seed"), request.text("password"))
    return {"words": seed.words.split(), "has_passphrase": bool(seed.passphrase)}


def _challenge(session: Session, request: Request) -> Answer:
    secret = session.store.accounts().secret(request.text("seed"))
    if secret.kind is not Kind.SEED or secret.confirmed:
        raise WalletFault("There is nothing to confirm for this key.", "seed")
    challenge = new_challenge(secret.id, secret.words)
    session.challenges[secret.id] = challenge
    return {"places": list(challenge.places)}


def _confirm(session: Session, request: Request) -> Answer:
    seed_id = request.text("seed")
    # One try for each challenge, so that nobody guesses on.
    challenge = session.challenges.pop(seed_id, None)
    if challenge is None:
        raise WalletFault("Ask for the places of the words first.", "seed")
    content = request.raw("answer")
    if not isinstance(content, Mapping):
        raise WalletFault("The answer is no object of places and words.", "answer")
    answer = {int(k): str(v) for k, v in content.items() if str(k).isdecimal()}
    check_answer(challenge, answer, session.store.reveal_seed(seed_id, request.text("password")))
    session.store.confirm_backup(seed_id)
    return {"confirmed": True}


def _import_seed(session: Session, request: Request) -> Answer:
    account = session.store.import_seed(
        request.text("password"),
        request.text("words"),
        request.text("passphrase", ""),
        request.text("label", ""),
        session.time_s(),
    )
    return _one(session, account)


def _import_keystore(session: Session, request: Request) -> Answer:
    from ..keystore import decrypt_keystore

    key = decrypt_keystore(request.text("keystore"), request.text("keystore_password"))
    return _import(session, request, key)


def _import_key(session: Session, request: Request) -> Answer:
    text = request.text("key").strip().removeprefix("0x")
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise WalletFault("A private key is 64 hexadecimal characters.", "key")
    return _import(session, request, SecretKey(raw))


def _import(session: Session, request: Request, key: SecretKey) -> Answer:
    account = session.store.import_key(
        request.text("password"),
        key,
        request.text("label", ""),
        session.time_s(),
        has_copy=request.flag("has_copy"),
    )
    return _one(session, account)


def _export_keystore(session: Session, request: Request) -> Answer:
    from ..keystore import encrypt_keystore

    password = request.text("password")
    key = session.store.open_key(request.text("account"), password)
    return {"keystore": encrypt_keystore(key, password, session.scrypt_n)}


def _export_key(session: Session, request: Request) -> Answer:
    key = session.store.open_key(request.text("account"), request.text("password"))
    return {"key": f"0x{key.reveal().hex()}"}


def _confirm_export(session: Session, request: Request) -> Answer:
    account = request.account(session.store.accounts())
    if account.kind is not Kind.KEYSTORE:
        raise WalletFault("Only single keys are backed up as a file.", "account")
    session.store.confirm_backup(account.secret)
    return {"confirmed": True}


def _add_account(session: Session, request: Request) -> Answer:
    account = session.store.add_account(
        request.text("seed"),
        request.text("password"),
        request.text("label", ""),
        session.time_s(),
    )
    return _one(session, account)


def _watch(session: Session, request: Request) -> Answer:
    label = request.text("label", "")
    return _one(session, session.store.watch(request.text("address"), label, session.time_s()))


def _label(session: Session, request: Request) -> Answer:
    return _one(session, session.store.rename(request.text("account"), request.text("label")))


def _remove(session: Session, request: Request) -> Answer:
    session.store.remove(request.text("account"), request.text("password", ""))
    return {"removed": True}


def _change_password(session: Session, request: Request) -> Answer:
    session.store.change_password(request.text("password"), request.text("new_password"))
    return {"changed": True}


HANDLERS = {
    "list": _listing,
    "create_seed": _create_seed,
    "show_seed_once": _show_seed_once,
    "challenge": _challenge,
    "confirm": _confirm,
    "import_seed": _import_seed,
    "import_keystore": _import_keystore,
    "import_key": _import_key,
    "export_keystore": _export_keystore,
    "export_key": _export_key,
    "confirm_export": _confirm_export,
    "add_account": _add_account,
    "watch": _watch,
    "label": _label,
    "remove": _remove,
    "change_password": _change_password,
}
