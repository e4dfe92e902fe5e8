// Builds elements and tells what happened. Text is only ever set as text: what a message or an answer says never becomes markup.

/** An element with attributes, listeners (`onclick: …`) and children; what is null, undefined or false is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

/** Text in which `…` is code, as OpenAPI documents write it. */
export function prose(text) {
  const parts = (text ?? "").split("`");
  return parts.map((part, place) => (place % 2 === 1 ? element("code", {}, part) : part));
}

/** Tells those who listen to the page rather than look at it. */
export function announce(text) {
  const region = byId("announcement");
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}
