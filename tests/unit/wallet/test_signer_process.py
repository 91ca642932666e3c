from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from tests.unit.wallet.fake_ledger import SEED, FakeLedger

from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import ChainSettings, SiteSettings, save_settings
from peerwatt.wallet import calls
from peerwatt.wallet.hardware.ledger import Ledger
from peerwatt.wallet.requests import HANDLERS, Session
from peerwatt.wallet.signer import FREE
from peerwatt.wallet.signer_process import MAX_LINE_BYTES, answer_line, serve

PASSWORD = "correct horse"
PASSPHRASE = "my passphrase"
SEED_ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
CREDIT = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
MARKET = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
RAW = bytes(range(1, 33))
SETTINGS = SiteSettings(
    chain=ChainSettings(chain_id=20211, contracts={"Credit": CREDIT, "Market": MARKET})
)
PAYMENT = calls.pay(CREDIT, ANNA, 12_500_000).transaction(20211, 5, FREE).as_json()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    paths = SitePaths(tmp_path / "site")
    save_settings(paths.settings, SETTINGS)
    return Session(paths, lambda: 1_795_000_000.5, 2, lambda kind: Ledger(FakeLedger()))


def ask(session: Session, op: str, **parts: Any) -> dict[str, Any]:
    line = json.dumps({"op": op, **parts}).encode()
    answer: dict[str, Any] = json.loads(json.dumps(answer_line(session, line)))
    return answer


def good(session: Session, op: str, **parts: Any) -> dict[str, Any]:
    answer = ask(session, op, **parts)
    assert answer["ok"], answer
    return answer


def refused(session: Session, op: str, **parts: Any) -> tuple[str, str | None]:
    answer = ask(session, op, **parts)
    assert answer["ok"] is False
    assert set(answer) == {"ok", "error", "field"}
    assert answer["error"].endswith((".", "?"))
    return answer["error"], answer["field"]


def imported(session: Session, **parts: Any) -> str:
    answer = good(session, "import_seed", password=PASSWORD, words=SEED, **parts)
    return str(answer["account"]["id"])


# -- accounts ----------------------------------------------------------------------------------


def test_a_new_wallet_from_seed_to_confirmed_backup(session: Session) -> None:
    listing = good(session, "list")
    assert (listing["accounts"], listing["has_password"]) == ([], False)
    account = good(session, "create_seed", password=PASSWORD, label="House")["account"]
    assert account["backup"] == "unconfirmed"
    assert "".join(account["blocks"]) == account["address"]
    seed = account["secret"]
    assert refused(session, "confirm", seed=seed, password=PASSWORD, answer={})[1] == "seed"
    words = good(session, "show_seed_once", seed=seed, password=PASSWORD)["words"]
    for attempt in ("wrong", "right"):
        places = good(session, "challenge", seed=seed)["places"]
        answer = {str(place): words[place - 1] for place in places}
        if attempt == "wrong":
            answer[str(places[1])] = "zebra"
            fault = refused(session, "confirm", seed=seed, password=PASSWORD, answer=answer)
            assert fault[1] == f"words.{places[1]}"
        else:
            good(session, "confirm", seed=seed, password=PASSWORD, answer=answer)
    assert good(session, "list")["accounts"][0]["backup"] == "confirmed"
    assert "not shown again" in refused(session, "show_seed_once", seed=seed, password=PASSWORD)[0]
    assert "nothing to confirm" in refused(session, "challenge", seed=seed)[0]


def test_import_export_and_password(session: Session) -> None:
    first = imported(session, label="Main")
    assert good(session, "list")["accounts"][0]["address"] == SEED_ADDRESS
    second = good(session, "add_account", seed=good(session, "list")["seeds"][0]["id"],
                  password=PASSWORD)["account"]  # fmt: skip
    key = good(session, "export_key", account=second["id"], password=PASSWORD)["key"]
    text = good(session, "export_keystore", account=second["id"], password=PASSWORD)["keystore"]
    assert bytes(Account.decrypt(text, PASSWORD)).hex() == key[2:]
    good(session, "remove", account=second["id"])
    back = good(session, "import_keystore", password=PASSWORD, keystore=text,
                keystore_password=PASSWORD)["account"]  # fmt: skip
    assert (back["address"], back["backup"]) == (second["address"], "unconfirmed")
    assert refused(session, "remove", account=back["id"], password=PASSWORD)[1] == "account"
    good(session, "confirm_export", account=back["id"])
    raw = good(session, "import_key", password=PASSWORD, key="0x" + RAW.hex(), has_copy=True)
    assert raw["account"]["backup"] == "confirmed"
    good(session, "change_password", password=PASSWORD, new_password="a new horse")
    for account in (first, back["id"], raw["account"]["id"]):
        assert refused(session, "export_key", account=account, password=PASSWORD)[1] == "password"
        good(session, "export_key", account=account, password="a new horse")
    good(session, "remove", account=back["id"], password="a new horse")
    good(session, "watch", address=ANNA.lower(), label="Anna")
    labels = [one["label"] for one in good(session, "list")["accounts"]]
    assert labels == ["Main", "Account 3", "Anna"] or len(labels) == 3
    good(session, "label", account=first, label="Renamed")
    assert good(session, "list")["accounts"][0]["label"] == "Renamed"


