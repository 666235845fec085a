// A folder that is watched: a result that appears while the page is open joins the list.
// Run by test_browser.py: FRESH is moved to APPEARS.
import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { visit } from "./browser.mjs";

let browser, page;
before(async () => {
  browser = await visit(process.env.URL);
  page = browser.page;
  page.setDefaultTimeout(30000);
});
after(() => browser?.close());

test("a new result is told, can be chosen and compared, without loading the page again", async () => {
  const name = basename(process.env.APPEARS);
  assert.equal(await page.locator("[aria-label=Result]").count(), 0, "one result needs no chooser");
  await page.evaluate(() => { window.untouched = true; });
  renameSync(process.env.FRESH, process.env.APPEARS);
  await page.waitForSelector(`[role=status]:has-text('New: ${name}')`);
  await page.selectOption("[aria-label=Result]", name);
  await page.waitForFunction(() => document.querySelector(".lead")?.textContent?.startsWith("5 runs"));
  await page.keyboard.press("p");
  await page.waitForSelector("[data-pairs]");
  assert.equal(await page.evaluate(() => window.untouched), true);
  assert.deepEqual(browser.problems, []);
});
