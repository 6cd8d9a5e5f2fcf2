/** The plain script's entry: a global `eventplatform`. */

import { clientOf } from "./client.js";

const { currentScript } = globalThis.document || {}; // known while the script itself runs, not later

/** A page that names the second file itself has its parts already; else it comes from beside this script. */
const loadExtras = async () => {
  if (!globalThis.eventplatformExtras) await import(new URL("eventplatform-extras.js", currentScript.src));
  return globalThis.eventplatformExtras;
};

globalThis.eventplatform = { connect: (platformUrl, options) => clientOf(platformUrl, options, loadExtras), version: VERSION };
