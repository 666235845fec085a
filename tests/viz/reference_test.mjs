// A result counted against the run under IEEE arithmetic, with biased values, cancellations,
// divisions by nothing and a second thread: what the page says of them. Run by test_browser.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { checkAccess, visit } from "./browser.mjs";

const expected = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
const AGAINST = "against the run under IEEE arithmetic";
let browser, page;
before(async () => {
  browser = await visit(process.env.URL);
  page = browser.page;
});
after(() => browser?.close());
afterEach(async () => {
  assert.deepEqual(browser.problems, []);
  await checkAccess(page);
});

const open = (hash) => browser.open(hash);
const rows = async (heading) => {
  const table = page.locator(`section:has(h2:text-is('${heading}')) tbody`);
  await table.waitFor();
  return table.locator("tr").evaluateAll((list) => list.map((r) => [...r.cells].map((c) => c.textContent)));
};

test("the overview says what digits are counted against, and whether the runs are enough", async () => {
  await open("#/overview");
  assert.ok((await page.locator(".lead").textContent()).includes(`counted ${AGAINST}`));
  const best = await page.locator(".stat:has(h2:text-is('At best'))").textContent();
  assert.ok(best.includes(`enough to place the digits within ±1 bit (${expected.runs_needed} runs)`), best);
});

test("cancellations stand as the worst run had them, and lead to their line", async () => {
  await page.waitForSelector("h2:text-is('Cancellations')");
  assert.deepEqual(await rows("Cancellations"), expected.cancellations);
  await page.click("section:has(h2:text-is('Cancellations')) tbody tr:first-child a");
  await page.waitForSelector(".marked .cancels");
  assert.equal(await page.locator(".marked").getAttribute("data-line"), String(expected.cancelling_line));
  assert.equal(await page.locator(".marked .cancels").textContent(), `cancels up to ${expected.cancellations[0][0]} bits, ${expected.cancellations[0][1]} results`);
  assert.equal(await page.locator(".marked code").textContent(), expected.source[expected.cancelling_line - 1]);
});

test("divisions by values without a digit are counted, the first one is a link", async () => {
  await open("#/overview");
  const { empty, calls, value } = expected.division;
  const found = await rows("Divisions by values without a significant digit");
  assert.equal(found.length, 1);
  assert.deepEqual(found[0].slice(0, 2), ["divide", `${empty} of ${calls}`]);
  assert.deepEqual(await rows("Divisions of Python floats by values without a significant digit"),
    expected.float_divisions.map((d) => [d.function, `${d.empty} of ${d.looked}`, d.first ? `division ${d.first}` : "in threads", `${d.file.split("/").pop()}:${d.line}`]));
  await page.click("section:has(h2:text-is('Divisions by values without a significant digit')) tbody a:text-is('its divisor')");
  await page.waitForURL(new RegExp(`#/value/${value}$`));
  await page.waitForSelector(".numbers");
});

test("timeline and value say the same; a biased value is explained", async () => {
  await open(`#/timeline?f=${expected.biased_function}&phase=out`);
  await page.waitForSelector("[data-marks]");
  assert.ok((await page.locator("[role=status].quiet").allTextContents()).some((t) => t.includes(AGAINST)));
  await page.click("button:text-is('Table')");
  const flags = await page.locator(".chart-table tbody tr").evaluateAll((list) => list.map((r) => r.textContent.includes("biased against the reference")));
  assert.equal(flags.filter(Boolean).length, expected.biased.length);
  await open(`#/value/${expected.biased[0]}`);
  await page.waitForSelector("[data-shown]");
  assert.ok((await page.locator(".value-side").textContent()).includes(AGAINST));
  assert.ok((await page.locator(".value-side .message").textContent()).startsWith("Biased: the mean of the runs is off the run under IEEE arithmetic"));
});

test("runs name the reference", async () => {
  await open("#/runs");
  await page.waitForSelector("tbody tr");
  assert.ok((await page.locator("tbody tr").last().textContent()).endsWith("reference"));
});

test("calls of two threads stand in lanes of their own", async () => {
  await open("#/calls?from=0&to=120");
  await page.waitForSelector("[data-bars]");
  const box = page.locator(".chart").first();
  const [svg] = await Promise.all([page.waitForEvent("download"), box.locator("button:text-is('SVG')").click()]);
  const text = readFileSync(await svg.path(), "utf8");
  assert.ok(text.includes(">thread 0</text>") && text.includes(">thread 1</text>"));
  await box.locator("button:text-is('Table')").click();
  const head = await box.locator(".chart-table th").allTextContents();
  const [call, thread] = [head.indexOf("call row"), head.indexOf("thread")];
  const cells = await box.locator(".chart-table tbody tr").evaluateAll((list) => list.map((r) => [...r.cells].map((c) => c.textContent)));
  assert.ok(cells.some((c) => c[thread] === "1"));
  for (const c of cells) assert.equal(Number(c[thread]), expected.threads[Number(c[call])]);
  await box.locator("button:text-is('Table')").click();
  // The mouse finds a bar of the lower lane.
  const canvas = await page.locator("canvas").boundingBox();
  const lane = /<text x="[\d.]+" y="([\d.]+)"[^>]*>thread 1</.exec(text);
  assert.ok(lane, "the name of the lane has a place");
  let title = "";
  for (let x = 20; x < canvas.width && !title; x += 4) {
    await page.mouse.move(canvas.x + x, canvas.y + Number(lane[1]) + 20);
    if (await page.locator(".tip:not([hidden])").count()) title = await page.locator(".tip-title").first().textContent();
  }
  assert.ok(title.includes("LinearRegression.fit"), title);
});
