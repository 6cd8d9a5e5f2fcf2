/** The second file for `require`. */

import { holds, tell, tellErrors } from "./extras.js";

module.exports = { holds, tell, tellErrors };
