"""Host pages on an origin of their own: another site than the one the widget comes from."""

from __future__ import annotations

import http.server
import threading
from typing import Any

BUSINESS = """
<h1>Bright Smile Dental</h1>
<p>Gentle dentistry by the harbour since 1998. <a href="#prices">Prices</a> and <a href="#team">team</a>.</p>
<p>{filler}</p><button id="own">The page's own button</button>
"""
FILLER = "We look after families in the old town and welcome new patients. " * 12


def page(host: str, *, head: str = "", body: str = "", attributes: str = "", script: bool = True) -> str:
    """A page that holds the widget's script tag as docs/widget.md shows it."""
    tag = f'<script async src="{host}/widget.js" data-key="pk_test" {attributes}></script>' if script else ""
    content = body or BUSINESS.format(filler=FILLER)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bright Smile Dental</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"{head}</head><body>{content}{tag}</body></html>"
    )


class Site:
    """`with Site() as site: site.put("/", html, headers)`; pages at `site.url`."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}

    def put(self, path: str, html: str, headers: dict[str, str] | None = None) -> str:
        self.pages[path] = (html, headers or {})
        return self.url + path

    def __enter__(self) -> Site:
        pages = self.pages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = pages.get(self.path.partition("?")[0])
                self.send_response(200 if found else 404)
                html, headers = found or ("", {})
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


# Of a reply: wider than a phone.
TABLE = """Our prices:

| Service | Minutes | Price | Who |
|---|---:|---:|---|
| Check-up | 30 | 45 € | **Dr. Moss** |
| Cleaning | 45 | 80 € | Mira, or [anybody](https://www.example.com/team) |"""
