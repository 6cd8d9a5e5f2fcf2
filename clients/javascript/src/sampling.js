/** In sample or not: by unit and rate, by a stream's switch, by an instrument's audience. */

const UNITS = ["pageview", "session", "device"];

/** An identifier's place between 0 and 1; NaN, which is below no rate, where its first 8 characters are no digits. */
export function valueOf(id) {
  const head = String(id).slice(0, 8);
  return /^[0-9a-f]+$/i.test(head) ? parseInt(head, 16) / 0xffffffff : NaN;
}

/** Whether a client is one of those whom an instrument asks. */
export function fits(audience, { site, platform, isLoggedIn }) {
  const { sites = [], except_sites: excepted = [], platforms = [], is_logged_in: asked = null } = audience || {};
  return (
    (!sites.length || sites.includes(site)) &&
    !excepted.includes(site) &&
    (!platforms.length || platforms.includes(platform)) &&
    (asked == null || asked === isLoggedIn)
  );
}

/**
 * The reason why an event isn't sent, or what it carries as its sample.
 * @param {object | null | undefined} stream the stream's entry
 * @param {object | null | undefined} instrument the instrument's entry; undefined where none is asked, null where it isn't answered
 * @param {{_sampleOf: Function, _idOf: Function, _hasConsent: boolean, _isForced?: boolean, _fits: Function}} client
 * @returns {string | {unit?: string, rate: number}}
 */
export function judge(stream, instrument, client) {
  if (!stream || instrument === null) return "unconfigured";
  const outer = client._sampleOf(stream);
  const sample = instrument ? client._sampleOf(instrument) : outer;
  if (isOff(outer) || isOff(sample)) return "closed";
  const isOutside = instrument && !client._fits(instrument.audience);
  if (isOutside && !client._isForced) return "audience";
  const found = draw(sample, client);
  return found.rate && isOutside ? FORCED : found;
}

const FORCED = { unit: "forced", rate: 1 };

function draw(sample, { _idOf, _hasConsent, _isForced }) {
  if (sample == null) return { rate: 1 };
  if (!isSample(sample)) return "unsampled";
  const { unit, rate } = sample;
  if (unit != "pageview" && !_hasConsent) return "consent";
  if (valueOf(_idOf(unit)) < rate) return { unit, rate };
  return _isForced ? FORCED : "unsampled";
}

const isOff = (sample) => isSample(sample) && !sample.rate;

function isSample(sample) {
  return sample && UNITS.includes(sample.unit) && typeof sample.rate == "number" && sample.rate >= 0 && sample.rate <= 1;
}
