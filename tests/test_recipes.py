"""What docs/installing.md and docs/identity.md tell people to paste: there for each system, and valid."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from assistant.models import IdentityKey
from assistant.services.organizations import identity
from tests import make, servers

ROOT = Path(__file__).parent.parent
INSTALLING = (ROOT / "docs" / "installing.md").read_text()
IDENTITY = (ROOT / "docs" / "identity.md").read_text()
SYSTEMS = (
    "Plain HTML", "WordPress", "Google Tag Manager", "Shopify", "Wix", "Webflow", "Squarespace", "Next.js", "Nuxt", "Rails",
    "Django",
)  # fmt: skip
VOID = {"meta", "link", "br", "img", "input", "hr"}
SECRET = "a-secret-that-only-the-shop-has-0123456789"
USER = SimpleNamespace(id=7, name="Ada Lovelace", email="ada@example.com")
# What signs in the double of the library that the recipe for JavaScript names, and nothing else of it.
JOSE = """
import { createHmac } from "node:crypto";
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
export class SignJWT {
  constructor(claims) { this.claims = { ...claims }; }
  setProtectedHeader(header) { this.header = header; return this; }
  setAudience(aud) { this.claims.aud = aud; return this; }
  setSubject(sub) { this.claims.sub = sub; return this; }
  setExpirationTime(span) { this.claims.exp = Math.floor(Date.now() / 1000) + { "1h": 3600 }[span]; return this; }
  async sign(secret) {
    const signed = `${part(this.header)}.${part(this.claims)}`;
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  }
}
"""


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", INSTALLING, re.S | re.M)
    assert found, name
    return found[1]


def snippets(text: str, *languages: str) -> list[str]:
    return [code for language, code in re.findall(r"^```(\w+)\n(.*?)^```", text, re.S | re.M) if language in languages]


def program(name: str) -> str:
    try:
        return str(servers.program(name))
    except servers.Missing as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))


class Balanced(HTMLParser):
    """Fails where an element is closed that is not open; gathers script tags and what stands in them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == [], markup

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute of {tag} is there twice"
        if tag == "script":
            self.scripts.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.inline.append(data)


# --- Installing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_has_a_recipe_that_can_be_reached_from_the_top(system: str) -> None:
    anchor = re.sub(r"[^\w -]", "", system).lower().replace(" ", "-")
    assert f"[{system}](#{anchor})" in INSTALLING
    assert "the tag" in section(system) or snippets(section(system), "html", "tsx", "vue", "erb")


def test_every_picture_and_page_that_is_linked_is_there() -> None:
    for text in (INSTALLING, IDENTITY):
        for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", text):
            assert (ROOT / "docs" / target).is_file(), target


def test_every_piece_of_html_is_well_formed_and_names_the_server_and_the_key() -> None:
    found = [Balanced(code) for code in snippets(INSTALLING, "html")]
    tags = [tag for page in found for tag in page.scripts if "src" in tag]
    assert len(found) >= 5 and len(tags) >= 3
    for tag in tags:
        assert "async" in tag and str(tag["src"]).startswith("https://HOST/widget.js") and tag["data-key"] == "pk_…"


