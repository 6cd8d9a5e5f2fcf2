/** Builds `dist/`; fails where a file is larger than a page should have to load. */

import { gzipSync } from "node:zlib";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import uglify from "uglify-js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const LARGEST = 5000;

/** Files for pages alone know that they are in one; the others ask, and serve Node, workers and tests as well. */
const FILES = [
  { entry: "index", file: "eventplatform.mjs", format: "esm", isForPages: true },
  { entry: "global", file: "eventplatform.js", format: "iife", isForPages: true },
  { entry: "index", file: "eventplatform-node.mjs", format: "esm" },
  { entry: "required", file: "eventplatform.cjs", format: "cjs" },
  { entry: "extras", file: "eventplatform-extras.mjs", format: "esm" },
  { entry: "extras-required", file: "eventplatform-extras.cjs", format: "cjs" },
  { entry: "extras-global", file: "eventplatform-extras.js", format: "iife" },
  { entry: "experiments", file: "experiments.mjs", format: "esm" },
];
// `unsafe`, where each byte is paid for: nobody changes what built-in objects do, and no text is made of a Symbol. A getter of ours may be asked once or twice.
// `inline: 1`: functions with arguments stay functions, since repetition packs better than what is unrolled.
const COMPRESS = { passes: 6, pure_getters: true, inline: 1 };

mkdirSync(here("dist"), { recursive: true });
for (const { entry, file, format, isForPages } of FILES) {
  const bundled = await build({
    entryPoints: [here(`src/${entry}.js`)],
    bundle: true,
    minify: true,
    write: false,
    logLevel: "error",
    target: "es2020",
    external: ["./eventplatform-extras.*"],
    mangleProps: /^_[a-z]/i, // what a client's parts tell each other; what is stored or public has no underscore
    define: { VERSION: JSON.stringify(version), IS_PAGE: isForPages ? "true" : "globalThis.document" },
    format,
  });
  const { code, error } = uglify.minify(bundled.outputFiles[0].text, { module: format == "esm", compress: { ...COMPRESS, unsafe: !!isForPages } });
  if (error) throw error;
  writeFileSync(here(`dist/${file}`), `// eventplatform ${version} Apache-2.0\n${code}\n`);
  const size = gzipSync(readFileSync(here(`dist/${file}`)), { level: 9 }).length;
  console.log(`${file}: ${size} bytes gzipped`);
  if (isForPages && size > LARGEST) process.exitCode = 1;
}
for (const name of ["eventplatform", "experiments"]) copyFileSync(here(`src/${name}.d.ts`), here(`dist/${name}.d.ts`));
copyFileSync(here("src/eventplatform.d.ts"), here("dist/eventplatform.d.cts")); // for `require`: a .d.ts is of modules here
