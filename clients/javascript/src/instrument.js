/** What a product manager steers: a sample, an audience and a window of its own, on top of a stream; and the way through its steps. */

export class Instrument {
  /**
   * @param {import("./client.js").Client} client
   * @param {string} key
   * @param {{funnel?: string, ids?: object}} [options]
   */
  constructor(client, key, options) {
    this.key = key;
    this._client = client;
    this._options = options || {};
    this._position = 1;
  }

  /** Why an event would not be sent now; undefined where it would. */
  get why() {
    const verdict = this._client._calls.judge({ _key: this.key, _ids: this._options.ids });
    return typeof verdict == "string" ? verdict : undefined;
  }

  get isInSample() {
    return !this.why;
  }

  /** The platform answers it, and its switch and window are open. */
  get isLive() {
    return !["unconfigured", "closed"].includes(this.why);
  }

  /** `submit(event)`, or `submit(action, event)`. */
  submit(action, event) {
    const { funnel, ids } = this._options;
    const isNamed = typeof action == "string";
    const known = { action: isNamed ? action : undefined, funnel_name: funnel };
    // Read when the event is made, which may be later: only events that go are counted.
    if (funnel) Object.defineProperty(known, "funnel_event_sequence_position", { get: () => this._position, enumerable: true });
    this._client._calls.emit({ _key: this.key, _event: isNamed ? event : action, _ids: ids, _known: known, _count: () => this._position++ });
  }

  /** The first step: its funnel is counted from 1 again. */
  start(event) {
    this._position = 1;
    this.submit("start", event);
  }

  end(event) {
    this.submit("end", event);
  }

  /** The same instrument on one way through several steps, whose events are counted 1, 2, 3 … */
  funnel(name) {
    return new Instrument(this._client, this.key, { ...this._options, funnel: name });
  }
}
