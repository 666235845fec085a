// What views show beyond the first look: parts, slices, scales, shapes of marks, every chart
// as a file, and that all of it fits the window. Run by test_browser.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { visit } from "./browser.mjs";

const expected = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));
let browser, page, open;
before(async () => {
  browser = await visit(process.env.URL);
  ({ page, open } = browser);
});
after(() => browser?.close());
afterEach(() => assert.deepEqual(browser.problems, []));

const table = async (chart) => {
  await chart.locator("button:text-is('Table')").click();
  const rows = await chart.locator(".chart-table tbody tr").evaluateAll((list) => list.map((r) => [...r.cells].map((c) => c.textContent)));
  await chart.locator("button:text-is('Table')").click();
  return rows;
};
const save = async (within, name) => {
  const [file] = await Promise.all([page.waitForEvent("download"), within.locator(`button:text-is('${name}')`).first().click()]);
  return readFileSync(await file.path());
};
const chart = (n = 0) => page.locator(".chart").nth(n);

test("a complex value shows its real and its imaginary part", async () => {
  await open(`#/value/${expected.complex.row}?show=mean`);
  await page.waitForSelector("[data-shown=mean]");
  for (const [part, name] of [[0, "Real"], [1, "Imaginary"]]) {
    await page.click(`[role=radio]:text-is('${name}')`);
    await page.waitForFunction((p) => location.hash.includes("part=1") === (p === 1), part);
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(100);
    assert.deepEqual((await table(chart())).map((r) => Number(r[1])), expected.complex.parts[part]);
  }
  assert.ok((await page.locator(".lead").textContent()).startsWith("complex128, "));
});

test("a slice of an array of three dimensions is the one asked for", async () => {
  const { row, shape, slices } = expected.volume;
  await open(`#/value/${row}?show=mean`);
  await page.waitForSelector("[data-shown=mean]");
  for (const k of [0, 2]) {
    await page.fill("[aria-label='Index in dimension 0']", String(k));
    await page.locator("[aria-label='Index in dimension 0']").press("Enter");
    await page.waitForFunction((n) => (new URLSearchParams(location.hash.split("?")[1]).get("slice") ?? "0") === String(n), k);
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(100);
    for (const [i, j, text] of await table(chart())) assert.equal(Number(text), slices[k][i][j]);
  }
  assert.ok((await page.locator(".lead").textContent()).includes(shape.join(" × ")));
});

test("the histogram shows counts or shares, of every element", async () => {
  await open(`#/value/${expected.matrix.row}?bins=10`);
  await page.waitForSelector("[data-shown=sig]");
  await page.click("[role=radio]:text-is('Share')");
  await page.waitForFunction(() => location.hash.includes("share=1"));
  const svg = (await save(chart(1), "SVG")).toString();
  assert.ok(svg.includes("share of the elements"), "the axis says what it counts");
  const counts = (await table(chart(1))).map((r) => Number(r[2]));
  assert.equal(counts.reduce((a, b) => a + b, 0), expected.matrix.shape[0] * expected.matrix.shape[1]);
});

test("colours and scale are the reader's to choose", async () => {
  await open(`#/value/${expected.matrix.row}?show=std`);
  await page.waitForSelector("[data-shown=std]");
  const colors = async () => page.evaluate(() => {
    const c = document.querySelector("canvas");
    return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.reduce((sum, v, i) => (sum * 31 + v * (i % 7)) % 1000003, 0);
  });
  const seen = new Set();
  for (const map of ["cividis", "viridis", "magma", "grey"]) {
    await page.selectOption("[aria-label=Colours]", map);
    await page.waitForFunction((m) => location.hash.includes(`map=${m}`), map);
    await page.waitForTimeout(200);
    seen.add(await colors());
  }
  assert.equal(seen.size, 4, "each map looks different");
  await page.click("[role=radio]:text-is('Log')");
  await page.waitForFunction(() => location.hash.includes("log=1"));
  await page.waitForTimeout(200);
  assert.ok(!seen.has(await colors()), "a logarithmic scale looks different");
});

