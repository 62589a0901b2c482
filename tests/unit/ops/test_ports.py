import os
import socket

import pytest

from ops import ports
from ops.errors import OpsError

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:13C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000
   1: 0100007F:13C4 0100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000
"""


def test_only_listeners_at_the_port_are_found() -> None:
    assert list(ports.parse_table(TABLE, 5060, datagram=False)) == [ports.Listener("4711", 1000)]
    assert list(ports.parse_table(TABLE, 5061, datagram=False)) == []


def test_a_taken_port_is_named_with_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(OpsError) as caught:
            ports.check_free({"web": port})
    said = str(caught.value)
    assert f"port {port}/tcp (web) is in use by" in said
    assert f"process {os.getpid()}" in said
    assert "HOTLINE_PORT_BASE" in said


def test_a_taken_udp_port_is_seen() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with pytest.raises(OpsError, match="udp"):
            ports.check_free({"sip": server.getsockname()[1]})


def test_two_reservations_never_meet() -> None:
    first, second = ports.reserve(), ports.reserve()
    try:
        assert first.base != second.base
    finally:
        first.release()
        second.release()


def test_ports_of_a_block_stay_in_it_and_differ() -> None:
    taken = ports.block(22000)
    assert set(taken) == set(ports.DEFAULT)
    assert len(set(taken.values())) == len(taken)
    assert all(22000 <= port < 22800 for port in taken.values())


def test_blocks_avoid_default_ports_and_outgoing_connections() -> None:
    for base in ports.BLOCKS:
        block = range(base, base + ports.BLOCK_SIZE)
        assert block.stop <= 32768
        assert not any(port in block for port in ports.DEFAULT.values())
