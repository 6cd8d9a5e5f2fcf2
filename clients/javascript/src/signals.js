/** Privacy signals of the person in front of the device. */

/**
 * Whether a stream that heeds signals gets nothing from this client.
 * @param {string[] | undefined} heeds the stream's
 * @param {{gpc?: boolean, dnt?: boolean}} options what the integrator says, in place of the browser
 */
export function isRefused(heeds, { gpc, dnt }) {
  const { globalPrivacyControl, doNotTrack } = typeof navigator == "object" ? navigator : {};
  const signals = { gpc: gpc == null ? globalPrivacyControl : gpc, dnt: dnt == null ? doNotTrack == "1" : dnt };
  return (heeds || []).some((name) => name == "gpc" || name == "dnt" ? signals[name] === true : false);
}
