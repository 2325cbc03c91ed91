// Makes elements. Text goes in as text nodes, attributes by a list of names, and nothing else goes in:
// whatever a peer wrote stays text.

const ATTRIBUTES = new Set([
  "id", "class", "type", "href", "for", "dir", "title", "role", "tabindex", "value", "placeholder",
  "datetime", "scope", "hidden", "checked", "selected", "maxlength", "spellcheck", "autocomplete", "max", "min",
]);

/** An element, `tag.class.class`, with attributes, handlers (`onclick`) and children: elements, fragments or texts. */
export function el(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(props)) {
    if (isMissing(value)) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (ATTRIBUTES.has(key) || key.startsWith("aria-") || key.startsWith("data-"))
      node.setAttribute(key, value === true ? "" : String(value));
    else throw new Error(`no attribute ${key}`);
  }
  put(node, children);
  return node;
}

export const button = (label, onclick, more) => el("button", { type: "button", onclick, ...more }, label);

export const faint = (...words) => el("span.faint", {}, words);

/** Told to who listens, and not drawn. */
export const unseen = (...words) => el("span.visually-hidden", {}, words);

/** A name and what it stands for, in a list of them. */
export const row = (name, ...value) => [el("dt", {}, name), el("dd", {}, value)];

const isMissing = (value) => (value ?? false) === false;

/** Appends children, of which some may be missing or lists. */
function put(node, children) {
  node.append(...children.flat(Infinity).filter((child) => !isMissing(child)));
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
