/** Events for an event platform: well-formed, sampled, delivered. The contract: docs/reference/client-contract.md. */

/** An event; the client adds `$schema`, `meta` and the fields that the stream's schema has. */
export type Event = Record<string, unknown>;

/** Where it may be drawn: identifiers by unit, 20 hexadecimal digits each. */
export interface Identifiers {
  pageview?: string;
  session?: string;
  device?: string;
}

/** Why an event was not sent; or a code of the intake's answer. */
export type Reason =
  | "unconfigured"
  | "unsampled"
  | "closed"
  | "audience"
  | "curation"
  | "consent"
  | "privacy"
  | "full"
  | "too_large"
  | "expired"
  | "gave_up"
  | "client_closed"
  | "not_json"
  | "repeated"
  | (string & {});

/** What the intake says of an event that it refused. */
export interface Result {
  result?: string;
  code?: string;
  pointer?: string;
  message?: string;
  remedy?: string;
}

export interface Dropped {
  stream: string;
  reason: Reason;
  /** As it was given, or its text. */
  event?: unknown;
  result?: Result;
}

export interface Options {
  /** Whether the person agreed to identifiers and events on their device. Assumed of a service only, which is given them. */
  consent?: boolean;
  /** The site's name, where instruments ask for some sites only. */
  site?: string;
  /** `meta.domain`; the page's host name by itself. */
  domain?: string;
  platform?: "web" | "app" | "service" | (string & {});
  isLoggedIn?: boolean;
  /** What the integrator knows, as a tree such as `{page: {id: 42}}`, or a function that answers it. */
  context?: object | (() => object | undefined);
  /** The configuration, whole: then none is asked for. */
  config?: object;
  /** Ask only for these. */
  streams?: string | string[];
  instruments?: string | string[];
  /** Tell everything in the console, and mark events for the platform's live page. */
  debug?: boolean;
  /** Instruments that send whatever their sample and audience say. */
  force?: string[];
  ids?: Identifiers;
  /** Milliseconds that events are gathered; 1000. */
  linger?: number;
  /** How often a service sends an event before it gives up; 5. */
  tries?: number;
  /** What may wait in memory; 10,000 events and 64 MB. */
  bounds?: { events?: number; bytes?: number };
  /** Headers of requests to the intake, such as a service's `X-Producer-Key`. */
  headers?: Record<string, string>;
  /** The person's privacy signals, in place of the browser's. */
  gpc?: boolean;
  dnt?: boolean;
  /** An app's own storage, in place of the browser's. */
  storage?: Storage;
  /** Each event that is dropped by a fault, not by what the platform or a person wants. */
  onError?: (dropped: Dropped) => void;
}

/** given = sent + waiting + left (to the next page) + the sum of dropped. */
export interface Stats {
  given: number;
  sent: number;
  waiting: number;
  left: number;
  dropped: Record<string, number>;
}

export interface InstrumentOptions {
  /** The way through several steps that its events belong to. */
  funnel?: string;
  /** Of whom its events are, where the client can't know it. */
  ids?: Identifiers;
}

export interface Instrument {
  readonly key: string;
  /** The platform answers it, and its switch and window are open. */
  readonly isLive: boolean;
  readonly isInSample: boolean;
  /** Why an event would not be sent now; undefined where it would. */
  readonly why: Reason | undefined;
  submit(event?: Event): void;
  submit(action: string, event?: Event): void;
  start(event?: Event): void;
  end(event?: Event): void;
  /** The same on one way through several steps; `start` counts them from 1 again. */
  funnel(name: string): Instrument;
}

export interface Client {
  /** The first configuration is here, and the second file where it asks for that. */
  readonly ready: Promise<void>;
  /** Never throws and never blocks. `ids`: a service's identifiers of whom the event is about. */
  submit(stream: string, event?: Event, ids?: Identifiers): void;
  instrument(key: string, options?: InstrumentOptions): Instrument;
  /** Uncaught errors of the page go to an instrument, or a stream of /client/error; answers what ends it. */
  catchErrors(target: string | Instrument, tags?: Record<string, string>): () => void;
  setConsent(hasConsent: boolean): void;
  newPageview(): void;
  /** Ask for the configuration now. */
  refresh(): Promise<void> | undefined;
  /** True once all is sent or dropped; false where the rest is tried again later. */
  flush(): Promise<boolean>;
  /** Flush, with tries for so many milliseconds (5000), and end: what is left is dropped as `gave_up`. */
  close(milliseconds?: number): Promise<void>;
  stats(): Stats;
}

export function connect(platformUrl: string, options?: Options): Client;

/** This client's version. */
export const version: string;
