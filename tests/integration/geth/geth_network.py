"""Real geth nodes that seal a Clique chain on loopback: built once, started, voted on, killed.

The last geth that can seal Clique is of the 1.13 series. It comes from the Go module proxy and is
kept in the user's cache, outside of the checkout, as building it takes a minute or two.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
from coincurve import PrivateKey
from eth_account import Account
from platformdirs import user_cache_path

VERSION = "v1.13.15"
CHAIN_ID = 20227
PERIOD_S = 1
EPOCH = 12
GAS_LIMIT = 30_000_000
PASSWORD = "loopback only"
FORKS = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg"),
    *("istanbul", "muirGlacier", "berlin", "london", "arrowGlacier", "grayGlacier"),
)


def geth_path() -> Path:
    """Where the binary is kept."""
    return user_cache_path("peerwatt") / "interop" / f"geth-{VERSION}" / "geth"


def why_not() -> str | None:
    """Return the reason why no geth can run here, ``None`` when one can."""
    if geth_path().is_file():
        return None
    if shutil.which("go") is None:
        return "There is no Go toolchain to build geth with."
    if os.environ.get("PEERWATT_INTEROP") != "1":
        return "geth is not built yet; PEERWATT_INTEROP=1 builds it, which takes minutes."
    return _build()


def _build() -> str | None:
    """Build geth into the cache; return one sentence when that fails."""
    folder = geth_path().parent
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "GOBIN": str(folder),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod",
        "CGO_ENABLED": "1",
    }
    # A debugging aid of this geth reaches into Go's runtime, which newer linkers must be told.
    command = ["go", "install", "-ldflags=-checklinkname=0"]
    command.append(f"github.com/ethereum/go-ethereum/cmd/geth@{VERSION}")
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=1200, check=False
        )
    except subprocess.TimeoutExpired:
        return "Building geth took longer than 20 minutes."
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        return f"geth does not build here: {lines[-1]}"
    return None


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody uses at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def address_of(key: bytes) -> str:
    """Return the checksummed address of a key."""
    return str(Account.from_key(key).address)


def genesis(signers: Sequence[bytes], balances_wei: dict[str, int]) -> dict[str, Any]:
    """Return geth's genesis: all forks up to London, then Clique only."""
    listed = sorted(bytes.fromhex(address_of(key)[2:]) for key in signers)
    return {
        "config": {
            "chainId": CHAIN_ID,
            **{f"{name}Block": 0 for name in FORKS},
            "clique": {"period": PERIOD_S, "epoch": EPOCH},
        },
        "difficulty": "0x1",
        "gasLimit": hex(GAS_LIMIT),
        "extraData": "0x" + bytes(32).hex() + b"".join(listed).hex() + bytes(65).hex(),
        "alloc": {who: {"balance": hex(amount)} for who, amount in balances_wei.items()},
    }


@dataclass
class GethNode:
    """One sealing node."""

    key: bytes
    folder: Path
    http_port: int
    p2p_port: int
    auth_port: int
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def address(self) -> str:
        return address_of(self.key)

    @property
    def enode(self) -> str:
        public = PrivateKey(self.key).public_key.format(compressed=False)[1:]
        return f"enode://{public.hex()}@127.0.0.1:{self.p2p_port}?discport=0"

    def prepare(self, block_zero: dict[str, Any], peers: Sequence[str]) -> None:
        """Write keys, configuration and block 0 into the node's folder."""
        (self.folder / "keystore").mkdir(parents=True)
        stored = Account.encrypt(self.key, PASSWORD, kdf="pbkdf2", iterations=1000)
        (self.folder / "keystore" / "signer.json").write_text(json.dumps(stored))
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "nodekey").write_text(self.key.hex())
        (self.folder / "genesis.json").write_text(json.dumps(block_zero))
        listed = ", ".join(f'"{peer}"' for peer in peers)
        (self.folder / "config.toml").write_text(f"[Node.P2P]\nStaticNodes = [{listed}]\n")
        data = ("--datadir", str(self.folder / "data"))
        command = [str(geth_path()), *data, "init", str(self.folder / "genesis.json")]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        """Start the node; it seals as soon as it has to."""
        self.log = (self.folder / "geth.log").open("ab")
        self.process = subprocess.Popen(
            self._command(), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL
        )

    def _command(self) -> list[str]:
        options: dict[str, object] = {
            "config": self.folder / "config.toml",
            "datadir": self.folder / "data",
            "keystore": self.folder / "keystore",
            "nodekey": self.folder / "nodekey",
            "networkid": CHAIN_ID,
            "syncmode": "full",
            "gcmode": "archive",
            "port": self.p2p_port,
            "nat": "none",
            "netrestrict": "127.0.0.0/8",
            "http.addr": "127.0.0.1",
            "http.port": self.http_port,
            "http.api": "eth,net,web3,clique",
            "authrpc.port": self.auth_port,
            "miner.etherbase": self.address,
            "unlock": self.address,
            "password": self.folder / "password",
            "verbosity": 3,
            "cache": 32,
        }
        flags = ("mine", "nodiscover", "http", "ipcdisable", "allow-insecure-unlock")
        command = [str(geth_path())]
        command += [f"--{name}={value}" for name, value in options.items()]
        return command + [f"--{name}" for name in flags]

    def kill(self) -> None:
        """End the node at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=20)
            self.process = None
        if self.log is not None:
            self.log.close()
            self.log = None

    def call(self, method: str, *params: object) -> Any:
        """Return the result of a call; raises RuntimeError for an error."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = httpx.post(self.url, json=body, timeout=10, trust_env=False).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]


@dataclass
class GethNetwork:
    """Nodes that know each other; use as a context."""

    folder: Path
    keys: Sequence[bytes]
    balances_wei: dict[str, int]
    nodes: list[GethNode] = field(default_factory=list)

    def __enter__(self) -> GethNetwork:
        ports = free_ports(3 * len(self.keys))
        for index, key in enumerate(self.keys):
            at = ports[3 * index : 3 * index + 3]
            self.nodes.append(GethNode(key, self.folder / f"node{index}", *at))
        block_zero = genesis(self.keys, self.balances_wei)
        try:
            for node in self.nodes:
                peers = [other.enode for other in self.nodes if other is not node]
                node.prepare(block_zero, peers)
            for node in self.nodes:
                node.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.kill()
