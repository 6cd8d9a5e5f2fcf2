/** Privacy signals of the person in front of the device. */

/**
 * Whether a stream that heeds signals gets nothing from this client.
 * @param {string[] | undefined} heeds the stream's
 * @param {{gpc?: boolean, dnt?: boolean}} options what the integrator says, in place of the browser
 */
export const isRefused = (heeds, { gpc, dnt }) => {
  const { globalPrivacyControl, doNotTrack } = globalThis.navigator || {};
  const isSet = (name) => (name == "gpc" ? or(gpc, globalPrivacyControl) : name == "dnt" && or(dnt, doNotTrack == 1));
  return (heeds || []).some(isSet);
};

const or = (said, seen) => (said == null ? seen : said);
