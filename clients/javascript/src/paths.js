/** Dotted paths into trees of objects; only what an object has itself counts, never what it inherits. */

const split = { __proto__: null };

/** The names of a path; each path is split once, and a configuration names few. */
const namesOf = (path) => split[path] || (split[path] = path.split("."));

export const isObject = (value) => !!value && typeof value == "object" && !Array.isArray(value);

export const own = (object, name) => ({}.hasOwnProperty.call(object, name) ? object[name] : undefined);

/** What a tree holds at a path; undefined where it holds nothing. */
export const read = (tree, path) => namesOf(path).reduce((value, name) => (isObject(value) ? own(value, name) : undefined), tree);

/** Fill a path where nothing stands. Objects on the way are copied: the caller's stay as they are. */
export const fill = (node, path, value, depth = 0) => {
  const names = namesOf(path);
  const name = names[depth];
  const below = own(node, name);
  if (depth == names.length - 1) {
    if (below === undefined) node[name] = value;
  } else if (below === undefined || isObject(below)) fill((node[name] = { ...below }), path, value, depth + 1);
};
