// The page as a user meets it, its numbers against those of the HDF5 file.
// Run by test_browser.py: URL and EXPECTED (a JSON file that h5py filled) in the environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { checkAccess, visit } from "./browser.mjs";

const url = process.env.URL;
const origin = new URL(url).origin;
const expected = JSON.parse(readFileSync(process.env.EXPECTED, "utf8"));

let browser, page;
before(async () => {
  browser = await visit(url);
  page = browser.page;
});
after(() => browser?.close());
afterEach(() => {
  assert.deepEqual(browser.problems, [], "the console stays clean");
  for (const request of browser.requests) assert.ok(/^(data|blob):/.test(request) || new URL(request).origin === origin, `external request: ${request}`);
});

const bits = (v) => (v === null ? "–" : v.toFixed(1).replace("-", "−"));
const open = (hash) => browser.open(hash);
const canvas = () => page.locator("canvas").first();

/** Moves over the chart until a tool tip with `text` shows; its rows as an object. */
const tip = async () => {
  const names = await page.locator(".tip dt").allTextContents();
  const values = await page.locator(".tip dd").allTextContents();
  return Object.fromEntries(names.map((n, i) => [n, values[i]]));
};

test("the token leaves the address bar and stays in a cookie", async () => {
  assert.ok(!page.url().includes("token"));
  const cookies = await browser.context.cookies();
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly, true);
  assert.equal(cookies[0].sameSite, "Strict");
});

test("the overview ranks functions by the digits they lose", async () => {
  await open("#/overview");
  const names = await page.locator(".bar-row .function-name").allTextContents();
  const values = await page.locator(".bar-row .bar-value").allTextContents();
  const ranked = expected.functions.filter((f) => f.rank > 0).sort((a, b) => a.rank - b.rank).slice(0, 12);
  assert.deepEqual(names, ranked.map((f) => f.name));
  assert.deepEqual(values, ranked.map((f) => bits(f.self_lost)));
  const lost = page.locator(".stat", { hasText: "Most digits lost" });
  assert.ok((await lost.locator(".stat-number").textContent()).startsWith(bits(ranked[0].self_lost)));
  assert.ok((await page.locator(".lead").textContent()).includes(`${expected.n_runs} runs`));
});

test("a name that looks like markup is shown as text", async () => {
  const hostile = expected.functions.find((f) => f.name.includes("<script>"));
  await open("#/functions");
  await page.fill("#search", "owned");
  assert.deepEqual(await page.locator("tbody .function a").allTextContents(), [hostile.name]);
  assert.equal(await page.locator("main script, main b").count(), 0);
  assert.notEqual(await page.title(), "owned");
});

test("the list of functions searches, filters and sorts", async () => {
  await open("#/functions");
  assert.equal(await page.locator("tbody tr").count(), expected.functions.length);
  await page.fill("#search", "linear fit");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  assert.deepEqual(await page.locator("tbody .function a").allTextContents(), ["LinearRegression.fit"]);
  assert.ok(page.url().includes("q=linear"), "the address holds the search");
  await page.fill("#search", "");
  await page.click("[data-key=out]");
  await page.click("[data-key=out]");
  const shown = await page.locator("tbody tr").evaluateAll((rows) => rows.map((r) => Number(r.dataset.function)));
  const digits = shown.map((i) => expected.functions[i].digits_out).filter((d) => d !== null);
  assert.deepEqual(digits, [...digits].sort((a, b) => a - b));
  await page.selectOption("#module", "scipy");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
});

