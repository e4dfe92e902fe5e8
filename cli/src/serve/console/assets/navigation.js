// The links at the top: the messages, and the reference of each surface that has an OpenAPI document.

import { byId, element } from "./dom.js";

/** The surfaces, as the stack's routes tell them. */
export async function surfaces() {
  const response = await fetch("/_local/surfaces");
  return response.json();
}

/** Where a surface's reference is. */
export const referenceOf = (surface) => `/_local/reference/${surface.name}`;

/** Adds the surfaces' links. */
export function showNavigation(all) {
  const items = all.map((surface) => {
    const current = location.pathname === referenceOf(surface) ? "page" : null;
    return element("li", {}, element("a", { href: referenceOf(surface), "aria-current": current }, titleOf(surface)));
  });
  byId("navigation").append(...items);
}

/** A surface's name, for people. */
export const titleOf = (surface) => `${surface.name[0].toUpperCase()}${surface.name.slice(1)} API`;
