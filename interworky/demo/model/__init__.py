"""The built-in demonstration model: a real server of the OpenAI wire format that follows rules instead of weights.

`wire` is the server, reached over HTTP like any provider; `rules` decides what is said and which tool is called;
`words` reads what people wrote. It answers from the request alone: it keeps nothing, knows no key and asks nobody.
"""