test("chosen functions open in one timeline, a click opens the value", async () => {
  await open("#/functions");
  for (const name of ["solve", "fit_qr"]) {
    const index = expected.functions.findIndex((f) => f.name === name);
    await page.check(`tr[data-function="${index}"] input`);
  }
  await page.click("text=Show timeline of 2");
  await page.waitForSelector("[data-marks]");
  const wanted = ["solve", "fit_qr"].reduce((n, name) => n + expected.functions.find((f) => f.name === name).n_values, 0);
  assert.equal(Number(await page.getAttribute("[data-marks]", "data-marks")), wanted);
  assert.deepEqual(await page.locator(".chip-name").allTextContents(), ["solve", "fit_qr"]);

  // Every mark's number is in the table behind the chart.
  await page.click("button:text-is('Table')");
  const cells = await page.locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.textContent)));
  assert.equal(cells.length, wanted);
  for (const cell of cells) {
    const value = expected.values[cell[3]];
    assert.equal(Number(cell[6]), value.sig_norm);
    assert.equal(Number(cell[5]), value.time);
    assert.equal(cell[2], value.phase ? "output" : "input");
  }
  await page.click("button:text-is('Table')");

  // The keyboard walks the marks; the mouse clicks one.
  await canvas().focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".tip:not([hidden])");
  const box = await canvas().boundingBox();
  const at = await page.locator(".tip").boundingBox();
  assert.ok(at.x >= box.x && at.y >= box.y - 1);
  const seen = await tip();
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/value\/\d+/);
  const row = Number(/value\/(\d+)/.exec(page.url())[1]);
  assert.equal(Number(seen["digits (bits)"]), expected.values[row].sig_norm);
  assert.equal(Number(seen.time.replace(/\D/g, "")), expected.values[row].time);
  await page.goBack();
  await page.waitForSelector("[data-marks]");
  assert.ok(page.url().includes("#/timeline"), "the back button leads back");
});

test("a click on a mark opens its value", async () => {
  const index = expected.functions.findIndex((f) => f.name === "solve");
  await open(`#/timeline?f=${index}&phase=out`);
  await page.waitForSelector("[data-marks]");
  const box = await canvas().boundingBox();
  let clicked = false;
  // Marks are spread over the chart: a sweep along the middle rows meets one.
  for (let y = 40; y < box.height - 60 && !clicked; y += 14) {
    for (let x = 80; x < box.width - 30 && !clicked; x += 14) {
      await page.mouse.move(box.x + x, box.y + y);
      if (await page.locator(".tip:not([hidden])").count()) {
        await page.mouse.click(box.x + x, box.y + y);
        clicked = true;
      }
    }
  }
  assert.ok(clicked, "a mark lies under the mouse somewhere");
  await page.waitForURL(/#\/value\/\d+/);
  const row = Number(/value\/(\d+)/.exec(page.url())[1]);
  assert.equal(expected.values[row].function, index);
  assert.equal(expected.values[row].phase, 1);
});

test("zooming narrows the address and shows fewer marks", async () => {
  const index = expected.functions.findIndex((f) => f.name === "solve");
  await open(`#/timeline?f=${index}`);
  await page.waitForSelector("[data-marks]");
  const all = Number(await page.getAttribute("[data-marks]", "data-marks"));
  const box = await canvas().boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 120);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 140, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((n) => Number(document.querySelector("[data-marks]")?.dataset.marks) < n, all);
  assert.ok(/from=\d+&to=\d+/.test(page.url()));
  await page.click("text=Whole run");
  await page.waitForFunction((n) => Number(document.querySelector("[data-marks]")?.dataset.marks) === n, all);
});

test("the metric chosen is the column shown", async () => {
  const index = expected.functions.findIndex((f) => f.name === "naive_variance" || f.name.startsWith("naive"));
  for (const [button, column] of [["Std", "std"], ["Mean", "mean"], ["Least", "sig_min"]]) {
    await open(`#/timeline?f=${index}`);
    await page.click(`[role=radio]:text-is('${button}')`);
    await page.waitForFunction((c) => location.hash.includes(`y=${c}`), column);
    await page.waitForLoadState("networkidle");
    await page.click("button:text-is('Table')");
    const cells = await page.locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => [r.cells[3].textContent, r.cells[6].textContent]));
    assert.ok(cells.length > 0);
    for (const [row, text] of cells) assert.equal(Number(text), expected.values[row][column]);
  }
});

