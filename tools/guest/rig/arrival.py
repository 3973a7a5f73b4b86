"""Runs in the namespace of a guest: waits until an interface is there, and writes the moment on the monotonic clock, which
all processes of a machine share."""

import os
import socket
import struct
import sys
import time

RTMGRP_LINK, RTM_NEWLINK, IFLA_IFNAME = 1, 16, 3

wanted = sys.argv[1].encode() + b"\0"
events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
events.bind((0, RTMGRP_LINK))
print("ready", flush=True)


def named(message):
    """Whether a message about a link is about the one that is waited for."""
    at = 16 + 16
    while at + 4 <= len(message):
        size, kind = struct.unpack_from("HH", message, at)
        if kind == IFLA_IFNAME and message[at + 4:at + size] == wanted:
            return True
        at += max((size + 3) & ~3, 4)
    return False


while True:
    data = events.recv(65536)
    now = time.monotonic()
    while len(data) >= 16:
        size, kind = struct.unpack_from("IH", data)
        if kind == RTM_NEWLINK and named(data[:size]):
            print(now, flush=True)
            os._exit(0)
        data = data[(size + 3) & ~3:]
