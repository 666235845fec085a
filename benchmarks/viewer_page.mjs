// node viewer_page.mjs URL TIMELINE: what a user waits for in Chromium, as JSON on stdout.
// Run by viewer.py. PYTRACER_NODE_MODULES names a folder with playwright-core.
import { launch } from "../tests/viz/browser.mjs";

const [url, timeline] = process.argv.slice(2);
const TIMES = 5;
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const { page, close } = await launch({ width: 1600, height: 900 });
const paints = [];
for (let i = 0; i < TIMES; i++) {
  await page.goto("about:blank");
  await page.goto(url);
  await page.waitForSelector(".bar-row");
  // From the request for the page to the frame that shows the ranking.
  paints.push(await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))))));
}

/** From a key press that zooms to the frame that shows the server's new detail. */
async function zoom(key) {
  return page.evaluate((k) => new Promise((resolve) => {
    const view = document.querySelector("[data-marks]");
    const canvas = document.querySelector("canvas");
    const began = performance.now();
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    });
    observer.observe(view, { attributes: true, attributeFilter: ["data-marks"] });
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true }));
  }), key);
}

await page.goto(`${url}#${timeline}`);
await page.waitForSelector("[data-marks]");
await page.waitForTimeout(500);
const redraws = [];
for (let i = 0; i < TIMES; i++) redraws.push(await zoom("+"));
console.log(JSON.stringify({ first_paint_ms: middle(paints), redraw_ms: middle(redraws) }));
await close();
