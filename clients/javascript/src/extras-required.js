/** The second file for `require`. */

import { fates, fits, holds, tell, tellErrors } from "./extras.js";

module.exports = { fates, fits, holds, tell, tellErrors };
