// Makes elements. Text goes in as text nodes, attributes by a list of names, and nothing else goes in:
// whatever a peer wrote stays text.

const ATTRIBUTES = new Set([
  "id", "class", "type", "href", "for", "dir", "lang", "title", "role", "tabindex", "value", "name",
  "placeholder", "datetime", "colspan", "scope", "hidden", "disabled", "checked", "selected", "open",
  "rows", "maxlength", "spellcheck", "autocomplete", "width", "height", "max", "min",
]);

/** An element with attributes, handlers (`onclick`) and children: elements, fragments or texts. */
export function el(name, props, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (ATTRIBUTES.has(key) || key.startsWith("aria-") || key.startsWith("data-"))
      node.setAttribute(key, value === true ? "" : String(value));
    else throw new Error(`no attribute ${key}`);
  }
  put(node, children);
  return node;
}

/** Appends children, of which some may be missing or lists. */
export function put(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child);
  }
  return node;
}

/** Puts these children in the place of those that are there. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, children);
}

/**
 * Brings the children of `list` in line with `items` and leaves alone what is there already, so that
 * neither focus nor selection nor what is read aloud is lost.
 */
export function keyed(list, items, keyOf, create, update) {
  const known = new Map();
  for (const child of [...list.children]) known.set(child.dataset.key, child);
  let before = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = known.get(key);
    if (node) {
      known.delete(key);
      update?.(node, item);
    } else {
      node = create(item);
      node.dataset.key = key;
    }
    const place = before ? before.nextSibling : list.firstChild;
    if (place !== node) list.insertBefore(node, place);
    before = node;
  }
  for (const gone of known.values()) gone.remove();
}

export const $ = (id) => document.getElementById(id);

/** Runs `work` once, a moment after the last call. */
export function soon(work, ms = 150) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}
