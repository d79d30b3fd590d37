#!/usr/bin/env python3
"""Streams against a service whose engine has an exact schedule.

usage: streams.py first PORT STREAMS ROUNDS DELAY_MS | streams.py idle PORT STREAMS PID
The client is one thread with epoll; its own delay is measured by a timer of the same length and printed beside.
"""
import asyncio, json, re, sys, time


def body(number):
    ask = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": f"gear {number} {time.time_ns()}"}]}
    data = json.dumps(ask).encode()
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data


async def one(port, number, firsts, wait):
    await asyncio.sleep(wait)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = body(number)
    start = time.perf_counter()
    writer.write(request)
    seen, first = b"", None
    while b"[DONE]" not in seen:
        part = await reader.read(65536)
        if not part:
            raise SystemExit("a stream broke off: " + seen[-300:].decode())
        seen += part
        if first is None and b'"content":"one"' in seen:
            first = time.perf_counter() - start
    firsts.append(first)
    writer.close()


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


async def first(port, streams, rounds, delay):
    timers = []
    async def timer(wait):
        await asyncio.sleep(wait)
        start = time.perf_counter()
        await asyncio.sleep(delay / 1000)
        timers.append(time.perf_counter() - start)
    firsts = []
    for round in range(rounds):
        # Arrivals are spread over the engine's delay, as those of independent users are.
        waits = [delay / 1000 * number / streams for number in range(streams)]
        await asyncio.gather(*[one(port, f"{round}-{n}", firsts, w) for n, w in enumerate(waits)], *[timer(w) for w in waits[::8]])
    added = [1000 * value - delay for value in firsts]
    own = [1000 * value - delay for value in timers]
    print(f"{len(added)} streams, {streams} at a time: added to the engine's {delay} ms: median {quantile(added, .5):.2f} ms, "
          f"p99 {quantile(added, .99):.2f} ms, most {max(added):.2f} ms")
    print(f"the client's own timer: median {quantile(own, .5):.2f} ms, p99 {quantile(own, .99):.2f} ms late")


def memory(pid):
    return int(re.search(r"VmRSS:\s*(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024


async def idle(port, streams, pid):
    before = memory(pid)
    connections = []
    for number in range(streams):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(body(number))
        connections.append((reader, writer))
    for reader, _ in connections:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
    await asyncio.sleep(3)
    print(f"{streams} streams that wait for the engine: {memory(pid):.0f} MB resident, {before:.0f} MB before")
    for _, writer in connections:
        writer.close()
    await asyncio.sleep(2)
    print(f"after they left: {memory(pid):.0f} MB")


if __name__ == "__main__":
    kind, port, numbers = sys.argv[1], int(sys.argv[2]), [int(each) for each in sys.argv[3:]]
    MODEL = "exact" if kind == "first" else "late"
    asyncio.run(first(port, *numbers) if kind == "first" else idle(port, *numbers))
