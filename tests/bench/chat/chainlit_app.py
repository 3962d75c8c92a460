"""The same for Chainlit, as its documentation streams an answer of a compatible server. Run in an environment of its own."""

import chainlit as cl  # type: ignore[import-not-found]
from openai import AsyncOpenAI

client = AsyncOpenAI()


@cl.on_message  # type: ignore[untyped-decorator]
async def main(message: cl.Message) -> None:
    reply = cl.Message(content="")
    messages = [{"role": "user", "content": message.content}]
    stream = await client.chat.completions.create(model="bench", messages=messages, stream=True)  # type: ignore[call-overload]
    async for part in stream:
        if token := part.choices[0].delta.content or "":
            await reply.stream_token(token)
    await reply.update()
