"""Validators held by a contract: fetches the proofs that show them at a verified block."""

from __future__ import annotations

from collections.abc import Sequence

from peerwatt.model.verified import Unproven

from ...consensus.bft_rules import BftRules, BftState
from ...consensus.rules import ChainState
from ...consensus.validator_contract import ContractQuery
from ...encoding import to_hex
from ...endpoints.endpoint import Endpoint
from ...endpoints.transport import Call
from ...proofs.account import ProvenAccount, verify_answer

GUESSED_VALIDATORS = 8
"""How many elements are asked for before the array's length is known."""


class ContractSets:
    """Proves validator sets; an account whose storage has not changed is not read again."""

    def __init__(self, rules: BftRules) -> None:
        self._rules = rules
        self._answers: dict[tuple[Endpoint, int], object] = {}

    async def prefetch(self, endpoint: Endpoint, numbers: Sequence[int]) -> None:
        """Fetch the contract's account at several blocks in one exchange. Raises ChainFault."""
        calls: list[Call] = []
        wanted: list[int] = []
        for number in numbers:
            contract = self._rules.contract_at(number + 1)
            if contract is not None:
                wanted.append(number)
                calls.append(_proof_call(contract.address, (), number))
        answers = await endpoint.rpc.batch(calls)
        self._answers = {
            (endpoint, number): answer for number, answer in zip(wanted, answers, strict=True)
        }

    async def ready(self, endpoint: Endpoint, state: ChainState) -> BftState:
        """Return a state under which its child can be verified. Raises ChainFault."""
        known = self._rules.own(state)
        query = self._rules.validators_needed(known)
        if query is None:
            return known
        answer = self._answers.pop((endpoint, query.block_number), None)
        if answer is None:
            call = _proof_call(query.contract.address, (), query.block_number)
            answer = (await endpoint.rpc.batch([call]))[0]
        account = verify_answer(query.state_root, query.contract.address, (), answer).account
        if account.storage_root == query.known_root:
            return self._rules.with_validators(known, known.validators, account.storage_root)
        validators, root = await self.prove(endpoint, query, len(known.validators))
        return self._rules.with_validators(known, validators, root)

    async def prove(
        self, endpoint: Endpoint, query: ContractQuery, guess: int = 0
    ) -> tuple[tuple[bytes, ...], bytes]:
        """Return (validators, storage root) of a contract at a block whose state root is known.

        Raises EndpointAway, RpcRefused, or Unproven where the proof does not hold.
        """
        contract = query.contract
        asked = guess or GUESSED_VALIDATORS
        for _ in range(2):
            slots = (contract.slot, *contract.element_slots(asked))
            found = await self._read(endpoint, query, slots)
            count = contract.count(found.slots)
            if count <= asked:
                return contract.validators(found.slots), found.account.storage_root
            asked = count
        raise Unproven("The validator contract's length changed between two proofs of one block.")

    async def _read(
        self, endpoint: Endpoint, query: ContractQuery, slots: Sequence[int]
    ) -> ProvenAccount:
        address = query.contract.address
        answers = await endpoint.rpc.batch([_proof_call(address, slots, query.block_number)])
        return verify_answer(query.state_root, address, slots, answers[0])


def _proof_call(address: bytes, slots: Sequence[int], number: int) -> Call:
    keys = [f"0x{slot:064x}" for slot in slots]
    return "eth_getProof", (to_hex(address), keys, hex(number))
