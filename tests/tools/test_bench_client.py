"""The load generator's client, against a server that answers as other FHIR servers do."""

import asyncio

from bench.client import Result, connect, request

CHUNKED = b"HTTP/1.1 201 \r\nTransfer-Encoding: chunked\r\n\r\n"


async def answering(answers: list[list[bytes]]) -> tuple[asyncio.Server, list[int]]:
    """A server that gives these answers one after the other, each in these pieces; and its connections' counts."""
    counts: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts.append(0)
        while answers:
            await reader.readuntil(b"\r\n\r\n")
            counts[-1] += 1
            pieces = answers.pop(0)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.01)
            if b"Connection: close" in pieces[0]:
                break
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(serve, "127.0.0.1", 0), counts


async def asked(answers: list[list[bytes]], times: int) -> tuple[list[tuple[int, bytes]], list[int]]:
    server, counts = await answering(answers)
    async with server:
        connection = await connect(server.sockets[0].getsockname()[1])
        got = [await connection.send(request("GET", "Patient/1")) for _ in range(times)]
        connection.close()
        await asyncio.sleep(0.01)
    return got, counts


async def test_a_body_in_chunks_is_joined_wherever_the_network_cuts_it() -> None:
    whole = CHUNKED + b'6\r\n{"id":\r\nA;x=1\r\n"12345678"\r\n1\r\n}\r\n0\r\n\r\n'
    for cut in range(1, len(whole), 3):
        got, _ = await asked([[whole[:cut], whole[cut:]]], 1)
        assert got == [(201, b'{"id":"12345678"}')]


async def test_a_connection_that_the_server_closes_after_an_error_is_opened_again() -> None:
    refused = b"HTTP/1.1 400 \r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"
    fine = b"HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nyes"
    got, counts = await asked([[refused], [fine], [fine]], 3)
    assert got == [(400, b"no"), (200, b"yes"), (200, b"yes")]
    assert counts == [1, 2]


def test_refusals_are_counted_by_their_status() -> None:
    result = Result("search", 1)
    for status in (400, 400, 500):
        result.count(status)
    assert (result.bad, dict(result.refused)) == (3, {400: 2, 500: 1})
