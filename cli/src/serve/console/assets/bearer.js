// The tokens of a surface: remembered in this browser, taken over from answers, shown masked, and cleared on demand.

import { announce, byId, element } from "./dom.js";
import { distance } from "./time.js";

const REFRESH = 15_000;

export class Bearer {
  #key;
  #listeners = [];

  constructor(surface) {
    this.#key = `latchkey.${surface}`;
    addEventListener("storage", (event) => event.key === this.#key && this.#changed());
    setInterval(() => this.#showAge(), REFRESH);
  }

  /** The remembered tokens: `access` and `refresh`, each perhaps absent. */
  get tokens() {
    try {
      return JSON.parse(localStorage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  /** Takes over the tokens that an answer holds; whether there was one. */
  takeFrom(answer) {
    const [access, refresh] = [find(answer, "access_token"), find(answer, "refresh_token")];
    if (!access) return false;
    this.#remember({ access, refresh: refresh ?? this.tokens.refresh });
    return true;
  }

  /** Calls back now and whenever the tokens have changed. */
  onChange(listener) {
    this.#listeners.push(listener);
    listener(this.tokens);
  }

  /** Shows the panel. */
  show() {
    this.onChange((tokens) => {
      const focused = byId("bearer").contains(document.activeElement);
      byId("bearer").replaceChildren(...(tokens.access ? this.#held(tokens) : this.#empty()));
      if (focused) byId("bearer").querySelector("input, button")?.focus();
    });
  }

  #held({ access, refresh }) {
    const clear = () => {
      this.#remember({});
      announce("Tokens cleared");
    };
    const parts = [
      title(),
      element(
        "p",
        { class: "token" },
        element("code", { id: "bearer-token" }, mask(access)),
        element("span", { id: "bearer-age" }, age(access)),
      ),
    ];
    if (refresh) parts.push(element("p", { class: "hint" }, "A refresh token is kept too, and filled in where one is asked for."));
    return [...parts, element("button", { type: "button", onclick: clear }, "Clear")];
  }

  #empty() {
    const input = element("input", { id: "bearer-input", type: "password", autocomplete: "off", spellcheck: "false" });
    const use = (event) => {
      event.preventDefault();
      const access = input.value.trim().replace(/^bearer\s+/i, "");
      if (access) this.#remember({ access });
    };
    return [
      title(),
      element("p", { class: "hint" }, "Sign in with an operation here, and its token is taken over. Or paste one:"),
      element(
        "form",
        { class: "row", onsubmit: use },
        element("label", { for: "bearer-input", class: "unseen" }, "Access token"),
        input,
        element("button", {}, "Use"),
      ),
    ];
  }

  #showAge() {
    const { access } = this.tokens;
    if (access && byId("bearer-age")) byId("bearer-age").textContent = age(access);
  }

  #remember(tokens) {
    localStorage.setItem(this.#key, JSON.stringify(tokens));
    this.#changed();
  }

  #changed() {
    for (const listener of this.#listeners) listener(this.tokens);
  }
}

const title = () => element("h2", { id: "bearer-title" }, "Bearer");

const mask = (token) => (token.length > 24 ? `${token.slice(0, 8)}…${token.slice(-6)}` : "•".repeat(8));

/** When an access token ends, if it is a JWT. */
function age(token) {
  try {
    const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    const end = claims.exp * 1000;
    return end > Date.now() ? `expires ${distance(end)}` : `expired ${distance(end)}`;
  } catch {
    return "";
  }
}

/** The first text of this name in an answer, however deep. */
function find(value, name) {
  if (value === null || typeof value !== "object") return undefined;
  if (typeof value[name] === "string") return value[name];
  return Object.values(value)
    .map((inner) => find(inner, name))
    .find((found) => found !== undefined);
}
