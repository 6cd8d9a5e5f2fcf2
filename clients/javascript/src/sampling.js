/** In sample or not: by unit and rate, by a stream's switch, by an instrument's audience. */

const FORCED = { unit: "forced", rate: 1 };

/** An identifier's place between 0 and 1; NaN, which is below no rate, where its first 8 characters are no digits. */
const valueOf = (id) => {
  const head = String(id).slice(0, 8);
  return /^[0-9a-f]+$/i.test(head) ? parseInt(head, 16) / 0xffffffff : NaN;
};

/** Whether a client is one of those whom an instrument asks. */
export const fits = (audience, { site, platform, isLoggedIn }) => {
  const { sites = [], except_sites = [], platforms = [], is_logged_in } = audience || {};
  return (
    (!sites.length || sites.includes(site)) &&
    !except_sites.includes(site) &&
    (!platforms.length || platforms.includes(platform)) &&
    (is_logged_in == null || is_logged_in === isLoggedIn)
  );
};

/**
 * The reason why an event isn't sent, or what it carries as its sample.
 * @param {object | null | undefined} stream the stream's entry
 * @param {object | null | undefined} instrument the instrument's entry; undefined where none is asked, null where it isn't answered
 * @param {(entry: object) => unknown} sampleOf
 * @param {(unit: string) => string | undefined} idOf
 * @param {boolean} hasConsent
 * @param {boolean} [isForced]
 * @param {boolean} [isOutside] of the instrument's audience
 * @returns {string | {unit?: string, rate: number}}
 */
export const judge = (stream, instrument, sampleOf, idOf, hasConsent, isForced, isOutside) => {
  if (!stream || instrument === null) return "unconfigured";
  const outer = sampleOf(stream);
  const sample = instrument ? sampleOf(instrument) : outer;
  const rate = rateOf(sample);
  if (!rateOf(outer) || !rate) return "closed";
  if (isOutside && !isForced) return "audience";
  if (sample == null) return isOutside ? FORCED : { rate: 1 };
  if (rate > 1) return "unsampled";
  const { unit } = sample;
  if (unit != "pageview" && !hasConsent) return "consent";
  if (!isOutside && valueOf(idOf(unit)) < rate) return { unit, rate };
  return isForced ? FORCED : "unsampled";
};

/** Its rate, from 0 to 1; 2 where there is none, or none that can be heeded. */
const rateOf = (sample) => {
  const { unit, rate } = Object(sample);
  return /^(pageview|session|device)$/.test(unit) && typeof rate == "number" && rate >= 0 && rate <= 1 ? rate : 2;
};
