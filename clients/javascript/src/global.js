/** The plain script's entry: a global `eventplatform`. */

import { connect, version } from "./index.js";

globalThis.eventplatform = { connect, version };
