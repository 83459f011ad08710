"""The socket of the API: what its connections inherit."""

import socket

from deploy.serve import listen
from deploy.settings import load


def test_a_connection_sends_the_body_of_an_answer_without_waiting_for_word_of_its_head() -> None:
    with (
        listen(load(api_port=0)) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
