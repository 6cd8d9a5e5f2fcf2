/** The entry for `require`. */

import { clientOf } from "./client.js";

const loadExtras = async () => require("./eventplatform-extras.cjs");

module.exports = { connect: (platformUrl, options) => clientOf(platformUrl, options, loadExtras), version: VERSION };
