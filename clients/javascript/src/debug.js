/** What debug mode says in the console: each event as it is made, each drop with its reason, each answer with what to do. */

const say = (words, ...things) => console.warn("[eventplatform] " + words, ...things);

/** One event's result: what the intake says of it, in its words. */
const judgement = ({ result, code, pointer, message, remedy }, stream, outcome) =>
  [result || outcome.replace("!", "dropped: "), stream, code, pointer, message, remedy].filter(Boolean).join(" · ");

export const debugConsole = {
  /** @param {string} text the event as it goes out */
  _made(stream, text) {
    console.groupCollapsed("[eventplatform] made · " + stream);
    console.log(JSON.parse(text));
    console.groupEnd();
  },

  _dropped(stream, reason, event) {
    say(`dropped: ${reason} · ${stream}`, event);
  },

  /** @param {{_outcomes: string[], _results: object[], _wait: number}} answer */
  _answered(items, status, { _outcomes, _results, _wait }) {
    console.group("[eventplatform] answer " + (status || "none") + (_wait ? `, again in ${_wait} s` : ""));
    items.forEach(({ stream, text }, index) => {
      const words = judgement(_results[index] || {}, stream, _outcomes[index]);
      if (_outcomes[index] == "sent") console.log(words);
      else say(words, JSON.parse(text));
    });
    console.groupEnd();
  },
};