# -- signing -----------------------------------------------------------------------------------


def test_what_was_described_is_signed(session: Session) -> None:
    account = imported(session)
    described = good(session, "describe", transaction=PAYMENT)
    assert described["meaning"]["title"] == f"Send 12.50 credits to {ANNA}"
    assert described["recipient"]["first_time"]
    signed = good(session, "sign_transaction", account=account, password=PASSWORD,
                  transaction=PAYMENT, seen=described["digest"])  # fmt: skip
    assert Account.recover_transaction(signed["raw"]) == SEED_ADDRESS == signed["address"]
    good(session, "book_add", address=ANNA, name="Anna")
    good(session, "book_sent", address=ANNA)
    again = good(session, "describe", transaction=PAYMENT)
    assert again["meaning"]["title"] == f"Send 12.50 credits to {ANNA} (Anna)"
    assert again["recipient"]["warnings"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seen": "0x" + "00" * 32}, "seen"),
        ({"seen": None}, "seen"),
        ({"password": "wrong horse"}, "password"),
        ({"password": None}, "password"),
        ({"account": "0"}, "account"),
        ({"transaction": {**PAYMENT, "nonce": "0x6"}}, "seen"),
        ({"transaction": {**PAYMENT, "to": ANNA}}, "seen"),
        ({"transaction": {**PAYMENT, "chainId": "0x1"}}, "transaction"),
        ({"transaction": {**PAYMENT, "gas": "0x1"}}, "transaction"),
        ({"transaction": {**PAYMENT, "to": CREDIT.lower()}}, "to"),
        ({"transaction": {k: v for k, v in PAYMENT.items() if k != "to"}}, "to"),
        ({"transaction": 5}, "transaction"),
        ({"transaction": None, "message": "x"}, "seen"),
    ],
)
def test_nothing_else_is_signed(session: Session, changes: dict[str, Any], field: str) -> None:
    account = imported(session)
    parts = {
        "account": account,
        "password": PASSWORD,
        "transaction": PAYMENT,
        "seen": good(session, "describe", transaction=PAYMENT)["digest"],
    }
    assert refused(session, "sign_transaction", **{**parts, **changes})[1] == field


def test_the_unknown_is_signed_only_by_insisting(session: Session) -> None:
    account = imported(session)
    unknown = {**PAYMENT, "to": ANNA, "data": "0xdeadbeef"}
    described = good(session, "describe", transaction=unknown)
    assert described["meaning"]["risk"] == "unknown"
    parts = {"account": account, "password": PASSWORD, "transaction": unknown}
    parts["seen"] = described["digest"]
    assert refused(session, "sign_transaction", **parts)[1] == "accept_unknown"
    good(session, "sign_transaction", **parts, accept_unknown=True)


def test_typed_data_and_messages(session: Session) -> None:
    account = imported(session)
    content = good(session, "permit", account=account, credit_name="Credit", spender=MARKET,
                   amount="12.50", nonce=0, deadline_s=1_796_000_400)["typed_data"]  # fmt: skip
    described = good(session, "describe", typed_data=content)
    assert "take up to 12.50 credits" in described["meaning"]["title"]
    assert described["recipient"]["address"] == MARKET
    parts = {"account": account, "password": PASSWORD}
    signed = good(session, "sign_typed_data", **parts, typed_data=content,
                  seen=described["digest"])  # fmt: skip
    assert len(signed["signature"]) == 132
    for text in ({"message": "grüezi"}, {"message_hex": "0x" + "grüezi".encode().hex()}):
        described = good(session, "describe", **text)
        signed = good(session, "sign_message", **parts, **text, seen=described["digest"])
        signable = encode_defunct(text="grüezi")
        found = Account.recover_message(signable, signature=signed["signature"])
        assert found == SEED_ADDRESS
    other = {**content, "domain": {**content["domain"], "chainId": 1}}
    assert "for chain 1" in refused(session, "describe", typed_data=other)[0]


