"""Ports: the wanted one or an error, else the preferred, else any free one outside the ephemeral range."""

import socket

import pytest

from infra.local import ports
from schemas.errors import BadSettings, Unavailable


def test_the_wanted_port_is_taken_at_its_word() -> None:
    assert ports.choose(7, [8], [9], lambda port: True) == 7


def test_a_wanted_port_that_is_taken_is_an_error_that_names_it() -> None:
    with pytest.raises(Unavailable, match="7"):
        ports.choose(7, [8], [9], lambda port: port != 7)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(BadSettings):
        ports.choose(port, [], [], lambda port: True)


def test_preferred_ports_come_in_order_and_none_is_skipped() -> None:
    assert ports.choose(None, [None, 8, 9], [10], lambda port: True) == 8
    assert ports.choose(None, [None, 8, 9], [10], lambda port: port != 8) == 9
    assert ports.choose(None, [8, 0], [10, 11], lambda port: port == 11) == 11


def test_no_free_port_is_an_error() -> None:
    with pytest.raises(Unavailable):
        ports.choose(None, [8], [9], lambda port: False)


def test_candidates_are_below_the_ephemeral_range() -> None:
    lowest_ephemeral = int(ports.EPHEMERAL.read_text().split()[0])
    assert all(ports.LOWEST <= port < lowest_ephemeral for port in ports.candidates())


def test_a_port_in_use_or_given_away_is_not_free() -> None:
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.free_port(None, [port]) != port
    assert ports.free_port(None, [port], given=[port]) != port