test("the heatmap shows the array's elements", async () => {
  const { row, shape, sig, mean } = expected.matrix;
  await open(`#/value/${row}`);
  await page.waitForSelector("[data-shown=sig]");
  await page.locator(".chart").first().locator("button:text-is('Table')").click();
  const read = () => page.locator(".chart").first().locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.textContent)));
  for (const [i, j, value] of await read()) assert.equal(Number(value), sig[i][j]);
  assert.equal((await read()).length, shape[0] * shape[1]);
  await page.click("[role=radio]:text-is('Mean')");
  await page.waitForSelector("[data-shown=mean]");
  await page.waitForTimeout(150);
  for (const [i, j, value] of await read()) assert.equal(Number(value), mean[i][j]);

  // What is under the mouse, to the last bit.
  const box = await canvas().boundingBox();
  await page.mouse.move(box.x + 120, box.y + 100);
  await page.waitForSelector(".tip:not([hidden])");
  const [, i, j] = /\[(\d+), (\d+)\]/.exec(await page.locator(".tip-title").textContent());
  const seen = await tip();
  assert.equal(Number(seen.mean), mean[i][j]);
  const hex = /(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)/.exec(seen.hex);
  const read64 = (Number.parseInt(hex[2] + hex[3].padEnd(13, "0"), 16) / 2 ** 52) * 2 ** Number(hex[4]) * (hex[1] ? -1 : 1);
  assert.equal(read64, mean[i][j]);

  // The pixels: few digits dark, many bright (cividis), by comparing least and greatest.
  await page.click("[role=radio]:text-is('Digits')");
  await page.waitForSelector("[data-shown=sig]");
  await page.waitForTimeout(150);
  const flat = sig.flat();
  const light = await page.evaluate(([low, high, rows, columns]) => {
    const c = document.querySelector("canvas");
    const r = c.width / parseFloat(c.style.width);
    const h = parseFloat(c.style.height) - 44, w = Math.min(h * (columns / rows), parseFloat(c.style.width) - 154);
    const cell = (k) => {
      const x = 58 + ((k % columns) + 0.5) * (w / columns), y = 10 + (Math.floor(k / columns) + 0.5) * (h / rows);
      const [red, green, blue] = c.getContext("2d").getImageData(Math.round(x * r), Math.round(y * r), 1, 1).data;
      return red + green + blue;
    };
    return [cell(low), cell(high)];
  }, [flat.indexOf(Math.min(...flat)), flat.indexOf(Math.max(...flat)), ...shape]);
  assert.ok(light[0] < light[1], `least ${light[0]}, greatest ${light[1]}`);
});

test("the histogram counts every element, in as many bins as asked for", async () => {
  await open(`#/value/${expected.matrix.row}`);
  await page.waitForSelector("[data-shown=sig]");
  await page.selectOption("[aria-label=Bins]", "10");
  await page.waitForFunction(() => location.hash.includes("bins=10"));
  await page.waitForLoadState("networkidle");
  await page.locator(".chart").nth(1).locator("button:text-is('Table')").click();
  const rows = await page.locator(".chart").nth(1).locator(".chart-table tbody tr").evaluateAll((list) => list.map((r) => [...r.cells].map((c) => Number(c.textContent))));
  const flat = expected.matrix.sig.flat();
  const [low, high] = [Math.min(...flat), Math.max(...flat)];
  const counts = new Array(10).fill(0);
  for (const v of flat) counts[Math.min(9, Math.floor(((v - low) / (high - low)) * 10))]++;
  assert.deepEqual(rows.map((r) => r[2]), counts);
});

test("the overview names what perturbed the runs", async () => {
  await open("#/overview");
  await page.waitForSelector("section:has(h2:text-is('Noise'))");
  const text = await page.locator("section:has(h2:text-is('Noise'))").textContent();
  assert.ok(text.includes("sr") && text.includes("numpy"), text);
  assert.ok(text.includes("blas.kernel differs"), text);
  assert.ok(text.includes("52000 perturbed") && text.includes("scipy.linalg._flapack (3120 instructions, 41 calls)"), text);
});

test("a vector is a line, a scalar its numbers, a label its text", async () => {
  await open(`#/value/${expected.vector.row}`);
  await page.waitForSelector("[data-shown]");
  await page.locator(".chart").first().locator("button:text-is('Table')").click();
  const shown = await page.locator(".chart").first().locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => Number(r.cells[1].textContent)));
  assert.deepEqual(shown, expected.vector.sig);
  await open(`#/value/${expected.scalar.row}`);
  await page.waitForSelector(".scalar");
  const full = await page.locator(".scalar-item").evaluateAll((items) => items.map((i) => Number(i.querySelectorAll(".scalar-full")[0].textContent)));
  assert.deepEqual(full, [expected.scalar.mean, expected.scalar.std, expected.scalar.sig]);
  await open(`#/value/${expected.label.row}`);
  await page.waitForSelector("dd:text-is('LinearRegression()')");
});

