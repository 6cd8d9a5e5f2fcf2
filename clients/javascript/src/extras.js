/** The second file: what few pages need, loaded where one does. Its names are public, since files of two versions may meet. */

export { fates } from "./answers.js";
export { fits } from "./audience.js";
export { holds } from "./curation.js";
export { tell } from "./debug.js";
export { tellErrors } from "./errors.js";
