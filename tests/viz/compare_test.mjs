// Two results: the chooser, and the table that compares them. Run by test_browser.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { visit } from "./browser.mjs";

const expected = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
const origin = new URL(process.env.URL).origin;
let browser, page;
before(async () => {
  browser = await visit(process.env.URL);
  page = browser.page;
});
after(() => browser?.close());

const bits = (v) => (v === null ? "–" : v.toFixed(1).replace("-", "−"));

test("the chooser shows the other result, and the address keeps it", async () => {
  await page.selectOption("[aria-label=Result]", "other.h5");
  await page.waitForFunction(() => document.querySelector(".lead")?.textContent?.startsWith("5 runs"));
  assert.ok(page.url().includes("r=other.h5"));
  await page.keyboard.press("f");
  await page.waitForSelector("tbody tr");
  assert.ok(page.url().includes("r=other.h5"));
  await page.goBack();
  await page.goBack();
  await page.waitForFunction(() => document.querySelector(".lead")?.textContent?.startsWith("10 runs"));
});

test("functions of two results stand side by side", async () => {
  await page.goto(`${origin}/#/compare`);
  await page.waitForSelector("[data-pairs]");
  const rows = await page.locator("tbody tr").evaluateAll((list) => list.map((r) => [...r.cells].map((c) => c.textContent)));
  const [a, b] = [expected.a.functions, expected.b.functions];
  for (const cells of rows) {
    const inA = a.find((f) => cells[0].startsWith(f.name) && !a.some((g) => g.name.length > f.name.length && cells[0].startsWith(g.name)));
    const inB = b.find((f) => cells[0].startsWith(f.name) && !b.some((g) => g.name.length > f.name.length && cells[0].startsWith(g.name)));
    assert.equal(cells[1], bits(inA?.digits_out ?? null));
    assert.equal(cells[2], bits(inB?.digits_out ?? null));
    if (inA?.digits_out && inB?.digits_out) {
      const change = inB.digits_out - inA.digits_out;
      assert.ok(cells[3].includes(Math.abs(change).toFixed(1)));
      if (Math.abs(change) >= 1) assert.ok(cells[3].endsWith(change > 0 ? "better" : "worse"), cells[3]);
    } else assert.equal(cells[3], "–");
  }
  // One name is markup in A only: it is in neither list twice, and in each once.
  assert.equal(rows.length, new Set([...a, ...b].map((f) => f.name)).size);
  assert.equal(rows.filter((r) => r[7] === "only in A").length, 1);
  assert.equal(rows.filter((r) => r[7] === "only in B").length, 1);
  assert.deepEqual(browser.problems, []);
});
