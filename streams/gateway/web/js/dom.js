// Elements made in code. Text goes in as text, never as markup.

/** `el("a.button", {href, onclick, "aria-label": …}, "text", child, …)`; null children are left out. */
export function el(what, ...rest) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  const props = isProps(rest[0]) ? rest.shift() : {};
  for (const [name, value] of Object.entries(props)) put(made, name, value);
  made.append(...rest.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

const isProps = (value) => value !== null && typeof value === "object" && !(value instanceof Node) && !Array.isArray(value);

function put(made, name, value) {
  if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
  else if (name in made && !name.includes("-") && typeof value !== "string") made[name] = value;
  else if (value === true) made.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG, with attributes only. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

let number = 0;
/** An id nobody else has. */
export const fresh = (stem) => `${stem}-${(number += 1)}`;

/** A labelled field: the label's text, the control, and help under it. */
export function field(label, control, help = null) {
  control.id ||= fresh("field");
  const told = help && el("p.help", { id: fresh("help") }, help);
  if (told) control.setAttribute("aria-describedby", told.id);
  return el("div.field", el("label", { for: control.id }, label), control, told);
}

/** A button that does something. */
export const button = (label, onclick, kind = "", props = {}) =>
  el(`button${kind ? `.${kind}` : ""}`, { type: "button", onclick, ...props }, label);
