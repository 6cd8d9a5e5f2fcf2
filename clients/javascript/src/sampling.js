/** In sample or not: by unit and rate, by a stream's switch. */

const FORCED = { unit: "forced", rate: 1 };

/** An identifier's place between 0 and 1; NaN, which is below no rate, where its first 8 characters are no digits. */
const valueOf = (id) => ("0x" + String(id).slice(0, 8)) / 0xffffffff;

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