test("the source shows the line that a call path names", async () => {
  await open(`#/value/${expected.scalar.row}`);
  await page.click(".path li:last-child a");
  await page.waitForSelector(".marked");
  const line = Number(await page.getAttribute(".marked", "data-line"));
  assert.equal(await page.locator(".marked code").textContent(), expected.source[line - 1]);
});

test("the calls over time nest, and one opens its value", async () => {
  await open("#/calls?from=0&to=60");
  await page.waitForSelector("[data-bars]");
  assert.ok(Number(await page.getAttribute("[data-bars]", "data-bars")) > 20);
  await canvas().focus();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  await page.waitForSelector(".tip:not([hidden])");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/value\/\d+/);
});

test("the call graph has every function that was called, with its digits", async () => {
  await open("#/graph");
  await page.waitForSelector("svg [data-function]");
  const shown = await page.locator("svg [data-function]").evaluateAll((nodes) => nodes.map((n) => [Number(n.dataset.function), n.textContent]));
  assert.deepEqual(shown.map(([i]) => i).sort((a, b) => a - b), expected.functions.map((_, i) => i));
  for (const [i, text] of shown) if (expected.functions[i].digits_out !== null) assert.ok(text.includes(`${bits(expected.functions[i].digits_out)} left`), text);
  await page.locator("svg a").first().click();
  await page.waitForFunction(() => /graph\?f=\d+/.test(location.hash));
  assert.ok((await page.locator("svg [data-function]").count()) < shown.length);
});

test("runs and divergences are the tables of the file", async () => {
  await open("#/runs");
  await page.waitForSelector("tbody tr");
  const seeds = await page.locator("tbody tr td:nth-child(2)").allTextContents();
  assert.deepEqual(seeds, expected.seeds);
  await open("#/divergence");
  await page.waitForSelector("tbody tr");
  assert.equal(await page.locator("tbody tr").count(), expected.divergences);
});

test("keys lead everywhere and a sheet explains them", async () => {
  await open("#/overview");
  for (const [key, title] of [["f", "Functions"], ["t", "Timeline"], ["s", "Source"], ["c", "Calls over time"], ["g", "Call graph"], ["d", "Divergence"], ["r", "Runs"], ["p", "Compare"], ["o", "Overview"]]) {
    await page.keyboard.press(key);
    await page.waitForFunction((t) => document.querySelector("h1")?.textContent === t, title);
  }
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog[open] kbd").count() > 8);
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "search");
  await page.locator("main").focus();
  const before = await page.evaluate(() => document.documentElement.dataset.theme);
  await page.keyboard.press("l");
  assert.notEqual(await page.evaluate(() => document.documentElement.dataset.theme), before);
  await page.keyboard.press("l");
});

test("marks are coloured by call site, which the tool tip, the table and a legend name", async () => {
  const index = expected.functions.findIndex((f) => f.name === "solve");
  await open(`#/timeline?f=${index}`);
  await page.waitForSelector("[data-marks]");
  assert.ok(await page.locator(".legend-list").isHidden());
  await page.click("[role=radio]:text-is('By call site')");
  await page.waitForSelector(".legend-list li");
  assert.ok(page.url().includes("color=site"));
  const place = "regress.py:16 in fit_normal_equations";
  assert.deepEqual(await page.locator(".legend-list li").allTextContents(), [place]);
  await page.click("button:text-is('Table')");
  const cells = await page.locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => r.cells[8].textContent));
  assert.ok(cells.length > 20 && cells.every((c) => c === place));
  await page.click("button:text-is('Table')");
  await canvas().focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".tip:not([hidden])");
  assert.equal((await tip())["called at"], place);
});

test("contributing digits exceed significant ones by a constant, up to the type's own", async () => {
  const index = expected.functions.findIndex((f) => f.name === "solve");
  await open(`#/timeline?f=${index}&y=contributing`);
  await page.waitForSelector("[data-marks]");
  await page.click("button:text-is('Table')");
  const cells = await page.locator(".chart-table tbody tr").evaluateAll((rows) => rows.map((r) => [r.cells[3].textContent, r.cells[6].textContent]));
  assert.ok(cells.length > 20);
  for (const [row, text] of cells) assert.ok(Math.abs(Number(text) - Math.min(53, expected.values[row].sig_norm + expected.contributing_shift)) < 1e-9);
});

