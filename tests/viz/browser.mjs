// Debian's Chromium under playwright-core, with nothing that talks to the network.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
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
