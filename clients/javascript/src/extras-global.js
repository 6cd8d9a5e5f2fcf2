/** The second file as a plain script, which may stand before the first or behind it. */

import * as extras from "./extras.js";

globalThis.eventplatformExtras = { ...extras };
