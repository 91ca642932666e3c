# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Credit
@license Apache-2.0
@notice The community's unit of account: ERC-20 with permit (EIP-2612). One credit is one unit of
        the community's currency, redeemable at par with the treasury, the only one that mints.
        With the contract Treasury in that place, minting takes two persons.
"""

from ethereum.ercs import IERC20

import signatures

implements: IERC20

interface ITreasury:
    def lock(member: address, amount: uint256, reference: bytes32) -> uint256: nonpayable

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

PERMIT_TYPE: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)

decimals: public(constant(uint8)) = 6
name: public(immutable(String[32]))
symbol: public(immutable(String[8]))
treasury: public(immutable(address))
_name_hash: immutable(bytes32)

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
totalSupply: public(uint256)
nonces: public(HashMap[address, uint256])


@deploy
def __init__(name_: String[32], symbol_: String[8], treasury_: address):
    assert treasury_ != empty(address), "the treasury has no address"
    name = name_
    symbol = symbol_
    treasury = treasury_
    _name_hash = keccak256(name_)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice The EIP-712 domain of permits.
    """
    return signatures.domain(_name_hash)


@external
def mint(to: address, amount: uint256):
    """
    @notice Issue credits against money that the treasury has received. Treasury only.
    """
    assert msg.sender == treasury, "only the treasury mints"
    assert to != empty(address), "transfer to the zero address"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def burn(amount: uint256):
    """
    @notice Give up own credits, as when they are redeemed.
    """
    assert self.balanceOf[msg.sender] >= amount, "balance too low"
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount
    log Transfer(sender=msg.sender, receiver=empty(address), value=amount)


@external
def redeem(amount: uint256, reference: bytes32) -> uint256:
    """
    @notice Lock own credits with the treasury until it has paid them out at par, or until they
            are reclaimed there.
    @param reference Where to pay, as agreed with the treasury; a hash, never an account in clear.
    @return Number of the redemption.
    """
    assert treasury.is_contract, "this treasury takes no redemptions"
    self._move(msg.sender, treasury, amount)
    return extcall ITreasury(treasury).lock(msg.sender, amount, reference)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Pay own credits to someone.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Pay credits of an owner who allowed it. An allowance of 2**256 - 1 is not used up.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    assert allowed >= amount, "allowance too low"
    if allowed != max_value(uint256):
        self.allowance[owner][msg.sender] = allowed - amount
    self._move(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Allow someone to take up to an amount of own credits.
    """
    self._approve(msg.sender, spender, amount)
    return True


@external
def permit(
    owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    """
    @notice Allowance by signature (EIP-2612); whoever sends it pays for the transaction.
    """
    assert block.timestamp <= deadline, "the permit has expired"
    nonce: uint256 = self.nonces[owner]
    struct_hash: bytes32 = keccak256(abi_encode(PERMIT_TYPE, owner, spender, amount, nonce, deadline))
    signed_by: address = signatures.signer(signatures.domain(_name_hash), struct_hash, v, r, s)
    assert signed_by == owner, "not signed by the owner"
    self.nonces[owner] = nonce + 1
    self._approve(owner, spender, amount)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log Approval(owner=owner, spender=spender, value=amount)


@internal
def _move(sender: address, receiver: address, amount: uint256):
    assert receiver != empty(address), "transfer to the zero address"
    balance: uint256 = self.balanceOf[sender]
    assert balance >= amount, "balance too low"
    self.balanceOf[sender] = balance - amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=sender, receiver=receiver, value=amount)
