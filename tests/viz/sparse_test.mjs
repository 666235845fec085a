// Sparse matrices at their positions, against what scipy says of them. Run by test_browser.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { checkAccess, visit } from "./browser.mjs";

const { matrices } = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
const origin = new URL(process.env.URL).origin;
let browser, page;
before(async () => {
  browser = await visit(process.env.URL);
  page = browser.page;
});
after(() => browser?.close());

for (const { kind, row, dense } of matrices)
  test(`${kind}: each element stands in its row and column`, async () => {
    await page.goto(`${origin}/#/value/${row}?show=mean`);
    await page.waitForSelector("[data-shown=mean]");
    assert.ok((await page.locator(".value-main").textContent()).includes(`sparse (${kind})`));
    const table = page.locator(".chart").first();
    await table.locator("button:text-is('Table')").click();
    const cells = await table.locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.textContent)));
    assert.equal(cells.length, dense.length * dense[0].length);
    for (const [i, j, text] of cells) {
      const value = dense[i][j];
      // What is stored and zero (blocks, diagonals) may show as 0; what is not stored as NaN.
      if (value === 0) assert.ok(text === "NaN" || Number(text) === 0, `${kind} [${i}, ${j}] ${text}`);
      else assert.ok(Math.abs(Number(text) / value - 1) < 1e-6, `${kind} [${i}, ${j}] ${text} ${value}`);
    }
    await checkAccess(page);
    assert.deepEqual(browser.problems, []);
  });
