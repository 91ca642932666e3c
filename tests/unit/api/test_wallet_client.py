"""The client's two requests of the wallet that are no commands."""

from __future__ import annotations

import json

import pytest
from fastapi import Response

from peerwatt.api.client import ApiFault
from peerwatt.api.wallet_messages import PreparedSend, PrepareSend, Transfer

ME, ANNA = "0x" + "11" * 20, "0x" + "22" * 20
PREPARED = PreparedSend(
    prepared_id="a",
    from_address=ME,
    what="Payment of 1.00 credits",
    transaction={"nonce": "0x1"},
    max_cost_wei="0",
    block_number=7,
    expires_s=1.0,
)


async def test_a_send_is_prepared(peer) -> None:  # type: ignore[no-untyped-def]
    peer.script.answers["/v1/wallet/prepare"] = Response(PREPARED.model_dump_json())
    body = PrepareSend(from_address=ME, intent=Transfer(to=ANNA, amount_micro=2**62))
    assert await peer.client.prepare(body) == PREPARED
    [(method, path, bearer, sent)] = peer.script.asked
    assert (method, path, bearer) == ("POST", "/v1/wallet/prepare", "Bearer secret")
    assert PrepareSend.model_validate_json(sent) == body
    refusal = Response(json.dumps({"sentence": "No."}), 422)
    peer.script.answers["/v1/wallet/prepare"] = refusal
    with pytest.raises(ApiFault, match=r"^No\.$"):
        await peer.client.prepare(body)


async def test_the_list_comes_as_text(peer) -> None:  # type: ignore[no-untyped-def]
    path = "/v1/wallet/transactions.csv"
    peer.script.answers[path] = Response("a,b\r\nMüller,1\r\n".encode(), media_type="text/csv")
    assert await peer.client.transactions_csv() == "a,b\r\nMüller,1\r\n"
    await peer.client.transactions_csv(1.5, 3.0)
    assert [asked[1] for asked in peer.script.asked] == [path, f"{path}?start_s=1.5&end_s=3.0"]