def test_every_script_can_be_read_by_a_browser() -> None:
    scripts = [text for code in snippets(INSTALLING, "html") for text in Balanced(code).inline if text.strip()]
    assert len(scripts) >= 2
    for script in scripts:
        checked = subprocess.run(
            [program("node"), "--check", "-"], input=script, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr


def test_every_component_can_be_compiled() -> None:
    pieces = [("tsx", code) for code in snippets(INSTALLING, "tsx", "ts")]
    for code in snippets(INSTALLING, "vue"):
        Balanced(re.sub(r"<([A-Z]\w+)([^>]*)/>", r"<\1\2></\1>", code))
        pieces.append(("ts", re.search(r"<script setup>(.*?)</script>", code, re.S)[1]))  # type: ignore[index]
    assert len(pieces) >= 4
    compiling = (
        "for (const [loader, code] of JSON.parse(process.argv[1])) require('esbuild').transformSync(code, { loader });"
    )
    command = [program("node"), "-e", compiling, json.dumps(pieces)]
    compiled = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr


def test_the_plugin_is_zipped_as_the_recipe_says_and_holds_what_wordpress_reads(tmp_path: Path) -> None:
    command = re.search(r"cd packages/wordpress && python3 (-m zipfile -c interworky\.zip interworky)", section("WordPress"))
    assert command
    folder = tmp_path / "wordpress"
    shutil.copytree(ROOT / "packages" / "wordpress", folder)
    subprocess.run([sys.executable, *command[1].split()], cwd=folder, check=True)
    with zipfile.ZipFile(folder / "interworky.zip") as archive:
        assert archive.testzip() is None
        assert [name for name in archive.namelist() if not name.endswith("/")] == ["interworky/interworky.php"]
        plugin = archive.read("interworky/interworky.php").decode()
    for field in ("Plugin Name", "Version", "Requires PHP", "License"):
        assert re.search(rf"^ \* {field}: \S", plugin, re.M), field
    assert plugin.startswith("<?php\n") and "?>" not in plugin.rstrip()[-2:] and "defined( 'ABSPATH' ) || exit;" in plugin
    if php := shutil.which("php"):
        subprocess.run([php, "-l", folder / "interworky" / "interworky.php"], check=True, capture_output=True)


# --- Tokens -----------------------------------------------------------------------------------------------------------


def outputs(tmp_path: Path, public_key: str) -> Iterator[tuple[str, str]]:
    """The tokens that the recipes sign, by language, of those that can be run here."""
    python, javascript = (
        next(code for code in snippets(IDENTITY, language) if "SECRET" in code).replace("pk_…", public_key)
        for language in ("python", "js")
    )
    names: dict[str, Any] = {"SECRET": SECRET, "user": USER}
    exec(python, names)  # our own document, as a shop would run it
    yield "python", names["token"]
    (tmp_path / "node_modules" / "jose").mkdir(parents=True)
    (tmp_path / "node_modules" / "jose" / "package.json").write_text('{"type": "module", "main": "index.js"}')
    (tmp_path / "node_modules" / "jose" / "index.js").write_text(JOSE)
    user = f"const user = {json.dumps(vars(USER))};\n"
    (tmp_path / "recipe.mjs").write_text(f"{user}{javascript}\nconsole.log(token);")
    command = [program("node"), "recipe.mjs"]
    environment = {"INTERWORKY_SECRET": SECRET}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    yield "js", run.stdout.strip()


@pytest.mark.django_db
def test_a_token_that_the_recipes_sign_is_accepted_with_all_it_says(tmp_path: Path) -> None:
    mia = make.assistant()
    key = IdentityKey(organization=mia.organization, name="Shop")
    key.set_secret(SECRET)
    key.save()
    for language, token in outputs(tmp_path, mia.public_key):
        found = identity.verify(mia, token)
        assert (found.subject, found.name, found.email) == ("7", "Ada Lovelace", "ada@example.com"), language
        assert jwt.get_unverified_header(token)["alg"] == "HS256", language


@pytest.mark.parametrize("language", ["python", "js", "php", "ruby", "go"])
def test_a_recipe_signs_what_a_token_needs_with_a_secret_that_is_not_in_it(language: str) -> None:
    recipe = next(code for code in snippets(IDENTITY, language) if "SECRET" in code)
    for claim in (("aud", "Audience"), ("sub", "Subject"), ("exp", "Expiration"), ("name",), ("email",)):
        assert any(name in recipe for name in claim), claim
    assert "HS256" in recipe and "pk_…" in recipe
    assert re.search(r"3600|1h|time\.Hour", recipe), "a token is valid for at most twelve hours"
    assert not re.search(r"""SECRET\w*["')]*\s*[:=]\s*["']""", recipe)


def test_recipes_in_languages_that_are_installed_here_can_be_parsed(tmp_path: Path) -> None:
    """Go has no checker that takes a piece of a function; gofmt does."""
    checks = {
        "php": (["php", "-l"], "<?php\n{}"),
        "ruby": (["ruby", "-c"], "{}"),
        "go": (["gofmt", "-l"], "package shop\n\nfunc sign() {{\n{}\n}}\n"),
    }
    for language, ((name, flag), frame) in checks.items():
        [code] = [code for code in snippets(IDENTITY, language) if "SECRET" in code]
        file = tmp_path / f"recipe.{language}"
        file.write_text(frame.format(code))
        if found := shutil.which(name):
            subprocess.run([found, flag, file], check=True, capture_output=True)
