/** The two older schemes of the contract (§3), for whoever moves from them. */

export function experimentHash(userId: string | number, name: string): number;

export function experiment(
  userId: string | number,
  about: { name: string; rate: number; buckets: string[] },
): { bucket: string; sampled: boolean };

export function inPopulation(id: string, population: number): boolean;
