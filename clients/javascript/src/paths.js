/** Dotted paths into trees of objects; only what an object has itself counts, never what it inherits. */

export const isObject = (value) => value && typeof value == "object" && !Array.isArray(value);

export const own = (object, name) => (isObject(object) && {}.hasOwnProperty.call(object, name) ? object[name] : undefined);

/** What a tree holds at a path; undefined where it holds nothing. */
export const read = (tree, path) => path.split(".").reduce(own, tree);

/** Fill a path where nothing stands. Objects on the way are copied: the caller's stay as they are. */
export const fill = (node, [name, ...names], value) => {
  const below = own(node, name);
  if (names[0]) {
    if (below === undefined || isObject(below)) fill((node[name] = { ...below }), names, value);
  } else if (below === undefined) node[name] = value;
};
