# pragma version 0.4.3
# pragma evm-version prague
"""
@notice A test's ledger with the calls that other contracts make of the market's accounts: prepaid
        balances, liens on income, and settled hours that a test sets itself, so that states
        are reached which the real market takes days for.
"""

from ethereum.ercs import IERC20

credit: public(address)
accounts_of: HashMap[address, uint256]
liens: public(HashMap[address, uint256])
hours: HashMap[address, HashMap[uint256, uint256]]
first: HashMap[address, uint256]
last: HashMap[address, uint256]
rows: HashMap[address, HashMap[uint256, uint256]]
made: HashMap[address, HashMap[uint256, uint256]]


@deploy
def __init__(credit_: address):
    self.credit = credit_


@external
@view
def accounts(member: address) -> (uint256, uint256, uint256):
    return (self.accounts_of[member], 0, 0)


@external
def deposit(amount: uint256):
    self.accounts_of[msg.sender] += amount
    assert extcall IERC20(self.credit).transferFrom(msg.sender, self, amount)


@external
def withdraw(amount: uint256):
    assert self.accounts_of[msg.sender] >= amount, "balance too low"
    self.accounts_of[msg.sender] -= amount
    assert extcall IERC20(self.credit).transfer(msg.sender, amount)


@external
def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256:
    paid: uint256 = min(amount, self.accounts_of[payer])
    self.accounts_of[payer] -= paid
    self.accounts_of[payee] += paid
    return paid


@external
def set_lien(member: address, lender: address, share_bp: uint256, outstanding: uint256):
    self.liens[member] = 0
    if outstanding != 0:
        self.liens[member] = convert(lender, uint256) | (share_bp << 160) | (outstanding << 174)


@external
def earn(member: address, amount: uint256):
    """
    @notice Trade income, paid in by the caller, of which a lien takes its share.
    """
    assert extcall IERC20(self.credit).transferFrom(msg.sender, self, amount)
    lien: uint256 = self.liens[member]
    outstanding: uint256 = lien >> 174
    part: uint256 = min(outstanding, amount * ((lien >> 160) & 16383) // 10000)
    self.accounts_of[convert(lien & (2**160 - 1), address)] += part
    self.accounts_of[member] += amount - part
    if part != 0:
        left: uint256 = outstanding - part
        self.liens[member] = 0 if left == 0 else (lien & (2**174 - 1)) | (left << 174)


@external
def set_hour(
    member: address, hour: uint256, rows: uint256[4], made: uint256[4], rests: int256[4]
):
    """
    @notice A settled hour: rows import << 64 | export, production, and what is left to the
            supplier (+ delivered, - taken), Wh.
    """
    record: uint256 = 0
    for i: uint256 in range(4):
        self.rows[member][hour * 4 + i] = (1 << 255) | rows[i]
        self.made[member][hour * 4 + i] = (1 << 255) | made[i]
        rest: uint256 = convert((rests[i] + 2**23) % 2**23, uint256)
        record |= rest << (44 * i)
    self.hours[member][hour % 192] = record
    if self.first[member] == 0:
        self.first[member] = hour * 4
    self.last[member] = hour * 4 + 3


@external
@view
def cursors(member: address) -> (uint256, uint256, uint256, uint256):
    return (0, self.first[member], self.last[member], self.last[member])


@external
@view
def records(member: address, place: uint256) -> uint256:
    return self.hours[member][place]


@external
@view
def row(member: address, interval: uint256) -> (bool, uint256, uint256):
    word: uint256 = self.rows[member][interval]
    return (word != 0, (word >> 64) & (2**64 - 1), word & (2**64 - 1))


@external
@view
def production(member: address, interval: uint256) -> (bool, uint256):
    word: uint256 = self.made[member][interval]
    return (word != 0, word & (2**64 - 1))
