/** Dotted paths into trees of objects; only what an object has itself counts, never what it inherits. */

const split = new Map();

/** The names of a path; each path is split once. */
export function namesOf(path) {
  let names = split.get(path);
  if (!names) split.set(path, (names = path.split(".")));
  return names;
}

export const isObject = (value) => !!value && typeof value == "object" && !Array.isArray(value);

export const own = (object, name) => (Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined);

/** What a tree holds at a path; undefined where it holds nothing. */
export function read(tree, path) {
  let value = tree;
  for (const name of namesOf(path)) {
    if (!isObject(value)) return undefined;
    value = own(value, name);
  }
  return value;
}

/** Fill a path where nothing stands. Objects on the way are copied once (`copied` notes them): the caller's stay as they are. */
export function fill(tree, path, value, copied) {
  const names = namesOf(path);
  const last = names.length - 1;
  let node = tree;
  let place = "";
  for (let index = 0; index < last; index++) {
    const name = names[index];
    const below = own(node, name);
    if (below !== undefined && !isObject(below)) return;
    place += name + ".";
    if (!copied.includes(place)) {
      copied.push(place);
      node[name] = { ...below };
    }
    node = node[name];
  }
  if (own(node, names[last]) === undefined) node[names[last]] = value;
}
