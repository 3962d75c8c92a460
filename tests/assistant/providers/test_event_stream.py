"""Events are the same however their bytes are cut, whether a chunk is whole events or not."""

import orjson
import pytest

from assistant.errors import ProviderBadResponse, ProviderError
from assistant.providers.completions.event_stream import MAX_LESSONS, EventStream
from assistant.providers.completions.reply import Reply

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


def event(content: str, **more: object) -> bytes:
    """One event that says nothing but `content`, or `more` as well."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None, **more}
    return b"data: " + orjson.dumps({"id": "c-1", "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"


def said(chunks: list[bytes], short_way: bool) -> tuple[str, object, int, str]:
    """What a reply is after these chunks, and what was wrong with them."""
    stream, reply, shown = EventStream(), Reply("sk-canary-0123456789"), ""
    try:
        for chunk in chunks:
            if short_way and reply.finish is None and (text := stream.text(chunk)):
                shown += reply.add_plain(text)
            else:
                shown += "".join(reply.add_all(stream.feed(chunk)))
                if stream.failure:
                    raise stream.failure
        shown += "".join(reply.add_all(stream.close())) + reply.close()
    except ProviderError as error:
        return shown, reply.finish, reply.generated, str(error)
    return shown, reply.finish, reply.generated, ""


HELLO = event("Hello")
BEFORE, AFTER = HELLO.split(b'"Hello"')


@pytest.mark.parametrize(
    "chunk",
    [
        event(", ") + event("world"),
        event("größer 😀") + event("\n\n- \u2028 \\ \" '"),
        event('"},"finish_reason":null}]}'),
        event("data: {") + event(BEFORE.decode()) + event(AFTER.decode()),
        event("") + event("x"),
        event(""),
        event("x", finish_reason="stop"),
        event("x", index=1),
        event("x", delta={"content": "x", "role": "tool"}),
        event("x", delta={"content": ["x"]}),
        event("x", delta={"content": 7}),
        event("x", delta={"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]}),
        HELLO.replace(b"c-1", b"c-2"),
        HELLO.replace(b"\n\n", b"\r\n\r\n"),
        HELLO + b"data: [DONE]\n\n",
        HELLO + b'data: {"error":{"message":"gone"}}\n\n',
        HELLO[:-3],
        BEFORE + b'"a","b' + AFTER + BEFORE + b'c"' + AFTER,
        BEFORE + b'"a\\"' + AFTER + BEFORE + b'","b"' + AFTER,
        BEFORE + b'"a" , "b"' + AFTER,
        BEFORE + b'"a\nb"' + AFTER,
        BEFORE + b'"\\ud83d"' + AFTER + BEFORE + b'"\\ude00"' + AFTER,
        BEFORE + b"null" + AFTER,
        BEFORE + b'"\xff"' + AFTER,
        BEFORE + AFTER,
        BEFORE[:-3] + AFTER,
    ],
)
def test_events_that_are_like_the_last_mean_the_same_as_when_each_is_read(chunk: bytes):
    for following in (b"", HELLO, event("!", finish_reason="stop") + b"data: [DONE]\n\n"):
        chunks = [HELLO, HELLO, HELLO, chunk, following]
        assert said(chunks, short_way=True) == said(chunks, short_way=False)


def test_of_events_that_are_like_the_last_only_the_text_is_read():
    stream = EventStream()
    stream.feed(event("Of", delta={"role": "assistant", "content": "Of"}))
    assert stream.text(event(" course")) == ""  # the first was another shape
    stream.feed(event(" course"))
    assert stream.text(event(", ") + event('we "are"') + event(" there")) == ', we "are" there'


def test_a_stream_none_of_whose_events_is_like_another_is_not_learnt_from_for_ever():
    stream = EventStream()
    for number in range(MAX_LESSONS + 1):
        stream.feed(HELLO.replace(b"c-1", b"c-%d" % number))
        assert not stream.text(HELLO.replace(b"c-1", b"c-%d" % (number + 1)))
    stream.feed(HELLO.replace(b"c-1", b"c-last"))
    assert not stream.text(HELLO.replace(b"c-1", b"c-last"))


def test_another_string_that_reads_like_the_text_is_not_taken_for_it():
    def named(model: str) -> bytes:
        return HELLO.replace(b'"index":0,', b"").replace(b"}]}", b'}],"model":"%s"}' % model.encode())

    chunks = [HELLO, named("Hello"), named("gpt")]
    assert said(chunks, short_way=True) == said(chunks, short_way=False)
    assert said(chunks, short_way=True)[0] == "HelloHelloHello"
