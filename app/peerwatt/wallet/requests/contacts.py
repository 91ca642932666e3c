"""Requests about addresses, the address book, payment links and amounts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..address import grouped
from ..amounts import CREDIT_DECIMALS, format_units, parse_amount
from ..book import BookEntry, save_book
from ..files import wallet_folder
from ..identicon import identicon
from ..links import PaymentLink, as_json, build_link, parse_link
from ..secret import WalletFault
from .session import Request, Session

Answer = dict[str, Any]


def _book_list(session: Session, _request: Request) -> Answer:
    book = session.book()
    entries = []
    for entry in sorted(book.entries.values(), key=lambda one: one.name.casefold()):
        sent = book.sent.get(entry.address)
        entries.append(
            {
                **asdict(entry),
                "blocks": grouped(entry.address),
                "identicon": asdict(identicon(entry.address)),
                "last_sent_s": sent.last_s if sent else None,
            }
        )
    return {"entries": entries}


def _book_add(session: Session, request: Request) -> Answer:
    entry = BookEntry(
        request.text("address"),
        request.text("name"),
        request.text("note", ""),
        session.time_s(),
    )
    save_book(wallet_folder(session.paths), session.book().with_entry(entry))
    return {"saved": True}


def _book_remove(session: Session, request: Request) -> Answer:
    save_book(wallet_folder(session.paths), session.book().without(request.text("address")))
    return {"removed": True}


def _book_sent(session: Session, request: Request) -> Answer:
    book = session.book().with_sent(request.text("address"), session.time_s())
    save_book(wallet_folder(session.paths), book)
    return {"saved": True}


def _book_check(session: Session, request: Request) -> Answer:
    book = session.book()
    around = session.around(session.store.accounts(), book, None)
    check = book.check(request.text("address"), around.own, around.contracts.values())
    return {
        **asdict(check),
        "contract": around.contract_at(check.address),
        "blocks": grouped(check.address),
        "identicon": asdict(identicon(check.address)),
    }


def _link_parse(session: Session, request: Request) -> Answer:
    link = parse_link(request.text("link"))
    around = session.around(session.store.accounts(), session.book(), None)
    if link.chain_id not in (None, around.chain_id):
        raise WalletFault(
            f"This link asks for a payment on chain {link.chain_id}, not on yours.", "link"
        )
    answer = as_json(link)
    is_credit = link.token is not None and around.contract_at(link.token) == "Credit"
    if link.kind == "token" and not is_credit:
        raise WalletFault("This link asks for something else than your credits.", "link")
    shown = format_units(link.amount) if is_credit and link.amount is not None else None
    return {"link": {**answer, "is_credit": is_credit, "amount_text": shown}}


def _link_build(session: Session, request: Request) -> Answer:
    around = session.around(session.store.accounts(), session.book(), None)
    credit = around.contracts.get("Credit")
    if credit is None:
        raise WalletFault("This site's settings name no credits to ask for.", "link")
    amount = parse_amount(request.text("amount")) if request.has("amount") else None
    recipient = request.text("address")
    link = PaymentLink("token", recipient, around.chain_id, amount, credit)
    return {"link": build_link(link)}


def _amount(_session: Session, request: Request) -> Answer:
    units = parse_amount(request.text("text"), request.number("decimals", CREDIT_DECIMALS))
    return {"units": str(units)}


HANDLERS = {
    "book_list": _book_list,
    "book_add": _book_add,
    "book_remove": _book_remove,
    "book_sent": _book_sent,
    "book_check": _book_check,
    "link_parse": _link_parse,
    "link_build": _link_build,
    "amount": _amount,
}
