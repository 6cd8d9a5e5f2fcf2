/** What a product manager steers: an instrument, its start and end, its funnel. */

export class Instrument {
  constructor(client, key, options) {
    this.key = key;
    this._client = client;
  }

  submit(action, event) {
    const known = typeof action == "string" ? { action } : {};
    this._client._calls.emit({ _key: this.key, _event: typeof action == "string" ? event : action, _known: known });
  }
}
