"""The reference of the house bench: a bare pymodbus loop that reads the same registers at 1 Hz."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from pymodbus.client import AsyncModbusTcpClient

READS = {"meter": ((40000, 70), (40070, 109)), "inverter": ((40000, 70), (40070, 54), (40124, 120))}


async def main(ports: dict[str, int], seconds: float) -> None:
    clients = {name: AsyncModbusTcpClient("127.0.0.1", port=port) for name, port in ports.items()}
    for client in clients.values():
        await client.connect()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, client in clients.items():
            for address, count in READS[name]:
                await client.read_holding_registers(address, count=count, device_id=1)
        await asyncio.sleep(1.0)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1]), float(sys.argv[2])))
