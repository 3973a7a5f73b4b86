"""Runs in the namespace of whoever asks: does TCP to an address and back get through? Reads flows as JSON,
[[source, destination, seconds], ...], and writes for each the milliseconds until it did, or null."""

import json
import select
import socket
import sys
import time


def attempt(flow):
    source, destination, _ = flow
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    one.bind((source, 0))
    try:
        one.connect((destination, 80))
    except BlockingIOError:
        pass
    except OSError:
        one.close()
        return None
    return one


def main():
    flows = json.load(sys.stdin)
    began = time.monotonic()
    answers = [None] * len(flows)
    opened = {}
    while True:
        now = time.monotonic() - began
        for index, flow in enumerate(flows):
            if answers[index] is None and index not in opened and now < flow[2]:
                opened[index] = (attempt(flow), now)
        waiting = {one: index for index, (one, _) in opened.items() if one}
        _, ready, _ = select.select([], list(waiting), [], 0.005)
        for one in ready:
            index = waiting[one]
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                answers[index] = round((time.monotonic() - began) * 1000, 1)
            opened[index] = (None, opened[index][1])
            one.close()
        now = time.monotonic() - began
        for index, (one, since) in list(opened.items()):
            if one is None or now - since > 0.15:
                if one:
                    one.close()
                del opened[index]
        if all(answer is not None or now >= flow[2] for answer, flow in zip(answers, flows)):
            break
    json.dump(answers, sys.stdout)


main()
