"""Checks an exported day of a Peerwatt bill with nothing but Python and this file.

    python3 peerwatt_audit.py bill.json [--validators 0xA,0xB,...]

From the readings that the meter signed, and from contract state and events proven under sealed headers, it recomputes
each interval. It ends with 0 and says what is left to believe, or with 1 and what differs first.
"""
import argparse
import json
import sys

MASK = 2**64 - 1
ROTATIONS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14]
ROUNDS = [int(word, 16) for word in (
    "1 8082 800000000000808a 8000000080008000 808b 80000001 8000000080008081 8000000000008009 8a 88 80008009 "
    "8000000a 8000808b 800000000000008b 8000000000008089 8000000000008003 8000000000008002 8000000000000080 "
    "800a 800000008000000a 8000000080008081 8000000000008080 80000001 8000000080008008").split()]
P, N = 2**256 - 2**32 - 977, 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)

class Differs(Exception): """The file does not hold; the message names the first thing that differs."""

# -- hashing, encoding, signatures --
def permute(lanes):
    for constant in ROUNDS:
        c = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & MASK) for x in range(5)]
        b = [0] * 25
        for i, turn in enumerate(ROTATIONS):
            lane = lanes[i] ^ d[i % 5]
            b[i // 5 + 5 * ((2 * (i % 5) + 3 * (i // 5)) % 5)] = (lane << turn | lane >> (64 - turn)) & MASK
        lanes = [b[i] ^ (~b[i // 5 * 5 + (i + 1) % 5] & b[i // 5 * 5 + (i + 2) % 5]) for i in range(25)]
        lanes[0] ^= constant
    return lanes
def keccak(data):  # Keccak-256 as Ethereum has it: padding 0x01, not SHA-3's
    size, lanes = 136 - len(data) % 136, [0] * 25
    data += b"\x81" if size == 1 else b"\x01" + bytes(size - 2) + b"\x80"
    for at in range(0, len(data), 136):
        for i in range(17): lanes[i] ^= int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little")
        lanes = permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
def number(data): return int.from_bytes(data, "big")
def trimmed(value): return value.to_bytes((value.bit_length() + 7) // 8, "big")
def words(*items): return b"".join((i if isinstance(i, bytes) else trimmed(i)).rjust(32, b"\0") for i in items)
def raw(text): return bytes.fromhex(text[2:])
def bits(word, low, count): return word >> low & ((1 << count) - 1)
def signed(word, low, count): return (bits(word, low, count) ^ 1 << (count - 1)) - (1 << (count - 1))
def up(wh, price): return -(-wh * price // 1000)
def rlp(item):
    body, base = (b"".join(map(rlp, item)), 192) if isinstance(item, list) else (item, 128)
    if base == 128 and len(body) == 1 and body[0] < 128: return body
    length = trimmed(len(body))
    return (bytes([base + len(body)]) if len(body) < 56 else bytes([base + 55 + len(length)]) + length) + body
def unrlp(data):
    """Decode one item; refuse whatever encoding would not have produced."""
    def read(at):
        start, base = at + 1, 192 if data[at] >= 192 else 128
        size, items = data[at] - base, []
        if size < 0: return data[at:start], start
        if size > 55:
            start, size = start + size - 55, number(data[start : start + size - 55])
        end = start + size
        while base == 192 and start < end:
            item, start = read(start)
            items.append(item)
        return items if base == 192 else data[start:end], end
    item = read(0)[0]
    if rlp(item) != data: raise Differs("an encoded item is not written in its one form")
    return item
def plus(a, b):
    """Add two points of the curve secp256k1; None is the neutral one."""
    if a is None or b is None or (a[0] == b[0] and (a[1] + b[1]) % P == 0):
        return None if a and b else a or b
    rise, run = (3 * a[0] * a[0], 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P
def signer(digest, r, s, parity):  # the address that signed a digest
    y = pow(r * r * r + 7, (P + 1) // 4, P)
    if not (0 < r < N and 0 < s < N and parity in (0, 1) and (y * y - r * r * r - 7) % P == 0):
        raise Differs("a signature is none")
    point, inverse, total = (r, y if y % 2 == parity else P - y), pow(r, -1, N), None
    u, v, both = -number(digest) * inverse % N, s * inverse % N, plus(G, point)
    for bit in range(255, -1, -1):
        total = plus(plus(total, total), (None, G, point, both)[bits(u, bit, 1) + 2 * bits(v, bit, 1)])
    return keccak(words(*total or (0, 0)))[12:]

# -- the chain --
def trie_value(nodes, here, path):
    """Follow ``path`` (hexadecimal) from a root; return the value, or b"" where there is none."""
    while here and here != keccak(b"\x80"):
        if not isinstance(here, list):
            if here not in nodes: raise Differs(f"the file lacks the node 0x{here.hex()} of a proof")
            here = nodes[here]
        if len(here) == 17:
            if not path: return here[16]
            here, path = here[int(path[0], 16)], path[1:]
            continue
        text = here[0].hex()
        part = text[1 if text[0] in "13" else 2 :]
        if text[0] in "23" or not path.startswith(part): return here[1] if part == path else b""
        here, path = here[1], path[len(part) :]
    return b""
def sealed(header, kind, validators):
    """Return (block hash, header's fields) of a block of QBFT or IBFT 2.0 that a quorum has sealed."""
    fields = unrlp(header)
    *stem, turn, seals = unrlp(fields[12])
    forms = ([*stem, b"", []], [*stem, turn, []]) if kind == "qbft" else (stem, [*stem, turn])
    block, digest = (keccak(rlp([*fields[:12], rlp(form), *fields[13:]])) for form in forms)
    signers = {signer(digest, number(seal[:32]), number(seal[32:64]), seal[64]) for seal in seals}
    if stem[1] != validators or signers - set(validators) or not 3 * len(signers) >= 2 * len(validators) > 0:
        raise Differs(f"block {number(fields[8])} is not sealed by the validators")
    return block, fields

# -- the community's contracts --
SLOTS = {"Registry": {"member_words": 4, "meter_of": 7}, "Market": {"books": 0, "orders": 11, "results": 13},
         "Settlement": {"params": 0, "next_params": 1, "state": 2, "records": 3, "tallies": 4}}
BATCH = b"Batch(address member,uint64 firstInterval,uint64 importWh,uint64 exportWh,bytes32 rows)"
DOMAIN = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
EVENTS = {keccak(text): text.split(b"(")[0].decode() for text in (
    b"Settled(address,uint256,uint256[])", b"Finalised(address,uint256,uint256,uint256[],uint256[])",
    b"TruedUp(address,uint256,uint256,uint256,int256)",
    b"DealServed(address,address,uint256,uint256,uint256,uint256,int256,int256)")}
SHOWN = ("import", "export", "bought", "sold", "cost", "alone")
def value_of(rest, retail, feed_in):
    return -up(rest, retail) if rest > 0 else -rest * feed_in // 1000
def expect(interval, name, found, right):
    if found != right: raise Differs(f"interval {interval}: {name} is {found}, expected {right}")

class Day:
    """One member's day, recomputed from what is proven."""
    def __init__(self, doc, validators):
        self.doc, self.at, self.me = doc, doc["contracts"], raw(doc["member"])
        self.meter = raw(self.at["Meter"])
        self.span = range(doc["first"], doc["first"] + doc["count"])
        self.nodes = {keccak(node): unrlp(node) for node in map(raw, doc["nodes"])}
        blocks = [sealed(raw(text), doc["chain"]["consensus"], validators)[1] for text in doc["headers"]]
        self.headers = {number(fields[8]): fields for fields in blocks}
        self.member = self.word("Registry", "member_words", self.me)
    def word(self, contract, variable, *keys, index=0):
        """Return a storage word that the file proves at its block."""
        root, slot = self.headers[self.doc["block"]][3], SLOTS[contract][variable]
        for key in keys: slot = number(keccak(words(slot, key)))
        account = unrlp(trie_value(self.nodes, root, keccak(raw(self.at[contract])).hex()))
        path = keccak(words((slot + index) % 2**256)).hex()
        return number(unrlp(trie_value(self.nodes, account[2], path) or b"\x80"))
    def terms(self, interval):
        """Return retail and feed-in price of the member in an interval."""
        low = 8 if interval >= bits(self.member, 136, 32) else 72
        return bits(self.member, low, 32), bits(self.member, low + 32, 32)
    def readings(self):
        """Return {interval: (import, export)} of the batches that the meter signed."""
        key, found, ends = words(self.word("Registry", "meter_of", self.me))[12:], {}, {}
        domain = words(*map(keccak, (DOMAIN, b"Peerwatt Meter", b"1")), self.doc["chain"]["id"], self.meter)
        for batch in self.doc["batches"]:
            rows, first, given = raw(batch["rows"]), batch["first"], (batch["import_wh"], batch["export_wh"])
            body = keccak(words(keccak(BATCH), self.me, first, *given, keccak(rows)))
            digest = keccak(b"\x19\x01" + keccak(domain) + body)
            by = signer(digest, number(raw(batch["r"])), number(raw(batch["s"])), batch["v"] - 27)
            expect(first, "the signer of the readings", by.hex(), key.hex())
            expect(first, "import and export register", given, ends.get(first, given))
            moved = [(number(rows[i : i + 4]), number(rows[i + 4 : i + 8])) for i in range(0, len(rows), 8)]
            found.update(enumerate(moved, first))
            ends[first + len(moved)] = tuple(wh + sum(row[k] for row in moved) for k, wh in enumerate(given))
        return found
    def trades(self, interval):
        """Return (bought, sold, trade, charge) of the member's order under the proven clearings."""
        total, kept = (0, 0, 0, 0), self.word("Market", "orders", self.me, index=interval // 4 % 192)
        for at in (60 * (interval % 4), 60 * (interval % 4) + 30):
            wh, tick, sells, reach = (bits(kept, at + low, n) for low, n in ((0, 19), (19, 8), (27, 1), (28, 2)))
            book = bits(self.member, 0, 8)
            if not wh or bits(kept, 244, 12) != interval // 768 % 4096: continue
            for _ in range(reach): book = bits(self.word("Market", "books", book), 238, 8)
            result = self.word("Market", "results", book, interval)
            price, volume, charge = bits(result, 0, 32), bits(result, 32, 40), bits(result, 216, 24)
            margin, part, of = (bits(result, *at) for at in (
                ((72, 8), (88, 32), (120, 32)) if sells else ((80, 8), (152, 32), (184, 32))))
            if not volume or (tick != margin and (tick > margin) == sells): continue
            if tick == margin: wh = wh * part // of if sells else -(-wh * part // of)
            row = (0, wh, wh * price // 1000, 0) if sells else (wh, 0, -up(wh, price), up(wh, charge))
            total = tuple(a + b for a, b in zip(total, row))
        return total
    def events(self):
        """Yield (name, addresses, words of data) of the settlement's events, in the chain's order."""
        last = (-1,)
        for event in self.doc["events"]:
            here = event["block"], event["transaction"], event["log"]
            receipt = trie_value(self.nodes, self.headers[here[0]][5], rlp(trimmed(here[1])).hex())
            address, topics, data = unrlp(receipt[receipt[0] < 128 :])[3][here[2]]
            if here <= last or here[2] < 0 or address != raw(self.at["Settlement"]):
                raise Differs(f"block {here[0]} holds no such event there, or the events are not in order")
            last, data = here, [number(data[i : i + 32]) for i in range(0, len(data), 32)]
            yield EVENTS[topics[0]], [topic[12:] for topic in topics[1:]], data
    def replay(self):
        """Return {interval: figures} after all events."""
        days = {}
        for name, who, data in self.events():
            first, rows = data[0], dict(enumerate(data[3:], data[0])) if name == "Settled" else {data[0]: data[1:]}
            if name == "Finalised":
                shares = {bits(part, 0, 8): part for part in data[data[3] // 32 + 1 :]}
                paid = {k: signed(data[5 + k // 4 - first // 4], k % 4 * 64, 64) for k in range(first, first + data[1])}
                rows = {k: (money, shares.get(k - first, 0)) for k, money in paid.items()}
            for interval, row in rows.items():
                if interval not in self.span: continue
                if self.me not in who or (name == "Settled") == (interval in days):
                    raise Differs(f"interval {interval}: {name} does not belong here")
                if name == "Settled":
                    days[interval] = self.settled(interval, row)
                elif name == "Finalised":
                    self.finalised(interval, days[interval], row)
                else:
                    self.corrected(interval, days[interval], row, name == "TruedUp", who[0] == self.me)
        return days
    def settled(self, interval, row):
        day = dict(deal=0, accuracy=0, mid=0, final=0, estimated=bits(row, 185, 1), charge=bits(row, 106, 48))
        day.update(trade=signed(row, 42, 64), supplier=signed(row, 206, 50))
        day.update(zip(SHOWN, (bits(row, 186, 20), bits(row, 154, 20), bits(row, 0, 21), bits(row, 21, 21))))
        for name, right in zip(("bought", "sold", "trade", "charge"), self.trades(interval)):
            expect(interval, name, day[name], right)
        day["rest"] = day["import"] - day["export"] - day["bought"] + day["sold"]
        expect(interval, "supplier", day["supplier"], value_of(day["rest"], *self.terms(interval)))
        return day
    def corrected(self, interval, day, row, is_true_up, sells):
        """Take up signed readings in place of an estimate, or a direct deal."""
        wh, before = row[0], value_of(day["rest"], *self.terms(interval))
        if is_true_up:
            day["rest"] += wh - row[1] - day["import"] + day["export"]
            day.update({"import": wh, "export": row[1], "estimated": 0})
        else:
            day["rest"] += wh if sells else -wh
            day["deal"] += up(wh, row[1]) if sells else -up(wh, row[1]) - row[2]
        moved = value_of(day["rest"], *self.terms(interval)) - before
        expect(interval, "correction", signed(row[2 if is_true_up else 3 if sells else 4], 0, 256), moved)
        day["supplier"] += moved
    def finalised(self, interval, day, row):
        """Recompute reward or penalty from the zone's proven sums; take up what "no fuss" members shared."""
        params, later = (self.word("Settlement", name) for name in ("params", "next_params"))
        params = later if later and interval >= bits(later, 128, 32) else params
        price = bits(self.word("Market", "results", bits(self.member, 0, 8), interval), 0, 32)
        record = self.word("Settlement", "records", self.me, index=interval // 4 % 192)
        tally = self.word("Settlement", "tallies", bits(self.member, 0, 8), index=interval // 2 % 384)
        known = tally >> 240 == interval // 768 % 65536
        need, over, need_h, over_h = (known * bits(tally, 120 * (interval % 2) + low, 30) for low in (0, 30, 60, 90))
        spread, g, right = bits(params, 64, 32), bits(params, 106, 10), 0
        pi = (min(price, spread) if price else spread // 2) * bits(params, 96, 10) // 1000
        hurt, help_, hurt_h, help_h = (need, over, need_h, over_h) if need > over else (over, need, over_h, need_h)
        counted = min(abs(day["rest"]), day["bought"] + day["sold"])
        weight = counted * bits(record, 176, 16) >> 16
        if need != over and counted and (day["rest"] > 0) == (need > over):
            right = -pi * ((1000 + g) * counted - g * weight) // 1_000_000
        elif need != over and help_h and bits(record, 196 + interval % 4, 1):
            right = min(pi * ((1000 + g) * hurt - g * hurt_h) // 1_000_000, pi * help_ // 1000) * weight // help_h
        expect(interval, "accuracy", row[0], right)
        shared = bits(row[1], 8, 32) * (1 if day["rest"] > 0 else -1)
        day.update(accuracy=right, mid=signed(row[1], 40, 64), final=1, rest=day["rest"] - shared)
    def check(self):
        """Return (figures' sums, estimated, waiting, lines to print). Raises Differs."""
        days, known, state = self.replay(), self.readings(), self.word("Settlement", "state", self.me)
        sums, lines, guessed, waiting = [0] * 6, [], 0, 0
        expect(self.span.start, "the number of rows", len(self.doc["bill"]), len(self.span))
        for interval, shown in zip(self.span, self.doc["bill"]):
            if interval not in days or not (days[interval]["estimated"] or interval in known):
                raise Differs(f"interval {interval}: the file lacks its settlement or its signed reading")
            day, (retail, feed_in) = days[interval], self.terms(interval)
            for name, wh in () if day["estimated"] else zip(SHOWN, known[interval]):
                expect(interval, name + " Wh", day[name], wh)
            record = self.word("Settlement", "records", self.me, index=interval // 4 % 192)
            expect(interval, "rest Wh", day["rest"], signed(record, 44 * (interval % 4), 23))
            expect(interval, "final", day["final"], int(interval <= bits(state, 80, 32)))
            day["cost"] = day["charge"] - sum(day[n] for n in ("trade", "supplier", "accuracy", "mid", "deal"))
            day["alone"] = up(day["import"], retail) - day["export"] * feed_in // 1000
            for name, found in zip(SHOWN, shown, strict=True): expect(interval, name, found, day[name])
            sums = [total + day[name] for total, name in zip(sums, SHOWN)]
            guessed, waiting = guessed + day["estimated"], waiting + 1 - day["final"]
            if day["cost"] > day["alone"]:
                lines.append(f"interval {interval}: {day['cost'] - day['alone']} micro above the supplier alone")
        return sums, guessed, waiting, lines
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--validators", help="who must have sealed, whatever the file says")
    given = parser.parse_args()
    try:
        with open(given.file, encoding="utf-8") as file:
            doc = json.load(file)
        named = given.validators.lower().split(",") if given.validators else doc["chain"]["validators"]
        sums, guessed, waiting, lines = Day(doc, [raw(one) for one in named]).check()
    except (Differs, OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as fault:
        print("DOES NOT HOLD:", fault if isinstance(fault, Differs) else f"the file is malformed ({fault!r})")
        return 1
    print(*lines, f"{doc['member']}, {doc['count']} intervals from {doc['first']}, block {doc['block']}:", sep="\n")
    print("imported {} Wh, exported {} Wh, bought {} Wh, sold {} Wh; cost {}, supplier alone {} micro".format(*sums))
    print(f"{guessed} intervals estimated, {waiting} not final yet. Every interval holds, if you believe that 2/3")
    print(f"of {', '.join(named)} seal chain {doc['chain']['id']} honestly and in the contracts {doc['contracts']}.")
    return 0

if __name__ == "__main__":
    sys.exit(main())