test("marks of exceptions, of runs that part and of NaN have shapes of their own", async () => {
  for (const [name, count, element, corners] of [
    ["dgelsd", expected.raised, "polyline", 2],
    ["_preprocess_data", expected.parted, "polygon", 10],
    ["score", expected.nonfinite, "polygon", 4],
  ]) {
    await open(`#/timeline?f=${expected.functions.findIndex((f) => f.name === name)}`);
    await page.waitForSelector("[data-marks]");
    const svg = (await save(chart(), "SVG")).toString();
    const pictures = [...svg.matchAll(/<g id="(p\d+)"><(\w+) points="([^"]*)"/g)];
    const ids = pictures.filter(([, , tag, points]) => tag === element && points.trim().split(" ").length === corners).map((m) => m[1]);
    assert.ok(count > 0 && ids.length > 0, `${name}: ${count} ${pictures}`);
    const marks = ids.map((id) => svg.split(`href="#${id}"`).length - 1);
    assert.equal(marks.reduce((a, b) => a + b, 0), count, name);
    for (const level of ["53 float64", "24 float32", "shown by"]) assert.ok(svg.includes(level), level);
  }
});

test("the axis of a timeline is linear or logarithmic, more metrics are in a list", async () => {
  const index = expected.functions.findIndex((f) => f.name === "score");
  await open(`#/timeline?f=${index}&y=std`);
  await page.waitForSelector("[data-marks]");
  const linear = (await save(chart(), "SVG")).toString();
  await page.click("[role=radio]:text-is('Log')");
  await page.waitForFunction(() => location.hash.includes("log=1"));
  await page.waitForTimeout(200);
  assert.notEqual((await save(chart(), "SVG")).toString(), linear);
  for (const metric of ["min", "max", "n_nan"]) {
    await open(`#/timeline?f=${index}&y=${metric}`);
    await page.waitForSelector("[data-marks]");
    for (const r of await table(chart())) assert.equal(Number(r[6]), expected.values[r[3]][metric]);
  }
  // What is hovered is told to the last bit.
  await open(`#/timeline?f=${index}&y=mean&phase=out`);
  await page.waitForSelector("[data-marks]");
  await page.locator("canvas").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".tip:not([hidden])");
  assert.match(await page.locator(".tip").textContent(), /0x1\.[0-9a-f]+p[+-]\d+/);
});

test("every chart is saved as PNG, SVG, CSV and JSON", async () => {
  const blank = await browser.context.newPage(); // a file of its own is under no policy of the page
  for (const [place, ready, within] of [
    ["#/overview", ".bar-row", "section:has(ol.bars)"],
    ["#/timeline", "[data-marks]", ".chart"],
    [`#/value/${expected.matrix.row}`, "[data-shown]", ".chart >> nth=0"],
    [`#/value/${expected.matrix.row}`, "[data-shown]", ".chart >> nth=1"],
    [`#/value/${expected.vector.row}`, "[data-shown]", ".chart >> nth=0"],
    ["#/calls", "[data-bars]", ".chart"],
    ["#/graph", "svg [data-function]", ".view"],
  ]) {
    await open(place);
    await page.waitForSelector(ready);
    const box = page.locator(within);
    assert.equal((await save(box, "PNG")).subarray(1, 4).toString(), "PNG", place);
    const svg = (await save(box, "SVG")).toString();
    const valid = await blank.evaluate((text) => !new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror"), svg);
    assert.ok(svg.startsWith("<svg") && valid, place);
    const lines = (await save(box, "CSV")).toString().trimEnd().split("\r\n");
    const { columns, rows } = JSON.parse((await save(box, "JSON")).toString());
    assert.ok(rows.length > 0 && rows.every((r) => r.length === columns.length), place);
    assert.equal(lines.length, rows.length + 1, place);
  }
  await blank.close();
});

test("nothing sticks out of a small or a large window", async () => {
  for (const [width, height] of [[1280, 720], [2560, 1440]]) {
    await page.setViewportSize({ width, height });
    for (const place of ["overview", "functions", "timeline", `value/${expected.matrix.row}`, `value/${expected.scalar.row}`, "source", "calls", "graph", "divergence", "runs", "compare"]) {
      await open(`#/${place}`);
      await page.waitForTimeout(100);
      const [wide, window] = await page.evaluate(() => {
        const main = document.querySelector("main");
        return [Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth), main.clientWidth];
      });
      assert.ok(wide <= 0, `${place} at ${width} × ${height}: ${wide} pixels too wide`);
      assert.ok(window > width * 0.7, "the view has most of the window");
    }
  }
});
