"""A switch of network frames between hosts that are network namespaces of this machine, with faults.

usage: switch.py SEED PORT...

Each PORT is the end of a virtual cable (veth) in the namespace that this program runs in; the host at the other end of
PORT number n has the MAC address 02:00:00:00:00:n. A line on standard input replaces the rules:

    [{"from": "PORT", "to": "PORT", "loss": 0.05, "delay_ms": 200}, ...]

Frames without a rule pass at once. Each line is answered by one on standard output when it is in effect. It exists because
not every kernel has netem, which does the same, and because its losses come from a seed.
"""

import heapq
import json
import random
import selectors
import socket
import sys
import time

# From linux/if_packet.h.
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
SOL_PACKET = 263
ETH_P_ALL = 3
# A virtio_net_hdr comes before each frame: it says where a checksum is still to be computed.
HEADER_BYTES = 10
MAX_FRAME_BYTES = HEADER_BYTES + 65_536
BUFFER_BYTES = 4_194_304


def open_port(name):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    port.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    port.bind((name, 0))
    port.setblocking(False)
    return port


def main():
    seed, names = int(sys.argv[1]), sys.argv[2:]
    draw = random.Random(seed).random
    ports = [open_port(name) for name in names]
    rules = {}
    # (time, number, port, frame): the number keeps frames of one time in order.
    waiting = []
    number = 0
    selector = selectors.DefaultSelector()
    for index, port in enumerate(ports):
        selector.register(port, selectors.EVENT_READ, index)
    selector.register(sys.stdin.buffer.raw, selectors.EVENT_READ, None)

    def send(port, frame):
        try:
            ports[port].send(frame)
        except OSError:
            pass  # A full queue, or a host that is being removed: the frame is lost, as on a cable.

    def forward(source, frame):
        nonlocal number
        mac = frame[HEADER_BYTES : HEADER_BYTES + 6]
        if mac[0] & 1:
            targets = [target for target in range(len(ports)) if target != source]
        else:
            targets = [mac[5] - 1] if 0 < mac[5] <= len(ports) else []
        for target in targets:
            loss, delay = rules.get((source, target), (0, 0))
            if loss > 0 and draw() < loss:
                continue
            if delay == 0:
                send(target, frame)
            else:
                number += 1
                heapq.heappush(waiting, (time.monotonic() + delay, number, target, frame))

    print("ready", flush=True)
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in selector.select(timeout):
            if key.data is None:
                line = sys.stdin.buffer.readline()
                if not line:
                    return
                rules = {
                    (names.index(rule["from"]), names.index(rule["to"])): (rule["loss"], rule["delay_ms"] / 1000)
                    for rule in json.loads(line)
                }
                print("done", flush=True)
                continue
            for _ in range(64):
                try:
                    frame = ports[key.data].recv(MAX_FRAME_BYTES)
                except BlockingIOError:
                    break
                except OSError:
                    break  # The cable is down.
                forward(key.data, frame)
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            send(target, frame)


main()
