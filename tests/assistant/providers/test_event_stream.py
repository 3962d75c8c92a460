"""Events are the same however their bytes are cut, whether a chunk is whole events or not."""

import pytest

from assistant.errors import ProviderBadResponse
from assistant.providers.completions.event_stream import EventStream

PLAIN = b'data: {"n":1}\n\ndata: {"n":2}\n\n'


def read(chunks: list[bytes]) -> tuple[list[object], bool, str]:
    """The objects, whether the stream said that it was done, and what was wrong with it."""
    stream, found = EventStream(), []
    try:
        for chunk in chunks:
            found += stream.feed(chunk)
            if stream.failure:
                return found, stream.done, str(stream.failure)
        found += stream.close()
    except ProviderBadResponse as error:
        return found, stream.done, str(error)
    return found, stream.done, ""


@pytest.mark.parametrize(
    "then",
    [
        PLAIN,
        b'data: {"n":3}\n\ndata: [DONE]\n\n',
        b'data: {"n":3}\r\n\r\ndata: {"n":4}\r\n\r\n',
        b'data: {"n":\ndata: 3}\n\n',
        b'data: {"n":\n3}\n\n',
        b'data: {"n":3}\n\n\n\ndata: {"n":4}\n\n',
        b'data: {"n":3}\nid: 4\n\ndata: {"n":5}\n\n',
        b'data: {"n":3}\ndata: {"n":4}\n\n',
        b'data: {"n":3}\n\ndata: [{"n":4}]\n\ndata: {"n":5}\n\n',
        b'data: {"n":3}\n\n: still here\n\ndata: {"n":4}\n\n',
        b'data: {"n":3}\n\nevent: x\ndata: {"n":4}\n\n',
        b'data: {"n":NaN}\n\ndata: {"t":"\xed\xa0\xbd"}\n\n',
        b'data: {"t":"\\ud83d"}\n\ndata: {"t":"\\ude00"}\n\n',
        b'data: {"n":3}\n\ndata: {"n":}\n\n',
        b"data: {}\n\ndata: {}}\n\n",
    ],
)
def test_how_the_bytes_are_cut_changes_nothing(then: bytes):
    whole = read([PLAIN, then])
    sent = PLAIN + then
    assert whole == read([sent]) == read([bytes([byte]) for byte in sent])
    assert whole[0][:2] == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("field", ["data:", "data: data: ", "Data: ", "DATA:", "  data: ", "\tdata:  "])
def test_an_object_is_read_behind_a_field_that_is_written_oddly(field: str):
    sent = f'{field}{{"n":1}}\n\n{field}{{"n":2}}\n\n{field}[DONE]\n\n'.encode()
    assert read([sent]) == read([bytes([byte]) for byte in sent]) == ([{"n": 1}, {"n": 2}], True, "")
