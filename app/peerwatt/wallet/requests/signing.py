"""Requests to describe and to sign: what is signed is what was described, digest by digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from peerwatt.model.ports import PolicyRefusal

from ..accounts import HARDWARE, Account
from ..address import grouped, keccak
from ..amounts import parse_amount
from ..hardware.device import Device, HardwareSigner, packed
from ..meaning.calls import describe_transaction
from ..meaning.message import MAX_MESSAGE_BYTES, describe_message, message_digest
from ..meaning.parts import Meaning, Risk, Surroundings
from ..meaning.typed import describe_typed
from ..policy import OwnerPolicy
from ..secret import WalletFault
from ..signer import LocalSigner
from ..transaction import UnsignedTransaction, read_transaction
from ..typed_data import TypedData, permit, read_typed_data
from .session import Request, Session

Answer = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to sign, understood."""

    content: UnsignedTransaction | TypedData | bytes
    digest: bytes
    meaning: Meaning
    around: Surroundings


def _subject(session: Session, request: Request) -> Subject:
    book = session.book()
    around = session.around(session.store.accounts(), book, request.ticks())
    if request.has("transaction"):
        tx = read_transaction(request.raw("transaction"))
        _allowed(tx, around)
        return Subject(tx, tx.signing_hash, describe_transaction(tx, around), around)
    if request.has("typed_data"):
        data = read_typed_data(request.raw("typed_data"), around.chain_id)
        return Subject(data, data.digest, describe_typed(data, around), around)
    message = _message(request)
    return Subject(message, message_digest(message), describe_message(message), around)


def _allowed(tx: UnsignedTransaction, around: Surroundings) -> None:
    try:
        OwnerPolicy(around.chain_id).check(tx.fields())
    except PolicyRefusal as refusal:
        raise WalletFault(str(refusal), "transaction") from None


def _message(request: Request) -> bytes:
    if request.has("message_hex"):
        try:
            message = bytes.fromhex(request.text("message_hex").removeprefix("0x"))
        except ValueError:
            raise WalletFault("The message is not hexadecimal.", "message_hex") from None
    else:
        message = request.text("message").encode("utf-8", "surrogatepass")
    if len(message) > MAX_MESSAGE_BYTES:
        raise WalletFault("This message is too long.", "message")
    return message


def _describe(session: Session, request: Request) -> Answer:
    subject = _subject(session, request)
    answer: Answer = {
        "meaning": subject.meaning.as_json(),
        "digest": f"0x{subject.digest.hex()}",
    }
    if isinstance(subject.content, TypedData):
        answer["domain_hash"] = f"0x{subject.content.domain_hash.hex()}"
        answer["message_hash"] = f"0x{subject.content.message_hash.hex()}"
    if (recipient := subject.meaning.recipient) is not None:
        around = subject.around
        check = session.book().check(recipient, around.own, around.contracts.values())
        answer["recipient"] = {**asdict(check), "blocks": grouped(check.address)}
    return answer


def _agreed(session: Session, request: Request) -> tuple[Subject, Account]:
    """Hold a signature to what was shown. Raises WalletFault."""
    account = request.account(session.store.accounts())
    subject = _subject(session, request)
    if request.text("seen").lower() != f"0x{subject.digest.hex()}":
        raise WalletFault("This is not what was shown; describe it again and look.", "seen")
    if subject.meaning.risk is Risk.UNKNOWN and not request.flag("accept_unknown"):
        raise WalletFault(
            "Nobody here knows what this does; it is signed only if you insist.", "accept_unknown"
        )
    return subject, account


def _sign_transaction(session: Session, request: Request) -> Answer:
    subject, account = _agreed(session, request)
    tx = subject.content
    if not isinstance(tx, UnsignedTransaction):
        raise WalletFault("The request lacks its transaction.", "transaction")
    policy = OwnerPolicy(subject.around.chain_id)
    if account.kind in HARDWARE:
        raw = _on_device(session, account, policy, lambda one: one.sign_transaction(tx.fields()))
    else:
        key = session.store.open_key(account.id, request.text("password"))
        raw = LocalSigner(key, policy).sign_transaction(tx.fields())
        # The only reference ends here; Python frees it but cannot wipe its bytes.
        del key
    digest = keccak(bytes.fromhex(raw[2:]))
    return {"raw": raw, "hash": f"0x{digest.hex()}", "address": account.address, "nonce": tx.nonce}


def _sign_typed_data(session: Session, request: Request) -> Answer:
    subject, account = _agreed(session, request)
    data = subject.content
    if not isinstance(data, TypedData):
        raise WalletFault("The request lacks its typed data.", "typed_data")
    return _signature(session, request, subject, account, lambda one: one.sign_typed(data))


def _sign_message(session: Session, request: Request) -> Answer:
    subject, account = _agreed(session, request)
    message = subject.content
    if not isinstance(message, bytes):
        raise WalletFault("The request lacks its message.", "message")
    return _signature(session, request, subject, account, lambda one: one.sign_message(message))


def _signature(
    session: Session,
    request: Request,
    subject: Subject,
    account: Account,
    on_device: Callable[[HardwareSigner], bytes],
) -> Answer:
    if account.kind in HARDWARE:
        policy = OwnerPolicy(subject.around.chain_id)
        signature = _on_device(session, account, policy, on_device)
    else:
        key = session.store.open_key(account.id, request.text("password"))
        signature = packed(*key.sign_digest(subject.digest))
        del key
    return {
        "signature": f"0x{signature.hex()}",
        "digest": f"0x{subject.digest.hex()}",
        "address": account.address,
    }


def _on_device(
    session: Session, account: Account, policy: OwnerPolicy, use: Callable[[HardwareSigner], T]
) -> T:
    device: Device = session.open_device(str(account.kind))
    try:
        return use(HardwareSigner(device, account.path, account.address, policy))
    finally:
        device.close()


def _permit(session: Session, request: Request) -> Answer:
    known = session.store.accounts()
    account = request.account(known)
    around = session.around(known, session.book(), None)
    if "Credit" not in around.contracts:
        raise WalletFault("This site's settings name no credits.", "account")
    typed_data = permit(
        around.contracts["Credit"],
        request.text("credit_name"),
        around.chain_id,
        owner=account.address,
        spender=request.text("spender"),
        amount_micro=parse_amount(request.text("amount")),
        nonce=request.number("nonce"),
        deadline_s=request.number("deadline_s"),
    )
    return {"typed_data": read_typed_data(typed_data, around.chain_id).content}


HANDLERS = {
    "describe": _describe,
    "sign_transaction": _sign_transaction,
    "sign_typed_data": _sign_typed_data,
    "sign_message": _sign_message,
    "permit": _permit,
}
