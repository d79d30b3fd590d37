#!/usr/bin/env python3
"""A service at its admission limit while its engine is killed, clients leave, and nonsense arrives.

usage: soak.py PORT PID MODEL MINUTES KILLS   (PID: the service, on this machine)
Every request must end as the interface promises: an answer, an answer without the engine, or an error that says what happened.
Prints what was seen; exits with 1 when a request was lost, memory grew, a slot leaked or the service died.
"""
import asyncio, collections, json, os, random, re, signal, sys, time
import urllib.request

PORT, PID, MODEL, MINUTES, KILLS = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), int(sys.argv[5])
WORKERS = 48
seen = collections.Counter()
lost = []
memory = []
deadline = time.monotonic() + 60 * MINUTES
words = "gear shaft frame machine oil belt wheel axle bearing spring valve piston crank lever screw bolt nut washer pin key".split()


def head(path, length, more=""):
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n".encode()


def chat(rng, stream):
    text = f"What does the {rng.choice(words)} of the {rng.choice(words)} number {rng.randrange(10**9)} do?"
    body = json.dumps({"model": MODEL, "stream": stream, "messages": [{"role": "user", "content": text}]}).encode()
    return head("/v1/chat/completions", len(body)) + body


async def exchange(data, limit=150):
    """Sends bytes and reads until the other side ends or the response is complete."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    try:
        writer.write(data)
        got = b""
        async with asyncio.timeout(limit):
            while True:
                part = await reader.read(65536)
                if not part:
                    return got
                got += part
                cut = got.find(b"\r\n\r\n")
                if cut < 0:
                    continue
                length = re.search(rb"content-length: (\d+)", got[:cut].lower())
                if length and len(got) >= cut + 4 + int(length[1]):
                    return got
                if b"transfer-encoding: chunked" in got[:cut].lower() and got.endswith(b"0\r\n\r\n"):
                    return got
    finally:
        writer.close()


def status(got):
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", got)
    return int(found[1]) if found else 0


async def ask(rng):
    stream = rng.random() < 0.7
    got = await exchange(chat(rng, stream))
    code = status(got)
    if code == 200 and stream:
        if b"[DONE]" in got:
            kind = "degraded" if b'"degraded":"' in got else "answered"
            seen[f"stream {kind}"] += 1
        elif b'data: {"error"' in got:
            seen["stream ended by an error event"] += 1
        else:
            lost.append(got[-200:])
    elif code == 200:
        seen["whole degraded" if b'"degraded":"' in got else "whole answered"] += 1
    elif code in (429, 502, 503, 504) and b'"error"' in got:
        seen[f"{code}"] += 1
        if code == 429 and b"retry-after:" not in got.lower():
            lost.append(b"429 without Retry-After")
        await asyncio.sleep(rng.random() * 0.5)
    else:
        lost.append(got[:200] or b"nothing")


async def leave(rng):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(chat(rng, True))
    await asyncio.sleep(rng.choice([0, 0.01, 0.2, 1, 3]))
    if rng.random() < 0.5:
        writer.transport.abort()
    writer.close()
    seen["clients that left"] += 1


async def nonsense(rng):
    noise = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 400)))
    data = rng.choice([
        noise, b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" + noise,
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", head("/v1/chat/completions", 40) + b'{"model": "x", "messages": [[[[[[[[[[[[[[[',
        head("/v1/chat/completions", len(noise)) + noise,
    ])
    try:
        got = await exchange(data + b"\r\n\r\n", limit=2)
        code = status(got)
        seen[f"nonsense: {'closed' if not code else code}"] += 1
        if code >= 500:
            lost.append(b"nonsense: " + got[:100])
    except (TimeoutError, ConnectionError):
        seen["nonsense: left waiting, then left"] += 1


async def oversized(rng):
    size = rng.choice([300_000, 2_000_000, 20_000_000])
    try:
        got = await exchange(head("/v1/chat/completions", size) + b'{"model": "' + b"x" * min(size - 11, 1_000_000), limit=5)
        seen[f"oversized: {status(got) or 'closed'}"] += 1
    except (TimeoutError, ConnectionError):
        seen["oversized: connection ended"] += 1


async def retrieve(rng):
    body = json.dumps({"query": rng.choice(words)}).encode()
    code = status(await exchange(head("/v1/retrieve", len(body)) + body))
    seen[f"retrieve {code}"] += 1
    if code != 200:
        lost.append(b"retrieve %d" % code)


async def worker(number):
    rng = random.Random(number)
    while time.monotonic() < deadline:
        action = rng.choices([ask, leave, nonsense, oversized, retrieve], [60, 15, 10, 5, 10])[0]
        try:
            await action(rng)
        except Exception as error:  # a refused connection or a silent service is a loss, whatever its name
            lost.append(f"{action.__name__}: {type(error).__name__} {error}".encode())
            await asyncio.sleep(1)


def engine():
    """Process and port of the supervised engine, None while it is being started."""
    # Children belong to the thread that made them; threads and children come and go meanwhile.
    for task in os.listdir(f"/proc/{PID}/task"):
        try:
            for child in open(f"/proc/{PID}/task/{task}/children").read().split():
                found = re.search(r'"port":(\d+)', open(f"/proc/{child}/cmdline").read())
                if found:
                    return int(child), int(found[1])
        except OSError:
            continue
    return None


async def killer():
    for number in range(KILLS):
        await asyncio.sleep(60 * MINUTES / (KILLS + 1))
        for _ in range(100):
            found = engine()
            if found:
                os.kill(found[0], signal.SIGKILL)
                seen["engine killed"] += 1
                break
            await asyncio.sleep(0.2)


async def watch():
    while time.monotonic() < deadline:
        await asyncio.sleep(5)
        memory.append(int(re.search(r"VmRSS:\s*(\d+)", open(f"/proc/{PID}/status").read())[1]) / 1024)


def fetch(path, port=PORT, key=""):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read().decode()


def key_of(process):
    """The key that only service and engine know; it is the reader's own machine."""
    found = re.search(rb"LLAMA_API_KEY=([^\0]+)", open(f"/proc/{process}/environ", "rb").read())
    return found[1].decode() if found else ""


def middle(values):
    return sorted(values)[len(values) // 2]


async def main():
    await asyncio.gather(*[worker(n) for n in range(WORKERS)], killer(), watch())
    await asyncio.sleep(5)
    metrics = fetch("/metrics")
    busy = [line for line in metrics.splitlines() if re.match(r"assay_(engine_in_flight|queue_depth)(\{.*\})? ", line) and not line.endswith(" 0")]
    found = engine()
    try:
        slots = json.loads(fetch("/slots", found[1], key_of(found[0]))) if found else []
        working = sum(1 for slot in slots if slot.get("is_processing"))
        said = f"{len(slots)} slots of the engine, {working} working"
    except Exception as error:
        working, said = 0, f"/slots not read: {error}"
    quarter = max(1, len(memory) // 4)
    early, late = middle(memory[quarter:2 * quarter]), middle(memory[-quarter:])
    for name, count in sorted(seen.items()):
        print(f"{count:8}  {name}")
    print(f"memory: median of the second quarter {early:.0f} MB, of the last {late:.0f} MB, most {max(memory):.0f} MB")
    print(f"afterwards: {said}; busy gauges: {busy or 'none'}; lost requests: {len(lost)}")
    for one in lost[:5]:
        print("  lost:", one)
    wrong = lost or busy or working or late > early * 1.1 + 5 or seen["engine killed"] < KILLS
    sys.exit(1 if wrong else 0)


asyncio.run(main())
