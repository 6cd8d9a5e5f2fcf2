/** A page's life: when it is left, hidden, shown and online again. */

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
