import assert from "node:assert/strict";
import test from "node:test";
import { asColour, contrast, palette, readable } from "../../static/widget/src/colour.js";

test("contrast is that of WCAG", () => {
  assert.equal(contrast("#000000", "#ffffff").toFixed(1), "21.0");
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

test("a colour that is readable already stays what it was", () => {
  assert.equal(readable("#0f766e", "#ffffff"), "#0f766e");
});

test("whatever accent is chosen, what is written on it and with it is readable on both panels", () => {
  const steps = ["00", "33", "66", "99", "cc", "ff"];
  for (const r of steps)
    for (const g of steps)
      for (const b of steps) {
        for (const panel of ["#ffffff", "#16181d"]) {
          const { accent, onAccent, accentText } = palette(`#${r}${g}${b}`, panel);
          assert.ok(contrast(accent, onAccent) >= 4.5, `#${r}${g}${b}: ${onAccent} on ${accent}`);
          assert.ok(contrast(accentText, panel) >= 4.5, `#${r}${g}${b}: ${accentText} on ${panel}`);
        }
      }
});

test("what is no colour becomes ours", () => {
  for (const text of [undefined, "", "red", "#fff", "#12345g", "url(x)"]) assert.equal(asColour(text), "#0f766e");
});
