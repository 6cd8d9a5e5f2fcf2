/** In sample or not: by unit and rate, by a stream's switch, by an instrument's audience. */

const FORCED = { unit: "forced", rate: 1 };

/** An identifier's place between 0 and 1; NaN, which is below no rate, where its first 8 characters are no digits. */
export const valueOf = (id) => {
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
 * @param {{_sampleOf: Function, _idOf: Function, _hasConsent: boolean, _isForced?: boolean, _fits: Function}} client
 * @returns {string | {unit?: string, rate: number}}
 */
export const judge = (stream, instrument, { _sampleOf, _idOf, _hasConsent, _isForced, _fits }) => {
  if (!stream || instrument === null) return "unconfigured";
  const outer = _sampleOf(stream);
  const sample = instrument ? _sampleOf(instrument) : outer;
  const { unit, rate } = sample || {};
  if (isOff(outer) || isOff(sample)) return "closed";
  const isOutside = instrument && !_fits(instrument.audience);
  if (isOutside && !_isForced) return "audience";
  if (sample == null) return isOutside ? FORCED : { rate: 1 };
  if (!isSample(sample)) return "unsampled";
  if (unit != "pageview" && !_hasConsent) return "consent";
  if (!isOutside && valueOf(_idOf(unit)) < rate) return { unit, rate };
  return _isForced ? FORCED : "unsampled";
};

const isSample = (sample) =>
  sample && /^(pageview|session|device)$/.test(sample.unit) && typeof sample.rate == "number" && sample.rate >= 0 && sample.rate <= 1;

const isOff = (sample) => isSample(sample) && !sample.rate;
