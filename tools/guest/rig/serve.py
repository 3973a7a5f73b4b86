"""Runs in the namespace of a guest: takes every TCP connection on port 80, on every address."""

import socket

server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
while True:
    server.accept()[0].close()
