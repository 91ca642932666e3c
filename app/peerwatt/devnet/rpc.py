"""JSON-RPC 2.0 over HTTP on loopback: an endpoint that clients may take for a Besu node's."""

from __future__ import annotations

import json
import logging
import re

from .http_server import HttpServer
from .node import DevNode
from .params import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    SERVER_ERROR,
    Params,
    RpcError,
)
from .rpc_methods import RpcMethods
from .store import StoreError
from .transaction import InvalidTransactionError
from .views import Json

log = logging.getLogger(__name__)
MAX_BATCH = 1_000
MAX_DEPTH = 64
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class RpcServer:
    """One endpoint of a node; several may serve the same node."""

    def __init__(self, node: DevNode, host: str = "127.0.0.1", port: int = 0) -> None:
        """Prepare an endpoint; port 0 takes a free one."""
        self._host = host
        self._port = port
        self._methods = RpcMethods(node).table()
        self._http = HttpServer(self._answer, host, port)

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be used."""
        self._port = await self._http.start()

    async def close(self) -> None:
        """Stop listening and end all connections."""
        await self._http.close()

    async def _answer(self, body: bytes) -> bytes:
        try:
            request = _parse(body)
        except RpcError as error:
            return _encode(_error(None, error))
        if not isinstance(request, list):
            return _encode(await self._one(request))
        if not request or len(request) > MAX_BATCH:
            refusal = RpcError(INVALID_REQUEST, f"A batch must hold 1 to {MAX_BATCH} calls.")
            return _encode(_error(None, refusal))
        answers = [await self._one(item) for item in request]
        return _encode([answer for answer in answers if answer is not None])

    async def _one(self, request: object) -> Json | None:
        """Answer one call; None for a notification."""
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, RpcError(INVALID_REQUEST, "This is no JSON-RPC 2.0 call."))
        number = request.get("id")
        if isinstance(number, (list, dict)):
            return _error(None, RpcError(INVALID_REQUEST, "A call's id must be a number or text."))
        try:
            result = await self._run(request["method"], request.get("params", []))
        except RpcError as error:
            return _error(number, error) if "id" in request else None
        return {"jsonrpc": "2.0", "id": number, "result": result} if "id" in request else None

    async def _run(self, name: str, params: object) -> object:
        method = self._methods.get(name)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, f"The method {name[:80]} is not known here.")
        try:
            return await method(Params(name, params))
        except InvalidTransactionError as error:
            raise RpcError(SERVER_ERROR, str(error)) from error
        except StoreError as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        except RpcError:
            raise
        except Exception as error:  # whatever it is, the caller gets an answer and the node lives
            log.exception("%s failed.", name)
            raise RpcError(INTERNAL_ERROR, f"{name} failed inside the node.") from error


def _parse(body: bytes) -> object:
    """Parse JSON. Raises RpcError, also for nesting that would exhaust the parser's C stack."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        depth = 0
        for bracket in _STRING.sub(b"", body).translate(None, _NO_BRACKETS):
            depth += 1 if bracket in b"[{" else -1
            if depth > MAX_DEPTH:
                raise RpcError(PARSE_ERROR, f"The body is nested more than {MAX_DEPTH} deep.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RpcError(PARSE_ERROR, "The body is not JSON.") from None


def _encode(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _error(number: object, error: RpcError) -> Json:
    shown: Json = {"code": error.code, "message": str(error)}
    if error.data is not None:
        shown["data"] = error.data
    return {"jsonrpc": "2.0", "id": number, "error": shown}
