import assert from "node:assert/strict";
import test from "node:test";
import { invitationOn, isOn, isShownOn } from "../../static/widget/src/outside/pages.js";
import { checked, readSettings } from "../../static/widget/src/outside/settings.js";

const on = (pattern, pathname, hash = "") => isOn(pattern, { pathname, hash });

test("a path is a page, and a star stands for any text", () => {
  assert.ok(on("/prices", "/prices") && on("/prices", "/prices/") && on("/", "/"));
  assert.ok(on("/blog/*", "/blog/2030/01") && on("*", "/anything") && on("/*/team", "/de/team"));
  assert.ok(!on("/prices", "/prices/old") && !on("/blog/*", "/blogs") && !on("/", "/prices"));
});

test("what means something in a regular expression means itself in a path", () => {
  assert.ok(on("/a.b", "/a.b") && !on("/a.b", "/axb"));
  assert.ok(on("/c++(new)", "/c++(new)") && on("/über-uns", "/%C3%BCber-uns"));
  assert.ok(!on("/100%", "/100"), "what cannot be decoded is compared as it is");
});

test("with a fragment in it, a path is one of a single-page application", () => {
  assert.ok(on("/#/prices", "/", "#/prices") && !on("/#/prices", "/", "#/team"));
  assert.ok(on("/prices", "/prices", "#top"), "and otherwise the fragment makes no difference");
});

test("it is shown where it is to be, and nowhere that it is not", () => {
  const rules = { showOn: ["/help/*"], hideOn: ["/help/legal"] };
  const shown = (pathname, these = rules) => isShownOn(these, { pathname });
  assert.deepEqual([shown("/help/start"), shown("/help/legal"), shown("/")], [true, false, false]);
  assert.ok(shown("/anything", { showOn: [], hideOn: [] }));
});

test("a page's own invitation goes before the general one", () => {
  const invitations = { messages: [["/prices*", "A price?"]], teaser: "Hello" };
  assert.equal(invitationOn(/** @type {any} */ (invitations), { pathname: "/prices/2030" }), "A price?");
  assert.equal(invitationOn(/** @type {any} */ (invitations), { pathname: "/" }), "Hello");
});

const CONFIG = /** @type {any} */ ({
  position: "right",
  launcher_label: "Questions?",
  teaser: "Hello",
  page_messages: "/prices  Shall I work it out?\nnonsense\n",
  outside: {
    offset: [24, null],
    phone_position: "left",
    phone_offset: [null, 80],
    z_index: 50,
    teaser_after: 0,
    sound: true,
  },
});

test("what staff have set counts, per device", () => {
  const settings = readSettings(/** @type {any} */ ({}), CONFIG);
  assert.deepEqual(settings.position, { wide: "right", phone: "left" });
  assert.deepEqual(settings.offset, { wide: ["24px", ""], phone: ["24px", "80px"] });
  assert.deepEqual(settings.messages, [["/prices", "Shall I work it out?"]]);
  assert.deepEqual(
    [settings.zIndex, settings.teaserAfter, settings.sound, settings.label],
    ["50", 0, true, "Questions?"],
  );
});

test("the page's own settings go before, as texts or as values", () => {
  const options = { position: "left", offset: [8, 9], teaser: "", sound: false, zIndex: 7, hideOn: "/a, /b" };
  const settings = readSettings(/** @type {any} */ (options), CONFIG);
  assert.deepEqual(settings.position, { wide: "left", phone: "left" });
  assert.deepEqual(settings.offset.wide, ["8px", "9px"]);
  assert.deepEqual([settings.teaser, settings.messages, settings.sound, settings.zIndex], ["", [], false, "7"]);
  assert.deepEqual(settings.hideOn, ["/a", "/b"]);
});

test("what cannot be understood is named, once, and what staff have set counts", () => {
  const said = [];
  const options = /** @type {any} */ ({
    offset: "wide",
    phonePosition: "top",
    zIndex: "-1",
    teaserAfter: "soon",
    sound: "loud",
    showOn: "prices",
    label: "x".repeat(41),
  });
  const settings = readSettings(options, CONFIG, (text) => said.push(text));
  assert.equal(said.length, 7);
  assert.ok(said.includes('data-phone-position="top" is not "left" or "right".'));
  assert.deepEqual([settings.offset.wide[0], settings.zIndex, settings.label], ["24px", "50", "Questions?"]);
  checked(options, (text) => said.push(text));
  assert.equal(said.length, 7, "not by the panel again");
});
