#!/usr/bin/env python3
"""Streams against a service whose engine has an exact schedule.

usage: streams.py first PORT STREAMS ROUNDS DELAY_MS | streams.py idle PORT STREAMS PID
The client is one thread with epoll. What it and the machine add by themselves is measured in the same run, in turns: a bare server in a
process of its own, which does nothing but wait the same time and write the same events, is asked by the same client.
"""
import asyncio, json, re, subprocess, sys, time


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


async def bare(delay):
    """The control: reads a request, waits, writes the events of the engine's script."""
    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(delay / 1000)
        for number, word in enumerate(["one", "two", "three"]):
            if number:
                await asyncio.sleep(0.02)
            writer.write(b'data: {"choices":[{"index":0,"delta":{"content":"' + word.encode() + b'"}}]}\n\n')
        writer.write(b"data: [DONE]\n\n")
        writer.close()
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def first(port, streams, rounds, delay):
    control = subprocess.Popen([sys.executable, __file__, "bare", str(delay)], stdout=subprocess.PIPE, text=True)
    other = int(control.stdout.readline())
    firsts = {port: [], other: []}
    try:
        for round in range(2 * rounds):
            # Arrivals are spread over the engine's delay, as those of independent users are.
            waits = [delay / 1000 * number / streams for number in range(streams)]
            place = [port, other][round % 2]
            await asyncio.gather(*[one(place, f"{round}-{n}", firsts[place], w) for n, w in enumerate(waits)])
    finally:
        control.kill()
    added = {place: [1000 * value - delay for value in values] for place, values in firsts.items()}
    for place, name in [(port, "the service"), (other, "a bare server")]:
        print(f"{name}: {len(added[place])} streams, {streams} at a time, first token after the engine's {delay} ms: "
              f"median {quantile(added[place], .5):.2f} ms, p99 {quantile(added[place], .99):.2f} ms, most {max(added[place]):.2f} ms")
    print(f"the service beyond the bare server: median {quantile(added[port], .5) - quantile(added[other], .5):.2f} ms, "
          f"p99 {quantile(added[port], .99) - quantile(added[other], .99):.2f} ms")


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
    kind, numbers = sys.argv[1], [int(each) for each in sys.argv[2:]]
    MODEL = "exact" if kind == "first" else "late"
    asyncio.run({"first": first, "idle": idle, "bare": bare}[kind](*numbers))
