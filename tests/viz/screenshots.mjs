// node screenshots.mjs URL OUTPUT: pictures of the views, for the README and for the eye.
import { join } from "node:path";
import { launch } from "./browser.mjs";

const [url, output, only] = process.argv.slice(2);
const origin = new URL(url).origin;

const SHOTS = [
  ["overview", "#/overview"],
  ["functions", "#/functions"],
  ["timeline", "#/timeline?f=WORST,QR"],
  ["value", "VALUE"],
  ["value-line", "LINE"],
  ["scalar", "SCALAR"],
  ["calls", "#/calls?from=0&to=120"],
  ["graph", "#/graph"],
  ["source", "#/source?line=16"],
  ["divergence", "#/divergence"],
  ["runs", "#/runs"],
  ["compare", "#/compare"],
];

for (const dark of [false, true]) {
  const { page, close, problems } = await launch({ dark });
  await page.goto(url);
  await page.waitForSelector("h1");
  const places = await page.evaluate(async () => {
    const get = async (path) => (await fetch(`/api/v1/${path}`)).json();
    const f = (await get("functions")).columns;
    const find = (name) => f.name.indexOf(name);
    const first = (i, n) => get(`timeline?functions=${i}&bins=50`).then((t) => t.series.find((s) => s.name === n)?.points.row.at(-8));
    return {
      WORST: f.rank.indexOf(1), QR: find("fit_qr"),
      VALUE: `#/value/${await first(find("svd"), "return[0]")}`,
      LINE: `#/value/${await first(find("fit_normal_equations"), "y")}`,
      SCALAR: `#/value/${await first(find("naive_variance"), "return")}`,
    };
  });
  for (const [name, place] of SHOTS) {
    if (only && !name.startsWith(only)) continue;
    if (dark && !["overview", "timeline", "value"].includes(name)) continue;
    const hash = place.replace(/[A-Z]{2,}/g, (word) => String(places[word] ?? word));
    await page.goto(`${origin}/${hash}`);
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(250);
    if (problems.length) throw new Error(problems.join("; "));
    await page.screenshot({ path: join(output, `${name}${dark ? "-dark" : ""}.png`) });
  }

  await close();
}
