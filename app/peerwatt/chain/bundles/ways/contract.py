"""Validator sets of a contract within proof files: shown by storage slots at the block before.

The state that a set is read from is that of a verified block, or of a header that the sealed one
names as its parent by hash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...clients.bft.contract_set import GUESSED_VALIDATORS
from ...consensus.bft_rules import BftRules, BftState
from ...consensus.header import Header, HeaderRefused, header_from_rlp, header_to_rlp
from ...consensus.validator_contract import ContractQuery
from ...encoding import hex_data, to_hex
from ...endpoints.transport import JsonRpc
from ...proofs import ProofRefused
from ...proofs.account import answer_nodes, verify_account, verify_answer, verify_slot
from ...reading.reader import ProvenReader
from ..values import BundleRefused
from .way import Json

MAX_SETS = 1024
_Set = tuple[tuple[bytes, ...], bytes]
"""Validators, and the storage root under which they were proven."""


class ShownSets:
    """The sets that a file shows; each must be used."""

    def __init__(self, rules: BftRules, listed: object) -> None:
        """Raises BundleRefused for another form."""
        if not isinstance(listed, list) or len(listed) > MAX_SETS:
            raise BundleRefused("The file's sets of validators are no list.")
        self._rules = rules
        self._records: dict[int, Mapping[str, Any]] = {}
        for record in listed:
            number = record.get("block") if isinstance(record, Mapping) else None
            if type(number) is not int or number in self._records:
                raise BundleRefused("A set of validators in the file is malformed.")
            self._records[number] = record
        self._used: set[int] = set()

    def ready(self, state: BftState) -> BftState:
        """Return a state under which its child can be verified. Raises BundleRefused."""
        query = self._rules.validators_needed(state)
        if query is None:
            return state
        validators, root = self._proven(query)
        return self._rules.with_validators(state, validators, root)

    def sealers(self, header: Header) -> tuple[bytes, ...] | None:
        """Return who must have sealed a header, read from its parent's state.

        ``None`` where headers list them. Raises BundleRefused or HeaderRefused.
        """
        if self._rules.contract_at(header.number) is None:
            return None
        record = self._records.get(header.number - 1, {})
        parent = header_from_rlp(hex_data(record.get("header")))
        if parent.number != header.number - 1 or self._rules.hash(parent) != header.parent_hash:
            raise HeaderRefused("The header does not follow from the parent that the file shows.")
        query = self._rules.contract_query(parent)
        if query is None:
            raise HeaderRefused("No contract holds the validators of this block.")
        return self._proven(query)[0]

    def check_all_used(self) -> None:
        """Raise BundleRefused where a set is shown that nothing needs."""
        if self._used != set(self._records):
            raise BundleRefused("The file shows sets of validators that no header needs.")

    def _proven(self, query: ContractQuery) -> _Set:
        record = self._records.get(query.block_number)
        if record is None:
            raise BundleRefused(
                f"The file does not show who sealed block {query.block_number + 1}."
            )
        self._used.add(query.block_number)
        path, slots = record.get("account"), record.get("slots")
        if not isinstance(path, list) or not isinstance(slots, list) or not slots:
            raise BundleRefused("A set of validators in the file is malformed.")
        contract = query.contract
        account = verify_account(query.state_root, contract.address, [hex_data(n) for n in path])
        places = (contract.slot, *contract.element_slots(len(slots) - 1))
        words: dict[int, int] = {}
        for place, nodes in zip(places, slots, strict=True):
            if not isinstance(nodes, list):
                raise BundleRefused("A set of validators in the file is malformed.")
            words[place] = verify_slot(account.storage_root, place, [hex_data(n) for n in nodes])
        if contract.count(words) != len(slots) - 1:
            raise BundleRefused("The file shows another number of validators than the contract.")
        return contract.validators(words), account.storage_root


class SetFinder:
    """Proves sets by endpoints and keeps what a file must show of them."""

    def __init__(
        self,
        reader: ProvenReader,
        rules: BftRules,
        header_of: Callable[[int], Awaitable[Header]],
    ) -> None:
        self._reader = reader
        self._rules = rules
        self._header_of = header_of
        self._known: dict[int, tuple[_Set, Json]] = {}
        self._noted: dict[int, Json] = {}

    @property
    def records(self) -> list[Json]:
        """What the file must show, oldest first."""
        return [self._noted[number] for number in sorted(self._noted)]

    async def ready(self, state: BftState) -> BftState:
        """Return a state under which its child can be verified. Raises ChainFault."""
        query = self._rules.validators_needed(state)
        if query is None:
            return state
        (validators, root), record = await self._proven(query)
        self._noted.setdefault(query.block_number, record)
        return self._rules.with_validators(state, validators, root)

    async def sealers(self, header: Header, *, note: bool = False) -> tuple[bytes, ...] | None:
        """Return who must have sealed a header, ``None`` where headers list them."""
        if self._rules.contract_at(header.number) is None:
            return None
        parent = await self._header_of(header.number - 1)
        query = self._rules.contract_query(parent)
        if query is None or self._rules.hash(parent) != header.parent_hash:
            raise HeaderRefused("The header does not follow from its parent.")
        (validators, _), record = await self._proven(query)
        if note:
            self._noted[query.block_number] = record | {"header": to_hex(header_to_rlp(parent))}
        return validators

    async def _proven(self, query: ContractQuery) -> tuple[_Set, Json]:
        number = query.block_number
        if number not in self._known:

            async def ask(rpc: JsonRpc) -> tuple[_Set, Json]:
                return await _ask(rpc, query)

            self._known[number] = await self._reader.from_any(number, ask)
        return self._known[number]


async def _ask(rpc: JsonRpc, query: ContractQuery) -> tuple[_Set, Json]:
    contract, count = query.contract, GUESSED_VALIDATORS
    for _ in range(3):
        slots = (contract.slot, *contract.element_slots(count))
        keys = [f"0x{slot:064x}" for slot in slots]
        address = to_hex(contract.address)
        answer = await rpc.call("eth_getProof", address, keys, hex(query.block_number))
        found = verify_answer(query.state_root, contract.address, slots, answer)
        if contract.count(found.slots) == count:
            path, nodes = answer_nodes(answer)
            record: Json = {
                "block": query.block_number,
                "account": [to_hex(node) for node in path],
                "slots": [[to_hex(node) for node in item] for item in nodes],
            }
            return (contract.validators(found.slots), found.account.storage_root), record
        count = contract.count(found.slots)
    raise ProofRefused("The validator contract's length changed between two proofs of one block.")
