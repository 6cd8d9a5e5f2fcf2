/** The two older schemes of the contract (§3), for whoever moves from them: populations and experiments. */

/** The fractional 32 bits of the roots of the first primes, as SHA-256 wants them. */
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) >>> 0;
const PRIMES = [];
for (let number = 2; PRIMES.length < 64; number++) {
  if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
}
const ROUNDS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

const rotated = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** The text's bytes, a one, zeros and the length in bits: whole blocks of 64 bytes. */
const padded = (text) => {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6));
  bytes.forEach((byte, place) => view.setUint8(place, byte));
  view.setUint8(bytes.length, 0x80);
  view.setUint32(view.byteLength - 4, bytes.length * 8);
  return view;
};

const schedule = (view, block) => {
  const words = [];
  for (let i = 0; i < 64; i++) {
    if (i < 16) {
      words[i] = view.getInt32(block + i * 4);
      continue;
    }
    const early = words[i - 15];
    const late = words[i - 2];
    const small = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3);
    const large = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
    words[i] = (words[i - 16] + small + words[i - 7] + large) | 0;
  }
  return words;
};

const mixed = (hash, words) => {
  let [a, b, c, d, e, f, g, h] = hash;
  for (let i = 0; i < 64; i++) {
    const chosen = (e & f) ^ (~e & g);
    const first = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + chosen + ROUNDS[i] + words[i]) | 0;
    const second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + hash[i]) | 0);
};

/** The first word of a text's SHA-256. `crypto.subtle` would answer later, and not on pages without TLS. */
const firstWord = (text) => {
  const view = padded(text);
  let hash = START;
  for (let block = 0; block < view.byteLength; block += 64) hash = mixed(hash, schedule(view, block));
  return hash[0] >>> 0;
};

/**
 * Where a user stands in an experiment, from 0 to 1: the same each time, and different in each experiment.
 * @param {string | number} userId
 * @param {string} name
 */
export const experimentHash = (userId, name) => (firstWord(`${userId}${name}`) >>> 8) / 2 ** 24;

/**
 * The bucket that a user is in, and whether it is in sample at this rate.
 * @param {string | number} userId
 * @param {{name: string, rate: number, buckets: string[]}} experiment
 */
export const experiment = (userId, { name, rate, buckets }) => {
  const scaled = experimentHash(userId, name) * buckets.length;
  const index = Math.floor(scaled);
  return { bucket: buckets[index], sampled: scaled - index < rate };
};

/**
 * Whether an identifier is one of every `population`.
 * @param {string} id
 * @param {number} population
 */
export const inPopulation = (id, population) => population > 0 && parseInt(id.slice(0, 8), 16) % population === 0;