def test_accounts_of_a_device_sign_without_password(session: Session) -> None:
    assert good(session, "hardware_address", kind="ledger", index=0)["address"] == SEED_ADDRESS
    account = good(session, "hardware_add", kind="ledger", index=0, label="Ledger")["account"]
    assert (account["kind"], account["backup"]) == ("ledger", "not here")
    seen = good(session, "describe", transaction=PAYMENT)["digest"]
    signed = good(session, "sign_transaction", account=account["id"], transaction=PAYMENT,
                  seen=seen)  # fmt: skip
    assert Account.recover_transaction(signed["raw"]) == SEED_ADDRESS
    seen = good(session, "describe", message="x")["digest"]
    assert good(session, "sign_message", account=account["id"], message="x", seen=seen)
    assert refused(session, "hardware_add", kind="watch")[0]
    assert refused(session, "hardware_add", kind="tin")[1] == "kind"
    watched = good(session, "watch", address=ANNA)["account"]["id"]
    parts = {"account": watched, "password": PASSWORD, "transaction": PAYMENT}
    seen = good(session, "describe", transaction=PAYMENT)["digest"]
    assert "not in this wallet" in refused(session, "sign_transaction", **parts, seen=seen)[0]


# -- book, links -------------------------------------------------------------------------------


def test_book_links_and_amounts(session: Session) -> None:
    good(session, "book_add", address=ANNA, name="Anna", note="next door")
    entry = good(session, "book_list")["entries"][0]
    assert (entry["name"], entry["created_s"], entry["last_sent_s"]) == (
        "Anna",
        1_795_000_000,
        None,
    )
    check = good(session, "book_check", address=CREDIT)
    assert check["contract"] == "Credit"
    alike = good(session, "book_check", address=(ANNA[:6] + "0" * 32 + ANNA[-4:]).lower())
    assert "Looks like Anna" in alike["warnings"][0]
    link = good(session, "link_build", address=ANNA, amount="12.50")["link"]
    assert link == f"ethereum:{CREDIT}@20211/transfer?address={ANNA}&uint256=12500000"
    parsed = good(session, "link_parse", link=link)["link"]
    assert (parsed["recipient"], parsed["amount_text"]) == (ANNA, "12.50")
    for bad in (link.replace("@20211", "@1"), link.replace(CREDIT, MARKET), "x"):
        assert refused(session, "link_parse", link=bad)[1] == "link"
    assert good(session, "amount", text="12,5")["units"] == "12500000"
    assert refused(session, "amount", text="much")[1] == "amount"
    good(session, "book_remove", address=ANNA)
    assert good(session, "book_list")["entries"] == []


# -- the protocol ------------------------------------------------------------------------------


def test_odd_requests_are_answered(session: Session) -> None:
    for line in (b"", b"{", b"5", b'"list"', b"[]", b"\xff", b"[" * 100_000):
        assert answer_line(session, line)["ok"] is False
    assert refused(session, "fly")[1] == "op"
    assert ask(session, "list", id=7)["id"] == 7
    assert "id" not in ask(session, "list", id=[7])
    for op in HANDLERS:
        for value in (None, 5, [], {}, "", "x" * 1000, True, -1, {"a": [None]}):
            parts = {"password": value, "transaction": value, "account": value, "seed": value}
            more = {"address": value, "words": value, "link": value, "kind": value, "text": value}
            answer = ask(session, op, **parts, **more)
            assert "signer failed" not in answer.get("error", ""), (op, value)


def test_a_fault_of_the_program_quotes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(PASSWORD)

    monkeypatch.setattr(Session, "store", property(broken))
    assert refused(session, "list")[0] == "The signer failed (KeyError); nothing was signed."


def test_lines_are_cut_and_bounded(session: Session) -> None:
    text = b'{"op":"list","id":1}\n' + b"x" * (2 * MAX_LINE_BYTES) + b"\n" + b'{"op":"list","id":2}'
    stream, out = io.BytesIO(text + b"\n{"), io.BytesIO()
    serve(session, lambda size: stream.read(min(size, 1000)), out.write)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [one.get("id") for one in answers] == [1, None, 2]
    assert "too long" in answers[1]["error"]