test("the colours of a picture run between fixed ends", async () => {
  await open(`#/value/${expected.matrix.row}`);
  await page.waitForSelector("[data-shown=sig]");
  await page.click("[role=radio]:text-is('Fixed')");
  await page.fill("[aria-label='Least colour at']", "10");
  await page.fill("[aria-label='Greatest colour at']", "50");
  await page.locator("[aria-label='Greatest colour at']").press("Enter");
  await page.waitForFunction(() => decodeURIComponent(location.hash).includes("range=10~50"));
  const [file] = await Promise.all([page.waitForEvent("download"), page.locator(".chart").first().locator("button:text-is('SVG')").click()]);
  const svg = readFileSync(await file.path(), "utf8");
  for (const tick of ["10", "20", "30", "40", "50"]) assert.ok(svg.includes(`>${tick}</text>`), tick);
});

test("norms of the elements are shown", async () => {
  await open(`#/value/${expected.matrix.row}`);
  await page.waitForSelector("dt:text-is('Norm of the mean')");
  const shown = await page.locator("div:has(> dt:text-is('Norm of the mean')) dd").textContent();
  assert.ok(Math.abs(Number(shown) / Math.hypot(...expected.matrix.mean.flat()) - 1) < 1e-12);
});

test("tables and the graph are saved too", async () => {
  for (const [place, names] of [["#/functions", ["CSV", "JSON"]], ["#/runs", ["CSV", "JSON"]], ["#/graph", ["PNG", "SVG", "CSV", "JSON"]]]) {
    await open(place);
    await page.waitForSelector(place === "#/graph" ? "svg [data-function]" : "tbody tr");
    for (const name of names) {
      const [file] = await Promise.all([page.waitForEvent("download"), page.locator(`button:text-is('${name}')`).first().click()]);
      const content = readFileSync(await file.path(), "latin1");
      const begin = { PNG: "\x89PNG", SVG: "<svg", CSV: { "#/functions": "✓", "#/runs": "Run,Seed", "#/graph": "Caller,Callee" }[place], JSON: '{"columns"' }[name];
      assert.ok(Buffer.from(content, "latin1").toString(name === "PNG" ? "latin1" : "utf8").startsWith(begin), `${place} ${name}: ${content.slice(0, 20)}`);
    }
  }
});

test("charts are saved as pictures and as numbers", async () => {
  await open(`#/timeline?f=${expected.functions.findIndex((f) => f.name === "solve")}`);
  await page.waitForSelector("[data-marks]");
  for (const [name, begin] of [["PNG", "\x89PNG"], ["SVG", "<svg"], ["CSV", "function,series"], ["JSON", '{"columns"']]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click(`button:text-is('${name}')`)]);
    const content = readFileSync(await file.path(), "latin1");
    assert.ok(content.startsWith(begin), `${name}: ${content.slice(0, 20)}`);
  }
});

test("a wrong address and a dead value say so", async () => {
  await open("#/nowhere");
  await page.waitForSelector(".message");
  await open("#/value/99999999");
  await page.waitForSelector(".message:has-text('no such value')");
  browser.problems.length = 0; // the browser reports the 404 itself
});

test("no view has a fault that axe-core finds, light or dark", async () => {
  for (const theme of ["light", "dark"]) {
    for (const place of ["#/overview", "#/functions", "#/timeline", `#/value/${expected.matrix.row}`, "#/source?line=12", "#/divergence", "#/runs", "#/calls", "#/graph", "#/compare", `#/value/${expected.vector.row}`, `#/value/${expected.scalar.row}`, `#/value/${expected.label.row}`, "#/timeline?color=site&y=contributing", "#/functions?q=svd"]) {
      await open(place);
      await page.evaluate((t) => { document.documentElement.dataset.theme = t; document.dispatchEvent(new Event("themechange")); }, theme);
      await page.waitForTimeout(200);
      await checkAccess(page, `${place} ${theme}`);
    }
  }
});
