/** The entry for `require`. */

import { connect, version } from "./index.js";

module.exports = { connect, version };
