// Debian's Chromium under playwright-core, with nothing that talks to the network.
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const modules = process.env.PYTRACER_NODE_MODULES;
if (!modules) throw new Error("PYTRACER_NODE_MODULES names the folder in which npm ci ran");
export const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A fresh browser with one page; `close` ends it and removes its profile. */
export async function launch({ width = 1280, height = 720, dark = false, scale = 1 } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "pytracer-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.PYTRACER_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? "dark" : "light",
    acceptDownloads: true,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const problems = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { page, context, problems, requests, close };
}

/** A browser at the printed address; `open` goes to a view and waits for what it asks for. */
export async function visit(url) {
  const browser = await launch();
  const { page } = browser;
  page.setDefaultTimeout(15000);
  await page.goto(url);
  await page.waitForSelector("h1");
  const open = async (hash) => {
    await page.goto(`${new URL(url).origin}/${hash}`);
    await page.waitForLoadState("networkidle");
  };
  return { ...browser, open };
}

/** axe-core finds no fault in what is shown. The page's own policy forbids scripts from
 * elsewhere: axe comes through the debugger. */
export async function checkAccess(page, where = "") {
  await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const faults = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")}`);
  assert.deepEqual(faults, [], where);
}
