import socket

from ops.call import ports

HOST = "127.0.0.1"


def test_four_ports_in_a_row_are_free_and_none_that_the_kernel_gives_away() -> None:
    port = ports.free_media_port(HOST)
    assert port >= 61000
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    try:
        for offset, one in enumerate(held):
            one.bind((HOST, port + offset))
        assert ports.free_media_port(HOST) != port
    finally:
        for one in held:
            one.close()
