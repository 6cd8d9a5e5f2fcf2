/** Builds `dist/`; fails where a file is larger than a page should have to load. */

import { gzipSync } from "node:zlib";
import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const LARGEST = 5000;

const FILES = [
  { entry: "index", file: "eventplatform.mjs", format: "esm" },
  { entry: "index", file: "eventplatform.cjs", format: "cjs" },
  { entry: "index", file: "eventplatform.js", format: "iife", globalName: "eventplatform" },
  { entry: "experiments", file: "experiments.mjs", format: "esm" },
];

for (const { entry, file, ...form } of FILES) {
  await build({
    entryPoints: [here(`src/${entry}.js`)],
    outfile: here(`dist/${file}`),
    bundle: true,
    minify: true,
    target: "es2018",
    mangleProps: /^_[a-z]/i,
    banner: { js: `/* @eventplatform/client ${version} · Apache-2.0 */` },
    define: { VERSION: JSON.stringify(version) },
    ...form,
  });
  const size = gzipSync(readFileSync(here(`dist/${file}`)), { level: 9 }).length;
  console.log(`${file}: ${size} bytes gzipped`);
  if (size > LARGEST) process.exitCode = 1;
}
for (const name of ["eventplatform", "experiments"]) copyFileSync(here(`src/${name}.d.ts`), here(`dist/${name}.d.ts`));
