// Every view with the keyboard alone: no click, no mouse, no focus that a key did not give.
// Run by test_browser.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { visit } from "./browser.mjs";

const expected = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
let browser, page;
before(async () => {
  browser = await visit(process.env.URL);
  page = browser.page;
});
after(() => browser?.close());

const press = (...keys) => keys.reduce((last, key) => last.then(() => page.keyboard.press(key)), Promise.resolve());
const title = (text) => page.waitForFunction((t) => document.querySelector("h1")?.textContent.includes(t), text);
const hash = (pattern) => page.waitForFunction((p) => new RegExp(p).test(decodeURIComponent(location.hash)), pattern);
const focused = (selector) => page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector);

/** Tab until the focus is on what `selector` says; that it shows where it is. */
async function tabTo(selector, most = 150) {
  for (let i = 0; i < most; i++) {
    if (await focused(selector)) {
      const ring = await page.evaluate(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" || s.boxShadow !== "none"; });
      assert.ok(ring, `the focus on ${selector} is visible`);
      return;
    }
    await press("Tab");
  }
  assert.fail(`Tab does not reach ${selector}`);
}

test("the first Tab offers to skip the menu", async () => {
  await press("Tab");
  assert.ok(await focused("a.skip"));
  await press("Enter");
  assert.ok(await focused("main"));
});

test("overview: a function of the ranking opens its timeline", async () => {
  await press("o");
  await title("Overview");
  await tabTo(".bar-row");
  await press("Enter");
  await title("Timeline");
});

test("timeline: metric, zoom, marks, value", async () => {
  await page.waitForSelector("[data-marks]");
  await tabTo("[role=radio][aria-checked=true]");
  await press("ArrowRight");
  await hash("y=sig_min");
  await press("ArrowRight");
  await hash("y=sig_median");
  await tabTo("canvas");
  await press("+");
  await hash("from=\\d+&to=\\d+");
  await press("0");
  await page.waitForFunction(() => !location.hash.includes("from="));
  await page.waitForTimeout(200);
  assert.ok(await focused("canvas"), "the focus stays in the chart");
  await press("ArrowRight", "ArrowRight", "ArrowDown");
  await page.waitForSelector(".tip:not([hidden])");
  assert.ok((await page.locator(".chart [aria-live]").first().textContent()).length > 10, "the mark is spoken");
  await press("Enter");
  await hash("^#/value/\\d+");
  await page.waitForSelector("[data-shown]");
});

test("value: field, cells, zoom, histogram, source of the call", async () => {
  await page.evaluate((row) => { location.hash = `#/value/${row}`; }, expected.matrix.row);
  await page.waitForSelector("[data-shown=sig]");
  await press("Tab");
  await tabTo("[role=radio][data-value=sig]");
  await press("ArrowRight");
  await page.waitForSelector("[data-shown=mean]");
  await tabTo("canvas");
  await press("ArrowRight", "ArrowDown");
  await page.waitForSelector(".tip:not([hidden])");
  assert.equal(await page.locator(".tip-title").first().textContent(), "[1, 0]");
  assert.ok((await page.locator(".chart [aria-live]").first().textContent()).includes(String(expected.matrix.mean[1][0])));
  await press("+");
  await hash("z=");
  await press("0");
  await page.waitForFunction(() => !location.hash.includes("z="));
  await tabTo("[aria-label=Bins]");
  await press("ArrowDown");
  await hash("bins=80");
  await tabTo(".path li:last-child a");
  await press("Enter");
  await title("Source");
});

test("source: the text scrolls, a line leads to its function", async () => {
  await page.waitForSelector(".marked");
  await tabTo(".code");
  await tabTo(".line-note");
  await press("Enter");
  await title("Timeline");
});

test("calls: walk, zoom, open", async () => {
  await press("c");
  await title("Calls over time");
  await page.waitForSelector("[data-bars]");
  await tabTo("[role=radio][aria-checked=true]");
  await press("ArrowRight");
  await hash("clock=wall");
  await press("ArrowLeft");
  await page.waitForFunction(() => !location.hash.includes("clock="));
  await tabTo("canvas");
  await press("+", "ArrowRight");
  await hash("from=\\d+&to=\\d+");
  await page.waitForTimeout(300);
  await press("ArrowRight", "ArrowRight", "ArrowRight");
  await page.waitForSelector(".tip:not([hidden])");
  await press("Enter");
  await hash("^#/value/\\d+");
});

test("graph: a function's surroundings, the table behind it", async () => {
  await press("g");
  await title("Call graph");
  await page.waitForSelector("svg [data-function]");
  await tabTo("button[aria-expanded]");
  await press("Enter");
  assert.ok(await page.locator(".chart-table").isVisible());
  await tabTo("svg a");
  await press("Enter");
  await hash("graph\\?f=\\d+");
});

test("functions: search, choose, compare in one timeline", async () => {
  await press("/");
  await page.keyboard.type("svd");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await tabTo("thead button[data-key=out]");
  await press("Enter");
  await page.waitForSelector("th[aria-sort=descending] [data-key=out], th[aria-sort=ascending] [data-key=out]");
  await tabTo("tbody input[type=checkbox]");
  await press("Space");
  await page.keyboard.press("Shift+Tab");
  for (let i = 0; i < 40 && !(await focused(".primary")); i++) await press("Shift+Tab");
  assert.ok(await focused(".primary"));
  await press("Enter");
  await title("Timeline");
});

test("divergence and runs: links and heads of columns", async () => {
  await press("d");
  await title("Divergence");
  await page.waitForSelector("tbody tr");
  await tabTo("tbody a");
  await press("Enter");
  await title("Timeline");
  await press("r");
  await title("Runs");
  await page.waitForSelector("tbody tr");
  await tabTo("thead button[data-key=duration]");
  await press("Enter");
  await page.waitForSelector("th[aria-sort=descending] [data-key=duration]");
});

test("the sheet of keys opens and closes, and gives the focus back", async () => {
  await press("p");
  await title("Compare");
  await press("?");
  assert.ok(await page.locator("dialog[open]").isVisible());
  await press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await press("?", "?");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.deepEqual(browser.problems, []);
});
