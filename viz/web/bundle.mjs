// node bundle.mjs <folder with node_modules> <sources> <output>
import { createRequire } from "node:module";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const [tools, from, to] = process.argv.slice(2);
const esbuild = createRequire(join(tools, "package.json"))("esbuild");

mkdirSync(to, { recursive: true });
const shared = { bundle: true, minify: true, legalComments: "none", logLevel: "warning" };
await esbuild.build({
  ...shared,
  entryPoints: [join(from, "main.ts")],
  outfile: join(to, "app.js"),
  format: "iife",
  target: "es2022",
});
await esbuild.build({
  ...shared,
  entryPoints: [join(from, "app.css")],
  outfile: join(to, "app.css"),
});
for (const name of ["index.html", "favicon.svg"]) cpSync(join(from, name), join(to, name));
