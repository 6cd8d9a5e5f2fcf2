/** A page's life: what its address asks for, and when it is left, hidden, shown and online again. */

/** `#eventplatform-debug` and `#eventplatform-force=a,b`, also one behind the other with `&`. */
export const asked = (hash) => {
  const found = { force: [] };
  for (const part of (hash || "").slice(1).split("&")) {
    const [name, value] = part.split("=");
    if (name === "eventplatform-debug") found.debug = true;
    if (name === "eventplatform-force" && value) found.force.push(...value.split(","));
  }
  return found;
};

/**
 * Tell a client what happens to its page.
 * @param {{leave: () => void, show: (isNewPage: boolean) => void, online: () => void}} told
 * @returns {() => void} what ends it
 */
export const watchPage = (told) => {
  const heard = [
    // Both: phones end hidden pages without a pagehide, and some browsers leave without hiding.
    [window, "pagehide", told.leave],
    [document, "visibilitychange", () => (document.visibilityState === "hidden" ? told.leave() : told.show(false))],
    [window, "pageshow", (event) => event.persisted && told.show(true)],
    [window, "online", told.online],
  ];
  heard.forEach(([place, name, does]) => place.addEventListener(name, does));
  return () => heard.forEach(([place, name, does]) => place.removeEventListener(name, does));
};
