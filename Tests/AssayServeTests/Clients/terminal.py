#!/usr/bin/env python3
"""Runs a command on a terminal of its own, resizes it, presses q, and prints what is not as it should be. usage: terminal.py COMMAND…"""
import fcntl, os, pty, select, struct, subprocess, sys, termios, time

faults = []


def check(what, holds, seen=None):
    if not holds:
        faults.append(what if seen is None else f"{what} (seen: {seen!r})")


def resize(file, columns, rows):
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read(file, seconds):
    text, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([file], [], [], 0.05)[0]:
            try:
                part = os.read(file, 1 << 16)
            except OSError:
                break
            if not part:
                break
            text += part
    return text.decode(errors="replace")


def session(command, key, columns=100, rows=40):
    ours, theirs = pty.openpty()
    resize(theirs, columns, rows)
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, start_new_session=True)
    first = read(ours, 1.5)
    check("the other screen is taken and the cursor hidden", first.startswith("\x1b[?1049h\x1b[?25l"), first[:40])
    frames = first.split("\x1b[?2026h")[1:]
    check("a frame comes each 0.3 s", len(frames) >= 3, len(frames))
    check("nothing is cleared before it is drawn", all("\x1b[2J" not in frame for frame in frames))
    check("a frame begins at the top", all(frame.startswith("\x1b[H") for frame in frames))
    check("the numbers are there", "Circuit breaker" in first and "closed" in first, first[-500:])
    resize(ours, 60, 10)
    os.killpg(process.pid, 28)  # SIGWINCH, as a terminal's own session would get it
    small = read(ours, 0.8).split("\x1b[?2026h")[-1]
    check("a small window gets no more rows than it has", small.count("\r\n") <= 9, small.count("\r\n"))
    check("  and is told so", "a higher window shows more" in small, small)
    os.write(ours, key)
    try:
        status = process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        status = "still there"
    check(f"{key!r} ends it", status == 0, (status, process.stderr.read()))
    last = read(ours, 0.3)
    check("the cursor and the screen are given back", last.endswith("\x1b[?25h\x1b[?1049l"), last[-40:])
    check("keys are taken as before", termios.tcgetattr(theirs) == before)


for key in (b"q", b"\x03"):
    session(sys.argv[1:], key)
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
