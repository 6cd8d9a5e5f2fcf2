/** What a product manager steers: a sample, an audience and a window of its own, on top of a stream; and the way through its steps. */

/**
 * @param {{_emit: (call: object) => void, _judge: (call: object) => string | object}} calls
 * @param {string} key
 * @param {{funnel?: string, ids?: object}} [options]
 */
export const instrument = (calls, key, { funnel, ids } = {}) => {
  let position = 1;

  const made = {
    key,

    /** Why an event would not be sent now; undefined where it would. */
    get why() {
      const verdict = calls._judge({ _key: key, _ids: ids });
      return typeof verdict == "string" ? verdict : undefined;
    },

    get isInSample() {
      return !made.why;
    },

    /** The platform answers it, and its switch and window are open. */
    get isLive() {
      return !/^(unconfigured|closed)$/.test(made.why);
    },

    /** `submit(event)`, or `submit(action, event)`. */
    submit: (action, event) => {
      const isNamed = typeof action == "string";
      calls._emit({
        _key: key,
        _event: isNamed ? event : action,
        _ids: ids,
        // Asked when the event is made, which may be later: only events that go are counted.
        _known: () => ({ action: isNamed ? action : undefined, funnel_name: funnel, funnel_event_sequence_position: funnel && position }),
        _count: () => position++,
      });
    },

    /** The first step: its funnel is counted from 1 again. */
    start: (event) => {
      position = 1;
      made.submit("start", event);
    },

    end: (event) => made.submit("end", event),

    /** The same instrument on one way through several steps, whose events are counted 1, 2, 3 … */
    funnel: (name) => instrument(calls, key, { funnel: name, ids }),
  };
  return made;
};
