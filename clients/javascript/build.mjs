/** Builds `dist/`; fails where a file is larger than a page should have to load. */

import { gzipSync } from "node:zlib";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const LARGEST = 5750;

const FILES = [
  { entry: "index", file: "eventplatform.mjs", format: "esm" },
  { entry: "required", file: "eventplatform.cjs", format: "cjs" },
  { entry: "global", file: "eventplatform.js", format: "iife" },
  { entry: "extras", file: "eventplatform-extras.mjs", format: "esm" },
  { entry: "extras-required", file: "eventplatform-extras.cjs", format: "cjs" },
  { entry: "extras-global", file: "eventplatform-extras.js", format: "iife" },
  { entry: "experiments", file: "experiments.mjs", format: "esm" },
];
// `unsafe`: nobody changes what built-in objects do, and a getter of ours may be asked once or twice.
const COMPRESS = { passes: 4, unsafe: true, unsafe_arrows: true, unsafe_methods: true, pure_getters: true };

mkdirSync(here("dist"), { recursive: true });
for (const { entry, file, format } of FILES) {
  const bundled = await build({
    entryPoints: [here(`src/${entry}.js`)],
    bundle: true,
    minify: true,
    write: false,
    logLevel: "error",
    target: "es2018",
    supported: { "dynamic-import": true }, // by each browser that has modules and is supported
    external: ["./eventplatform-extras.*"],
    mangleProps: /^_[a-z]/i, // what a client's parts tell each other; what is stored or public has no underscore
    define: { VERSION: JSON.stringify(version) },
    format,
  });
  const { code } = await minify(bundled.outputFiles[0].text, { ecma: 2018, module: format == "esm", toplevel: true, compress: COMPRESS });
  writeFileSync(here(`dist/${file}`), `/* @eventplatform/client ${version} · Apache-2.0 */\n${code}\n`);
  const size = gzipSync(readFileSync(here(`dist/${file}`)), { level: 9 }).length;
  console.log(`${file}: ${size} bytes gzipped`);
  if (size > LARGEST) process.exitCode = 1;
}
for (const name of ["eventplatform", "experiments"]) copyFileSync(here(`src/${name}.d.ts`), here(`dist/${name}.d.ts`));
