/** The plain script's entry: a global `eventplatform`. */

import { clientOf } from "./client.js";

const { currentScript } = document; // known while the script itself runs, not later

/** A page that names the second file itself has its parts already; else it comes from beside this script. */
const loadExtras = () => globalThis.eventplatformExtras || import(new URL("eventplatform-extras.mjs", currentScript.src));

globalThis.eventplatform = { connect: (platformUrl, options) => clientOf(platformUrl, options, loadExtras), version: VERSION };