def test_it_ends_when_nothing_is_asked(session: Session) -> None:
    incoming, outgoing = os.pipe()
    rested: list[int] = []
    out = io.BytesIO()
    os.write(outgoing, b'{"op":"list"}\n{"op":"list"}\n')
    try:
        read = lambda size: os.read(incoming, size)  # noqa: E731
        serve(session, read, out.write, idle_s=0.02, at_rest=lambda: rested.append(1))
        assert (out.getvalue().count(b"\n"), rested) == (2, [1])
    finally:
        os.close(outgoing)
        os.close(incoming)


def test_no_secret_is_in_any_log_error_or_file(
    session: Session, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    account = imported(session, passphrase=PASSPHRASE)
    good(session, "import_key", password=PASSWORD, key=RAW.hex())
    described = good(session, "describe", transaction=PAYMENT)
    answers = [described]
    parts: dict[str, Any] = {"account": account, "transaction": PAYMENT, "seen": "0x"}
    for changes in ({}, {"password": PASSWORD}, {"seen": described["digest"], "password": "wrong"}):
        answers.append(ask(session, "sign_transaction", **{**parts, **changes}))
    parts["seen"] = described["digest"]
    answers.append(good(session, "sign_transaction", password=PASSWORD, **parts))
    for words in (SEED + " zebra", SEED.replace("junk", "zebra"), SEED.replace("junk", "jnuk")):
        answers.append(ask(session, "import_seed", password=PASSWORD, words=words))
    answers.append(ask(session, "import_key", password=PASSWORD, key=RAW.hex() + "zz"))
    answers.append(ask(session, "change_password", password=PASSPHRASE, new_password="short"))
    answers.append(good(session, "list"))
    files = b"".join(path.read_bytes() for path in session.paths.folder.rglob("*.json"))
    said = capfd.readouterr()
    texts = [json.dumps(answers), caplog.text, repr(session), said.out, said.err]
    texts.append(files.decode())
    words = ("junk", "zebra", "jnuk", PASSWORD, PASSPHRASE, RAW.hex(), "correct", "horse")
    for secret in words:
        assert not any(secret in text for text in texts), secret


# -- as a process ------------------------------------------------------------------------------


@contextmanager
def process(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    save_settings(SitePaths(home / "sites" / "s").settings, SETTINGS)
    command = [sys.executable, "-m", "peerwatt", "signer", "--site", "s"]
    environment = {**os.environ, "PEERWATT_HOME": str(home)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as one:
        yield one
        assert one.wait(20) == 0


def talk(one: subprocess.Popen[bytes], line: bytes) -> dict[str, Any]:
    assert one.stdin is not None
    assert one.stdout is not None
    one.stdin.write(line + b"\n")
    one.stdin.flush()
    answer: dict[str, Any] = json.loads(one.stdout.readline())
    assert "signer failed" not in answer.get("error", ""), answer
    return answer


def test_a_real_process_signs_and_ends_with_its_input(tmp_path: Path) -> None:
    def asked(op: str, **parts: Any) -> dict[str, Any]:
        return talk(one, json.dumps({"op": op, **parts}).encode())

    with process(tmp_path) as one:
        assert asked("list", id="a") == {
            "ok": True, "accounts": [], "seeds": [], "has_password": False, "id": "a"
        }  # fmt: skip
        assert "no JSON" in talk(one, b"{nonsense")["error"]
        assert "too long" in talk(one, b"x" * (3 * MAX_LINE_BYTES))["error"]
        account = asked("import_seed", password=PASSWORD, words=SEED)["account"]
        seen = asked("describe", transaction=PAYMENT)["digest"]
        parts = {"account": account["id"], "transaction": PAYMENT, "seen": seen}
        assert asked("sign_transaction", **parts, password="wrong")["field"] == "password"
        signed = asked("sign_transaction", **parts, password=PASSWORD)
        assert Account.recover_transaction(signed["raw"]) == SEED_ADDRESS
        command = Path(f"/proc/{one.pid}/cmdline")
        if command.exists():
            assert PASSWORD.encode() not in command.read_bytes()
        assert one.stdin is not None
        one.stdin.close()
        assert one.wait(20) == 0
        assert one.stderr is not None
        assert one.stderr.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_process_leaves_no_core_and_cannot_be_read() -> None:
    lines = (
        "import ctypes, resource",
        "from peerwatt.wallet.signer_process import harden",
        "read = lambda: (ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE))",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(4)[1]))",
        "before = read(); harden(); print(before[0], *read())",
    )
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "1 0 (0, 0)"
