// The body of a trial's request: begun with an example of its schema, and open to edit.

import { element } from "./dom.js";
import { example } from "./schema.js";

const FORM = "application/x-www-form-urlencoded";
const [LEAST_ROWS, MOST_ROWS] = [3, 18];

export class Editor {
  #api;
  #body;
  #bearer;
  #area;

  constructor(api, operation, bearer) {
    this.#api = api;
    this.#body = operation.body;
    this.#bearer = bearer;
    this.#area = element("textarea", { id: `${operation.id}-body`, spellcheck: "false", autocomplete: "off", autocapitalize: "none" });
    this.#area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#area.form.requestSubmit();
    });
    bearer.onChange(() => this.#fillRefresh());
  }

  /** The body as text, or null if it is empty. */
  get text() {
    return this.#area.value === "" ? null : this.#area.value;
  }

  /** Sets those fields that the body has already; whether there was one. */
  fill(values) {
    const body = this.#parsed();
    const names = Object.keys(values).filter((name) => body && Object.hasOwn(body, name));
    for (const name of names) body[name] = values[name];
    if (names.length > 0) this.#write(body);
    return names.length > 0;
  }

  /** The editor with what stands around it. */
  show() {
    this.#begin(true);
    const most = this.text;
    this.#begin(false);
    const button = (text, complete) => element("button", { type: "button", class: "quiet", onclick: () => this.#begin(complete) }, text);
    const caption = [
      element("label", { for: this.#area.id }, "Body"),
      element("span", { class: "type" }, this.#body.type),
      button("Reset", false),
      most === this.text ? null : button("All fields", true),
    ];
    return element("div", { class: "editor" }, element("p", { class: "caption" }, caption), this.#area);
  }

  #begin(complete) {
    this.#write(this.#body.given ?? example(this.#api, this.#body.schema, complete));
    this.#fillRefresh();
  }

  #fillRefresh() {
    const { refresh } = this.#bearer.tokens;
    if (refresh) this.fill({ refresh_token: refresh });
  }

  /** What the body says, if it is a JSON object. */
  #parsed() {
    try {
      const body = JSON.parse(this.#area.value);
      return typeof body === "object" && !Array.isArray(body) ? body : null;
    } catch {
      return null;
    }
  }

  #write(value) {
    const written = this.#body.type === FORM ? () => new URLSearchParams(value).toString() : () => JSON.stringify(value, null, 2);
    this.#area.value = typeof value === "string" ? value : written();
    this.#area.rows = Math.min(Math.max(this.#area.value.split("\n").length, LEAST_ROWS), MOST_ROWS);
  }
}
