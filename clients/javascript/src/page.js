/** A page's life: what its address asks for, and when it is left, hidden, shown and online again. */

/** `#eventplatform-debug` and `#eventplatform-force=a,b`, also one behind the other with `&`. */
export const asked = (hash) => {
  const found = new URLSearchParams(hash.slice(1));
  return { _debug: found.has("eventplatform-debug"), _force: (found.get("eventplatform-force") || "").split(",") };
};

/**
 * Tell a client what happens to its page.
 * @param {() => void} leave
 * @param {(isNewPage?: boolean) => void} again it is shown, as another page where it was left before, or online
 */
export const watchPage = (leave, again) => {
  // Both: phones end hidden pages without a pagehide, and some browsers leave without hiding.
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : again()));
  addEventListener("pageshow", ({ persisted }) => persisted && again(true));
  addEventListener("online", () => again());
};
